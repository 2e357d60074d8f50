//! A line that works, for each command: the first of its `after_help`, or one made from its
//! arguments.

use clap::{Arg, Command, ValueHint};

use super::words;

/// An example for the last command of a path through the tree, as one types it in a system shell.
pub fn of(path: &[&Command]) -> String {
    let Some((root, rest)) = path.split_first() else { return "llm-lab help".to_string() };
    if let Some(line) = path.last().and_then(|c| written(c).into_iter().next()) {
        return line;
    }
    let names: Vec<_> = rest.iter().map(|c| c.get_name().to_string()).collect();
    let command = rest.last().unwrap_or(root);
    if let Some(first) = command.get_subcommands().next() {
        return of(&[path, &[first]].concat());
    }
    let required = command.get_positionals().filter(|a| a.is_required_set());
    let values = required.filter_map(|arg| any_values(arg).into_iter().next());
    [vec!["llm-lab".to_string()], names, values.collect()].concat().join(" ")
}

/// An example with one argument of the last command in it: one that its author wrote, or else the
/// command with a value that this argument takes.
pub fn using(path: &[&Command], arg: &Arg) -> String {
    let plain = of(path);
    let (Some(flag), Some((root, rest))) = (arg.get_long(), path.split_first()) else {
        return plain;
    };
    let flag = &format!("--{flag}");
    let names = rest.iter().map(|c| c.get_name().to_string());
    let bare = [vec!["llm-lab".to_string()], names.collect()].concat().join(" ");
    let mut lines = path.last().map(|c| written(c)).unwrap_or_default();
    if let Some(line) = lines.iter().find(|line| line.split(' ').any(|word| word == flag)) {
        return line.clone();
    }
    lines.extend([plain.clone(), bare]);
    let values = any_values(arg);
    let longer = lines.iter().flat_map(|line| {
        values.iter().map(move |value| format!("{line} {flag} {value}").trim_end().to_string())
    });
    longer.into_iter().find(|line| parses(root, line)).unwrap_or(plain)
}

/// Whether the tree takes a line.
fn parses(tree: &Command, line: &str) -> bool {
    let Ok(words) = words::words(line) else { return false };
    let words = words.into_iter().map(|word| words::plain(&word.into()));
    tree.clone().try_get_matches_from(words).is_ok()
}

/// The examples that the command's author wrote, one a line, with `llm-lab` in front.
pub fn written(command: &Command) -> Vec<String> {
    let Some(text) = command.get_after_help() else { return Vec::new() };
    let lines = text.to_string();
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.strip_prefix("llm-lab ").unwrap_or(line))
        .map(|line| format!("llm-lab {line}"))
        .collect()
}

/// What an argument may take, the likeliest first.
fn any_values(arg: &Arg) -> Vec<String> {
    if !arg.get_action().takes_values() {
        return vec![String::new()];
    }
    let usual: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
    // a default that breaks the line cannot stand in an example
    if !usual.is_empty() && !usual.iter().any(|value| value.contains('\n')) {
        let quoted = shlex::try_join(usual.iter().map(AsRef::as_ref));
        return vec![quoted.unwrap_or_else(|_| usual.join(" "))];
    }
    let listed = arg.get_possible_values().into_iter().map(|v| v.get_name().to_string());
    let listed: Vec<_> = listed.take(1).collect();
    let words: &[&str] = match arg.get_value_hint() {
        _ if !listed.is_empty() => return listed,
        ValueHint::AnyPath => &["pictures"],
        ValueHint::DirPath => &["lessons"],
        _ => &["2", "64", "0.5"],
    };
    words.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Asked, Place, parse, tree, words};
    use crate::report::Lang;

    fn each(path: &[&Command], seen: &mut Vec<String>) {
        let command = path[path.len() - 1];
        seen.push(of(path));
        seen.extend(written(command));
        for next in command.get_subcommands() {
            each(&[path, &[next]].concat(), seen);
        }
    }

    fn each_option(path: &[&Command], seen: &mut usize) {
        let command = path[path.len() - 1];
        for arg in command.get_arguments() {
            let Some(flag) = arg.get_long().filter(|f| !["help", "version"].contains(f)) else {
                continue;
            };
            let example = using(path, arg);
            assert!(example.split(' ').any(|w| w == format!("--{flag}")), "--{flag}: {example}");
            assert!(parses(path[0], &example), "{example}");
            *seen += 1;
        }
        for next in command.get_subcommands() {
            each_option(&[path, &[next]].concat(), seen);
        }
    }

    #[test]
    fn every_option_has_an_example_with_it() {
        let mut tree = tree();
        tree.build();
        let mut seen = 0;
        each_option(&[&tree], &mut seen);
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn every_example_parses() {
        let tree = tree();
        let mut examples = Vec::new();
        each(&[&tree], &mut examples);
        assert!(examples.len() > 10);
        for example in examples {
            let words: Vec<_> = words(&example).unwrap().into_iter().map(Into::into).collect();
            match parse(&words, Place::Argv, Lang::En) {
                Ok(Asked::Run(line)) => assert!(line.command.is_some(), "{example}"),
                Ok(Asked::Show(_)) => {}
                Err(error) => panic!("{example}: {}", error.line(Lang::En)),
            }
        }
    }
}
