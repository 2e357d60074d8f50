//! The words that `transformers` has for activation functions.

use crate::math::activation::Activation;

/// Each function with its words; the first is the one that is written.
const WORDS: [(Activation, &[&str]); 10] = [
    (Activation::SILU, &["silu", "swish"]),
    (Activation::Gelu, &["gelu", "gelu_python"]),
    (
        Activation::GeluTanh,
        &["gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate"],
    ),
    (Activation::Relu, &["relu"]),
    (Activation::GeluSigmoid, &["quick_gelu"]),
    (Activation::LeakyRelu { alpha: 0.01 }, &["leaky_relu"]),
    (Activation::HardSwish, &["hardswish"]),
    (Activation::Sigmoid, &["sigmoid"]),
    (Activation::Tanh, &["tanh"]),
    (Activation::Identity, &["linear"]),
];

/// The function of a word.
pub(super) fn find(word: &str) -> Option<Activation> {
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(activation, _)| *activation)
}

/// The word of a function, if there is one.
pub(in super::super) fn word(activation: Activation) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == activation).map(|(_, words)| words[0])
}
