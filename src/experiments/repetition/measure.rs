//! `repetition measure`: distinct-n, rep-n and the longest loop of a typed text.

use crate::experiments::{Context, params};
use crate::math::ngrams::{counts, distinct, longest_loop, repeated};
use crate::report::{Error, Report, Table, number, text};

/// distinct-n, rep-n and the longest loop of a text, word by word ‖ 按词计算一段文本的 distinct-n、rep-n 与最长循环
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "repetition measure --text \"the cat saw the cat saw the cat\"\nrepetition measure --text \"a b a b a b\" --largest 2"
)]
pub struct Measure {
    /// The text; its words stand for tokens ‖ 文本；每个词当作一个 token
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    /// The largest n of the n-grams ‖ n-gram 中最大的 n
    #[arg(long, value_name = "N", default_value = "4", value_parser = params::count(1, 100))]
    pub largest: usize,
}

impl Measure {
    /// Counts.
    ///
    /// # Errors
    /// If the text has no word, or too many.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        if words.is_empty() || words.len() > 10_000 {
            return Err(Error::input(text(
                format!("a text of {} words", words.len()),
                format!("文本有 {} 个词", words.len()),
            ))
            .allowed(text("1 to 10,000 words", "1 到 10,000 个词"))
            .example("llm-lab repetition measure --text \"a b a b a b\""));
        }
        let mut report = Report::new(text("What a text repeats", "文本重复了什么"));
        report.formula("distinct-n = different n-grams / all n-grams\nrep-n = 1 − distinct-n");
        let mut table =
            Table::new(text(format!("{} words", words.len()), format!("{} 个词", words.len())))
                .numbers(text("n", "n"))
                .numbers(text("n-grams", "n-gram 数"))
                .numbers(text("different", "不同的"))
                .numbers(text("distinct-n", "distinct-n"))
                .numbers(text("rep-n", "rep-n"));
        for n in 1..=self.largest.min(words.len()) {
            let (all, different) = (words.len() + 1 - n, counts(&words, n).len());
            let (share, rep) = (distinct(&[&words], n), repeated(&words, n));
            table.row(vec![n.into(), all.into(), different.into(), share.into(), rep.into()]);
            report.metric(format!("distinct.{n}"), share);
            report.metric(format!("rep.{n}"), rep);
        }
        report.table(table);
        let found = longest_loop(&words);
        report.metric_in("loop.period", found.period, "words");
        report.metric_in("loop.length", found.length, "words");
        report.metric("loop.rounds", found.rounds());
        report.say(match found.period {
            0 => text("Nothing goes round twice in a row.", "没有任何片段连续出现两遍。"),
            period => {
                let round = words[found.start..found.start + period].join(" ");
                let rounds = number(found.rounds());
                text(
                    format!("The longest loop: `{round}`, {rounds} rounds in a row."),
                    format!("最长的循环：`{round}`，连续 {rounds} 遍。"),
                )
            }
        });
        Ok(report)
    }
}
