//! A small classifier with everything that has two modes, and the points that it learns to tell apart.

use ndarray::{Array2, ArrayView2};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha8Rng;

use crate::math::dropout;
use crate::math::linear::Linear;
use crate::math::norm::{BatchKept, BatchNorm};
use crate::math::parameters::in_parts;

/// Features of a point, hidden units, classes.
pub const FEATURES: usize = 8;
pub const HIDDEN: usize = 32;
pub const CLASSES: usize = 4;
/// ε and momentum of BatchNorm.
const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Dropout drops, BatchNorm uses the batch and updates its running averages.
    Train,
    /// Dropout does nothing, BatchNorm uses its running averages.
    Eval,
}

/// Zeroes numbers with probability `p` in training mode, and scales the others; the factors come
/// back with the result.
pub fn drop(x: &Array2<f64>, p: f64, mode: Mode, key: u64) -> (Array2<f64>, Array2<f64>) {
    let mut factor = Array2::<f64>::ones(x.raw_dim()); // (N, d)
    if let (Mode::Train, Some(factor)) = (mode, factor.as_slice_mut()) {
        dropout::drop(factor, p, key, 0);
    }
    (x * &factor, factor)
}

/// BatchNorm in either mode; what its backward pass needs comes back in training mode only.
pub fn normalize(
    norm: &mut BatchNorm<f64>,
    x: ArrayView2<f64>,
    mode: Mode,
) -> (Array2<f64>, Option<BatchKept<f64>>) {
    match mode {
        Mode::Train => {
            let (y, kept) = norm.train(x, None);
            (y, Some(kept))
        }
        Mode::Eval => (norm.eval(x), None),
    }
}

/// `logits = dropout(relu(BatchNorm(x W₁))) W₂`.
#[derive(Debug, Clone)]
pub struct Net {
    /// The first map, `(features, hidden)`.
    pub first: Linear<f64>,
    /// Its normalization; γ and β stay 1 and 0.
    pub norm: BatchNorm<f64>,
    /// The second map, `(hidden, classes)`.
    pub second: Linear<f64>,
    /// How much is dropped.
    pub p: f64,
}

in_parts!(Net, f64: first, second);

/// What the forward pass keeps for the backward pass.
pub struct Tape {
    x: Array2<f64>,
    kept: Option<BatchKept<f64>>,
    normed: Array2<f64>,
    factor: Array2<f64>,
    active: Array2<f64>,
}

impl Tape {
    /// How many numbers are kept.
    pub fn numbers(&self) -> usize {
        let kept = self.kept.as_ref().map_or(0, |k| k.x_hat.len());
        self.x.len() + self.normed.len() + self.factor.len() + self.active.len() + kept
    }
}

impl Net {
    /// Random maps.
    pub fn new(p: f64, rng: &mut impl Rng) -> Self {
        Self {
            first: Linear::xavier(FEATURES, HIDDEN, 1.0, rng),
            norm: BatchNorm::new(HIDDEN, EPS, MOMENTUM),
            second: Linear::xavier(HIDDEN, CLASSES, 1.0, rng),
            p,
        }
    }

    /// The logits `(N, classes)` of points `x` `(N, features)`. In training mode the running
    /// averages move; `key` decides what is dropped.
    pub fn forward(&mut self, x: ArrayView2<f64>, mode: Mode, key: u64) -> (Array2<f64>, Tape) {
        let h = self.first.forward(x); // (N, hidden)
        let (normed, kept) = normalize(&mut self.norm, h.view(), mode);
        let (active, factor) = drop(&normed.mapv(|v| v.max(0.0)), self.p, mode, key);
        let logits = self.second.forward(active.view()); // (N, classes)
        (logits, Tape { x: x.to_owned(), kept, normed, factor, active })
    }

