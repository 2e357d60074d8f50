//! What stands beside the residual: attention, or the feed-forward block.

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD};

use crate::math::attention::{Attention, AttentionKept, Mask};
use crate::math::ffn::{Ffn, Trace};
use crate::math::parameters::{Parameters, under};
use crate::math::real::Real;

/// The branch F of a sub-layer. Its gradient has the same type.
#[derive(Debug, Clone, PartialEq)]
pub enum Branch<F> {
    /// Self-attention: tokens look at each other.
    Attention(Attention<F>, Mask),
    /// The feed-forward block: each token by itself.
    FeedForward(Ffn<F>),
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
        /// What happened inside.
        trace: Trace<F>,
    },
}

impl<F: Real> Branch<F> {
    /// F(x) `(T, d)` for `x` `(T, d)`, and what [`backward`](Self::backward) needs. O(T·d² + T²·d) for
    /// attention, O(T·d·d_ff) for the feed-forward block.
    ///
    /// # Panics
    /// If `x` has not the branch's width.
    pub fn forward(&self, x: Array2<F>) -> (Array2<F>, BranchKept<F>) {
        match self {
            Self::Attention(attention, mask) => {
                let (y, kept) = attention.forward(x.view(), *mask); // (T, d)
                (y, BranchKept::Attention(kept))
            }
            Self::FeedForward(block) => {
                let (y, trace) = block.forward(x.view()); // (T, d)
                (y, BranchKept::FeedForward { x, trace })
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
            (Self::FeedForward(block), BranchKept::FeedForward { x, trace }) => {
                let (dx, gradient) = block.backward(x.view(), trace, dy); // (T, d)
                (dx, Self::FeedForward(gradient))
            }
            _ => panic!("the kept values are those of another branch"),
        }
    }
}

impl<F: Real> Parameters<F> for Branch<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        match self {
            Self::Attention(attention, _) => under("attention", attention).collect(),
            Self::FeedForward(block) => under("ffn", block).collect(),
        }
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        match self {
            Self::Attention(attention, _) => attention.arrays_mut(),
            Self::FeedForward(block) => block.arrays_mut(),
        }
    }
}
