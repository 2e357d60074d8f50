//! A report as text for a terminal.

use crate::report::{Block, Lang, Report};

/// A report as text.
pub fn report(report: &Report, lang: Lang) -> String {
    let mut out = format!("{}\n", report.title.get(lang));
    for block in &report.blocks {
        if let Block::Prose(words) = block {
            out += &format!("\n{}\n", words.get(lang));
        }
    }
    for metric in &report.metrics {
        out += &format!("{} {:?}\n", metric.name, metric.value);
    }
    out
}
