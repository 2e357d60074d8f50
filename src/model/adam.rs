//! Adam: steps of about equal size for every parameter, whatever the size of its gradient.

use ndarray::{ArrayD, Zip};

use crate::math::parameters::Parameters;
use crate::math::real::Real;

/// Adam's running means. With gradient g at step t,
///
/// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
/// `θ ← θ − rate · m̂ / (√v̂ + ε)` with `m̂ = m/(1 − β₁ᵗ)`, `v̂ = v/(1 − β₂ᵗ)`.
///
/// Kingma & Ba 2015, Adam: A Method for Stochastic Optimization.
#[derive(Debug, Clone)]
pub struct Adam<F> {
    /// β₁: how long the mean of the gradient remembers.
    pub beta1: f64,
    /// β₂: how long the mean of its square remembers.
    pub beta2: f64,
    /// ε: keeps the division away from zero.
    pub eps: f64,
    moments: Vec<(ArrayD<F>, ArrayD<F>)>,
    steps: i32,
}

impl<F: Real> Adam<F> {
    /// Means at zero for everything that `module` learns, with the usual β₁ = 0.9, β₂ = 0.999,
    /// ε = 1e-8.
    pub fn new(module: &impl Parameters<F>) -> Self {
        let zeros = |a: &ArrayD<F>| (a.clone(), a.clone());
        let moments =
            module.arrays().iter().map(|(_, a)| zeros(&ArrayD::zeros(a.raw_dim()))).collect();
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, moments, steps: 0 }
    }

    /// One step. O(parameters). The first moves every parameter by `rate`, against the sign of its
    /// gradient.
    ///
    /// ```
    /// use llm_lab::math::linear::Linear;
    /// use llm_lab::model::Adam;
    /// use ndarray::array;
    /// let mut map = Linear { weight: array![[1.0, 1.0]], bias: None };
    /// let gradient = Linear { weight: array![[50.0, -0.1]], bias: None };
    /// Adam::new(&map).step(&mut map, &gradient, 0.01);
    /// assert!((map.weight - array![[0.99, 1.01]]).iter().all(|e: &f64| e.abs() < 1e-8));
    /// ```
    pub fn step<M: Parameters<F>>(&mut self, module: &mut M, gradient: &M, rate: f64) {
        self.steps += 1;
        let (b1, b2) = (F::of(self.beta1), F::of(self.beta2));
        let scale = F::of(rate / (1.0 - self.beta1.powi(self.steps)));
        let unbias = F::of(1.0 / (1.0 - self.beta2.powi(self.steps)));
        let eps = F::of(self.eps);
        let arrays = module.arrays_mut().into_iter().zip(gradient.arrays());
        for ((parameter, (_, gradient)), (m, v)) in arrays.zip(&mut self.moments) {
            Zip::from(parameter).and(gradient).and(m).and(v).for_each(|p, &g, m, v| {
                *m = b1 * *m + (F::one() - b1) * g;
                *v = b2 * *v + (F::one() - b2) * g * g;
                *p -= scale * *m / ((*v * unbias).sqrt() + eps);
            });
        }
    }
}
