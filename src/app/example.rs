//! A line that works, for each command: the first of its `after_help`, or one made from its
//! arguments.

use clap::{Arg, Command};

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
    let values = command.get_positionals().filter(|a| a.is_required_set()).map(any_value);
    match values.collect::<Option<Vec<_>>>() {
        Some(values) => [vec!["llm-lab".to_string()], names, values].concat().join(" "),
        _ => [vec!["llm-lab help".to_string()], names].concat().join(" "),
    }
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

/// A value that a required argument takes, where it has a list of them.
fn any_value(arg: &Arg) -> Option<String> {
    arg.get_possible_values().first().map(|v| v.get_name().to_string())
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
