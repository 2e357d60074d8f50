//! A generated text in a report.

use crate::report::{Report, Table, Text, text};
use crate::tokenizer::Tokenizer;

/// What was generated after what.
pub struct Said<'a> {
    /// What was given.
    pub prompt: &'a [u32],
    /// What came after it.
    pub new: &'a [u32],
    /// Whether a script asked in ids, and is answered in ids.
    pub ids_only: bool,
}

impl Said<'_> {
    /// Adds the text, the tokens and their metrics to a report.
    pub fn show(&self, tokenizer: Option<&Tokenizer>, report: &mut Report) {
        let mut table = Table::new(text("Generated tokens", "生成的 token"))
            .numbers(text("place", "位置"))
            .numbers(text("id", "编号"));
        for (i, id) in self.new.iter().enumerate() {
            table.row(vec![(self.prompt.len() + i).into(), (*id as usize).into()]);
        }
        let ids = self.new.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        report.output = Some(format!("{ids}\n"));
        if let Some(tokenizer) = tokenizer {
            let (given, new) = (words(tokenizer, self.prompt), words(tokenizer, self.new));
            report.say(Text::same(format!("{given}{new}")));
            if !self.ids_only {
                report.output = Some(format!("{}\n", format!("{given}{new}").trim()));
            }
            report.metric("text", new);
        }
        report.table(table);
        report.metric("ids", ids);
        report.metric("tokens", self.new.len());
    }
}

/// Tokens as text. A model may have more rows than its tokenizer has pieces: what has none says
/// nothing.
pub fn words(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let piece = |id: &u32| tokenizer.decode_bytes(&[*id]).unwrap_or_default();
    let bytes: Vec<u8> = ids.iter().flat_map(piece).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
