//! The rules that turn a gradient into a step: SGD, momentum, Adam, AdamW.

use crate::math::real::Real;
use crate::math::simd::vectorized;

/// Which rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// `θ ← θ − η·g`.
    Sgd,
    /// `m ← μ·m + g`, `θ ← θ − η·m` (Polyak 1964).
    Momentum {
        /// μ: how much of the last step's direction stays.
        mu: f64,
    },
    /// Adam (Kingma & Ba 2015); its weight decay is added to the gradient.
    Adam(Moments),
    /// Adam with the weight decay apart from the gradient (Loshchilov & Hutter 2019).
    AdamW(Moments),
}

/// How Adam averages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// β₁: memory of the mean gradient.
    pub beta1: f64,
    /// β₂: memory of the mean squared gradient.
    pub beta2: f64,
    /// ε: keeps the division away from zero.
    pub eps: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.95, eps: 1e-8 }
    }
}

impl Rule {
    /// How many moments each parameter needs beside itself.
    pub fn moments(self) -> usize {
        match self {
            Self::Sgd => 0,
            Self::Momentum { .. } => 1,
            Self::Adam(_) | Self::AdamW(_) => 2,
        }
    }
}

/// What is the same for all parameters in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// η: the learning rate of this step.
    pub rate: f64,
    /// λ: weight decay; 0 for vectors.
    pub decay: f64,
    /// What the gradient is multiplied by first: clipping, and the inverse of a loss scale.
    pub factor: f64,
    /// Which step this is, from 1 on.
    pub number: u64,
}

impl Rule {
    /// One step for some of the parameters: `theta`, their `gradient`, and their moments `m` and
    /// `v`, which are empty where the rule needs none. O(n).
    ///
    /// ```
    /// use llm_lab::model::{Moments, Rule, Step};
    /// let step = Step { rate: 0.1, decay: 0.0, factor: 1.0, number: 1 };
    /// let (mut theta, mut m, mut v) = ([1.0_f64], [0.0], [0.0]);
    /// Rule::AdamW(Moments::default()).step(step, &mut theta, &[0.001], &mut m, &mut v);
    /// assert!((theta[0] - 0.9).abs() < 1e-5); // the first step of Adam is η, whatever the gradient
    /// ```
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn step<F: Real>(
        self,
        step: Step,
        theta: &mut [F],
        gradient: &[F],
        m: &mut [F],
        v: &mut [F],
    ) {
        assert_eq!(theta.len(), gradient.len(), "lengths differ");
        let (rate, decay, factor) = (F::of(step.rate), F::of(step.decay), F::of(step.factor));
        match self {
            Self::Sgd => vectorized!(|| {
                for (theta, g) in theta.iter_mut().zip(gradient) {
                    *theta -= rate * (*g * factor + decay * *theta);
                }
            }),
            Self::Momentum { mu } => {
                let mu = F::of(mu);
                vectorized!(|| {
                    for ((theta, g), m) in theta.iter_mut().zip(gradient).zip(m) {
                        *m = mu * *m + (*g * factor + decay * *theta);
                        *theta -= rate * *m;
                    }
                });
            }
            Self::Adam(moments) => adam(moments, step, (F::zero(), decay), theta, gradient, m, v),
            Self::AdamW(moments) => adam(moments, step, (decay, F::zero()), theta, gradient, m, v),
        }
    }
}

/// Adam with a decay apart from the gradient and one inside it.
fn adam<F: Real>(
    Moments { beta1, beta2, eps }: Moments,
    step: Step,
    (apart, inside): (F, F),
    theta: &mut [F],
    gradient: &[F],
    m: &mut [F],
    v: &mut [F],
) {
    let power = step.number.min(i32::MAX as u64) as i32;
    // m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ): both corrections go into one rate and one factor
    let rate = F::of(step.rate / (1.0 - beta1.powi(power)));
    let root = F::of((1.0 - beta2.powi(power)).sqrt().recip());
    let keep = F::one() - F::of(step.rate) * apart;
    let (b1, b2, eps, factor) = (F::of(beta1), F::of(beta2), F::of(eps), F::of(step.factor));
    let (new1, new2) = (F::of(1.0 - beta1), F::of(1.0 - beta2));
    vectorized!(|| {
        let moments = m.iter_mut().zip(v);
        for ((theta, g), (m, v)) in theta.iter_mut().zip(gradient).zip(moments) {
            let g = *g * factor + inside * *theta;
            *m = b1 * *m + new1 * g;
            *v = b2 * *v + new2 * g * g;
            *theta = *theta * keep - rate * *m / (v.sqrt() * root + eps);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fifty steps on `f = x²/2 + 10·y²/2` from (3, −2).
    fn path(rule: Rule, rate: f64, scale: f64, decay: f64) -> (f64, f64) {
        let (mut x, mut m, mut v) = ([3.0, -2.0], [0.0; 2], [0.0; 2]);
        for number in 1..=50 {
            let g = [x[0] * scale, 10.0 * x[1] * scale];
            rule.step(Step { rate, decay, factor: 1.0, number }, &mut x, &g, &mut m, &mut v);
        }
        (x[0], x[1])
    }

    fn same(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
    }

    #[test]
    fn a_smaller_loss_is_a_smaller_rate_for_sgd_but_nothing_for_adam() {
        let adam = Rule::Adam(Moments { beta1: 0.9, beta2: 0.999, eps: 1e-12 });
        for rule in [Rule::Sgd, Rule::Momentum { mu: 0.9 }] {
            assert!(same(path(rule, 0.05, 0.1, 0.0), path(rule, 0.005, 1.0, 0.0)));
        }
        assert!(same(path(adam, 0.05, 0.1, 0.0), path(adam, 0.05, 1.0, 0.0)));
        assert!(!same(path(adam, 0.005, 1.0, 0.0), path(adam, 0.05, 1.0, 0.0)));
    }

    #[test]
    fn adam_takes_the_textbook_step() {
        let moments = Moments { beta1: 0.8, beta2: 0.9, eps: 0.01 };
        let (mut x, mut m, mut v) = ([1.0], [0.0], [0.0]);
        let (mut expected, mut m1, mut v1) = (1.0_f64, 0.0, 0.0);
        for number in 1..=7 {
            let g = 0.3 * f64::from(number) - 1.0;
            let step = Step { rate: 0.1, decay: 0.2, factor: 0.5, number: number as u64 };
            Rule::AdamW(moments).step(step, &mut x, &[g], &mut m, &mut v);
            let g = g * 0.5;
            m1 = 0.8 * m1 + 0.2 * g;
            v1 = 0.9 * v1 + 0.1 * g * g;
            let (mh, vh) = (m1 / (1.0 - 0.8_f64.powi(number)), v1 / (1.0 - 0.9_f64.powi(number)));
            expected = expected - 0.1 * 0.2 * expected - 0.1 * mh / (vh.sqrt() + 0.01);
            assert!((x[0] - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn decay_inside_the_gradient_and_apart_from_it_differ() {
        let moments = Moments::default();
        let inside = path(Rule::Adam(moments), 0.01, 1.0, 0.5);
        assert!(!same(inside, path(Rule::AdamW(moments), 0.01, 1.0, 0.5)));
        assert!(same(
            path(Rule::Sgd, 0.01, 1.0, 0.0),
            path(Rule::Momentum { mu: 0.0 }, 0.01, 1.0, 0.0)
        ));
    }
}
