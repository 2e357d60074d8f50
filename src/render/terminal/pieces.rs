//! A text cut into pieces: on alternating backgrounds, or between bars where there is no colour, and
//! the ids below.

use super::paint::{Look, Span, Style};
use super::wrap;
use crate::render::palette::Rgb;
use crate::report::Pieces;

/// The backgrounds, light enough for black letters.
const GROUNDS: [Rgb; 4] =
    [(0x9e, 0xc9, 0xe8), (0xf7, 0xd0, 0x8a), (0xa8, 0xdd, 0xb5), (0xf4, 0xb6, 0xc2)];
const INK: Rgb = (0x10, 0x10, 0x10);
/// Ids shown of a long text.
const MOST: usize = 400;

/// The label, the pieces, the ids.
pub(super) fn pieces(cut: &Pieces, style: &Style) -> String {
    let mut spans = Vec::new();
    for (i, piece) in cut.pieces.iter().take(MOST).enumerate() {
        if i > 0 && !style.color {
            spans.push(Span::new("|", Look::plain()));
        }
        let look = Look::plain().on(Some(INK), Some(GROUNDS[i % GROUNDS.len()]));
        spans.push(Span::new(&piece.text, look));
    }
    let shown = cut.pieces.iter().take(MOST).map(|piece| piece.id.to_string());
    let mut ids = shown.collect::<Vec<_>>().join(" ");
    if cut.pieces.len() > MOST {
        spans.push(Span::new(" …", Look::dim()));
        ids += " …";
    }
    let label = Span::new(&format!("{} ({})", cut.label, cut.pieces.len()), Look::bold());
    wrap::block(&[label], "", "", style)
        + &wrap::block(&spans, "  ", "  ", style)
        + &wrap::block(&[Span::new(&ids, Look::dim())], "  ", "  ", style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Lang, Piece};

    #[test]
    fn pieces_are_told_apart_with_and_without_colour() {
        let piece = |text: &str, id| Piece { text: text.to_string(), id };
        let cut =
            Pieces { label: "gpt2".to_string(), pieces: vec![piece("low", 9), piece("est", 4)] };
        let style = Style { lang: Lang::En, color: false, true_color: false, width: 60 };
        assert_eq!(pieces(&cut, &style), "gpt2 (2)\n  low|est\n  9 4\n");
        let colored = pieces(&cut, &Style { color: true, ..style });
        assert!(colored.contains("low\u{1b}[0m") && !colored.contains('|'));
    }
}
