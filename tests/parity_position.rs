//! Positions against `transformers`: golden values that `tests/golden/position.py` made.

#![allow(clippy::unwrap_used)] // helpers of tests

use llm_lab::math::position::{alibi_slope, t5_bucket};
use llm_lab::model::{Rope, Scaling};
use serde_json::Value;

fn golden(key: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("golden/position.json")).unwrap();
    all[key].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// `transformers` computes in f32, and so do some of its steps.
#[track_caller]
fn close(ours: &[f64], theirs: &[f64], within: f64, what: &Value) {
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= within * b.abs(), "{a} here, {b} there: {what}");
    }
}

#[test]
fn frequencies_of_every_scaling_are_those_of_transformers() {
    let mut kinds = std::collections::BTreeSet::new();
    for case in golden("rope") {
        let said = &case["said"];
        let of = |key: &str| said[key].as_f64().unwrap_or(f64::NAN);
        let (factor, original) = (of("factor"), case["original"].as_f64().unwrap());
        let kind = said["rope_type"].as_str().unwrap().to_string();
        let attention = case["attention"].as_f64().unwrap();
        let scaling = match kind.as_str() {
            "linear" => Scaling::Linear(factor),
            "dynamic" => Scaling::Dynamic { factor, original },
            "llama3" => Scaling::Llama3 {
                factor,
                low: of("low_freq_factor"),
                high: of("high_freq_factor"),
                original,
            },
            _ => Scaling::Yarn {
                factor,
                fast: of("beta_fast"),
                slow: of("beta_slow"),
                original,
                attention: if factor > 1.0 { 0.1 * factor.ln() + 1.0 } else { 1.0 },
                truncate: said["truncate"].as_bool().unwrap(),
            },
        };
        let rope = Rope { scaling, ..Rope::new(of("rope_theta")) };
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let ours = rope.frequencies_for(size("width"), size("length"));
        close(&ours, &numbers(&case["frequencies"]), 3e-6, said);
        assert!((rope.attention() - attention).abs() < 1e-6, "{said}");
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 4, "every kind was drawn: {kinds:?}");
}

#[test]
fn slopes_of_any_number_of_heads_are_those_of_bloom() {
    for theirs in golden("alibi") {
        let theirs = numbers(&theirs);
        let ours: Vec<f64> = (0..theirs.len()).map(|h| alibi_slope(h, theirs.len())).collect();
        close(&ours, &theirs, 3e-6, &Value::from(theirs.len()));
    }
}

#[test]
fn buckets_are_those_of_t5() {
    for case in golden("t5") {
        let causal = case["causal"].as_bool().unwrap();
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let (buckets, farthest) = (size("buckets"), size("farthest"));
        for (offset, theirs) in numbers(&case["offsets"]).iter().zip(numbers(&case["found"])) {
            let ours = t5_bucket(*offset as isize, buckets, farthest, causal);
            assert_eq!(ours as f64, theirs, "{offset} of {buckets}, {farthest}, causal {causal}");
        }
    }
}
