//! Models that `transformers` made, loaded by the lab: the logits of every position must be those
//! that `tests/golden/checkpoints.py` stored.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use llm_lab::math::attention::Mask;
use llm_lab::model::{Generation, Greedy, Position, Transformer, checkpoint, generate};
use serde_json::Value;

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/checkpoints");
    let mut all: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    assert_eq!(all.len(), 9);
    all
}

fn load(folder: &Path) -> Transformer<f32> {
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let weights = std::fs::read(folder.join("model.safetensors")).unwrap();
    checkpoint::load(&config, &[&weights]).unwrap()
}

/// Ids, their types where there are any, and the logits of each.
fn golden(folder: &Path) -> (Vec<u32>, Vec<u32>, Vec<f32>) {
    let text = std::fs::read_to_string(folder.join("logits.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let rows = value["logits"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    let ids = |key: &str| {
        value[key].as_array().into_iter().flatten().map(|id| id.as_u64().unwrap() as u32).collect()
    };
    (ids("ids"), ids("types"), rows.map(|x| x.as_f64().unwrap() as f32).collect())
}

#[test]
fn logits_are_those_of_transformers() {
    for folder in folders() {
        let (ids, types, expected) = golden(&folder);
        let logits = generate::typed_logits(&load(&folder), &ids, &types).unwrap();
        assert_eq!(logits.len(), expected.len());
        let apart = logits.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let size = expected.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
        assert!(apart < 1e-4, "{}: {apart:e} of {size}", folder.display());
        assert!(size > 0.5, "the golden logits say something");
    }
}

#[test]
fn what_is_saved_again_gives_the_same_logits() {
    for folder in folders() {
        let model = load(&folder);
        let files = checkpoint::save(&model).unwrap();
        let again = checkpoint::load::<f32>(&files.config, &[&files.weights]).unwrap();
        assert_eq!((again.config, again.weights), (model.config, model.weights));
    }
}

#[test]
fn greedy_generation_follows_the_golden_logits() {
    for folder in folders() {
        let (ids, _, expected) = golden(&folder);
        let model = load(&folder);
        if model.config.mask == Mask::None {
            continue; // a BERT does not go on
        }
        if matches!(model.config.position, Position::Rope(rope) if rope.moves_at(ids.len())) {
            continue; // its angles move with the length: a prefix has other logits
        }
        let v = model.config.vocab;
        for (n, row) in expected.chunks(v).enumerate().skip(1) {
            let best = (0..v).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap() as u32;
            let mut generation = Generation::new(&model, &ids[..=n]).unwrap();
            assert_eq!(
                generation.choose(&mut Greedy).unwrap(),
                best,
                "{} at {n}",
                folder.display()
            );
        }
    }
}
