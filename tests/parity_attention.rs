//! One head, softmax in three formats and singular values against PyTorch's and NumPy's: golden values
//! that `tests/golden/attention.py` made.

#![allow(clippy::unwrap_used)] // helpers of tests

use llm_lab::math::attention::{Mask, Steps, attend, attend_backward};
use llm_lab::math::linalg::singular_values;
use llm_lab::math::precision::Format;
use llm_lab::math::rank::{effective_rank, numerical_rank};
use llm_lab::math::rounded::Rounded;
use ndarray::Array2;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/attention.json")).unwrap()
}

/// Numbers; what JSON cannot hold stands there as a word.
fn numbers(value: &Value) -> Vec<f64> {
    let one = |v: &Value| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
    value.as_array().unwrap().iter().map(one).collect()
}

fn matrix(value: &Value, columns: usize) -> Array2<f64> {
    let all = numbers(value);
    Array2::from_shape_vec((all.len() / columns, columns), all).unwrap()
}

/// Equal within a share of their size (and of 1); NaN and infinities where the other has them.
#[track_caller]
fn close<'a>(ours: impl IntoIterator<Item = &'a f64>, theirs: &Value, within: f64) {
    let ours: Vec<f64> = ours.into_iter().copied().collect();
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(&theirs) {
        let same = a == b || a.is_nan() && b.is_nan();
        assert!(same || (a - b).abs() <= within * b.abs().max(within), "{a} here, {b} there");
    }
}

#[test]
fn one_head_forward_and_backward() {
    let g = golden();
    let d = g["shape"][1].as_u64().unwrap() as usize;
    let dv = g["shape"][2].as_u64().unwrap() as usize;
    for (name, mask) in [
        ("none", Mask::None),
        ("causal", Mask::Causal),
        ("prefix", Mask::Prefix(3)),
        ("sliding", Mask::Sliding(2)),
    ] {
        let g = &g["heads"][name];
        let (q, k, v) = (matrix(&g["q"], d), matrix(&g["k"], d), matrix(&g["v"], dv));
        let scale = (d as f64).sqrt().recip();
        let steps = Steps::of(q.view(), k.view(), v.view(), scale, mask);
        close(&steps.scores, &g["scores"], 1e-12);
        close(&steps.weights, &g["weights"], 1e-12);
        close(&steps.output, &g["y"], 1e-12);
        let (_, weights) = attend(q.view(), k.view(), v.view(), mask);
        let dy = matrix(&g["dy"], dv);
        let (dq, dk, dv) = attend_backward(q.view(), k.view(), v.view(), weights.view(), dy.view());
        close(&dq, &g["dq"], 1e-10);
        close(&dk, &g["dk"], 1e-10);
        close(&dv, &g["dv"], 1e-10);
    }
}

fn format(name: &str) -> Format {
    Format::ALL.into_iter().find(|f| f.name() == name).unwrap()
}

#[test]
fn softmax_in_three_formats() {
    for case in golden()["softmax"].as_array().unwrap() {
        let format = format(case["format"].as_str().unwrap());
        let x = numbers(&case["x"]);
        let (naive, shifted) = (Rounded::naive(format, &x), Rounded::shifted(format, &x));
        // PyTorch's exp may be off by its last digit, and it sums half precision in f32
        let within = 2.0 * format.epsilon();
        close(&naive.exps, &case["exp"], within);
        close(&naive.p, &case["naive"], within);
        close(&shifted.p, &case["shifted"], within);
        close(&shifted.log_softmax(), &case["log_softmax"], within);
        close(&shifted.log_of_weights(), &case["log"], within);
    }
}

#[test]
fn exp_overflows_and_underflows_where_theirs_does() {
    let g = golden();
    for (name, theirs) in g["exp"].as_object().unwrap() {
        let format = format(name);
        let points = numbers(&g["points"]);
        let ours: Vec<f64> = points.iter().map(|x| format.store(format.store(*x).exp())).collect();
        for ((x, a), b) in points.iter().zip(&ours).zip(numbers(theirs)) {
            let kind = |y: f64| (y.is_infinite(), y == 0.0, y < format.smallest_normal());
            assert_eq!(kind(*a), kind(b), "exp({x}) in {name}: {a} here, {b} there");
        }
        close(&ours, theirs, 2.0 * format.epsilon());
    }
}

#[test]
fn singular_values_of_attention() {
    for case in golden()["spectra"].as_array().unwrap() {
        let mask = if case["causal"].as_bool().unwrap() { Mask::Causal } else { Mask::None };
        let (q, k) = (matrix(&case["q"], 4), matrix(&case["k"], 4));
        let steps = Steps::of(q.view(), k.view(), k.view(), 0.5, mask);
        let scores = singular_values(steps.scores.view());
        assert_eq!(numerical_rank(&scores), 4);
        close(&scores[..4], &Value::from(numbers(&case["scores"])[..4].to_vec()), 1e-12);
        let values = singular_values(steps.weights.view());
        close(&values, &case["weights"], 1e-9);
        let theirs = case["effective_rank"].as_f64().unwrap();
        assert!((effective_rank(&values) - theirs).abs() < 1e-9);
        let log_det: f64 = values.iter().map(|s| s.ln()).sum();
        assert!((log_det - case["log_det"].as_f64().unwrap()).abs() < 1e-6);
    }
}
