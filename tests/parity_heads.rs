//! Grouped heads under every mask, and cross-attention, against PyTorch's: golden values that
//! `tests/golden/heads.py` made.

#![allow(clippy::unwrap_used)] // helpers of tests

use llm_lab::math::attention::{
    Documents, Downstream, Heads, Mask, Scratch, Upstream, backward, forward,
};
use llm_lab::math::product::Matrix;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[track_caller]
fn close(ours: &[f64], theirs: &Value, what: &str) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() < 1e-12, "{what}: {a} here, {b} there");
    }
}

#[test]
fn grouped_heads_are_pytorchs_under_every_mask() {
    let golden: Value = serde_json::from_str(include_str!("golden/heads.json")).unwrap();
    let (heads, width) = (count(&golden["heads"]), count(&golden["width"]));
    let documents: Vec<usize> = golden["documents"].as_array().unwrap().iter().map(count).collect();
    let packed = Documents::of(&documents).map(Mask::Packed).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 19);
    for case in cases {
        let name = case["mask"].as_str().unwrap();
        let mask = match name {
            "none" => Mask::None,
            "causal" => Mask::Causal,
            "prefix" => Mask::Prefix(4),
            "sliding" => Mask::Sliding(3),
            "packed" => packed,
            _ => panic!("{name}"),
        };
        let (kv_heads, n) = (count(&case["kv"]), count(&case["queries"]));
        let what = format!("{name}, {kv_heads} of {heads}, {n} queries");
        let scale = (width as f64).sqrt().recip();
        let rule = Heads { heads, kv_heads, width, scale, mask, first: 0, relative: None };
        let (wide, narrow) = (heads * width, kv_heads * width);
        let [q, k, v, d_out] = ["q", "k", "v", "dy"].map(|x| numbers(&case[x]));
        let (q, k, v) = (Matrix::new(&q, wide), Matrix::new(&k, narrow), Matrix::new(&v, narrow));
        let (mut out, mut logs) = (vec![0.0; n * wide], vec![0.0; n * heads]);
        let mut scratch = Scratch::default();
        forward(&rule, q, k, v, &mut out, &mut logs, &mut scratch);
        close(&out, &case["y"], &what);
        if n < k.rows() {
            continue; // cross-attention: the backward pass is that of self-attention
        }
        let (out, d_out) = (Matrix::new(&out, wide), Matrix::new(&d_out, wide));
        let [mut dq, mut dk, mut dv] = [wide, narrow, narrow].map(|columns| vec![0.0; n * columns]);
        let up = Upstream { q, k, v, out, logs: &logs, d_out };
        let down = Downstream { q: &mut dq, k: &mut dk, v: &mut dv, relative: &mut [] };
        backward(&rule, up, down, &mut scratch);
        for (ours, x) in [(dq, "dq"), (dk, "dk"), (dv, "dv")] {
            close(&ours, &case[x], &format!("{what}, {x}"));
        }
    }
}
