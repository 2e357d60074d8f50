//! Colours of a line while it is typed: known commands green, unknown ones red, flags cyan, numbers
//! yellow, quoted words magenta, comments dim.

use clap::Command;

use super::words::{Word, unfinished};

const GREEN: &str = "32";
const RED: &str = "31";
const CYAN: &str = "36";
const YELLOW: &str = "33";
const MAGENTA: &str = "35";
const DIM: &str = "2";

/// The line with ANSI colours; without them it is the line itself.
pub fn highlight(line: &str, tree: &Command) -> String {
    let parts = unfinished(line);
    let mut out = String::with_capacity(line.len() + 64);
    let mut at = 0;
    let mut place = Some(tree);
    for word in &parts.words {
        out += &line[at..word.range.clone().start];
        let unended = word.range.end == line.len();
        match look(word, &mut place, unended) {
            Some(code) => paint(&mut out, code, &line[word.range.clone()]),
            None => out += &line[word.range.clone()],
        }
        at = word.range.end;
    }
    match parts.comment.filter(|start| *start >= at) {
        Some(start) => {
            out += &line[at..start];
            paint(&mut out, DIM, &line[start..]);
        }
        None => out += &line[at..],
    }
    out
}

/// The colour of a word; `place` is the command whose subcommand may follow.
fn look(word: &Word, place: &mut Option<&Command>, unended: bool) -> Option<&'static str> {
    if word.says.starts_with("--") || is_short(&word.says) {
        return Some(CYAN);
    }
    if let Some(command) = *place {
        if command.get_name() == "llm-lab" && word.says == "llm-lab" {
            return Some(DIM);
        }
        if let Some(next) = command.find_subcommand(&word.says) {
            *place = next.has_subcommands().then_some(next);
            return Some(GREEN);
        }
        let begun = |c: &Command| c.get_name().starts_with(&word.says);
        if unended && command.get_subcommands().any(begun) {
            return None;
        }
        *place = None;
        return Some(RED);
    }
    if word.quoted {
        return Some(MAGENTA);
    }
    word.says.parse::<f64>().is_ok().then_some(YELLOW)
}

/// `-q`, but not `-4`.
fn is_short(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn paint(out: &mut String, code: &str, words: &str) {
    *out += &format!("\x1b[{code}m{words}\x1b[0m");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tree;

    fn marked(line: &str) -> String {
        highlight(line, &tree())
    }

    #[test]
    fn words_have_their_colours() {
        assert_eq!(
            marked("plot relu --beta 0.5 'x' # y"),
            "\x1b[32mplot\x1b[0m relu \x1b[36m--beta\x1b[0m \x1b[33m0.5\x1b[0m \
             \x1b[35m'x'\x1b[0m \x1b[2m# y\x1b[0m"
        );
        assert_eq!(marked("plx relu"), "\x1b[31mplx\x1b[0m relu");
        assert_eq!(marked("pl"), "pl", "a word that can still become a command is not wrong yet");
        assert_eq!(marked("set lang"), "\x1b[32mset\x1b[0m \x1b[32mlang\x1b[0m");
    }

    #[test]
    fn nothing_but_colour_is_added() {
        for line in ["", "  'open", "emoji 🦀 \\", "plot -4 -q", "norm 中文 \"x"] {
            let plain = super::super::voice::plain(&marked(line));
            assert_eq!(plain, line);
        }
    }
}
