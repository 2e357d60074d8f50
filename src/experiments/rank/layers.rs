//! A stack of random attention layers whose parts can be left out.

use ndarray::Array2;
use ndarray_rand::rand::Rng;

use crate::math::attention::{Attention, Mask};
use crate::math::ffn::{Ffn, Kind};
use crate::math::norm::LayerNorm;

/// Which parts a layer has beside attention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// The input is added to what a branch gives.
    pub residual: bool,
    /// A feed-forward block follows attention.
    pub ffn: bool,
    /// LayerNorm before each branch.
    pub norm: bool,
}

/// One layer with random weights.
pub struct Layer {
    attention: Attention<f64>,
    ffn: Ffn<f64>,
    norm: LayerNorm<f64>,
}

impl Layer {
    /// Weights of Xavier's initialization for width d, with 4d hidden units.
    pub fn new(d: usize, heads: usize, rng: &mut impl Rng) -> Self {
        Self {
            attention: Attention::xavier(d, heads, 1.0, rng),
            ffn: Ffn::xavier(Kind::Gelu, d, 4 * d, 1.0, rng),
            norm: LayerNorm::new(d, 1e-12),
        }
    }

    /// What the layer makes of `x` `(T, d)`.
    pub fn forward(&self, x: Array2<f64>, mask: Mask, parts: Parts) -> Array2<f64> {
        let inner = |x: &Array2<f64>| match parts.norm {
            true => self.norm.forward(x.view()).0,
            false => x.clone(),
        }; // (T, d)
        let join = |x: Array2<f64>, y: Array2<f64>| if parts.residual { x + y } else { y };
        let y = self.attention.forward(inner(&x).view(), mask).0; // (T, d)
        let x = join(x, y); // (T, d)
        if !parts.ffn {
            return x;
        }
        let y = self.ffn.forward(inner(&x).view()).0; // (T, d)
        join(x, y)
    }
}
