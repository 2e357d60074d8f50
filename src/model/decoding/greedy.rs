//! Greedy decoding: always the most likely token.

use crate::math::real::Real;
use crate::report::Error;

use super::{History, Sampler, sound};

/// The most likely token; the first of equals. O(V).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greedy;

impl<F: Real> Sampler<F> for Greedy {
    fn choose(&mut self, _: History, logits: &mut [F]) -> Result<u32, Error> {
        sound(logits)?;
        Ok(argmax(logits))
    }
}

/// The place of the largest of some numbers, the first of equals; 0 if there is none. O(V).
///
/// ```
/// assert_eq!(llm_lab::model::decoding::argmax(&[1.0_f32, 3.0, 3.0]), 1);
/// ```
pub fn argmax<F: Real>(numbers: &[F]) -> u32 {
    let best = |best: usize, i: usize| if numbers[i] > numbers[best] { i } else { best };
    (1..numbers.len()).fold(0, best) as u32
}
