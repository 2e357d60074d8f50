//! From words to a parsed line: argv, a REPL line, a script's line and a lesson's `run:` line.
//! All are words without the program's name, so that one tree reads them all.

use std::ffi::OsString;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use super::grammar::{Command, Line, Session, tree};
use super::words::{Place, look_among, plain, words};
use super::{help, mistake};
use crate::report::{Error, Lang, text};

/// What a line asks for.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A command or global options.
    Run(Box<Line>),
    /// Help or the version, ready to show; it carries colours as ANSI escapes.
    Show(String),
}

/// Parses words; `lang` is what help is written in unless the words themselves say `--lang`.
///
/// # Errors
/// One clear line for whatever is wrong with them.
pub fn parse(words: &[OsString], place: Place, lang: Lang) -> Result<Asked, Error> {
    let mut tree = tree();
    let matches = match tree.try_get_matches_from_mut(words.iter().map(plain)) {
        Ok(matches) => matches,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp => {
                    let lang = look_among(words).0.unwrap_or(lang);
                    Ok(Asked::Show(help::render(words, place, lang)))
                }
                ErrorKind::DisplayVersion => Ok(Asked::Show(error.render().to_string())),
                _ => Err(mistake::explain(&error, &tree, words)),
            };
        }
    };
    match Line::from_arg_matches(&matches) {
        Ok(Line {
            command: Some(Command::Session(Session::Help { command })), globals, ..
        }) => {
            explained(&command, &mut tree)?;
            let command: Vec<_> = command.into_iter().map(OsString::from).collect();
            Ok(Asked::Show(help::render(&command, place, globals.lang.unwrap_or(lang))))
        }
        Ok(line) => Ok(Asked::Run(Box::new(line))),
        Err(error) => Err(mistake::explain(&error, &tree, words)),
    }
}

/// Whether `help` can explain this command; if not, the tree itself says what is wrong with it.
fn explained(command: &[String], tree: &mut clap::Command) -> Result<(), Error> {
    let mut last = &*tree;
    for word in command {
        let Some(next) = last.find_subcommand(word) else {
            let words: Vec<_> = command.iter().map(OsString::from).collect();
            return match tree.try_get_matches_from_mut(&words) {
                Err(error) => Err(mistake::explain(&error, tree, &words)),
                Ok(_) => Err(Error::input(text(
                    format!("there is no help on '{}'", mistake::shown(word)),
                    format!("没有关于“{}”的帮助", mistake::shown(word)),
                ))
                .allowed(text("the name of a command", "命令的名称"))
                .example("llm-lab help plot")),
            };
        };
        last = next;
    }
    Ok(())
}

/// Parses a line that must be a command, as the `run:` line of a lesson.
///
/// # Errors
/// One clear line for whatever is wrong with it.
pub fn parse_command(line: &str) -> Result<Line, Error> {
    let words: Vec<OsString> = words(line)?.into_iter().map(OsString::from).collect();
    match parse(&words, Place::Line, Lang::En)? {
        Asked::Run(line) if line.command.is_some() => Ok(*line),
        _ => Err(Error::input(text("a command is missing", "缺少命令"))
            .allowed(text("an experiment with its parameters", "一个实验命令及其参数"))
            .example("llm-lab plot swish --beta 0.5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        parse_command(line).unwrap_err().line(Lang::En)
    }

    #[test]
    fn a_comment_alone_is_no_command() {
        assert!(words("# nothing").unwrap().is_empty());
        assert!(wrong("# nothing").starts_with("a command is missing"));
        assert!(wrong("--seed 3").starts_with("a command is missing"));
    }

    #[test]
    fn every_way_to_write_a_negative_number_is_a_value() {
        for line in ["plot relu --range -1e-6 1e-6", "norm layer --vector -.5 -2e3 -4 -0 -1E-3"] {
            assert!(parse_command(line).is_ok(), "{line}");
        }
        for word in ["-inf", "-1e999", "-NaN"] {
            let line = wrong(&format!("plot swish --beta {word}"));
            assert!(line.starts_with(&format!("--beta cannot be '{word}'")), "{line}");
        }
    }
}
