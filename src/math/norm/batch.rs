//! Batch normalization over tokens, with a mask for padding.

use ndarray::{Array1, Array2, ArrayView2, Axis, NdFloat, Zip};

use super::{Gradients, count};

/// Batch normalization: each feature is centred and divided by its standard deviation over the rows
/// of the batch. A batch of sequences comes in with its batch and time axes flattened to rows.
///
/// Training: `y = γ ⊙ (x − μ_B)/√(σ²_B + ε) + β` with the mean and the biased variance of the batch,
/// one number a feature. Evaluation: the same with the running averages
/// `running ← (1 − m)·running + m·batch`, whose variance is the unbiased one, as is customary.
///
/// Ioffe & Szegedy 2015, Batch Normalization.
///
/// ```
/// use llm_lab::math::norm::BatchNorm;
/// use ndarray::array;
/// let mut norm = BatchNorm::new(1, 0.0, 0.1);
/// let (y, _) = norm.train(array![[1.0], [3.0]].view(), None);
/// assert_eq!(y, array![[-1.0], [1.0]]);
/// assert!((norm.running_mean[0] - 0.2_f64).abs() < 1e-12); // 0.9 · 0 + 0.1 · 2
/// assert!((norm.running_variance[0] - 1.1_f64).abs() < 1e-12); // 0.9 · 1 + 0.1 · 2
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm<F> {
    /// γ: the learned scale, `(d)`.
    pub gamma: Array1<F>,
    /// β: the learned shift, `(d)`.
    pub beta: Array1<F>,
    /// ε: keeps the division away from zero.
    pub eps: F,
    /// m: the weight of the newest batch in the running averages.
    pub momentum: F,
    /// The running mean, `(d)`.
    pub running_mean: Array1<F>,
    /// The running variance, `(d)`.
    pub running_variance: Array1<F>,
}

/// What [`BatchNorm::train`] keeps for the backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchKept<F> {
    /// The normalized input before γ and β, `(N, d)`; zero where masked.
    pub x_hat: Array2<F>,
    /// The factor of each feature, `1/√(σ²_B + ε)`, `(d)`.
    pub scale: Array1<F>,
    /// The batch's mean, `(d)`.
    pub mean: Array1<F>,
    /// The batch's biased variance, `(d)`.
    pub variance: Array1<F>,
    /// 1 for a real row, 0 for padding, `(N)`.
    pub mask: Array1<F>,
}

impl<F: NdFloat> BatchNorm<F> {
    /// The norm as training starts: γ = 1, β = 0, running mean 0, running variance 1.
    pub fn new(d: usize, eps: F, momentum: F) -> Self {
        Self {
            gamma: Array1::ones(d),
            beta: Array1::zeros(d),
            eps,
            momentum,
            running_mean: Array1::zeros(d),
            running_variance: Array1::ones(d),
        }
    }

    /// Normalizes `x` `(N, d)` with the statistics of this batch and updates the running averages.
    /// Rows where `real` is false are padding: they count in no statistic and come out as zeros.
    /// O(N·d).
    ///
    /// # Panics
    /// If the shapes do not fit, or fewer than two rows are real (one row has no variance).
    pub fn train(&mut self, x: ArrayView2<F>, real: Option<&[bool]>) -> (Array2<F>, BatchKept<F>) {
        let rows = x.nrows();
        assert!(real.is_none_or(|real| real.len() == rows), "one mask entry for each row");
        let one = |r: usize| if real.is_none_or(|real| real[r]) { F::one() } else { F::zero() };
        let mask: Array1<F> = (0..rows).map(one).collect(); // (N)
        let n = mask.sum();
        assert!(n >= count(2), "a batch statistic needs at least two rows");

        let column = mask.view().insert_axis(Axis(1)); // (N, 1)
        let mean = (&x * &column).sum_axis(Axis(0)) / n; // (d)
        let centred = (&x - &mean) * column; // (N, d)
        let variance = (&centred * &centred).sum_axis(Axis(0)) / n; // (d)
        let scale = variance.mapv(|v| (v + self.eps).sqrt().recip()); // (d)
        let x_hat = centred * &scale; // (N, d)
        let y = (&x_hat * &self.gamma + &self.beta) * column; // (N, d)

        let unbiased = n / (n - F::one());
        let m = self.momentum;
        self.running_mean.zip_mut_with(&mean, |r, &b| *r = (F::one() - m) * *r + m * b);
        self.running_variance
            .zip_mut_with(&variance, |r, &b| *r = (F::one() - m) * *r + m * b * unbiased);
        (y, BatchKept { x_hat, scale, mean, variance, mask })
    }

    /// Normalizes `x` `(N, d)` with the running averages: each row by itself, whatever else is in the
    /// batch. O(N·d).
    ///
    /// # Panics
    /// If rows of `x` are not as long as γ.
    pub fn eval(&self, x: ArrayView2<F>) -> Array2<F> {
        let scale = self.running_variance.mapv(|v| (v + self.eps).sqrt().recip()); // (d)
        (&x - &self.running_mean) * scale * &self.gamma + &self.beta // (N, d)
    }

    /// The gradients of [`train`](Self::train) for an upstream gradient `dy` `(N, d)`. The formula is
    /// LayerNorm's with the roles of the axes exchanged: for each feature, over the real rows,
    ///
    /// `dx = (g − mean(g) − x̂ · mean(g ⊙ x̂)) / √(σ²_B + ε)` with `g = γ ⊙ dy`.
    ///
    /// So the gradient of one token depends on all others. O(N·d).
    ///
    /// # Panics
    /// If `dy` has not the shape of the kept x̂.
    pub fn backward(&self, kept: &BatchKept<F>, dy: ArrayView2<F>) -> Gradients<F> {
        let n = kept.mask.sum();
        let column = kept.mask.view().insert_axis(Axis(1)); // (N, 1)
        let dy = &dy * &column; // (N, d)
        let gamma = (&dy * &kept.x_hat).sum_axis(Axis(0)); // (d)
        let beta = dy.sum_axis(Axis(0)); // (d)
        let along_ones = &beta * &self.gamma / n; // (d)
        let along_x_hat = &gamma * &self.gamma / n; // (d)
        let mut x = dy * &self.gamma; // (N, d)
        Zip::from(x.rows_mut()).and(kept.x_hat.rows()).and(&kept.mask).for_each(
            |mut g, x_hat, &real| {
                Zip::from(&mut g)
                    .and(&x_hat)
                    .and(&kept.scale)
                    .and(&along_ones)
                    .and(&along_x_hat)
                    .for_each(|g, &x, &s, &ones, &hat| *g = (*g - ones - x * hat) * s * real);
            },
        );
        Gradients { x, gamma, beta }
    }
}
