//! `train` as scripts use it: one seed gives one checkpoint, to the byte, on any number of threads.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

mod common;

use common::Place;
use serde_json::Value;

/// Trains a few steps of a tiny model into `folder` and returns what was reported.
fn train(place: &Place, folder: &str, options: &str) -> Value {
    let line = format!(
        "train --corpus stories --d-model 32 --d-ff 48 --layers 2 --heads 4 \
         --kv-heads 2 --context 24 --batch 5 --save {folder} {options}"
    );
    place.json(&line)
}

#[test]
fn one_seed_gives_the_same_checkpoint_on_one_and_two_threads() {
    let place = Place::new();
    let bytes = |folder: &str, options: &str| {
        let report = train(&place, folder, options);
        for metric in ["throughput.tokens_per_s", "loss.train", "loss.validation"] {
            let value = report["metrics"][metric]["value"].as_f64();
            assert!(value.is_some_and(|v| v > 0.0), "{metric}: {value:?}");
        }
        place.read(&format!("{folder}/model.safetensors"))
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
    let place = Place::new();
    let report = train(&place, "wide", "--vocab-size 4096 --steps 1");
    assert!(report["metrics"]["loss.chance"]["value"].as_f64().is_some_and(|v| v > 8.3));
    assert!(place.path().join("wide/model.safetensors").exists());
}

#[test]
fn a_run_that_diverges_saves_the_weights_of_its_last_good_look() {
    let place = Place::new();
    let train = |name: &str, steps: f64| {
        let report = place.json(&format!(
            "train --task copy --context 12 --d-model 8 --heads 2 --layers 1 --batch 4 --optimizer sgd \
             --clip 0 --norm none --decay 0 --schedule constant --warmup 0 --rate 30 --steps {steps} --save {name}"
        ));
        (
            report["metrics"]["diverged.kept"]["value"].as_f64(),
            place.read(&format!("{name}/model.safetensors")),
        )
    };
    let (kept, weights) = train("diverged", 20.0);
    let kept = kept.expect("it diverges");
    assert!(kept >= 1.0);
    let (diverged, same) = train("sound", kept);
    assert_eq!(diverged, None);
    assert!(weights == same, "not the weights of step {kept}");
}
