//! The three norms under one name each, as training starts (γ = 1, β = 0), for tables that compare
//! them.

use ndarray::{Array2, ArrayView2};

use crate::math::norm::{BatchNorm, LayerNorm, RmsNorm};

/// LayerNorm, RMSNorm, or BatchNorm with the statistics of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Over the features of a token, centred.
    Layer,
    /// Over the features of a token, not centred.
    Rms,
    /// Over the tokens, for each feature.
    Batch,
}

impl Kind {
    /// All three, in the order of the tables.
    pub const ALL: [Self; 3] = [Self::Layer, Self::Rms, Self::Batch];

    /// As a learner reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layer => "LayerNorm",
            Self::Rms => "RMSNorm",
            Self::Batch => "BatchNorm",
        }
    }

    /// As it stands in the names of metrics.
    pub fn key(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Rms => "rms",
            Self::Batch => "batch",
        }
    }

    /// Normalizes `x` `(T, d)`; BatchNorm needs two rows or more.
    pub fn apply(self, x: ArrayView2<f64>, eps: f64) -> Array2<f64> {
        let d = x.ncols();
        match self {
            Self::Layer => LayerNorm::new(d, eps).forward(x).0,
            Self::Rms => RmsNorm::new(d, eps).forward(x).0,
            Self::Batch => BatchNorm::new(d, eps, 0.1).train(x, None).0,
        }
    }

    /// The gradient of `Σ dy ⊙ apply(x)` with respect to `x`, `(T, d)`.
    pub fn gradient(self, x: ArrayView2<f64>, dy: ArrayView2<f64>, eps: f64) -> Array2<f64> {
        let d = x.ncols();
        match self {
            Self::Layer => {
                let norm = LayerNorm::new(d, eps);
                norm.backward(&norm.forward(x).1, dy).x
            }
            Self::Rms => {
                let norm = RmsNorm::new(d, eps);
                norm.backward(&norm.forward(x).1, dy).x
            }
            Self::Batch => {
                let mut norm = BatchNorm::new(d, eps, 0.1);
                let kept = norm.train(x, None).1;
                norm.backward(&kept, dy).x
            }
        }
    }
}
