//! `tokenizer scores`: what BPE and what WordPiece would merge first.

use super::merges::word_counts;
use crate::experiments::Context;
use crate::report::{Error, Report, Table, text};
use crate::tokenizer::trace;

/// Rank the first pairs by BPE's count and by WordPiece's score, side by side ‖ 并排比较 BPE 的次数与 WordPiece 的得分
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "tokenizer scores hug:10 pug:5 pun:12 bun:4 hugs:5")]
pub struct Scores {
    /// Words, each with its count after a colon ‖ 词，冒号后是次数
    #[arg(value_name = "WORD:COUNT", required = true)]
    pub words: Vec<String>,
}

impl Scores {
    /// Counts and scores every pair.
    ///
    /// # Errors
    /// If a word has no count.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let pairs = trace::scores(&word_counts(&self.words)?)?;
        let mut report = Report::new(text(
            "What BPE and WordPiece merge first",
            "BPE 与 WordPiece 最先合并什么",
        ));
        report
            .say(text(
                "Both start from characters and merge upwards. BPE takes the most frequent pair; WordPiece the one that raises the likelihood most.",
                "两者都从字符开始自底向上合并。BPE 取次数最多的对，WordPiece 取使似然上升最多的对。",
            ))
            .formula("score(ab) = count(ab) / (count(a) · count(b))");
        let mut table = Table::new(text("Pairs", "对"))
            .words(text("pair", "对"))
            .numbers(text("count(ab) (BPE)", "count(ab)（BPE）"))
            .numbers(text("count(a)", "count(a)"))
            .numbers(text("count(b)", "count(b)"))
            .numbers(text("score (WordPiece)", "得分（WordPiece）"));
        for pair in pairs.iter().take(40) {
            let s = pair.score;
            table.row(vec![
                format!("{} + {}", pair.left, pair.right).into(),
                (s.pair as usize).into(),
                (s.left as usize).into(),
                (s.right as usize).into(),
                s.value().into(),
            ]);
        }
        report.table(table);
        // The list is ordered by count; of equal scores the first is the more frequent.
        let mut best = pairs.first();
        for pair in &pairs {
            if best.is_some_and(|b| pair.score > b.score) {
                best = Some(pair);
            }
        }
        if let (Some(bpe), Some(wordpiece)) = (pairs.first(), best) {
            report
                .metric("bpe.first", format!("{} {}", bpe.left, bpe.right))
                .metric("bpe.count", bpe.score.pair as usize)
                .metric("wordpiece.first", format!("{} {}", wordpiece.left, wordpiece.right))
                .metric("wordpiece.score", wordpiece.score.value())
                .metric("wordpiece.count", wordpiece.score.pair as usize);
        }
        report.metric("pairs", pairs.len());
        Ok(report)
    }
}
