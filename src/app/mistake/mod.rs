//! clap's errors as one clear line in the learner's language: what was wrong, what is allowed, and
//! an example that works.

mod facts;

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ErrorKind};

use super::{example, grammar};
use crate::report::{Error, Text, text};
use facts::{Facts, first_line};

/// What clap says of `words`, as the lab says it.
pub fn explain(error: &clap::Error, tree: &Command, words: &[OsString]) -> Error {
    // a command after an unknown word was not reached: clap has not even built it
    let unknown = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string);
    let end = unknown.and_then(|word| words.iter().position(|w| w.to_str() == Some(&word)));
    let path = reached(tree, &words[..end.unwrap_or(words.len())]);
    let command = path.last().copied().unwrap_or(tree);
    let facts = Facts { error, command, path: &path, words };
    let mistake = match error.kind() {
        ErrorKind::InvalidSubcommand => facts.unknown_command(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            facts.missing()
        }
        ErrorKind::InvalidValue => facts.not_among(),
        ErrorKind::ValueValidation => facts.refused(),
        ErrorKind::UnknownArgument => facts.unknown_argument(),
        ErrorKind::MissingRequiredArgument => facts.missing(),
        ErrorKind::ArgumentConflict => facts.conflict(),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            facts.how_many()
        }
        ErrorKind::InvalidUtf8 => not_unicode(words),
        _ => Error::input(Text::same(shown(first_line(error)))),
    };
    mistake.example(match facts.about() {
        Some(arg) => example::using(&path, arg),
        None => example::of(&path),
    })
}

/// An example for the command that the words name.
pub fn example_for(words: &[OsString]) -> String {
    example::of(&reached(&grammar::tree(), words))
}

fn not_unicode(words: &[OsString]) -> Error {
    let word = words.iter().find(|w| w.to_str().is_none());
    let word = word.map(|w| shown(&w.to_string_lossy())).unwrap_or_default();
    Error::input(text(format!("'{word}' is not valid UTF-8"), format!("“{word}”不是合法的 UTF-8")))
        .allowed(text("UTF-8 text", "UTF-8 文本"))
}

/// The commands that the words walk through, the root first.
pub fn reached<'a>(tree: &'a Command, words: &[OsString]) -> Vec<&'a Command> {
    let mut path = vec![tree];
    for word in words {
        let last = path[path.len() - 1];
        if let Some(next) = last.find_subcommand(word) {
            path.push(next);
        }
    }
    path
}

/// A word of the learner's as it may be shown: no control characters, not endless.
pub fn shown(word: &str) -> String {
    const MOST: usize = 60;
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = word.chars().take(MOST).map(clean).collect();
    if word.chars().count() > MOST {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Place, parse};
    use crate::report::Lang;

    fn said(line: &str, lang: Lang) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match parse(&words, Place::Argv, lang) {
            Err(error) => {
                assert_eq!(error.exit_code(), 2, "{line}");
                error.line(lang)
            }
            Ok(asked) => panic!("{line} gave {asked:?}"),
        }
    }

    #[test]
    fn each_mistake_names_what_is_wrong_and_what_is_allowed() {
        for (line, parts) in [
            ("plto relu", &["unknown command 'plto'", "did you mean 'plot'", "(allowed: "][..]),
            ("plto norm layer", &["unknown command 'plto'", "did you mean 'plot'"]),
            ("norm nrom layer", &["norm does not know 'nrom'", "layer"]),
            ("plot swsh", &["'swsh'", "did you mean 'swish'", "gelu"]),
            ("plot swish --beta NaN", &["--beta cannot be 'NaN'", "allowed: 0, or a number"]),
            ("plot swish --beta", &["--beta needs a value"]),
            ("plot swish --betta 1", &["unknown option --betta", "did you mean '--beta'"]),
            ("plot", &["'plot' needs <CURVE"]),
            ("plot swish --lang fr", &["--lang does not know 'fr'", "en, zh"]),
            ("plot swish --seed -1", &["--seed"]),
            ("plot swish --seed 1 --seed 2", &["--seed is given more than once"]),
            ("exit now", &["unexpected argument 'now'", "allowed: "]),
            ("plot swish --range 1 x", &["--range cannot be 'x'", "--range -4 4"]),
            ("norm rms --epss 1", &["--eps", "example: llm-lab norm rms --eps 1e-5"]),
            ("lesson --print", &["needs <LESSON>", "allowed: "]),
            ("progress reset", &["needs <TOPIC>", "allowed: "]),
            ("set seed x", &["example: llm-lab set seed "]),
            ("--foo", &["unknown option --foo", "--seed", "--lang"]),
        ] {
            let said = said(line, Lang::En);
            assert!(!said.contains('\n'), "{said}");
            for part in parts {
                assert!(said.contains(part), "{line}: {said}");
            }
            assert!(said.contains("example: llm-lab "), "{line}: {said}");
        }
    }

    #[test]
    fn chinese_says_it_in_chinese() {
        let line = said("plto relu", Lang::Zh);
        assert!(line.starts_with("没有命令“plto”，是不是“plot”？可用："), "{line}");
        let line = said("plot swish --beta inf", Lang::Zh);
        assert!(line.starts_with("--beta 不能是“inf”；可用：0"), "{line}");
    }

    #[test]
    fn a_hostile_word_cannot_reach_the_terminal() {
        let line = said(&format!("\u{1b}[31m{}", "x".repeat(10_000)), Lang::En);
        assert!(!line.contains('\u{1b}') && line.len() < 600, "{line}");
    }
}
