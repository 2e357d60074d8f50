//! `train` as scripts use it: one seed gives one checkpoint, to the byte, on any number of threads.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// Trains a few steps of a tiny model into `folder` and returns what was reported.
fn train(home: &Path, folder: &str, options: &str) -> Value {
    let line = format!(
        "train --corpus stories --d-model 32 --d-ff 48 --layers 2 --heads 4 \
         --kv-heads 2 --context 24 --batch 5 --format json --save {folder} {options}"
    );
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("llm-lab"));
    command.args(line.split_whitespace()).current_dir(home).env_clear();
    command.env("LLM_LAB_HOME", home.join("home"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn one_seed_gives_the_same_checkpoint_on_one_and_two_threads() {
    let place = tempfile::tempdir().unwrap();
    let bytes = |folder: &str, options: &str| {
        let report = train(place.path(), folder, options);
        for metric in ["throughput.tokens_per_s", "loss.train", "loss.validation"] {
            let value = report["metrics"][metric]["value"].as_f64();
            assert!(value.is_some_and(|v| v > 0.0), "{metric}: {value:?}");
        }
        fs::read(place.path().join(folder).join("model.safetensors")).unwrap()
    };
    let one = bytes("one", "--threads 1 --seed 7 --vocab-size 280 --steps 4");
    assert!(one.len() > 10_000);
    assert!(
        one == bytes("two", "--threads 2 --seed 7 --vocab-size 280 --steps 4"),
        "the threads change the weights"
    );
    assert!(
        one != bytes("other", "--threads 2 --seed 8 --vocab-size 280 --steps 4"),
        "the seed changes nothing"
    );
}

#[test]
fn a_vocabulary_larger_than_the_text_has_pieces_is_trained_and_sampled() {
    let place = tempfile::tempdir().unwrap();
    let report = train(place.path(), "wide", "--vocab-size 4096 --steps 1");
    assert!(report["metrics"]["loss.chance"]["value"].as_f64().is_some_and(|v| v > 8.3));
    assert!(place.path().join("wide/model.safetensors").exists());
}
