//! Root mean square normalization.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, NdFloat, Zip};

use super::{Kept, count};

/// RMSNorm: each token is divided by the root of its mean square; nothing is subtracted or added.
///
/// `y = γ ⊙ x/√(mean(x²) + ε)`, the mean over the d features of one token. On a token of mean zero it
/// equals [`LayerNorm`](super::LayerNorm) with β = 0.
///
/// Zhang & Sennrich 2019, Root Mean Square Layer Normalization.
///
/// ```
/// use llm_lab::math::norm::RmsNorm;
/// use ndarray::array;
/// let norm = RmsNorm::new(4, 0.0);
/// let (y, _) = norm.forward(array![[1.0, 2.0, 3.0, 4.0]].view());
/// let expected = array![[0.365148, 0.730297, 1.095445, 1.460593]];
/// assert!((&y - &expected).iter().all(|e: &f64| e.abs() < 1e-6));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RmsNorm<F> {
    /// γ: the learned scale, `(d)`.
    pub gamma: Array1<F>,
    /// ε: keeps the division away from zero.
    pub eps: F,
}

/// Gradients of [`RmsNorm`].
#[derive(Debug, Clone, PartialEq)]
pub struct RmsGradients<F> {
    /// With respect to the input, `(T, d)`.
    pub x: Array2<F>,
    /// With respect to γ, `(d)`.
    pub gamma: Array1<F>,
}

impl<F: NdFloat> RmsNorm<F> {
    /// The norm as training starts: γ = 1.
    pub fn new(d: usize, eps: F) -> Self {
        Self { gamma: Array1::ones(d), eps }
    }

    /// How many numbers are learned: d.
    pub fn parameters(&self) -> usize {
        self.gamma.len()
    }

    /// Normalizes each row of `x` `(T, d)`; returns the output `(T, d)` and what
    /// [`backward`](Self::backward) needs. O(T·d).
    ///
    /// # Panics
    /// If rows of `x` are not as long as γ.
    pub fn forward(&self, x: ArrayView2<F>) -> (Array2<F>, Kept<F>) {
        let mut x_hat = x.to_owned(); // (T, d)
        let scale = x_hat.rows_mut().into_iter().map(|row| rescale(row, self.eps)).collect(); // (T)
        let y = &x_hat * &self.gamma; // (T, d)
        (y, Kept { x_hat, scale })
    }

    /// Normalizes each row of `x` `(T, d)` where it lies, without allocating and with nothing kept:
    /// for inference. O(T·d).
    ///
    /// # Panics
    /// If rows of `x` are not as long as γ.
    pub fn forward_in_place(&self, mut x: ArrayViewMut2<F>) {
        for mut row in x.rows_mut() {
            rescale(row.view_mut(), self.eps);
            row.zip_mut_with(&self.gamma, |v, &g| *v *= g);
        }
    }

    /// The gradients for an upstream gradient `dy` `(T, d)`. With `g = γ ⊙ dy`, for each token
    ///
    /// `dx = (g − x̂ · mean(g ⊙ x̂)) / √(mean(x²) + ε)`:
    ///
    /// only the part of `g` along x̂ is removed (all of it at ε = 0). `dγ = Σ dy ⊙ x̂` over tokens.
    /// O(T·d).
    ///
    /// # Panics
    /// If `dy` has not the shape of the kept x̂.
    pub fn backward(&self, kept: &Kept<F>, dy: ArrayView2<F>) -> RmsGradients<F> {
        let d = count::<F>(self.gamma.len());
        let gamma = (&dy * &kept.x_hat).sum_axis(Axis(0)); // (d)
        let mut x = &dy * &self.gamma; // (T, d)
        Zip::from(x.rows_mut()).and(kept.x_hat.rows()).and(&kept.scale).for_each(
            |mut g, x_hat, &scale| {
                let along_x_hat = g.dot(&x_hat) / d;
                g.zip_mut_with(&x_hat, |g, &x| *g = (*g - x * along_x_hat) * scale);
            },
        );
        RmsGradients { x, gamma }
    }
}

/// Rescales one token where it lies; returns the factor `1/√(mean(x²) + ε)`.
fn rescale<F: NdFloat>(mut row: ArrayViewMut1<F>, eps: F) -> F {
    let mean_square = row.dot(&row) / count::<F>(row.len());
    let scale = (mean_square + eps).sqrt().recip();
    row.mapv_inplace(|v| v * scale);
    scale
}
