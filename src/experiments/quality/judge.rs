//! `quality judge`: what the grammar says of each sentence of a text.

use crate::corpus::judge::{Verdict, judge};
use crate::corpus::stories::Stories;
use crate::experiments::Context;
use crate::report::{Error, Report, Table, Text, number, text};

/// What the story grammar says of each sentence: right, strayed from its story, or no sentence ‖ 故事文法对每个句子的评判：合法、偏离故事，或不成句
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "quality judge\nquality judge --text \"Once there was a kind fox who lived on the moon . She lost a ball .\""
)]
pub struct Judge {
    /// The text, its words apart by spaces; a story of the grammar if not given ‖ 文本，词与词以空格分开；不给则为文法生成的故事
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
}

impl Judge {
    /// Judges.
    ///
    /// # Errors
    /// If the text has no sentence.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let given = self.text.as_ref().map(|text| text.replace("\\n", "\n"));
        let words = given.unwrap_or_else(|| Stories.story(&mut context.rng(0)).0);
        let found = judge(&words);
        if found.sentences.is_empty() || words.len() > 1_000_000 {
            return Err(Error::input(text(
                "there is no sentence that could be judged",
                "没有可评判的句子",
            ))
            .allowed(text(
                "sentences that end in a full stop apart: \" .\"",
                "以空格加句点 \" .\" 结尾的句子",
            ))
            .example("llm-lab quality judge"));
        }
        let mut report = Report::new(text("What the grammar says", "文法怎么说"));
        let mut table = Table::new(text("Sentences", "句子"))
            .words(text("sentence", "句子"))
            .words(text("verdict", "评判"));
        for sentence in &found.sentences {
            table.row(vec![sentence.words.clone().into(), name(sentence.verdict).into()]);
        }
        report.table(table);
        let valid = found.valid();
        report.say(text(
            format!("Share of valid sentences: {}.", number(valid)),
            format!("合法句子占比：{}。", number(valid)),
        ));
        report
            .metric("sentences", found.sentences.len())
            .metric("right", found.count(Verdict::Right))
            .metric("strayed", found.count(Verdict::Strayed))
            .metric("wrong", found.count(Verdict::Wrong))
            .metric("valid", valid);
        Ok(report)
    }
}

fn name(verdict: Verdict) -> Text {
    match verdict {
        Verdict::Right => text("right", "合法"),
        Verdict::Strayed => text("a sentence, but not of this story", "成句，但与本故事不符"),
        Verdict::Wrong => text("no sentence of the grammar", "不合文法"),
    }
}
