//! Follows `CONTRIBUTING.md` to the letter in a copy of the project: what it says to add is taken
//! from its own text, and must then work.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The code block that follows `<!-- mark -->`.
fn block<'a>(text: &'a str, mark: &str) -> &'a str {
    let rest = text.split_once(mark).unwrap_or_else(|| panic!("CONTRIBUTING.md lacks {mark}")).1;
    let body = rest.split_once("```").unwrap().1.split_once('\n').unwrap().1;
    body.split_once("```").unwrap().0
}

/// Every `<!-- file: PATH -->` of the text with its code block.
fn files(text: &str) -> Vec<(&str, &str)> {
    let open = "<!-- file: ";
    text.match_indices(open)
        .map(|(i, _)| {
            let path = text[i + open.len()..].split_once(" -->").unwrap().0;
            (path, block(&text[i..], "-->"))
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// Rewrites one file.
fn edit(path: PathBuf, change: impl Fn(&str) -> String) {
    let old = fs::read_to_string(&path).unwrap();
    let new = change(&old);
    assert_ne!(old, new, "{} was not changed", path.display());
    fs::write(path, new).unwrap();
}

/// A copy of the project under another binary name, so that its build can share this one's target
/// folder without replacing the binary that other tests run.
fn project() -> tempfile::TempDir {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    for part in
        ["Cargo.toml", "Cargo.lock", "README.md", "build.rs", "src", "lessons", "assets", "benches"]
    {
        if home.join(part).exists() {
            copy(&home.join(part), &dir.path().join(part));
        }
    }
    edit(dir.path().join("Cargo.toml"), |toml| {
        toml.replace("default-run = \"llm-lab\"", "default-run = \"contributed\"")
            .replace("[[bin]]\nname = \"llm-lab\"", "[[bin]]\nname = \"contributed\"")
    });
    dir
}

const RUNS_WHAT_WAS_ADDED: &str = r#"//! What was added works.

use std::process::Command;

fn llm_lab(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_contributed")).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).to_string();
    assert!(out.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&out.stderr));
    text
}

#[test]
fn the_new_experiment_is_a_command() {
    let json = llm_lab(&["coin", "--flips", "100", "--format", "json"]);
    assert!(json.contains("heads.share"), "{json}");
    assert_eq!(json, llm_lab(&["coin", "--flips", "100", "--format", "json"]), "one seed, one result");
    assert!(llm_lab(&["--help", "--lang", "zh"]).contains("均匀硬币"));
}

#[test]
fn the_new_lesson_is_in_the_pack_and_holds() {
    assert!(llm_lab(&["lessons"]).contains("coin-flips"));
    llm_lab(&["check", "only-the-new"]);
    llm_lab(&["verify", "coin-flips"]);
}
"#;

#[test]
fn what_contributing_says_works() {
    let guide = include_str!("../CONTRIBUTING.md");
    let project = project();
    for (path, content) in files(guide) {
        let path = project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    edit(project.path().join("src/experiments/mod.rs"), |registry| {
        registry.replacen(
            "registry! {\n",
            &format!("registry! {{\n    {}", block(guide, "<!-- registry -->")),
            1,
        )
    });
    edit(project.path().join("lessons/pack.yaml"), |pack| {
        format!("{}\n{}", pack.trim_end(), block(guide, "<!-- tracks -->"))
    });
    let small = project.path().join("only-the-new");
    copy(&project.path().join("lessons/chance"), &small.join("chance"));
    let pack = "format: 1\ntitle: {en: New, zh: 新}\ntracks:\n";
    fs::write(small.join("pack.yaml"), format!("{pack}{}", block(guide, "<!-- tracks -->")))
        .unwrap();
    fs::create_dir_all(project.path().join("tests")).unwrap();
    fs::write(project.path().join("tests/added.rs"), RUNS_WHAT_WAS_ADDED).unwrap();

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let run = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--test", "added", "--target-dir"])
        .arg(target)
        .current_dir(project.path())
        // the copy is built once more: what matters is that it builds
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "following CONTRIBUTING.md failed:\n{out}\n{err}");
    assert!(out.contains("2 passed"), "{out}");
}
