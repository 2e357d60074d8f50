//! Tab: commands, subcommands, flags, their values and the pack's ids, from the one tree.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate, complete};

use super::words::unfinished;
use crate::app::{self, Settings};

/// The tree for completion: arguments that take ids know those of the session's pack, which is read
/// when Tab first asks for one.
pub fn tree(settings: &Settings) -> Command {
    let ids: Arc<OnceLock<Ids>> = Arc::default();
    let tree = app::tree();
    let commands: Vec<String> = tree.get_subcommands().map(|c| c.get_name().into()).collect();
    with_ids(tree, &Arc::new((settings.clone(), ids, commands)))
}

/// The ids of a pack.
#[derive(Debug, Default)]
struct Ids {
    tracks: Vec<String>,
    lessons: Vec<String>,
    claims: Vec<String>,
}

type Known = (Settings, Arc<OnceLock<Ids>>, Vec<String>);

impl Ids {
    fn read(settings: &Settings) -> Self {
        let Ok(pack) = app::pack::open(settings) else { return Self::default() };
        let tracks = pack.tracks().iter().map(|t| t.id.clone()).collect();
        let lessons = pack.lessons().iter().map(|e| e.header.id.clone()).collect();
        let whole = pack.lessons().iter().filter_map(|entry| entry.lesson().ok());
        let claims = whole.flat_map(|lesson| {
            let claims = lesson.claims.into_iter().map(|claim| claim.id);
            claims.chain(lesson.myths.into_iter().map(|myth| myth.id)).collect::<Vec<_>>()
        });
        Self { tracks, lessons, claims: claims.collect() }
    }
}

fn with_ids(command: Command, known: &Arc<Known>) -> Command {
    command.mut_args(|arg| knowing(arg, known)).mut_subcommands(|sub| with_ids(sub, known))
}

/// An argument with its ids, which it is known by the name of its value.
fn knowing(arg: Arg, known: &Arc<Known>) -> Arg {
    let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let pick: fn(&Ids) -> Vec<&Vec<String>> = match name.as_deref() {
        Some("LESSON") => |ids| vec![&ids.lessons],
        Some("TOPIC") => |ids| vec![&ids.tracks, &ids.lessons],
        Some("ID") => |ids| vec![&ids.tracks, &ids.lessons, &ids.claims],
        Some("COMMAND") => {
            let known = known.clone();
            return arg.add(ArgValueCandidates::new(move || {
                known.2.iter().map(CompletionCandidate::new).collect()
            }));
        }
        _ => return arg,
    };
    let known = known.clone();
    arg.add(ArgValueCandidates::new(move || {
        let ids = known.1.get_or_init(|| Ids::read(&known.0));
        pick(ids).into_iter().flatten().map(CompletionCandidate::new).collect()
    }))
}

/// What could stand at the cursor: from which byte on it replaces the line, and the words.
pub fn candidates(line: &str, tree: &mut Command) -> (usize, Vec<String>) {
    let parts = unfinished(line);
    if parts.comment.is_some() || parts.backslash {
        return (line.len(), Vec::new());
    }
    let mut words = parts.words;
    // a word that the cursor touches is being typed; after a blank a new one begins
    let touched = words.last().is_some_and(|w| w.range.end == line.len());
    let (start, typed, quoted) = match words.pop_if(|_| touched) {
        Some(word) => (word.range.start, word.says, word.quoted),
        None => (line.len(), String::new(), false),
    };
    let mut args: Vec<OsString> = words.into_iter().map(|w| w.says.into()).collect();
    if args.first().is_some_and(|first| first == "llm-lab") {
        args.remove(0);
    }
    args.push(typed.clone().into());
    let index = args.len() - 1;
    let here = std::env::current_dir().ok();
    let found = complete(tree, args, index, here.as_deref()).unwrap_or_default();
    let found: Vec<String> = found.iter().map(CompletionCandidate::get_value).map(lossy).collect();
    let wanted = |c: &&String| typed.starts_with('-') || !c.starts_with('-');
    let mut chosen: Vec<String> = found.iter().filter(wanted).cloned().collect();
    if chosen.is_empty() && typed.is_empty() {
        chosen = found.into_iter().filter(|c| c.starts_with("--")).collect();
    }
    chosen.dedup();
    let quote = if quoted { line[start..].chars().next() } else { None };
    (start, chosen.into_iter().map(|c| as_typed(&c, quote)).collect())
}

fn lossy(value: &std::ffi::OsStr) -> String {
    value.to_string_lossy().into_owned()
}

/// A candidate as it stands in a line: quoted where it must be or where the learner began so, with
/// a blank behind it unless a path goes on.
fn as_typed(value: &str, quote: Option<char>) -> String {
    let goes_on = value.ends_with('/') || value.ends_with('=');
    let blank = if goes_on { "" } else { " " };
    match quote {
        Some(quote) if goes_on => format!("{quote}{value}"),
        Some(quote) => format!("{quote}{value}{quote} "),
        None => {
            let safe = |c: char| c.is_alphanumeric() || "-_./=:+@%,~".contains(c);
            match value.chars().all(safe) {
                true => format!("{value}{blank}"),
                false => format!("{}{blank}", shlex::try_quote(value).unwrap_or(value.into())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(line: &str) -> Vec<String> {
        let (_, found) = candidates(line, &mut tree(&Settings::default()));
        found.into_iter().map(|c| c.trim_end().to_string()).collect()
    }

    #[test]
    fn each_place_offers_what_fits_there() {
        assert_eq!(tab("pl"), ["plot"]);
        assert_eq!(tab("llm-lab pl"), ["plot"]);
        assert!(tab("").contains(&"set".to_string()));
        assert!(tab("").iter().all(|c| !c.starts_with('-')), "flags only when asked for");
        assert_eq!(tab("plot relu --bet"), ["--beta"]);
        assert_eq!(tab("plot relu --lang "), ["en", "zh"]);
        assert_eq!(tab("plot --lang z"), ["zh"]);
        assert_eq!(tab("plot --lang=z"), ["--lang=zh"]);
        assert_eq!(tab("set vi"), ["view"]);
        assert_eq!(tab("set view n"), ["never"]);
        assert_eq!(tab("help pro"), ["progress"]);
        assert!(tab("plot re").contains(&"relu".to_string()));
    }

    #[test]
    fn open_quotes_and_odd_lines_do_no_harm() {
        assert_eq!(
            candidates("plot 'rel", &mut tree(&Settings::default())),
            (5, vec!["'relu' ".into()])
        );
        for line in ["# pl", "plot \\", "🦀", "plot 'x y", "\"", "plot -- ", "-", "--=", "''"] {
            let (start, _) = candidates(line, &mut tree(&Settings::default()));
            assert!(start <= line.len());
        }
    }
}
