//! From words to a parsed line: argv, a REPL line, a script's line and a lesson's `run:` line.
//! All are words without the program's name, so that one tree reads them all.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, ValueEnum};

use super::grammar::{Command, Line, Session};
use super::settings::Color;
use super::{help, mistake};
use crate::report::{Error, Lang, text};

/// Where a line was written: in a system shell one types `llm-lab` first, in the REPL one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The arguments of the process.
    Argv,
    /// The REPL, a script, a lesson.
    Line,
}

/// What a line asks for.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A command or global options.
    Run(Box<Line>),
    /// Help or the version, ready to show; it carries colours as ANSI escapes.
    Show(String),
}

/// The one tree; it reads words without the program's name.
pub fn tree() -> clap::Command {
    with_negatives(Line::command().no_binary_name(true))
}

/// `-4` is a value everywhere: an option that takes no negative number then says so itself, instead
/// of clap saying that there is no option `-4`.
fn with_negatives(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| match arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        })
        .mut_subcommands(with_negatives)
}

/// Takes a line apart as a shell would: quotes, backslashes, a comment after `#`. A leading
/// `llm-lab` is dropped, so that what stands in a document can be pasted.
///
/// ```
/// use llm_lab::app::words;
/// assert_eq!(words("llm-lab plot 'swish' # a curve").unwrap(), ["plot", "swish"]);
/// assert!(words("plot 'swish").is_err());
/// ```
///
/// # Errors
/// A quote that is not closed.
pub fn words(line: &str) -> Result<Vec<String>, Error> {
    // a backslash at a line's end joins the next one to it
    let mut words = shlex::split(&line.replace("\\\n", "")).ok_or_else(|| {
        Error::input(text("a quote is not closed", "引号没有配对"))
            .allowed(text("quotes in pairs", "成对的引号"))
            .example("llm-lab plot 'swish'")
    })?;
    if words.first().is_some_and(|w| w == "llm-lab") {
        words.remove(0);
    }
    Ok(words)
}

/// Parses words; `lang` is what help is written in unless the words themselves say `--lang`.
///
/// # Errors
/// One clear line for whatever is wrong with them.
pub fn parse(words: &[OsString], place: Place, lang: Lang) -> Result<Asked, Error> {
    let mut tree = tree();
    let matches = match tree.try_get_matches_from_mut(words) {
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

/// The language and the colour that the words ask for, whether or not the rest of them can be
/// parsed: help and mistakes are told so.
pub fn look_among(words: &[OsString]) -> (Option<Lang>, Option<Color>) {
    let value = |option: &str| {
        let mut found = None;
        let mut words = words.iter().map(|word| word.to_str().unwrap_or_default());
        while let Some(word) = words.next() {
            found = match word.strip_prefix(option) {
                Some("") => words.next(),
                Some(rest) if rest.starts_with('=') => Some(&rest[1..]),
                _ => found,
            };
        }
        found
    };
    let lang = value("--lang").and_then(|word| Lang::from_str(word, false).ok());
    let color = value("--color").and_then(|word| Color::from_str(word, false).ok());
    (lang, color)
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
    fn the_language_is_found_in_a_broken_line() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let lang = |words: Vec<OsString>| look_among(&words).0;
        assert_eq!(lang(words("plt --lang zh")), Some(Lang::Zh));
        assert_eq!(lang(words("plt --lang=en")), Some(Lang::En));
        assert_eq!(lang(words("plt --lang fr")), None);
    }
}
