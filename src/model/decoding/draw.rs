//! A draw from the distribution as it stands: what most filters come before.

use ndarray_rand::rand::{Rng, RngCore};

use crate::math::real::Real;
use crate::report::Error;

use super::{History, Sampler, sound};

/// A draw from softmax(logits). O(V), without allocation.
pub struct Draw<'a> {
    /// Where chance comes from.
    pub rng: &'a mut dyn RngCore,
}

impl<F: Real> Sampler<F> for Draw<'_> {
    fn choose(&mut self, _: History, logits: &mut [F]) -> Result<u32, Error> {
        sound(logits)?;
        Ok(draw(logits, 1.0, self.rng))
    }
}

/// A draw from softmax(logits / temperature), for logits that are [`sound`]. A token of probability
/// 0 is never drawn, whatever rounding does to the sum.
pub(super) fn draw<F: Real>(logits: &[F], temperature: f64, rng: &mut dyn RngCore) -> u32 {
    let scaled = |x: &F| x.to_f64().unwrap_or(f64::NEG_INFINITY) / temperature;
    let most = logits.iter().map(scaled).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logits.iter().map(|x| (scaled(x) - most).exp()).sum();
    let (mut left, mut last) = (rng.random::<f64>() * total, 0);
    for (i, x) in logits.iter().enumerate() {
        let p = (scaled(x) - most).exp();
        left -= p;
        if p > 0.0 {
            last = i as u32;
            if left <= 0.0 {
                break;
            }
        }
    }
    last
}
