//! Penalties and filters against those of `transformers`: golden values that
//! `tests/golden/decoding.py` made, or fresh ones from the file that DECODING_GOLDEN names.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // helpers of tests

use llm_lab::model::decoding::{Chain, Greedy, History, Sampler, Settings};
use serde_json::Value;

fn golden() -> Value {
    let text = match std::env::var("DECODING_GOLDEN") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("golden/decoding.json").to_string(),
    };
    serde_json::from_str(&text).unwrap()
}

fn settings(value: &Value) -> Settings {
    let number = |key: &str| value[key].as_f64();
    let whole = |key: &str| value[key].as_u64().map(|n| n as usize);
    Settings {
        repetition_penalty: number("repetition_penalty").unwrap_or(1.0),
        presence_penalty: value["counts"][0].as_f64().unwrap_or(0.0),
        frequency_penalty: value["counts"][1].as_f64().unwrap_or(0.0),
        no_repeat_ngram: whole("no_repeat_ngram"),
        temperature: number("temperature").unwrap_or(1.0),
        top_k: whole("top_k"),
        top_p: number("top_p"),
        min_p: number("min_p"),
        typical_p: number("typical_p"),
        epsilon_cutoff: number("epsilon_cutoff"),
        eta_cutoff: number("eta_cutoff"),
    }
}

#[test]
fn processors_leave_what_those_of_transformers_leave() {
    let golden = golden();
    let rows = golden["rows"].as_array().unwrap();
    assert!(rows.len() >= 80);
    for (i, row) in rows.iter().enumerate() {
        let ids: Vec<u32> =
            row["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        let history = History { tokens: &ids, prompt: row["prompt"].as_u64().unwrap() as usize };
        let logits = row["logits"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32);
        let mut logits: Vec<f32> = logits.collect();
        let settings = settings(&row["settings"]);
        let mut chain = Chain { processors: settings.processors(), then: &mut Greedy };
        let after = row["after"].as_array().unwrap();
        // a ban may leave nothing at all: Greedy then refuses, as it should
        let chosen = chain.choose(history, &mut logits);
        assert_eq!(chosen.is_err(), after.iter().all(Value::is_null), "row {i}");
        for (j, (ours, theirs)) in logits.iter().zip(after).enumerate() {
            let said = || format!("row {i}, token {j}: {ours} here, {theirs} there, {settings:?}");
            match theirs.as_f64() {
                None => assert_eq!(*ours, f32::NEG_INFINITY, "{}", said()),
                Some(x) => {
                    assert!((f64::from(*ours) - x).abs() <= 1e-6 * x.abs().max(1.0), "{}", said());
                }
            }
        }
    }
}

#[test]
fn the_order_is_that_of_generate() {
    let golden = golden();
    let theirs: Vec<&str> =
        golden["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let all = Settings {
        repetition_penalty: 1.2,
        no_repeat_ngram: Some(3),
        temperature: 0.7,
        top_k: Some(40),
        top_p: Some(0.9),
        min_p: Some(0.05),
        typical_p: Some(0.95),
        epsilon_cutoff: Some(3e-4),
        eta_cutoff: Some(2e-3),
        ..Settings::default()
    };
    let ours = [
        ("repetition penalty 1.2", "RepetitionPenaltyLogitsProcessor"),
        ("no repeated 3-gram", "NoRepeatNGramLogitsProcessor"),
        ("temperature 0.7", "TemperatureLogitsWarper"),
        ("top-k 40", "TopKLogitsWarper"),
        ("top-p 0.9", "TopPLogitsWarper"),
        ("min-p 0.05", "MinPLogitsWarper"),
        ("typical 0.95", "TypicalLogitsWarper"),
        ("epsilon 3.000e-4", "EpsilonLogitsWarper"),
        ("eta 0.002", "EtaLogitsWarper"),
    ];
    let names: Vec<String> = all.processors::<f32>().iter().map(|p| p.name()).collect();
    assert_eq!(names, ours.map(|(name, _)| name));
    assert_eq!(theirs, ours.map(|(_, name)| name));
}
