//! Colour and safety: the one place where words become what a terminal receives.

use colored::Color;

use crate::render::palette::Rgb;
use crate::report::Lang;

/// For whom and for what terminal text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The language of the reader.
    pub lang: Lang,
    /// Whether any escape sequence may be written.
    pub color: bool,
    /// Whether the terminal shows 24-bit colours; else the nearest of its 256 are written.
    pub true_color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// How a run of words looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    fg: Option<Color>,
    bg: Option<Color>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    /// As the terminal writes by itself.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Bold.
    pub fn bold() -> Self {
        Self { bold: true, ..Self::default() }
    }

    /// Less important.
    pub fn dim() -> Self {
        Self { dim: true, ..Self::default() }
    }

    /// The title over everything.
    pub fn title() -> Self {
        Self { bold: true, underline: true, ..Self::default() }
    }

    /// A heading.
    pub fn heading() -> Self {
        Self { bold: true, fg: Some(Color::Blue), ..Self::default() }
    }

    /// A formula or code.
    pub fn formula() -> Self {
        Self { fg: Some(Color::Cyan), ..Self::default() }
    }

    /// A colour of the palette, as exactly as the terminal can show it.
    pub fn rgb(color: Rgb) -> Self {
        Self::default().on(Some(color), None)
    }

    /// The same look with colours of the palette.
    pub(super) fn on(mut self, fg: Option<Rgb>, bg: Option<Rgb>) -> Self {
        self.fg = fg.map(rgb).or(self.fg);
        self.bg = bg.map(rgb).or(self.bg);
        self
    }

    /// The same look, also bold, italic or underlined where the other one is.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            fg: other.fg.or(self.fg),
            bg: other.bg.or(self.bg),
            bold: self.bold || other.bold,
            dim: self.dim || other.dim,
            italic: self.italic || other.italic,
            underline: self.underline || other.underline,
        }
    }

    pub(super) fn italic() -> Self {
        Self { italic: true, ..Self::default() }
    }

    pub(super) fn underline() -> Self {
        Self { underline: true, ..Self::default() }
    }

    /// The codes between `ESC [` and `m`.
    fn codes(&self, true_color: bool) -> String {
        let mut codes: Vec<String> = Vec::new();
        for (on, code) in
            [(self.bold, "1"), (self.dim, "2"), (self.italic, "3"), (self.underline, "4")]
        {
            if on {
                codes.push(code.to_string());
            }
        }
        codes.extend(self.fg.map(|c| shown(c, true_color).to_fg_str().to_string()));
        codes.extend(self.bg.map(|c| shown(c, true_color).to_bg_str().to_string()));
        codes.join(";")
    }
}

/// A run of words with its look. Its text is safe: [`Span::new`] sanitizes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    text: String,
    look: Look,
}

impl Span {
    /// Takes words from outside in.
    pub(super) fn new(text: &str, look: Look) -> Self {
        Self { text: sanitize(text), look }
    }

    /// The safe words.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How they look.
    pub(super) fn look(&self) -> Look {
        self.look
    }
}

impl Style {
    /// Words with a look as the terminal gets them: sanitized, and coloured only if this style allows
    /// it. The `colored` crate's own switch is global, so only its colour codes are used here.
    pub fn paint(&self, words: &str, look: Look) -> String {
        self.write(&Span::new(words, look))
    }

    /// A span as the terminal gets it.
    pub(super) fn write(&self, span: &Span) -> String {
        if !self.color || span.look == Look::default() || span.text.is_empty() {
            return span.text.clone();
        }
        format!("\x1b[{}m{}\x1b[0m", span.look.codes(self.true_color), span.text)
    }
}

/// Words without anything that could steer the terminal: control characters (ESC and the C1 set
/// among them) and marks that reverse the direction of text are dropped, a tab becomes spaces, line
/// breaks stay.
///
/// ```
/// use llm_lab::render::terminal::sanitize;
/// assert_eq!(sanitize("a\x1b[31mb\u{202e}c\n"), "a[31mbc\n");
/// ```
pub fn sanitize(words: &str) -> String {
    let unsafe_mark = |c: char| matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            c if c.is_control() || unsafe_mark(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// A colour of the palette, as it is.
fn rgb((r, g, b): Rgb) -> Color {
    Color::TrueColor { r, g, b }
}

/// A colour as the terminal can show it.
fn shown(color: Color, true_color: bool) -> Color {
    match color {
        Color::TrueColor { r, g, b } if !true_color => Color::AnsiColor(nearest((r, g, b))),
        color => color,
    }
}

/// The nearest of the 6×6×6 cube and the 24 greys of the 256 colours.
fn nearest((r, g, b): Rgb) -> u8 {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let want = [r, g, b].map(i32::from);
    let level = |x: i32| (0..6).min_by_key(|&i| (LEVELS[i] - x).abs()).unwrap_or(0);
    let cube = want.map(level);
    let far = |got: [i32; 3]| -> i32 { (0..3).map(|i| (got[i] - want[i]).pow(2)).sum() };
    let mean = want.iter().sum::<i32>() / 3;
    let grey = ((mean - 3) / 10).clamp(0, 23);
    if far([8 + 10 * grey; 3]) < far(cube.map(|i| LEVELS[i])) {
        return (232 + grey) as u8;
    }
    (16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        let bad: String = (0..0x20u32)
            .chain(0x7f..0xa0)
            .chain(0x2028..=0x202e)
            .chain(0x2066..=0x2069)
            .filter_map(char::from_u32)
            .collect();
        assert_eq!(sanitize(&bad), "    \n");
        assert_eq!(sanitize("层归一化 βx²"), "层归一化 βx²");
    }

    #[test]
    fn colour_is_decided_by_the_style_alone() {
        let style = |color| Style { lang: Lang::En, color, true_color: false, width: 80 };
        assert_eq!(style(false).paint("x", Look::title()), "x");
        assert_eq!(style(true).paint("x\x1b", Look::bold()), "\x1b[1mx\x1b[0m");
        assert_eq!(style(true).paint("x", Look::plain()), "x");
    }

    #[test]
    fn the_nearest_of_256_colours() {
        assert_eq!(nearest((255, 0, 0)), 196);
        assert_eq!(nearest((0, 0, 0)), 16);
        assert_eq!(nearest((128, 128, 128)), 244);
    }
}
