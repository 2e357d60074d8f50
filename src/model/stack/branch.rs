//! What stands beside the residual: attention, or the feed-forward block.

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD};

use crate::math::activation::Activation;
use crate::math::attention::{Attention, AttentionKept, Mask};
use crate::math::linear::Linear;
use crate::math::parameters::{Parameters, under};
use crate::math::real::Real;

/// The branch F of a sub-layer. Its gradient has the same type.
#[derive(Debug, Clone, PartialEq)]
pub enum Branch<F> {
    /// Self-attention: tokens look at each other.
    Attention(Attention<F>, Mask),
    /// `g(xW₁)W₂`: each token by itself.
    FeedForward {
        /// W₁, `(d, d_ff)`.
        w1: Linear<F>,
        /// W₂, `(d_ff, d)`.
        w2: Linear<F>,
        /// g.
        activation: Activation,
    },
}

/// What [`Branch::forward`] keeps for the backward pass.
#[derive(Debug, Clone, PartialEq)]
pub enum BranchKept<F> {
    /// Of attention.
    Attention(AttentionKept<F>),
    /// Of the feed-forward block.
    FeedForward {
        /// The input, `(T, d)`.
        x: Array2<F>,
        /// Before the activation, `(T, d_ff)`.
        before: Array2<F>,
        /// After it, `(T, d_ff)`.
        after: Array2<F>,
    },
}

impl<F: Real> Branch<F> {
    /// F(x) for `x` `(T, d)`, and what [`backward`](Self::backward) needs.
    pub fn forward(&self, x: Array2<F>) -> (Array2<F>, BranchKept<F>) {
        match self {
            Self::Attention(attention, mask) => {
                let (y, kept) = attention.forward(x.view(), *mask); // (T, d)
                (y, BranchKept::Attention(kept))
            }
            Self::FeedForward { w1, w2, activation } => {
                let before = w1.forward(x.view()); // (T, d_ff)
                let after = activation.forward(&before); // (T, d_ff)
                let y = w2.forward(after.view()); // (T, d)
                (y, BranchKept::FeedForward { x, before, after })
            }
        }
    }

    /// The gradients of the input and of the weights, for an upstream gradient `dy` `(T, d)`. Twice the
    /// cost of the forward pass.
    ///
    /// # Panics
    /// If `kept` comes from another branch.
    pub fn backward(&self, kept: &BranchKept<F>, dy: ArrayView2<F>) -> (Array2<F>, Self) {
        match (self, kept) {
            (Self::Attention(attention, mask), BranchKept::Attention(kept)) => {
                let (dx, gradient) = attention.backward(kept, dy);
                (dx, Self::Attention(gradient, *mask))
            }
            (
                Self::FeedForward { w1, w2, activation },
                BranchKept::FeedForward { x, before, after },
            ) => {
                let (d_after, w2) = w2.backward(after.view(), dy); // (T, d_ff)
                let d_before = activation.backward(before, &d_after); // (T, d_ff)
                let (dx, w1) = w1.backward(x.view(), d_before.view()); // (T, d)
                (dx, Self::FeedForward { w1, w2, activation: *activation })
            }
            _ => panic!("the kept values are those of another branch"),
        }
    }
}

impl<F: Real> Parameters<F> for Branch<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        match self {
            Self::Attention(attention, _) => under("attention", attention).collect(),
            Self::FeedForward { w1, w2, .. } => {
                under("ffn.w1", w1).chain(under("ffn.w2", w2)).collect()
            }
        }
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        match self {
            Self::Attention(attention, _) => attention.arrays_mut(),
            Self::FeedForward { w1, w2, .. } => {
                w1.arrays_mut().into_iter().chain(w2.arrays_mut()).collect()
            }
        }
    }
}
