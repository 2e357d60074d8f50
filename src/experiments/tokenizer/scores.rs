//! `tokenizer scores`: what BPE and what WordPiece would merge first.

use super::merges::word_counts;
use crate::experiments::Context;
use crate::report::{Error, Report, Table, text};
use crate::tokenizer::trace::{self, PairScore};

/// How many pairs are shown.
const SHOWN: usize = 40;

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
                "Both start from characters and merge upwards. BPE takes the most frequent pair; WordPiece the one with the highest score, whose parts meet more often than chance would have it. The last column is the gain of the whole corpus: how many bits the merge adds to its log-likelihood under a unigram model of the symbols.",
                "两者都从字符开始自底向上合并。BPE 取次数最多的对；WordPiece 取得分最高的对，即两部分相邻的次数超出随机预期最多的那一对。最后一列是整个语料的收益：在符号的 unigram 模型下，这次合并让对数似然增加多少 bit。",
            ))
            .formula("score(ab) = count(ab) / (count(a) · count(b))\ngain(ab) = L(after) − L(before),  L = Σ count(s) · log₂(count(s)/N)");
        let mut table = Table::new(text("Pairs", "对"))
            .words(text("pair", "对"))
            .numbers(text("count(ab) (BPE)", "count(ab)（BPE）"))
            .numbers(text("count(a)", "count(a)"))
            .numbers(text("count(b)", "count(b)"))
            .numbers(text("score (WordPiece)", "得分（WordPiece）"))
            .numbers(text("gain (bits)", "收益（bit）"));
        for pair in pairs.iter().take(SHOWN) {
            let s = pair.score;
            table.row(vec![
                format!("{} + {}", pair.left, pair.right).into(),
                (s.pair as usize).into(),
                (s.left as usize).into(),
                (s.right as usize).into(),
                s.value().into(),
                pair.gain.into(),
            ]);
        }
        report.table(table);
        // The list is ordered by count; of equal scores the first is the more frequent.
        let first = |better: fn(&PairScore, &PairScore) -> bool| {
            pairs.iter().reduce(|best, pair| if better(pair, best) { pair } else { best })
        };
        let wordpiece = first(|pair, best| pair.score > best.score);
        let likeliest = first(|pair, best| pair.gain > best.gain);
        if let (Some(bpe), Some(wordpiece), Some(likeliest)) = (pairs.first(), wordpiece, likeliest)
        {
            report
                .metric("bpe.first", format!("{} {}", bpe.left, bpe.right))
                .metric("bpe.count", bpe.score.pair as usize)
                .metric("wordpiece.first", format!("{} {}", wordpiece.left, wordpiece.right))
                .metric("wordpiece.score", wordpiece.score.value())
                .metric("wordpiece.count", wordpiece.score.pair as usize)
                .metric("likelihood.first", format!("{} {}", likeliest.left, likeliest.right))
                .metric_in("likelihood.gain", likeliest.gain, "bits");
        }
        report.metric("pairs", pairs.len());
        for (i, pair) in pairs.iter().take(SHOWN).enumerate() {
            let name = |what: &str| format!("pair-{}.{what}", i + 1);
            report
                .metric(name("pieces"), format!("{} {}", pair.left, pair.right))
                .metric(name("count"), pair.score.pair as usize)
                .metric(name("score"), pair.score.value())
                .metric_in(name("gain"), pair.gain, "bits");
        }
        Ok(report)
    }
}
