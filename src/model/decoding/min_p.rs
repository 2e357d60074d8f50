//! Min-p: a floor that moves with the most likely token.

use crate::math::real::Real;
use crate::report::{Error, number};

use super::{History, Processor, argmax, probabilities};

/// Rules out every token whose probability is below `min_p · max p`: the surer the model, the fewer
/// stay. O(V).
///
/// Nguyen et al. 2024, Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs.
///
/// ```
/// use llm_lab::model::decoding::{History, MinP, Processor};
/// let mut logits = [0.8_f32.ln(), 0.15_f32.ln(), 0.05_f32.ln()];
/// MinP::new(0.1).process(History::default(), &mut logits)?; // below 0.08
/// assert_eq!(logits[2], f32::NEG_INFINITY);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MinP<F> {
    min_p: f64,
    probabilities: Vec<F>,
}

impl<F> MinP<F> {
    /// From 0, which keeps all, to 1, which keeps the most likely.
    pub fn new(min_p: f64) -> Self {
        Self { min_p, probabilities: Vec::new() }
    }
}

impl<F: Real> Processor<F> for MinP<F> {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        probabilities(logits, &mut self.probabilities);
        let best = argmax(&self.probabilities) as usize;
        let floor = F::of(self.min_p) * self.probabilities.get(best).copied().unwrap_or_default();
        for (x, p) in logits.iter_mut().zip(&self.probabilities) {
            if *p < floor {
                *x = F::neg_infinity();
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("min-p {}", number(self.min_p))
    }
}
