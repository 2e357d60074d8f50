//! Layer normalization.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, NdFloat, Zip};

use super::{Gradients, Kept, count};

/// Layer normalization: each token is centred and divided by its own standard deviation.
///
/// `y = γ ⊙ (x − μ)/√(σ² + ε) + β`, where μ and σ² are the mean and the biased variance (divided by
/// d, not d − 1) of the d features of one token; γ and β are learned, one number a feature.
///
/// Ba, Kiros & Hinton 2016, Layer Normalization.
///
/// ```
/// use llm_lab::math::norm::LayerNorm;
/// use ndarray::array;
/// let norm = LayerNorm::new(4, 0.0);
/// let (y, _) = norm.forward(array![[1.0, 2.0, 3.0, 4.0]].view());
/// let expected = array![[-1.341641, -0.447214, 0.447214, 1.341641]];
/// assert!((&y - &expected).iter().all(|e: &f64| e.abs() < 1e-6));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm<F> {
    /// γ: the learned scale, `(d)`.
    pub gamma: Array1<F>,
    /// β: the learned shift, `(d)`.
    pub beta: Array1<F>,
    /// ε: keeps the division away from zero.
    pub eps: F,
}

impl<F: NdFloat> LayerNorm<F> {
    /// The norm as training starts: γ = 1, β = 0.
    pub fn new(d: usize, eps: F) -> Self {
        Self { gamma: Array1::ones(d), beta: Array1::zeros(d), eps }
    }

    /// How many numbers are learned: 2d.
    pub fn parameters(&self) -> usize {
        self.gamma.len() + self.beta.len()
    }

    /// Normalizes each row of `x` `(T, d)`; returns the output `(T, d)` and what
    /// [`backward`](Self::backward) needs. O(T·d).
    ///
    /// # Panics
    /// If rows of `x` are not as long as γ and β.
    pub fn forward(&self, x: ArrayView2<F>) -> (Array2<F>, Kept<F>) {
        let mut x_hat = x.to_owned(); // (T, d)
        let scale = x_hat.rows_mut().into_iter().map(|row| standardize(row, self.eps)).collect(); // (T)
        let y = &x_hat * &self.gamma + &self.beta; // (T, d)
        (y, Kept { x_hat, scale })
    }

    /// Normalizes each row of `x` `(T, d)` where it lies, without allocating and with nothing kept:
    /// for inference. O(T·d).
    ///
    /// # Panics
    /// If rows of `x` are not as long as γ and β.
    pub fn forward_in_place(&self, mut x: ArrayViewMut2<F>) {
        for mut row in x.rows_mut() {
            standardize(row.view_mut(), self.eps);
            Zip::from(&mut row)
                .and(&self.gamma)
                .and(&self.beta)
                .for_each(|v, &g, &b| *v = *v * g + b);
        }
    }

    /// The gradients for an upstream gradient `dy` `(T, d)`. With `g = γ ⊙ dy`, for each token
    ///
    /// `dx = (g − mean(g) − x̂ · mean(g ⊙ x̂)) / √(σ² + ε)`:
    ///
    /// the part of `g` along the all-ones vector is removed, and the part along x̂ (all of it at
    /// ε = 0). `dγ = Σ dy ⊙ x̂`, `dβ = Σ dy`, both over tokens. O(T·d).
    ///
    /// # Panics
    /// If `dy` has not the shape of the kept x̂.
    pub fn backward(&self, kept: &Kept<F>, dy: ArrayView2<F>) -> Gradients<F> {
        let d = count::<F>(self.gamma.len());
        let gamma = (&dy * &kept.x_hat).sum_axis(Axis(0)); // (d)
        let beta = dy.sum_axis(Axis(0)); // (d)
        let mut x = &dy * &self.gamma; // (T, d)
        Zip::from(x.rows_mut()).and(kept.x_hat.rows()).and(&kept.scale).for_each(
            |mut g, x_hat, &scale| {
                let along_ones = g.sum() / d;
                let along_x_hat = g.dot(&x_hat) / d;
                g.zip_mut_with(&x_hat, |g, &x| *g = (*g - along_ones - x * along_x_hat) * scale);
            },
        );
        Gradients { x, gamma, beta }
    }
}

/// Centres and rescales one token where it lies; returns the factor `1/√(σ² + ε)`. Two passes, so
/// that a large mean does not cancel the variance.
fn standardize<F: NdFloat>(mut row: ArrayViewMut1<F>, eps: F) -> F {
    let d = count::<F>(row.len());
    let mean = row.sum() / d;
    row.mapv_inplace(|v| v - mean);
    let variance = row.dot(&row) / d;
    let scale = (variance + eps).sqrt().recip();
    row.mapv_inplace(|v| v * scale);
    scale
}
