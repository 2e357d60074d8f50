//! Descent on a bowl of curvature 1 whose gradients are noisy, as those of batches are.

use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha8Rng;

use crate::math::quadratic::{gradient, value};
use crate::model::{Rule, Step};

/// A bowl with many weights, all from θ = 1, and the standard deviation of its gradients' noise.
#[derive(Debug, Clone, Copy)]
pub struct NoisyBowl {
    /// How many weights.
    pub weights: usize,
    /// The noise of each gradient.
    pub noise: f64,
}

impl NoisyBowl {
    /// The mean height ½θ² after 0, 1, 2, … steps at the rates given; the largest number where it
    /// has left the finite ones.
    pub fn descend(
        &self,
        rule: Rule,
        rate: impl Fn(u64) -> f64,
        steps: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<f64> {
        let n = self.weights;
        let curvatures = vec![1.0; n];
        let (mut theta, mut m, mut v) = (vec![1.0_f64; n], vec![0.0; n], vec![0.0; n]);
        let height = |theta: &[f64]| {
            let height = value(&curvatures, theta) / n as f64;
            if height.is_finite() { height } else { f64::MAX }
        };
        let mut heights = vec![height(&theta)];
        for number in 1..=steps as u64 {
            let mut g = gradient(&curvatures, &theta);
            for g in &mut g {
                let z: f64 = StandardNormal.sample(rng);
                *g += self.noise * z;
            }
            let step = Step { rate: rate(number), decay: 0.0, factor: 1.0, number };
            rule.step(step, &mut theta, &g, &mut m, &mut v);
            heights.push(height(&theta));
        }
        heights
    }
}
