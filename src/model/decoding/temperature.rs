//! Temperature: how sharp the distribution is from which one draws.

use ndarray_rand::rand::RngCore;

use crate::math::real::Real;
use crate::report::{Error, number};

use super::draw::draw;
use super::{History, Processor, Sampler, sound};

/// Divides the logits by T: `pᵢ ∝ exp(zᵢ/T)`. T → 0 is greedy, T = 1 the model's own distribution,
/// T → ∞ uniform. O(V).
///
/// Ackley, Hinton & Sejnowski 1985, A Learning Algorithm for Boltzmann Machines.
///
/// ```
/// use llm_lab::model::decoding::{History, Processor, Scale};
/// let mut logits = [2.0_f32, 1.0];
/// Scale(0.5).process(History::default(), &mut logits)?;
/// assert_eq!(logits, [4.0, 2.0]);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(
    /// Greater than 0.
    pub f64,
);

impl<F: Real> Processor<F> for Scale {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        let temperature = F::of(self.0);
        logits.iter_mut().for_each(|x| *x /= temperature);
        Ok(())
    }

    fn name(&self) -> String {
        format!("temperature {}", number(self.0))
    }
}

/// A draw from softmax(logits / temperature), in one go. O(V), without allocation.
pub struct Temperature<'a> {
    /// Below 1 sharper, above 1 flatter; greater than 0.
    pub temperature: f64,
    /// Where chance comes from.
    pub rng: &'a mut dyn RngCore,
}

impl<F: Real> Sampler<F> for Temperature<'_> {
    fn choose(&mut self, _: History, logits: &mut [F]) -> Result<u32, Error> {
        sound(logits)?;
        Ok(draw(logits, self.temperature, self.rng))
    }
}
