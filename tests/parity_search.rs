//! Greedy decoding and searches against `generate` of `transformers` on the same models: golden
//! texts and scores that `tests/golden/search.py` made, or fresh ones from the file that
//! SEARCH_GOLDEN names.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // helpers of tests

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use llm_lab::model::decoding::{BeamSearch, Chain, Contrastive, EarlyStopping, Greedy, Settings};
use llm_lab::model::{Generation, Transformer, checkpoint};
use serde_json::Value;

fn load(name: &str) -> Transformer<f32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/checkpoints").join(name);
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let weights = std::fs::read(folder.join("model.safetensors")).unwrap();
    checkpoint::load(&config, &[&weights]).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

/// The texts that the lab finds, with their scores where there are any.
fn found(model: &Transformer<f32>, row: &Value) -> (Vec<Vec<u32>>, Vec<f64>) {
    let flags = &row["flags"];
    let number = |key: &str| flags[key].as_f64();
    let whole = |key: &str| flags[key].as_u64().map(|n| n as usize);
    let most = whole("max_new_tokens").unwrap();
    let end = whole("eos_token_id").map(|id| id as u32);
    let settings = Settings {
        repetition_penalty: number("repetition_penalty").unwrap_or(1.0),
        no_repeat_ngram: whole("no_repeat_ngram_size"),
        ..Settings::default()
    };
    let mut generation = Generation::new(model, &ids(&row["ids"])).unwrap();
    let mut text = Vec::new();
    match row["kind"].as_str().unwrap() {
        "greedy" => {
            let mut chain = Chain { processors: settings.processors(), then: &mut Greedy };
            let each = |token| {
                text.push(token);
                Ok(if Some(token) == end {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            };
            generation.run(most, &mut chain, each).unwrap();
            (vec![text], Vec::new())
        }
        "contrastive" => {
            let search =
                Contrastive { alpha: number("penalty_alpha").unwrap(), k: whole("top_k").unwrap() };
            let each = |token, _: &[_]| {
                text.push(token);
                Ok(true)
            };
            search.run(generation, most, &mut settings.penalties(), each).unwrap();
            (vec![text], Vec::new())
        }
        _ => {
            let search = BeamSearch {
                beams: whole("num_beams").unwrap(),
                groups: whole("num_beam_groups").unwrap_or(1),
                diversity: number("diversity_penalty").unwrap_or(0.0),
                length_penalty: number("length_penalty").unwrap(),
                early_stopping: match &flags["early_stopping"] {
                    Value::Bool(true) => EarlyStopping::True,
                    Value::String(never) if never == "never" => EarlyStopping::Never,
                    _ => EarlyStopping::False,
                },
                end,
                most,
            };
            let found = search.run(generation, &mut settings.penalties(), |_| Ok(())).unwrap();
            let best = found.best.into_iter().take(whole("num_return_sequences").unwrap());
            best.map(|one| (one.tokens, one.score)).unzip()
        }
    }
}

#[test]
fn searches_find_what_generate_finds() {
    let text = match std::env::var("SEARCH_GOLDEN") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("golden/search.json").to_string(),
    };
    let golden: Value = serde_json::from_str(&text).unwrap();
    let models = HashMap::from(["gpt2", "llama"].map(|name| (name, load(name))));
    let (mut seen, mut wrong) = (HashMap::<String, usize>::new(), Vec::new());
    for (part, i, row) in ["transformers5", "transformers4"].iter().flat_map(|part| {
        let rows = golden[part]["rows"].as_array().unwrap();
        rows.iter().enumerate().map(move |(i, row)| (part, i, row))
    }) {
        *seen.entry(row["kind"].as_str().unwrap().to_string()).or_default() += 1;
        let (texts, scores) = found(&models[row["model"].as_str().unwrap()], row);
        let theirs: Vec<Vec<u32>> = row["texts"].as_array().unwrap().iter().map(ids).collect();
        let numbers = row["scores"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap());
        let near = scores.iter().zip(numbers).all(|(a, b)| (a - b).abs() < 1e-4 * b.abs().max(1.0));
        if texts != theirs || !near {
            wrong.push(format!("{part} row {i}: {texts:?} {scores:?} here, {row} there"));
        }
    }
    assert!(["greedy", "beam", "contrastive", "diverse"].iter().all(|kind| seen[*kind] >= 5));
    assert!(wrong.is_empty(), "{} of {seen:?}:\n{}", wrong.len(), wrong.join("\n"));
}
