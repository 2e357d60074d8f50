//! The norms against PyTorch's: golden values that `tests/golden/norm.py` made.

#![allow(clippy::unwrap_used)] // helpers of tests

use llm_lab::math::norm::{BatchNorm, LayerNorm, RmsNorm};
use ndarray::{Array1, Array2, NdFloat};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/norm.json")).unwrap()
}

fn numbers<F: NdFloat>(value: &Value) -> Vec<F> {
    let all = value.as_array().unwrap().iter();
    all.map(|v| F::from(v.as_f64().unwrap()).unwrap()).collect()
}

fn vector<F: NdFloat>(value: &Value) -> Array1<F> {
    numbers(value).into()
}

fn matrix<F: NdFloat>(golden: &Value, value: &Value) -> Array2<F> {
    let shape = &golden["shape"];
    let (t, d) = (shape[0].as_u64().unwrap() as usize, shape[1].as_u64().unwrap() as usize);
    Array2::from_shape_vec((t, d), numbers(value)).unwrap()
}

#[track_caller]
fn close<'a, F: NdFloat>(ours: impl IntoIterator<Item = &'a F>, theirs: &Value, within: f64) {
    let theirs: Vec<F> = numbers(theirs);
    let ours: Vec<F> = ours.into_iter().copied().collect();
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(&theirs) {
        let apart = (*a - *b).abs().to_f64().unwrap();
        assert!(apart <= within, "{a} here, {b} in PyTorch");
    }
}

fn layer<F: NdFloat>(key: &str, within: f64) {
    let g = golden();
    let eps = F::from(g["eps"].as_f64().unwrap()).unwrap();
    let norm = LayerNorm { gamma: vector::<F>(&g["gamma"]), beta: vector(&g["beta"]), eps };
    let (y, kept) = norm.forward(matrix(&g, &g["x"]).view());
    let gradients = norm.backward(&kept, matrix(&g, &g["dy"]).view());
    close(&y, &g[key]["y"], within);
    close(&gradients.x, &g[key]["dx"], within);
    close(&gradients.gamma, &g[key]["dgamma"], within);
    close(&gradients.beta, &g[key]["dbeta"], within);
}

fn rms<F: NdFloat>(key: &str, within: f64) {
    let g = golden();
    let eps = F::from(g["eps"].as_f64().unwrap()).unwrap();
    let norm = RmsNorm { gamma: vector::<F>(&g["gamma"]), eps };
    let (y, kept) = norm.forward(matrix(&g, &g["x"]).view());
    let gradients = norm.backward(&kept, matrix(&g, &g["dy"]).view());
    close(&y, &g[key]["y"], within);
    close(&gradients.x, &g[key]["dx"], within);
    close(&gradients.gamma, &g[key]["dgamma"], within);
}

#[test]
fn layer_norm_agrees_with_pytorch() {
    layer::<f64>("layer", 1e-13);
    layer::<f32>("layer_f32", 5e-6);
}

#[test]
fn rms_norm_agrees_with_pytorch() {
    rms::<f64>("rms", 1e-13);
    rms::<f32>("rms_f32", 5e-6);
}

#[test]
fn batch_norm_agrees_with_pytorch() {
    const WITHIN: f64 = 1e-13;
    let (g, b) = (golden(), &golden()["batch"]);
    let gamma: Array1<f64> = vector(&g["gamma"]);
    let fresh = BatchNorm::new(gamma.len(), g["eps"].as_f64().unwrap(), 0.1);
    let mut norm = BatchNorm { gamma, beta: vector(&g["beta"]), ..fresh };
    let x = matrix(&g, &g["x"]);
    let (y, kept) = norm.train(x.view(), None);
    let gradients = norm.backward(&kept, matrix(&g, &g["dy"]).view());
    close(&y, &b["y"], WITHIN);
    close(&gradients.x, &b["dx"], WITHIN);
    close(&gradients.gamma, &b["dgamma"], WITHIN);
    close(&gradients.beta, &b["dbeta"], WITHIN);
    close(&norm.running_mean, &b["running_mean"], WITHIN);
    close(&norm.running_variance, &b["running_variance"], WITHIN);
    close(&norm.eval(x.view()), &b["eval"], WITHIN);
}
