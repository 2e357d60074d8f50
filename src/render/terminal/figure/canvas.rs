//! A grid of characters, and dots finer than characters: a braille character holds two by four.

use unicode_width::UnicodeWidthChar;

use super::super::paint::{Look, Span, Style, sanitize};
use super::super::wrap;

/// Characters with their looks.
pub(super) struct Canvas {
    /// Columns.
    pub w: usize,
    /// Rows.
    pub h: usize,
    cells: Vec<(char, Look)>,
}

/// Stands in the second column of a wide character.
const CONTINUED: char = '\0';
const BRAILLE: u32 = 0x2800;

impl Canvas {
    /// Blanks.
    pub fn new(w: usize, h: usize) -> Self {
        Self { w, h, cells: vec![(' ', Look::plain()); w * h] }
    }

    /// What stands at a place; blank outside.
    pub fn get(&self, x: usize, y: usize) -> char {
        if x < self.w && y < self.h { self.cells[y * self.w + x].0 } else { ' ' }
    }

    /// Puts one character.
    pub fn put(&mut self, x: usize, y: usize, c: char, look: Look) {
        if x < self.w && y < self.h {
            self.cells[y * self.w + x] = (c, look);
        }
    }

    /// Writes words from (x, y) on; what does not fit is left out.
    pub fn text(&mut self, x: usize, y: usize, words: &str, look: Look) {
        let mut at = x;
        for c in sanitize(words).chars().filter(|c| *c != '\n') {
            let wide = c.width().unwrap_or(0);
            if wide == 0 || at + wide > self.w {
                continue;
            }
            self.put(at, y, c, look);
            if wide == 2 {
                self.put(at + 1, y, CONTINUED, look);
            }
            at += wide;
        }
    }

    /// Sets one dot of the finer grid, twice as wide and four times as high.
    pub fn dot(&mut self, x: usize, y: usize, look: Look) {
        const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let old = self.get(x / 2, y / 4) as u32;
        let bits = if (BRAILLE..BRAILLE + 256).contains(&old) { old - BRAILLE } else { 0 };
        let bits = bits | BITS[y % 4][x % 2];
        if let Some(c) = char::from_u32(BRAILLE + bits) {
            self.put(x / 2, y / 4, c, look);
        }
    }

    /// The rows as the terminal gets them, without blanks at their ends.
    pub fn lines(&self, style: &Style) -> String {
        let mut out = String::new();
        for row in self.cells.chunks(self.w.max(1)) {
            let plain = (' ', Look::plain());
            let end = row.iter().rposition(|cell| *cell != plain).map_or(0, |i| i + 1);
            let spans: Vec<Span> = row[..end]
                .chunk_by(|a, b| a.1 == b.1)
                .map(|run| {
                    let words: String =
                        run.iter().map(|c| c.0).filter(|c| *c != CONTINUED).collect();
                    Span::new(&words, run[0].1)
                })
                .collect();
            out += &wrap::join(&spans, style);
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lang;

    #[test]
    fn dots_gather_in_their_character() {
        let mut canvas = Canvas::new(3, 1);
        canvas.dot(0, 0, Look::plain());
        canvas.dot(1, 3, Look::plain());
        canvas.text(1, 0, "层x", Look::plain());
        let style = Style { lang: Lang::En, color: false, true_color: false, width: 80 };
        assert_eq!(canvas.lines(&style), "⢁层\n");
    }
}
