//! The story model in the binary: what the command in `CONTRIBUTING.md` makes, and good for stories.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/stories").join(name)
}

/// What a line of `llm-lab` prints, run in a folder.
fn run(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("llm-lab"))
        .args(args)
        .current_dir(folder)
        .env("LLM_LAB_HOME", folder.join("home"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn metric(folder: &Path, args: &[&str], name: &str) -> Value {
    let out = run(folder, &[args, &["--format", "json"]].concat());
    serde_json::from_str::<Value>(&out).unwrap()["metrics"][name]["value"].clone()
}

#[test]
fn the_command_makes_its_configuration_and_its_tokenizer() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md"));
    let text = text.unwrap();
    let block = text.split_once("<!-- stories -->").unwrap().1.split_once("```sh\n").unwrap().1;
    let line = block.lines().next().unwrap();
    assert!(line.starts_with("llm-lab train ") && line.ends_with(" --save assets/stories"));
    let folder = tempfile::tempdir().unwrap();
    let mut args: Vec<&str> = line.split(' ').skip(1).collect();
    let steps = args.iter().position(|word| *word == "--steps").unwrap() + 1;
    args[steps] = "1";
    let last = args.len() - 1;
    args[last] = "mine";
    run(folder.path(), &args);
    for name in ["config.json", "tokenizer.json"] {
        let made = fs::read_to_string(folder.path().join("mine").join(name)).unwrap();
        assert_eq!(made, fs::read_to_string(shipped(name)).unwrap(), "{name}");
    }
    let size = |path: PathBuf| fs::metadata(path).unwrap().len();
    let weights = size(shipped("model.safetensors"));
    assert_eq!(size(folder.path().join("mine/model.safetensors")), weights);
    assert!(weights < 1_100_000);
}

#[test]
fn it_goes_on_and_stays_with_its_hero() {
    let folder = tempfile::tempdir().unwrap();
    let mut right = 0;
    let heroes =
        [("girl", "She"), ("boy", "He"), ("fox", "It"), ("queen", "She"), ("farmer", "He")];
    for (hero, pronoun) in heroes {
        let prompt = format!("\nOnce there was a little {hero} who lived in a small house .");
        let said = metric(
            folder.path(),
            &["generate", "--greedy", "--count", "60", "--prompt", &prompt],
            "text",
        );
        let story = said.as_str().unwrap().split('\n').next().unwrap().to_string();
        let others = heroes.iter().filter(|(other, _)| *other != hero);
        let strayed = others.filter(|(other, _)| story.contains(&format!("the {other} "))).count();
        assert!(story.ends_with('.'), "{story}");
        right += usize::from(story.starts_with(&format!(" {pronoun} ")) && strayed == 0);
    }
    assert!(right >= 4, "{right} of {} stories stay with their hero", heroes.len());
}

#[test]
fn a_folder_of_its_name_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = metric(folder.path(), &["model", "show", "stories"], "parameters");
    let own = ["model", "new", "--d-model", "16", "--layers", "1", "--save", "stories"];
    run(folder.path(), &own);
    assert_ne!(metric(folder.path(), &["model", "show", "stories"], "parameters"), shipped);
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, threads: &str, seed: &str| {
        let sizes = ["--task", "copy", "--context", "8", "--d-model", "16", "--layers", "1"];
        let rest = ["--steps", "5", "--threads", threads, "--seed", seed, "--save", name];
        run(folder.path(), &[&["train"][..], &sizes, &rest].concat());
        fs::read(folder.path().join(name).join("model.safetensors")).unwrap()
    };
    let first = train("a", "1", "3");
    assert!(first == train("b", "2", "3"), "two threads");
    assert!(first != train("c", "1", "4"), "another seed");
}