    /// The gradients of the points and of the maps; the mode is that of the forward pass.
    pub fn backward(&self, tape: &Tape, d_logits: ArrayView2<f64>) -> (Array2<f64>, Self) {
        let (d_active, second) = self.second.backward(tape.active.view(), d_logits);
        let slope = tape.normed.mapv(|v| f64::from(u8::from(v > 0.0)));
        let d_normed = d_active * &tape.factor * slope; // (N, hidden)
        let dh = match &tape.kept {
            Some(kept) => self.norm.backward(kept, d_normed.view()).x,
            None => {
                let scale = self.norm.running_variance.mapv(|v| (v + EPS).sqrt().recip());
                d_normed * &self.norm.gamma * scale
            }
        }; // (N, hidden)
        let (dx, first) = self.first.backward(tape.x.view(), dh.view());
        (dx, Self { first, second, ..self.clone() })
    }
}

/// Points of four overlapping clouds: `(x, classes)`. `class` picks one cloud, `None` all.
pub struct Clouds {
    centres: Array2<f64>,
}

impl Clouds {
    /// Random centres.
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let centres = Array2::from_shape_simple_fn((CLASSES, FEATURES), || {
            let z: f64 = StandardNormal.sample(rng);
            1.5 * z + 1.0
        });
        Self { centres }
    }

    /// `n` points of one class or of all in turn.
    pub fn sample(
        &self,
        n: usize,
        class: Option<usize>,
        rng: &mut ChaCha8Rng,
    ) -> (Array2<f64>, Vec<usize>) {
        let classes: Vec<usize> = (0..n).map(|i| class.unwrap_or(i % CLASSES)).collect();
        let x = Array2::from_shape_fn((n, FEATURES), |(i, j)| {
            let z: f64 = StandardNormal.sample(rng);
            self.centres[[classes[i], j]] + z
        });
        (x, classes)
    }
}

/// The share of points whose highest logit is that of their class.
pub fn accuracy(logits: &Array2<f64>, classes: &[usize]) -> f64 {
    let best = |row: ndarray::ArrayView1<f64>| {
        let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(i, _)| i)
    };
    let right = logits.rows().into_iter().zip(classes).filter(|(row, class)| best(*row) == **class);
    right.count() as f64 / classes.len() as f64
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::math::difference;
    use ndarray::{Array1, ArrayView1};
    use ndarray_rand::rand::SeedableRng;

    #[test]
    fn backward_agrees_with_finite_differences_in_both_modes() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let clouds = Clouds::draw(&mut rng);
        let mut net = Net::new(0.3, &mut rng);
        net.forward(clouds.sample(40, None, &mut rng).0.view(), Mode::Train, 1);
        let (x, _) = clouds.sample(5, None, &mut rng);
        let dy = crate::math::linear::xavier(5, CLASSES, 1.0, &mut rng);
        for mode in [Mode::Train, Mode::Eval] {
            let loss =
                |net: &Net, x: ArrayView2<f64>| (net.clone().forward(x, mode, 9).0 * &dy).sum();
            let tape = net.clone().forward(x.view(), mode, 9).1;
            let (dx, gradient) = net.backward(&tape, dy.view());
            let by_x = |v: ArrayView1<f64>| loss(&net, v.to_shape(x.dim()).unwrap().view());
            let flat: Array1<f64> = x.iter().copied().collect();
            let numeric = difference::gradient(by_x, flat.view());
            let exact: Vec<f64> = dx.iter().copied().collect();
            assert!(difference::relative_error(&numeric.to_vec(), &exact) < 1e-6, "{mode:?}");
            let by_weight = |v: ArrayView1<f64>| {
                let mut moved = net.clone();
                moved.first.weight.iter_mut().zip(v).for_each(|(w, v)| *w = *v);
                loss(&moved, x.view())
            };
            let flat: Array1<f64> = net.first.weight.iter().copied().collect();
            let numeric = difference::gradient(by_weight, flat.view());
            let exact: Vec<f64> = gradient.first.weight.iter().copied().collect();
            assert!(difference::relative_error(&numeric.to_vec(), &exact) < 1e-6, "{mode:?}");
        }
    }
}
