//! Types what README.md shows: each `$ llm-lab …` line of a `console` block is run, in order and in
//! one folder, and must print what stands below it. A line of `…` stands for any lines.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use assert_cmd::Command;

/// The `console` blocks of a Markdown text.
fn consoles(markdown: &str) -> Vec<&str> {
    markdown.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

/// A block as commands, each with the lines that it should print.
fn commands(block: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push((command, Vec::new())),
            (None, Some((_, lines))) => lines.push(line.trim_end()),
            (None, None) => {}
        }
    }
    found
}

/// Whether `output` is what `expected` shows.
fn matches(expected: &[&str], output: &[&str]) -> bool {
    match expected.split_first() {
        None => output.iter().all(|line| line.is_empty()),
        Some((&"…", rest)) => (0..=output.len()).any(|skip| matches(rest, &output[skip..])),
        Some((line, rest)) => output.first() == Some(line) && matches(rest, &output[1..]),
    }
}

/// What a command prints in `folder`, with stderr after stdout.
fn typed(command: &str, folder: &Path) -> String {
    let mut words = shlex::split(command).unwrap().into_iter();
    assert_eq!(words.next().as_deref(), Some("llm-lab"), "README.md shows `{command}`");
    let mut run = Command::cargo_bin("llm-lab").unwrap();
    let out = run
        .args(words)
        .current_dir(folder)
        .env("LLM_LAB_HOME", folder)
        .env("LANG", "C")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    text(&out.stdout) + &text(&out.stderr)
}

#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for (command, expected) in consoles(include_str!("../README.md")).into_iter().flat_map(commands)
    {
        let output = typed(command, folder.path());
        let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
        assert!(
            matches(&expected, &lines),
            "README.md shows for `{command}`:\n{}\nbut it prints:\n{output}",
            expected.join("\n")
        );
        seen += 1;
    }
    assert!(seen >= 5, "README.md shows only {seen} commands");
}

#[test]
fn the_matcher_tells_right_from_wrong() {
    assert!(matches(&["a", "…", "c"], &["a", "b", "b", "c", ""]));
    assert!(!matches(&["a", "c"], &["a", "b", "c"]));
    assert!(!matches(&["a", "…", "d"], &["a", "b"]));
}
