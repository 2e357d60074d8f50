//! Locally typical sampling: tokens about as surprising as the model expects to be.

use crate::math::real::Real;
use crate::report::{Error, number};

use super::probabilities::entropy;
use super::top_p::ascending;
use super::{History, Processor, probabilities};

/// Keeps the tokens whose surprise −ln pᵢ lies nearest to the entropy H, until their probabilities
/// reach the mass p; those as near as the last stay too. The most likely token may go. O(V log V).
///
/// Meister et al. 2023, Locally Typical Sampling.
///
/// ```
/// use llm_lab::model::decoding::{History, Processor, Typical};
/// let mut logits = [0.6_f32.ln(), 0.3_f32.ln(), 0.1_f32.ln()]; // H = 0.898, surprises 0.511 1.204 2.303
/// Typical::new(0.2).process(History::default(), &mut logits)?;
/// assert_eq!(logits[0], f32::NEG_INFINITY);
/// assert!(logits[1].is_finite());
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Typical<F> {
    mass: f64,
    probabilities: Vec<F>,
    away: Vec<F>,
    order: Vec<u32>,
}

impl<F> Typical<F> {
    /// The mass, above 0 and at most 1.
    pub fn new(mass: f64) -> Self {
        Self { mass, probabilities: Vec::new(), away: Vec::new(), order: Vec::new() }
    }
}

impl<F: Real> Processor<F> for Typical<F> {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        probabilities(logits, &mut self.probabilities);
        let (entropy, denominator) = entropy(logits);
        let (entropy, denominator) = (F::of(entropy), F::of(denominator));
        self.away.clear();
        self.away.extend(logits.iter().map(|x| ((denominator - *x) - entropy).abs()));
        ascending(&self.away, &mut self.order);
        let (mass, mut sum) = (F::of(self.mass), 0.0);
        let reached = self.order.iter().position(|&i| {
            sum += self.probabilities[i as usize].to_f64().unwrap_or(0.0);
            F::of(sum) >= mass
        });
        let Some(&last) = reached.and_then(|place| self.order.get(place)) else { return Ok(()) };
        let farthest = self.away[last as usize];
        for (x, away) in logits.iter_mut().zip(&self.away) {
            if *away > farthest {
                *x = F::neg_infinity();
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("typical {}", number(self.mass))
    }
}
