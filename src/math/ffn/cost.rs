//! What a feed-forward block costs: parameters, FLOPs, and the width at which a gated block costs
//! as much as a plain one.

use super::Kind;
use crate::math::activation::Activation;

/// Weights of a block without biases: d · d_ff for each matrix.
///
/// ```
/// use llm_lab::math::ffn::{Kind, cost::parameters};
/// assert_eq!(parameters(Kind::Relu, 512, 2048), 2_097_152); // 8 d²
/// assert_eq!(parameters(Kind::Swiglu, 4096, 11008), 135_266_304);
/// ```
pub fn parameters(kind: Kind, d: usize, d_ff: usize) -> usize {
    kind.matrices() * d * d_ff
}

/// FLOPs of one forward pass, by what they are spent on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flops {
    /// Matrix products: 2 · T · d · d_ff for each matrix, a multiplication and an addition each.
    pub products: f64,
    /// The activation of T · d_ff numbers.
    pub activation: f64,
    /// The gate's product with V: one for each of T · d_ff numbers, 0 in a plain block.
    pub gate: f64,
}

impl Flops {
    /// All of them.
    pub fn total(self) -> f64 {
        self.products + self.activation + self.gate
    }
}

/// What one exp, tanh or erf is charged: about the terms of its polynomial. A round number on the
/// high side, so that an activation never looks cheaper than it is.
pub const SPECIAL: usize = 10;

/// FLOPs of one forward pass over `tokens` positions, [`SPECIAL`] for each exp, tanh or erf.
///
/// ```
/// use llm_lab::math::ffn::{Kind, cost::flops};
/// let f = flops(Kind::Gelu, 1, 4096, 16384);
/// assert_eq!(f.products, 4.0 * 4096.0 * 16384.0);
/// assert!(f.activation / f.total() < 0.001);
/// ```
pub fn flops(kind: Kind, tokens: usize, d: usize, d_ff: usize) -> Flops {
    flops_of(kind.activation(), kind.gated(), tokens as f64, d, d_ff)
}

/// [`flops`] of a block that is described by its activation and whether it is gated, for any number
/// of tokens.
pub fn flops_of(activation: Activation, gated: bool, tokens: f64, d: usize, d_ff: usize) -> Flops {
    let (d, hidden) = (d as f64, d_ff as f64);
    let each = activation.operations();
    Flops {
        products: 2.0 * if gated { 3.0 } else { 2.0 } * tokens * d * hidden,
        activation: tokens * hidden * (each.simple + SPECIAL * each.special) as f64,
        gate: if gated { tokens * hidden } else { 0.0 },
    }
}

/// The width at which three matrices have as many weights as two of width `plain`: 2/3 of it,
/// rounded down (Shazeer 2020).
///
/// ```
/// use llm_lab::math::ffn::cost::two_thirds;
/// assert_eq!(two_thirds(4 * 4096), 10922);
/// ```
pub fn two_thirds(plain: usize) -> usize {
    // the same as 2 · plain / 3 without the chance of overflow
    plain / 3 * 2 + plain % 3 * 2 / 3
}

/// The next multiple of `multiple`, as hardware likes it.
///
/// ```
/// use llm_lab::math::ffn::cost::{round_up, two_thirds};
/// assert_eq!(round_up(two_thirds(4 * 4096), 256), 11008); // LLaMA 7B
/// assert_eq!(round_up(two_thirds(4 * 5120), 256), 13824); // LLaMA 13B
/// ```
///
/// # Panics
/// If `multiple` is 0.
pub fn round_up(width: usize, multiple: usize) -> usize {
    width.div_ceil(multiple) * multiple
}
