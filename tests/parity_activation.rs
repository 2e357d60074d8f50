//! The activations and the feed-forward blocks against PyTorch's: golden values that
//! `tests/golden/activation.py` made.

#![allow(clippy::unwrap_used)] // helpers of tests

use llm_lab::math::activation::Activation;
use llm_lab::math::ffn::{Ffn, Kind};
use llm_lab::math::linear::Linear;
use llm_lab::math::parameters::Parameters;
use ndarray::{Array1, Array2};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/activation.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[track_caller]
fn close(what: &str, ours: impl IntoIterator<Item = f64>, theirs: &Value, within: f64) {
    let (ours, theirs): (Vec<f64>, _) = (ours.into_iter().collect(), numbers(theirs));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() <= within * (1.0 + b.abs()), "{what}: {a} here, {b} in PyTorch");
    }
}

#[test]
fn activations_and_their_derivatives_agree_with_pytorch() {
    let g = golden();
    let points = numbers(&g["points"]);
    for (name, function) in [
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("relu", Activation::Relu),
        ("leaky-relu", Activation::LeakyRelu { alpha: 0.1 }),
        ("softplus", Activation::Softplus),
        ("gelu", Activation::Gelu),
        ("gelu-tanh", Activation::GeluTanh),
        ("gelu-sigmoid", Activation::GeluSigmoid),
        ("silu", Activation::SILU),
        ("swish-0.1", Activation::Swish { beta: 0.1 }),
        ("hard-swish", Activation::HardSwish),
    ] {
        let theirs = &g["functions"][name];
        close(name, points.iter().map(|&x| function.value(x)), &theirs["value"], 1e-14);
        close(name, points.iter().map(|&x| function.slope(x)), &theirs["slope"], 1e-14);
        if let Some(curvature) = theirs.get("curvature") {
            close(name, points.iter().map(|&x| function.curvature(x)), curvature, 1e-13);
        }
    }
}

#[test]
fn feed_forward_blocks_and_their_gradients_agree_with_pytorch() {
    let g = golden();
    let [t, d, d_ff] = numbers(&g["shape"])[..] else { panic!("shape") };
    let (t, d, d_ff) = (t as usize, d as usize, d_ff as usize);
    for (name, theirs) in g["blocks"].as_object().unwrap() {
        let kind = Kind::find(name).unwrap();
        let matrix = |key: &str, rows, columns| {
            Array2::from_shape_vec((rows, columns), numbers(&theirs[key])).unwrap()
        };
        let linear = |weight: &str, bias: &str, rows, columns| Linear {
            weight: matrix(weight, rows, columns),
            bias: Some(Array1::from(numbers(&theirs[bias]))),
        };
        let block = Ffn {
            activation: kind.activation(),
            input: linear("w", "b", d, d_ff),
            value: kind.gated().then(|| linear("v", "c", d, d_ff)),
            output: linear("w2", "b2", d_ff, d),
        };
        let x = matrix("x", t, d);
        let (y, trace) = block.forward(x.view());
        let (dx, gradient) = block.backward(x.view(), &trace, matrix("dy", t, d).view());
        close(name, y, &theirs["y"], 1e-13);
        close(name, dx, &theirs["dx"], 1e-13);
        let keys: &[&str] = if kind.gated() {
            &["dw", "db", "dv", "dc", "dw2", "db2"]
        } else {
            &["dw", "db", "dw2", "db2"]
        };
        for ((_, array), key) in gradient.arrays().iter().zip(keys) {
            close(name, array.iter().copied(), &theirs[*key], 1e-13);
        }
    }
}
