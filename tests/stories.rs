//! The story model in the binary: what the command in `CONTRIBUTING.md` makes, and good for stories.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Place;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_commands_make_their_configurations_and_their_tokenizers() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let block = text.split_once("<!-- models -->").unwrap().1.split_once("```sh\n").unwrap().1;
    let lines: Vec<&str> = block.lines().take_while(|line| *line != "```").collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let (options, folder) = line.split_once(" --save ").unwrap();
        let options = options.strip_prefix("llm-lab ").unwrap();
        let place = Place::new();
        let ran = place.line(&format!("{} --save mine", options.replace("3000", "1")));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let shipped = |name: &str| root().join(folder).join(name);
        for name in ["config.json", "tokenizer.json"] {
            assert_eq!(
                place.read(&format!("mine/{name}")),
                fs::read(shipped(name)).unwrap(),
                "{name}"
            );
        }
        let size = |path: PathBuf| fs::metadata(path).unwrap().len();
        let weights = size(shipped("model.safetensors"));
        assert_eq!(size(place.path().join("mine/model.safetensors")), weights);
        assert!(weights < 1_100_000);
    }
}

#[test]
fn it_goes_on_and_stays_with_its_hero() {
    let place = Place::new();
    let mut right = 0;
    let heroes =
        [("girl", "She"), ("boy", "He"), ("fox", "It"), ("queen", "She"), ("farmer", "He")];
    for (hero, pronoun) in heroes {
        let prompt = format!("\nOnce there was a little {hero} who lived in a small house .");
        let line = ["generate", "--greedy", "--count", "60", "--prompt", &prompt];
        let report = place.json_of(&line);
        let story = report["metrics"]["text"]["value"]
            .as_str()
            .unwrap()
            .split('\n')
            .next()
            .unwrap()
            .to_string();
        let others = heroes.iter().filter(|(other, _)| *other != hero);
        let strayed = others.filter(|(other, _)| story.contains(&format!("the {other} "))).count();
        assert!(story.ends_with('.'), "{story}");
        right += usize::from(story.starts_with(&format!(" {pronoun} ")) && strayed == 0);
    }
    assert!(right >= 4, "{right} of {} stories stay with their hero", heroes.len());
}

#[test]
fn a_folder_of_its_name_comes_first() {
    let place = Place::new();
    let parameters = || place.json("model show stories")["metrics"]["parameters"]["value"].clone();
    let shipped = parameters();
    place.json("model new --d-model 16 --layers 1 --save stories");
    assert_ne!(parameters(), shipped);
}
