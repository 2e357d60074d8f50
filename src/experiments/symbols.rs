//! A toy language of symbols, each of which mostly determines the next, and a network of two layers that
//! learns it.

use ndarray::{Array2, Axis};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::math::linear::{Linear, xavier};
use crate::math::loss::cross_entropy;
use crate::math::parameters::in_parts;
use crate::math::precision::Format;

/// Different symbols.
pub const VOCABULARY: usize = 32;
/// The width of their embeddings, and hidden units.
const WIDTH: usize = 16;
const HIDDEN: usize = 32;
/// Tokens of a sample.
pub const SAMPLE: usize = 128;
/// How often the next symbol is the one that the rule names, and not any.
const RULED: f64 = 0.9;

/// A network of two layers: `logits = tanh(x W₁) W₂`.
pub struct Learner {
    first: Linear<f64>,
    second: Linear<f64>,
}

in_parts!(Learner, f64: first, second);

/// What one pass gives.
pub struct Seen {
    /// The mean loss in nats.
    pub loss: f64,
    /// Its gradient, times the factor.
    pub gradient: Learner,
    /// The share of the logits' gradients that were stored as 0.
    pub lost: f64,
}

impl Learner {
    /// Random maps.
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        let first = Linear::xavier(WIDTH, HIDDEN, 1.0, rng);
        Self { first, second: Linear::xavier(HIDDEN, VOCABULARY, 1.0, rng) }
    }

    /// Loss and gradient of `x` `(T, d)`: every array is stored in `format`, products are summed in
    /// full, as tensor cores do. The loss is multiplied by `scale` before the backward pass.
    pub fn look(&self, x: &Array2<f64>, targets: &[usize], format: Format, scale: f64) -> Seen {
        let store = |a: Array2<f64>| a.mapv(|v| format.store(v));
        let half = |map: &Linear<f64>| Linear { weight: store(map.weight.clone()), bias: None };
        let (first, second, x) = (half(&self.first), half(&self.second), store(x.clone()));
        let h = store(first.forward(x.view()).mapv(f64::tanh)); // (T, hidden)
        let z = store(second.forward(h.view())); // (T, V)
        let (loss, dz) = cross_entropy(z.view(), targets);
        let exact = dz.iter().filter(|g| **g != 0.0).count();
        let dz = store(dz * scale); // (T, V)
        let lost = 1.0 - dz.iter().filter(|g| **g != 0.0).count() as f64 / exact.max(1) as f64;
        let (dh, second) = second.backward(h.view(), dz.view());
        let dh = store(dh) * h.mapv(|h| 1.0 - h * h); // (T, hidden)
        let (_, first) = first.backward(x.view(), store(dh).view());
        let stored = |map: Linear<f64>| Linear { weight: store(map.weight), bias: None };
        Seen { loss, gradient: Self { first: stored(first), second: stored(second) }, lost }
    }
}

/// The symbols' embeddings, and which symbol follows which.
pub struct Language {
    embedding: Array2<f64>,
    next: Vec<usize>,
}

impl Language {
    /// Random embeddings, a random rule.
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let normal = ((VOCABULARY + WIDTH) as f64 / 2.0).sqrt(); // the gain at which Xavier has variance 1
        let embedding = xavier(VOCABULARY, WIDTH, normal, rng); // (V, d)
        let mut next: Vec<usize> = (0..VOCABULARY).collect();
        next.shuffle(rng);
        Self { embedding, next }
    }

    /// Embedded symbols `(T, d)` and what follows each.
    pub fn sample(&self, rng: &mut ChaCha8Rng) -> (Array2<f64>, Vec<usize>) {
        let tokens: Vec<usize> = (0..SAMPLE).map(|_| rng.random_range(0..VOCABULARY)).collect();
        let follow = |&token: &usize| match rng.random_bool(RULED) {
            true => self.next[token],
            false => rng.random_range(0..VOCABULARY),
        };
        let targets = tokens.iter().map(follow).collect();
        (self.embedding.select(Axis(0), &tokens), targets)
    }

    /// The entropy of what follows a symbol.
    pub fn entropy() -> f64 {
        let any = (1.0 - RULED) / VOCABULARY as f64;
        let ruled = RULED + any;
        -ruled * ruled.ln() - (VOCABULARY - 1) as f64 * any * any.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::parameters::Parameters;
    use ndarray_rand::rand::SeedableRng;

    #[test]
    fn a_small_step_down_the_gradient_lowers_the_loss_by_its_square() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let language = Language::draw(&mut rng);
        let mut learner = Learner::new(&mut rng);
        let (x, targets) = language.sample(&mut rng);
        let before = learner.look(&x, &targets, Format::F32, 1.0);
        let arrays = before.gradient.arrays();
        let square: f64 = arrays.iter().flat_map(|(_, a)| a.iter().map(|g| g * g)).sum();
        let rate = 0.01;
        learner.descend(&before.gradient, rate);
        let after = learner.look(&x, &targets, Format::F32, 1.0).loss;
        assert!(((before.loss - after) / (rate * square) - 1.0).abs() < 0.02);
    }

    #[test]
    fn the_floor_lies_between_nothing_and_chance() {
        let floor = Language::entropy();
        assert!((0.1..(VOCABULARY as f64).ln()).contains(&floor), "{floor}");
    }
}
