//! `tokenizer walk`: WordPiece's longest match through a word.

use crate::experiments::Context;
use crate::report::{Error, Report, Table, text};
use crate::tokenizer::Vocab;
use crate::tokenizer::wordpiece::WordPiece;

/// Walk WordPiece's longest match through a word ‖ 展示 WordPiece 最长匹配切分一个词的过程
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer walk unaffable --pieces un '##aff' '##able'\ntokenizer walk unwantedX --pieces un '##want' '##ed'"
)]
pub struct Walk {
    /// The word ‖ 词
    #[arg(value_name = "WORD")]
    pub word: String,
    /// The vocabulary besides UNK; quote the ## ‖ 除 UNK 外的词表；## 要加引号
    #[arg(long, value_name = "PIECE", num_args = 1.., required = true)]
    pub pieces: Vec<String>,
}

impl Walk {
    /// Walks.
    ///
    /// # Errors
    /// If a piece is given twice, or the word is too long to show.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let mut vocab = Vocab::default();
        let unknown = "[UNK]".to_string();
        for (id, piece) in std::iter::once(&unknown).chain(&self.pieces).enumerate() {
            vocab.insert(piece.as_bytes(), id as u32)?;
        }
        let model = WordPiece::new(vocab, &unknown, "##", 100)?;
        let (tries, covered) = model.tries(&self.word);
        let mut report = Report::new(text("Longest match", "最长匹配"));
        report.say(text(
            "From the left, the longest piece that the vocabulary has; if at some place there is none, the whole word is `[UNK]`.",
            "从左边起，每次取词表里最长的一片；若某处一片也没有，整个词变成 `[UNK]`。",
        ));
        let mut table = Table::new(text("Tries", "尝试"))
            .words(text("piece", "片"))
            .words(text("in the vocabulary", "在词表中"));
        for one in &tries {
            let found = if one.id.is_some() { text("yes", "是") } else { text("no", "否") };
            table.row(vec![one.piece.clone().into(), found.into()]);
        }
        report.table(table);
        let hits = tries.iter().filter(|t| t.id.is_some()).map(|t| t.piece.as_str());
        let pieces = if covered { hits.collect::<Vec<_>>().join(" ") } else { unknown };
        report
            .metric("tries", tries.len())
            .metric("covered", covered)
            .metric("tokens", pieces.split(' ').count())
            .metric("pieces", pieces);
        Ok(report)
    }
}
