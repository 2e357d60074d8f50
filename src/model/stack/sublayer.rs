//! One sub-layer with its residual and its norms. Every placement is one formula with some of the
//! norms left out.

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD};

use super::branch::{Branch, BranchKept};
use super::norm::{Norm, NormKind};
use crate::math::norm::Kept;
use crate::math::parameters::{Parameters, under};
use crate::math::real::Real;
use crate::model::Placement;

/// `y = after(α·x + outer(F(inner(x))))`. Its gradient has the same type.
///
/// | placement | inner | outer | after | α |
/// | --- | --- | --- | --- | --- |
/// | Post-LN | | | norm | 1 |
/// | Pre-LN | norm | | | 1 |
/// | Sandwich-LN | norm | norm | | 1 |
/// | DeepNorm | | | norm | (2L)^¼ |
#[derive(Debug, Clone, PartialEq)]
pub struct Sublayer<F> {
    /// On the way into the branch.
    pub inner: Norm<F>,
    /// F.
    pub branch: Branch<F>,
    /// On the way out of the branch.
    pub outer: Norm<F>,
    /// After the residual has been added.
    pub after: Norm<F>,
    /// The factor of the residual.
    pub alpha: F,
}

/// What [`Sublayer::forward`] keeps for the backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct SublayerKept<F> {
    inner: Option<Kept<F>>,
    branch: BranchKept<F>,
    outer: Option<Kept<F>>,
    after: Option<Kept<F>>,
    /// What the branch adds to the residual, `(T, d)`.
    pub added: Array2<F>,
}

impl<F: Real> Sublayer<F> {
    /// A branch with its norms where `placement` puts them; `alpha` is the factor of the residual.
    pub fn new(
        branch: Branch<F>,
        placement: Placement,
        kind: NormKind,
        d: usize,
        alpha: f64,
    ) -> Self {
        let norm = |here: bool| Norm::new(if here { kind } else { NormKind::None }, d);
        Self {
            inner: norm(matches!(placement, Placement::Pre | Placement::Sandwich)),
            outer: norm(placement == Placement::Sandwich),
            after: norm(matches!(placement, Placement::Post | Placement::DeepNorm)),
            branch,
            alpha: F::of(alpha),
        }
    }

    /// The next residual stream `(T, d)`, and what [`backward`](Self::backward) needs. The branch's cost,
    /// and O(T·d) for the norms.
    ///
    /// # Panics
    /// If `x` has not the sub-layer's width.
    pub fn forward(&self, x: ArrayView2<F>) -> (Array2<F>, SublayerKept<F>) {
        let (normed, inner) = self.inner.forward(x.to_owned()); // (T, d)
        let (out, branch) = self.branch.forward(normed); // (T, d)
        let (added, outer) = self.outer.forward(out); // (T, d)
        let (y, after) = self.after.forward(&added + &(&x * self.alpha)); // (T, d)
        (y, SublayerKept { inner, branch, outer, after, added })
    }

    /// The gradients of the input `(T, d)` and of the parameters. The residual hands `dy` on as it is
    /// (times α), beside whatever comes back through the branch. Twice the cost of the forward pass.
    ///
    /// # Panics
    /// If `kept` comes from another sub-layer.
    pub fn backward(&self, kept: &SublayerKept<F>, dy: ArrayView2<F>) -> (Array2<F>, Self) {
        let (d_sum, after) = self.after.backward(kept.after.as_ref(), dy); // (T, d)
        let (d_out, outer) = self.outer.backward(kept.outer.as_ref(), d_sum.view()); // (T, d)
        let (d_normed, branch) = self.branch.backward(&kept.branch, d_out.view()); // (T, d)
        let (d_inner, inner) = self.inner.backward(kept.inner.as_ref(), d_normed.view()); // (T, d)
        let dx = d_inner + d_sum * self.alpha; // (T, d)
        (dx, Self { inner, branch, outer, after, alpha: self.alpha })
    }
}

impl<F: Real> Parameters<F> for Sublayer<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        under("inner", &self.inner)
            .chain(self.branch.arrays())
            .chain(under("outer", &self.outer))
            .chain(under("after", &self.after))
            .collect()
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        let mut all = self.inner.arrays_mut();
        all.extend(self.branch.arrays_mut());
        all.extend(self.outer.arrays_mut());
        all.extend(self.after.arrays_mut());
        all
    }
}
