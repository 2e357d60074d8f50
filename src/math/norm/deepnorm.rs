//! DeepNorm's two numbers: how much the residual is enlarged, how small the branch starts.

/// α multiplies the residual in `x ← LN(αx + G(x))`; β is the gain of Xavier's initialization for the
/// feed-forward, value and output weights of G (queries and keys keep gain 1).
///
/// Wang et al. 2022, DeepNet: Scaling Transformers to 1,000 Layers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeepNorm {
    /// α ≥ 1: the factor of the residual.
    pub alpha: f64,
    /// β ≤ 1: the gain of the initialization.
    pub beta: f64,
}

impl DeepNorm {
    /// One stack of `n` layers, encoder-only or decoder-only: `α = (2n)^¼`, `β = (8n)^−¼`.
    ///
    /// ```
    /// use llm_lab::math::norm::DeepNorm;
    /// let d = DeepNorm::single(100);
    /// assert!((d.alpha - 3.7606).abs() < 1e-4 && (d.beta - 0.18803).abs() < 1e-5);
    /// ```
    pub fn single(n: usize) -> Self {
        let n = n as f64;
        Self { alpha: (2.0 * n).powf(0.25), beta: (8.0 * n).powf(-0.25) }
    }

    /// The encoder of an encoder–decoder with `n` encoder and `m` decoder layers:
    /// `α = 0.81·(n⁴m)^(1/16)`, `β = 0.87·(n⁴m)^(−1/16)`.
    ///
    /// ```
    /// use llm_lab::math::norm::DeepNorm;
    /// let d = DeepNorm::encoder(6, 6);
    /// assert!((d.alpha - 1.41794).abs() < 1e-5 && (d.beta - 0.49699).abs() < 1e-5);
    /// ```
    pub fn encoder(n: usize, m: usize) -> Self {
        let both = (n as f64).powi(4) * m as f64;
        Self { alpha: 0.81 * both.powf(1.0 / 16.0), beta: 0.87 * both.powf(-1.0 / 16.0) }
    }

    /// The decoder of an encoder–decoder with `m` decoder layers: `α = (3m)^¼`, `β = (12m)^−¼`; it has
    /// three sub-layers where a single stack has two.
    ///
    /// ```
    /// use llm_lab::math::norm::DeepNorm;
    /// let d = DeepNorm::decoder(6);
    /// assert!((d.alpha - 2.05977).abs() < 1e-5 && (d.beta - 0.34329).abs() < 1e-5);
    /// ```
    pub fn decoder(m: usize) -> Self {
        let m = m as f64;
        Self { alpha: (3.0 * m).powf(0.25), beta: (12.0 * m).powf(-0.25) }
    }
}
