//! Breaking runs of words into lines: at spaces, and between Chinese characters where the Unicode
//! line-breaking rules allow it. Widths are columns of the terminal.

use textwrap::{WordSeparator, core::Word};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::paint::{Span, Style};

/// An indent that leaves fewer columns than this is dropped.
const LEAST: usize = 8;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Columns that spans take.
pub(super) fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|s| width(s.text())).sum()
}

/// Spans as whole lines no wider than the style allows: `first` stands before the first line, `rest`
/// before the others.
pub(super) fn block(spans: &[Span], first: &str, rest: &str, style: &Style) -> String {
    let indent = width(first).max(width(rest));
    let (first, rest) = if style.width < indent + LEAST { ("", "") } else { (first, rest) };
    let room = style.width.saturating_sub(width(first).max(width(rest))).max(2);
    let mut out = String::new();
    for (i, line) in lines(spans, room).iter().enumerate() {
        out += if i == 0 { first } else { rest };
        out += &join(line, style);
        out.push('\n');
    }
    out
}

/// One line of spans as the terminal gets it.
pub(super) fn join(line: &[Span], style: &Style) -> String {
    line.iter().map(|span| style.write(span)).collect()
}

/// Spans as lines of at most `room` columns; a line break in the text stays.
pub(super) fn lines(spans: &[Span], room: usize) -> Vec<Vec<Span>> {
    let text: String = spans.iter().map(Span::text).collect();
    let mut lines = Vec::new();
    let mut start = 0;
    for paragraph in text.split('\n') {
        for (from, to) in ranges(paragraph, room) {
            lines.push(slice(spans, start + from, start + to));
        }
        start += paragraph.len() + 1;
    }
    lines
}

/// The byte ranges of the lines of one paragraph.
fn ranges(text: &str, room: usize) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let (mut from, mut to, mut used) = (0, 0, 0);
    let mut at = 0;
    for word in WordSeparator::UnicodeBreakProperties.find_words(text) {
        for piece in pieces(&word, room) {
            let piece_width = width(piece.0);
            if used + piece_width > room && used > 0 {
                if to > from {
                    ranges.push((from, to));
                }
                (from, used) = (at, 0);
            }
            to = at + piece.0.len();
            at = to + piece.1.len();
            used += piece_width + width(piece.1);
        }
    }
    ranges.push((from, to));
    ranges
}

/// A word with the space after it; one that is wider than a line comes in several pieces.
fn pieces<'a>(word: &Word<'a>, room: usize) -> Vec<(&'a str, &'a str)> {
    let mut rest = word.word;
    let mut pieces = Vec::new();
    while let Some(cut) = cut(rest, room) {
        pieces.push((&rest[..cut], ""));
        rest = &rest[cut..];
    }
    pieces.push((rest, word.whitespace));
    pieces
}

/// Where to cut a word that is wider than `room`: after its last joint that fits (the ids and
/// metrics of lessons have many), else where the line is full; `None` if it fits.
fn cut(word: &str, room: usize) -> Option<usize> {
    let (mut used, mut joint) = (0, None);
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > room && at > 0 {
            return joint.or(Some(at));
        }
        if matches!(c, '-' | '.' | '_' | '/') && at > 0 {
            joint = Some(at + 1);
        }
    }
    None
}

/// The part of the spans between two byte positions of their joined text.
fn slice(spans: &[Span], from: usize, to: usize) -> Vec<Span> {
    let mut out = Vec::new();
    let mut start = 0;
    for span in spans {
        let end = start + span.text().len();
        let (a, b) = (from.clamp(start, end), to.clamp(start, end));
        if a < b {
            out.push(Span::new(&span.text()[a - start..b - start], span.look()));
        }
        start = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::paint::Look;
    use super::*;
    use crate::report::Lang;
    use proptest::prelude::*;

    fn wrapped(text: &str, columns: usize) -> String {
        let style = Style { lang: Lang::En, color: false, true_color: false, width: columns };
        block(&[Span::new(text, Look::plain())], "", "", &style)
    }

    #[test]
    fn english_breaks_at_spaces_and_chinese_between_characters() {
        assert_eq!(wrapped("the gradient of the norm", 12), "the gradient\nof the norm\n");
        assert_eq!(
            wrapped("层归一化对每个 token 单独计算。", 12),
            "层归一化对每\n个 token 单\n独计算。\n"
        );
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut() {
        assert_eq!(wrapped("abcdefgh", 3), "abc\ndef\ngh\n");
        assert_eq!(wrapped("norms-rmsnorm-majority", 20), "norms-rmsnorm-\nmajority\n");
    }

    #[test]
    fn looks_follow_their_words() {
        let spans = [Span::new("aa b", Look::plain()), Span::new("b cc", Look::bold())];
        let lines = lines(&spans, 3);
        assert_eq!(lines[1], vec![Span::new("b", Look::plain()), Span::new("b", Look::bold())]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-z层归,。 ]{0,60}", room in 2usize..30) {
            let out = wrapped(&text, room);
            prop_assert!(out.lines().all(|l| width(l) <= room));
            let words = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(words(&out), words(&text));
        }
    }
}
