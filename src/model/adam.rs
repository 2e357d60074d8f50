//! Adam: steps of about equal size for every parameter, whatever the size of its gradient.

use crate::math::parameters::Parameters;
use crate::math::real::Real;

use super::optimizer::{Moments, Rule, Step};

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
    moments: Vec<(Vec<F>, Vec<F>)>,
    steps: u64,
}

impl<F: Real> Adam<F> {
    /// Means at zero for everything that `module` learns, with the usual β₁ = 0.9, β₂ = 0.999,
    /// ε = 1e-8.
    pub fn new(module: &impl Parameters<F>) -> Self {
        let zeros = |n: usize| (vec![F::zero(); n], vec![F::zero(); n]);
        let moments = module.arrays().iter().map(|(_, a)| zeros(a.len())).collect();
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, moments, steps: 0 }
    }

    /// One step of [`Rule::Adam`]. O(parameters). The first moves every parameter by `rate`, against
    /// the sign of its gradient.
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
    ///
    /// # Panics
    /// If a parameter does not lie in rows.
    pub fn step<M: Parameters<F>>(&mut self, module: &mut M, gradient: &M, rate: f64) {
        self.steps += 1;
        let rule = Rule::Adam(Moments { beta1: self.beta1, beta2: self.beta2, eps: self.eps });
        let step = Step { rate, decay: 0.0, factor: 1.0, number: self.steps };
        let arrays = module.arrays_mut().into_iter().zip(gradient.arrays());
        for ((mut parameter, (_, gradient)), (m, v)) in arrays.zip(&mut self.moments) {
            let gradient = gradient.as_standard_layout();
            match (parameter.as_slice_mut(), gradient.as_slice()) {
                (Some(parameter), Some(gradient)) => rule.step(step, parameter, gradient, m, v),
                _ => panic!("the parameters do not lie in rows"),
            }
        }
    }
}
