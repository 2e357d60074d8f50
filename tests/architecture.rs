//! Holds the source to the floors of `src/lib.rs`: a file imports only from floors below its own,
//! every room says what it is, and only the rooms that may touch files, streams and clocks do.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms with their floors, from the ground up.
const FLOORS: [(&str, u8); 10] = [
    ("math", 0),
    ("report", 0),
    ("corpus", 1),
    ("tokenizer", 1),
    ("model", 1),
    ("experiments", 2),
    ("course", 3),
    ("render", 3),
    ("app", 4),
    ("shell", 5),
];

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// Every Rust file below `src`, as `(path below src, text)`.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(&root).unwrap().to_path_buf(), text)
    };
    found.into_iter().map(read).collect()
}

/// The room that a file stands in: `render/json.rs` is in `render`.
fn room(path: &Path) -> &str {
    path.components().next().and_then(|c| c.as_os_str().to_str()).unwrap()
}

/// The source without comments, so that a word in a sentence is not taken for an import.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// How deep a file's module lies: `render/terminal/table.rs` is `crate::render::terminal::table`, 3.
fn depth(path: &Path) -> usize {
    let is_mod = path.file_stem().is_some_and(|s| s == "mod");
    path.components().count() - usize::from(is_mod)
}

/// The identifiers that a path goes on with: `report::Text` gives one, `{app, report::Text}` two.
fn heads(rest: &str) -> Vec<String> {
    let ident =
        |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![ident(rest)] };
    let (mut level, mut start, mut found) = (0, true, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => start = true,
            c if start && !c.is_whitespace() => {
                found.push(ident(&group[i..]));
                start = false;
            }
            _ => {}
        }
    }
    found
}

/// The rooms that a file reaches, by `crate::…` or by a chain of `super::` up to the crate.
fn reached(path: &Path, text: &str) -> Vec<String> {
    let code = code(text);
    let after = |what: &str| {
        code.match_indices(what).flat_map(|(i, m)| heads(&code[i + m.len()..])).collect::<Vec<_>>()
    };
    let mut rooms = after("crate::");
    rooms.extend(after(&"super::".repeat(depth(path))));
    rooms
}

/// What is wrong with the imports of one file.
fn violations(path: &Path, text: &str) -> Vec<String> {
    let here = room(path);
    let Some(own) = floor(here) else { return Vec::new() };
    reached(path, text)
        .into_iter()
        .filter(|other| other != here)
        .filter_map(|other| floor(&other).map(|f| (other, f)))
        .filter(|(_, f)| *f >= own)
        .map(|(other, f)| {
            format!("src/{}: `{here}` (F{own}) imports from `{other}` (F{f})", path.display())
        })
        .collect()
}

#[test]
fn imports_go_down() {
    let bad: Vec<String> =
        sources().iter().flat_map(|(path, text)| violations(path, text)).collect();
    assert!(bad.is_empty(), "a floor imports only from floors below it:\n{}", bad.join("\n"));
}

#[test]
fn an_upward_import_is_named_with_its_floor() {
    let cases = [
        ("math/norm.rs", "use crate::model::Stack;"),
        ("render/json.rs", "use crate::{report::Text, course::Pack};"),
        ("experiments/norm/axes.rs", "fn f() { super::super::super::app::execute() }"),
        ("report/mod.rs", "use super::math;"),
    ];
    for (path, text) in cases {
        let found = violations(Path::new(path), text);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
        assert!(found[0].contains("(F"), "{found:?}");
    }
    assert!(
        violations(Path::new("app/mod.rs"), "use crate::report::Text; // crate::shell").is_empty()
    );
}

#[test]
fn every_room_has_its_floor() {
    for (path, _) in sources().iter().filter(|(path, _)| path.components().count() > 1) {
        let here = room(path);
        assert!(
            floor(here).is_some(),
            "src/{here} is on no floor: add it to FLOORS and to src/lib.rs"
        );
    }
}

#[test]
fn every_file_says_what_room_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(p, _)| p)
        .collect();
    assert!(silent.is_empty(), "these files do not begin with `//!`: {silent:?}");
}

#[test]
fn only_the_right_rooms_touch_the_world() {
    let rules: [(&str, &[&str]); 5] = [
        ("std::fs", &["app"]),
        ("std::io::stdin", &["shell"]),
        ("std::io::stdout", &["shell"]),
        ("std::env", &["app", "shell"]),
        ("Instant::now", &["experiments", "app", "shell"]),
    ];
    for (path, text) in sources() {
        let code = code(text.split("#[cfg(test)]").next().unwrap_or(""));
        for (what, allowed) in rules {
            let fine = allowed.contains(&room(&path)) || !code.contains(what);
            assert!(fine, "src/{}: `{what}` belongs to {allowed:?}", path.display());
        }
    }
}
