//! The only place that writes: reports to stdout, everything about them to stderr.

use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::app::{Color, Settings};
use crate::render::terminal::Style;
use crate::report::{Error, Lang, Text, text};

/// Widths that text is set in: a terminal narrower than the first gets lines of that width, a wider
/// one than the second lines that the eye can still follow.
const WIDTHS: std::ops::RangeInclusive<usize> = 20..=110;

/// What the report's reader sees.
pub fn style(settings: &Settings) -> Style {
    let width = match terminal_size::terminal_size_of(io::stdout()) {
        Some((width, _)) => usize::from(width.0).clamp(*WIDTHS.start(), *WIDTHS.end()),
        None => 80,
    };
    Style {
        lang: settings.lang,
        color: colored(settings.color, io::stdout().is_terminal()),
        true_color: std::env::var("COLORTERM").is_ok_and(|v| v == "truecolor" || v == "24bit"),
        width,
    }
}

/// Whether a stream is coloured.
pub fn colored(wish: Color, terminal: bool) -> bool {
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
            terminal && !set("NO_COLOR") && !dumb
        }
    }
}

/// Writes to stdout.
///
/// # Errors
/// A closed pipe, or what else keeps it from being written.
pub fn show(words: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let written = out.write_all(words.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Error::ClosedPipe,
        _ => Error::Machine(text(
            format!("cannot write the output: {error}"),
            format!("无法写出结果：{error}"),
        )),
    })
}

/// Shows a page that carries ANSI colours, without them where they are not wanted.
///
/// # Errors
/// As [`show`].
pub fn show_page(page: &str, settings: &Settings) -> Result<(), Error> {
    let end = if page.ends_with('\n') { "" } else { "\n" };
    match colored(settings.color, io::stdout().is_terminal()) {
        true => show(&format!("{page}{end}")),
        false => show(&format!("{}{end}", plain(page))),
    }
}

/// An aside on stderr, unless the learner wants quiet.
pub fn note(words: &Text, settings: &Settings) {
    if !settings.quiet {
        aside("2", words.get(settings.lang), settings);
    }
}

/// Something on stderr that the learner must know, quiet or not.
pub fn warning(words: &Text, settings: &Settings) {
    aside("33", words.get(settings.lang), settings);
}

/// An error on stderr, in one line. Whether it can be written is no concern of ours.
pub fn error(error: &Error, before: &Text, settings: &Settings) {
    if *error == Error::ClosedPipe {
        return;
    }
    let lang = settings.lang;
    if *error == Error::Interrupted {
        return aside("33", &error.line(lang), settings);
    }
    let word = if lang == Lang::Zh { "错误：" } else { "error: " };
    let color = colored(settings.color, io::stderr().is_terminal());
    let word = if color { format!("\x1b[1;31m{word}\x1b[0m") } else { word.to_string() };
    let line = format!("{}{word}{}\n", before.get(lang), error.line(lang));
    let _ = io::stderr().write_all(line.as_bytes());
}

fn aside(code: &str, words: &str, settings: &Settings) {
    let line = match colored(settings.color, io::stderr().is_terminal()) {
        true => format!("\x1b[{code}m{words}\x1b[0m\n"),
        false => format!("{words}\n"),
    };
    let _ = io::stderr().write_all(line.as_bytes());
}

/// The words without ANSI colours.
pub fn plain(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(start) = rest.find("\x1b[") {
        out += &rest[..start];
        let code = &rest[start + 2..];
        rest = match code.find(|c: char| c.is_ascii_alphabetic()) {
            Some(end) => &code[end + 1..],
            None => "",
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_takes_colours_away_and_nothing_else() {
        assert_eq!(plain("\x1b[1;31mred\x1b[0m 中文 [x]"), "red 中文 [x]");
        assert_eq!(plain("open \x1b[3"), "open ");
    }

    #[test]
    fn a_wish_beats_the_terminal() {
        assert!(colored(Color::Always, false));
        assert!(!colored(Color::Never, true));
        assert!(!colored(Color::Auto, false));
    }
}
