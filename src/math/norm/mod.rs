//! Normalization: rescale activations by statistics of their own. What differs between the kinds is
//! which cells share a statistic.
//!
//! | kind | statistic | shared by | shape for input `(T, d)` |
//! | --- | --- | --- | --- |
//! | [`LayerNorm`] | mean and variance | the d features of one token | `(T)` and `(T)` |
//! | [`RmsNorm`] | mean square | the d features of one token | `(T)` |
//! | [`BatchNorm`] | mean and variance | all tokens of the batch, for one feature | `(d)` and `(d)` |
//!
//! Each kind holds its parameters; `forward` returns what `backward` needs beside the output.

mod batch;
mod deepnorm;
mod layer;
mod rms;
mod rows;
#[cfg(test)]
mod tests;

pub use batch::{BatchKept, BatchNorm};
pub use deepnorm::DeepNorm;
pub use layer::LayerNorm;
pub use rms::{RmsGradients, RmsNorm};
pub use rows::Rows;

use ndarray::{Array1, Array2, NdFloat};

/// What a per-token norm keeps for its backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<F> {
    /// The normalized input before γ and β, `(T, d)`.
    pub x_hat: Array2<F>,
    /// The factor each token was multiplied with, `1/√(statistic + ε)`, `(T)`.
    pub scale: Array1<F>,
}

/// Gradients of a norm that has γ and β.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients<F> {
    /// With respect to the input, `(T, d)`.
    pub x: Array2<F>,
    /// With respect to γ, `(d)`.
    pub gamma: Array1<F>,
    /// With respect to β, `(d)`.
    pub beta: Array1<F>,
}

/// A count as a float, to divide sums by.
fn count<F: NdFloat>(n: usize) -> F {
    F::from(n).unwrap_or_else(F::infinity)
}
