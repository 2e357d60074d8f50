//! Cut-offs by probability: ε- and η-sampling.

use crate::math::real::Real;
use crate::report::{Error, number};

use super::probabilities::entropy;
use super::{History, Processor, argmax, probabilities};

/// Rules out every token with a probability below ε; the most likely stays. O(V).
///
/// Hewitt, Manning & Liang 2022, Truncation Sampling as Language Model Desmoothing.
///
/// ```
/// use llm_lab::model::decoding::{Epsilon, History, Processor};
/// let mut logits = [0.9_f32.ln(), 0.08_f32.ln(), 0.02_f32.ln()];
/// Epsilon::new(0.05).process(History::default(), &mut logits)?;
/// assert_eq!(logits[2], f32::NEG_INFINITY);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Epsilon<F> {
    epsilon: f64,
    probabilities: Vec<F>,
}

impl<F> Epsilon<F> {
    /// ε, between 0 and 1.
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon, probabilities: Vec::new() }
    }
}

impl<F: Real> Processor<F> for Epsilon<F> {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        probabilities(logits, &mut self.probabilities);
        cut(logits, &self.probabilities, F::of(self.epsilon));
        Ok(())
    }

    fn name(&self) -> String {
        format!("epsilon {}", number(self.epsilon))
    }
}

/// ε-sampling whose cut-off falls where the model is unsure: `η = min(ε, √ε · e^−H)` with the
/// entropy H in nats. O(V).
///
/// Hewitt, Manning & Liang 2022, Truncation Sampling as Language Model Desmoothing.
#[derive(Debug, Clone)]
pub struct Eta<F> {
    epsilon: f64,
    probabilities: Vec<F>,
}

impl<F> Eta<F> {
    /// ε, between 0 and 1.
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon, probabilities: Vec::new() }
    }
}

impl<F: Real> Processor<F> for Eta<F> {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        probabilities(logits, &mut self.probabilities);
        let unsure = self.epsilon.sqrt() * (-entropy(logits).0).exp();
        cut(logits, &self.probabilities, F::of(self.epsilon.min(unsure)));
        Ok(())
    }

    fn name(&self) -> String {
        format!("eta {}", number(self.epsilon))
    }
}

/// Rules out what is less likely than `least`, but not the most likely.
fn cut<F: Real>(logits: &mut [F], probabilities: &[F], least: F) {
    let Some(&most) = logits.get(argmax(logits) as usize) else { return };
    for (x, p) in logits.iter_mut().zip(probabilities) {
        if *p < least && *x < most {
            *x = F::neg_infinity();
        }
    }
}
