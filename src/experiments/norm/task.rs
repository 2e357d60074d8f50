//! What the random stacks are asked: to predict random targets through a random head; and the step of
//! gradient descent on that.

use ndarray::Array2;
use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::math::linear::xavier;
use crate::math::loss::cross_entropy;
use crate::math::parameters::Parameters;
use crate::model::stack::Stack;

/// A Gaussian input, a random head, and random targets.
pub struct Task {
    /// The input, `(T, d)`, variance 1.
    pub x: Array2<f64>,
    head: Array2<f64>,
    targets: Vec<usize>,
}

impl Task {
    /// `tokens` random tokens of width `d`, and a random one of `d` classes for each.
    pub fn draw(tokens: usize, d: usize, rng: &mut ChaCha8Rng) -> Self {
        let normal = ((tokens + d) as f64 / 2.0).sqrt(); // the gain at which Xavier has variance 1
        let x = xavier(tokens, d, normal, rng); // (T, d)
        let head = xavier(d, d, 1.0, rng); // (d, V) with V = d
        let targets = (0..tokens).map(|_| rng.random_range(0..d)).collect();
        Self { x, head, targets }
    }

    /// The gradient of the cross-entropy at the stack's output `y` `(T, d)`.
    pub fn gradient(&self, y: &Array2<f64>) -> Array2<f64> {
        let (_, d_logits) = cross_entropy(y.dot(&self.head).view(), &self.targets); // (T, V)
        d_logits.dot(&self.head.t())
    }
}

/// One step of gradient descent.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The learning rate.
    pub rate: f64,
    /// Whether the norms' γ and β move too, or only the branches' weights.
    pub norms: bool,
}

/// Leaves the norms' γ and β where they are.
pub fn freeze_norms(gradient: &mut Stack<f64>) {
    let of_norm = |name: &str| name.ends_with("gamma") || name.ends_with("beta");
    let norms: Vec<bool> = gradient.arrays().iter().map(|(name, _)| of_norm(name)).collect();
    for (mut array, norm) in gradient.arrays_mut().into_iter().zip(norms) {
        if norm {
            array.fill(0.0);
        }
    }
}
