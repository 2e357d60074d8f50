//! A norm chosen at run time, or none.

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD};

use crate::math::norm::{Kept, LayerNorm, RmsNorm};
use crate::math::parameters::Parameters;
use crate::math::real::Real;

/// ε of the stack's norms.
const EPS: f64 = 1e-5;

/// Which norm a stack uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum NormKind {
    /// Centre and rescale each token.
    LayerNorm,
    /// Rescale each token.
    RmsNorm,
    /// Leave it as it is.
    None,
}

/// A norm, or the identity. Its gradient has the same type.
#[derive(Debug, Clone, PartialEq)]
pub enum Norm<F> {
    /// [`LayerNorm`].
    Layer(LayerNorm<F>),
    /// [`RmsNorm`].
    Rms(RmsNorm<F>),
    /// The identity.
    Identity,
}

impl<F: Real> Norm<F> {
    /// A norm of `d` features as training starts.
    pub fn new(kind: NormKind, d: usize) -> Self {
        match kind {
            NormKind::LayerNorm => Self::Layer(LayerNorm::new(d, F::of(EPS))),
            NormKind::RmsNorm => Self::Rms(RmsNorm::new(d, F::of(EPS))),
            NormKind::None => Self::Identity,
        }
    }

    /// The output `(T, d)`, and what the backward pass needs; the identity needs nothing. O(T·d).
    pub fn forward(&self, x: Array2<F>) -> (Array2<F>, Option<Kept<F>>) {
        match self {
            Self::Layer(norm) => keep(norm.forward(x.view())),
            Self::Rms(norm) => keep(norm.forward(x.view())),
            Self::Identity => (x, None),
        }
    }

    /// The gradients of the input and of the norm's parameters. O(T·d).
    ///
    /// # Panics
    /// If `kept` comes from another norm.
    pub fn backward(&self, kept: Option<&Kept<F>>, dy: ArrayView2<F>) -> (Array2<F>, Self) {
        match (self, kept) {
            (Self::Layer(norm), Some(kept)) => {
                let g = norm.backward(kept, dy);
                (g.x, Self::Layer(LayerNorm { gamma: g.gamma, beta: g.beta, eps: norm.eps }))
            }
            (Self::Rms(norm), Some(kept)) => {
                let g = norm.backward(kept, dy);
                (g.x, Self::Rms(RmsNorm { gamma: g.gamma, eps: norm.eps }))
            }
            (Self::Identity, None) => (dy.to_owned(), Self::Identity),
            _ => panic!("the kept values are those of another norm"),
        }
    }
}

fn keep<F>((y, kept): (Array2<F>, Kept<F>)) -> (Array2<F>, Option<Kept<F>>) {
    (y, Some(kept))
}

impl<F: Real> Parameters<F> for Norm<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        match self {
            Self::Layer(n) => vec![
                ("gamma".to_string(), n.gamma.view().into_dyn()),
                ("beta".to_string(), n.beta.view().into_dyn()),
            ],
            Self::Rms(n) => vec![("gamma".to_string(), n.gamma.view().into_dyn())],
            Self::Identity => Vec::new(),
        }
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        match self {
            Self::Layer(n) => vec![n.gamma.view_mut().into_dyn(), n.beta.view_mut().into_dyn()],
            Self::Rms(n) => vec![n.gamma.view_mut().into_dyn()],
            Self::Identity => Vec::new(),
        }
    }
}
