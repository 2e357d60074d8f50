//! A layer of attention and nothing else, which learns to say two earlier tokens.

use ndarray::{Array2, ArrayViewD, ArrayViewMutD, Axis, Slice};
use ndarray_rand::rand::Rng;

use crate::math::attention::{Attention, Mask};
use crate::math::linear::Linear;
use crate::math::loss::cross_entropy;
use crate::math::parameters::{Parameters, under};
use crate::model::Adam;

/// Different tokens.
pub const SYMBOLS: usize = 8;
/// Tokens of a sequence; the first three have no token three before.
pub const POSITIONS: usize = 8;
/// The places that have a token three before.
const ASKED: Slice = Slice { start: 3, end: None, step: 1 };
/// A token and its position side by side, both as unit vectors.
const WIDTH: usize = SYMBOLS + POSITIONS;
/// Sequences of a step, and of a look.
const BATCH: usize = 8;
const LOOK: usize = 64;
const RATE: f64 = 0.03;

/// Attention over tokens and positions, and a linear readout for each of the two copies.
struct Layer {
    attention: Attention<f64>,
    near: Linear<f64>,
    far: Linear<f64>,
}

/// A layer that learns.
pub struct Learner {
    layer: Layer,
    adam: Adam<f64>,
}

impl Parameters<f64> for Layer {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, f64>)> {
        under("attention", &self.attention)
            .chain(under("near", &self.near))
            .chain(under("far", &self.far))
            .collect()
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, f64>> {
        let mut all = self.attention.arrays_mut();
        all.extend(self.near.arrays_mut());
        all.extend(self.far.arrays_mut());
        all
    }
}

impl Learner {
    /// A layer with so many heads; its parameters are as many with any.
    pub fn new(heads: usize, rng: &mut impl Rng) -> Self {
        let attention = Attention::xavier(WIDTH, heads, 1.0, rng);
        let (near, far) =
            (Linear::xavier(WIDTH, SYMBOLS, 1.0, rng), Linear::xavier(WIDTH, SYMBOLS, 1.0, rng));
        let layer = Layer { attention, near, far };
        Self { adam: Adam::new(&layer), layer }
    }

    /// How many numbers it learns.
    pub fn parameters(&self) -> usize {
        self.layer.count()
    }

    /// One step on fresh sequences.
    pub fn step(&mut self, rng: &mut impl Rng) {
        let mut sum: Option<Layer> = None;
        for _ in 0..BATCH {
            let gradient = self.layer.backward(&drawn(rng));
            match &mut sum {
                Some(sum) => sum.accumulate(&gradient),
                None => sum = Some(gradient),
            }
        }
        if let Some(gradient) = sum {
            self.adam.step(&mut self.layer, &gradient, RATE);
        }
    }

    /// The mean loss in nats of a copy on fresh tokens, and the share of the places where both copies
    /// are right.
    pub fn look(&self, rng: &mut impl Rng) -> (f64, f64) {
        let (mut loss, mut right) = (0.0, 0);
        for _ in 0..LOOK {
            let tokens = drawn(rng);
            let [near, far] = self
                .layer
                .logits(&tokens)
                .map(|logits| logits.slice_axis(Axis(0), ASKED).to_owned());
            let [a, b] = targets(&tokens);
            loss += (cross_entropy(near.view(), &a).0 + cross_entropy(far.view(), &b).0) / 2.0;
            let top = |logits: &Array2<f64>, i: usize, token: usize| {
                logits.row(i).iter().all(|x| *x <= logits[[i, token]])
            };
            right += (0..a.len()).filter(|i| top(&near, *i, a[*i]) && top(&far, *i, b[*i])).count();
        }
        (loss / LOOK as f64, right as f64 / (LOOK * (POSITIONS - 3)) as f64)
    }
}

impl Layer {
    /// Logits of the token before and of the one three before, `(T, V)` each.
    fn logits(&self, tokens: &[usize]) -> [Array2<f64>; 2] {
        let (mixed, _) = self.attention.forward(embedded(tokens).view(), Mask::Causal); // (T, d)
        [&self.near, &self.far].map(|map| map.forward(mixed.view())) // (T, V)
    }

    /// The gradient of the mean loss of both copies over the places that have both.
    fn backward(&self, tokens: &[usize]) -> Self {
        let x = embedded(tokens); // (T, d)
        let (mixed, kept) = self.attention.forward(x.view(), Mask::Causal); // (T, d)
        let from = mixed.slice_axis(Axis(0), ASKED); // (T − 3, d)
        let [a, b] = targets(tokens);
        let slope = |map: &Linear<f64>, targets: &[usize]| {
            let (_, d_logits) = cross_entropy(map.forward(from).view(), targets); // (T − 3, V)
            map.backward(from, d_logits.view())
        };
        let ((d_near, near), (d_far, far)) = (slope(&self.near, &a), slope(&self.far, &b));
        let mut d_mixed = Array2::zeros(mixed.dim()); // (T, d)
        d_mixed.slice_axis_mut(Axis(0), ASKED).assign(&(d_near + d_far));
        let (_, attention) = self.attention.backward(&kept, d_mixed.view());
        Self { attention, near, far }
    }
}

/// Random tokens.
fn drawn(rng: &mut impl Rng) -> Vec<usize> {
    (0..POSITIONS).map(|_| rng.random_range(0..SYMBOLS)).collect()
}

/// What is to be said from the fourth place on: the token before, and the one three before.
fn targets(tokens: &[usize]) -> [Vec<usize>; 2] {
    [tokens[2..POSITIONS - 1].to_vec(), tokens[..POSITIONS - 3].to_vec()]
}

/// Tokens and positions as unit vectors side by side, `(T, d)`.
fn embedded(tokens: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((POSITIONS, WIDTH), |(i, k)| {
        let one = if k < SYMBOLS { tokens[i] == k } else { k - SYMBOLS == i };
        if one { 1.0 } else { 0.0 }
    })
}
