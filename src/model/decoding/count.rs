//! Presence and frequency penalties.

use crate::math::real::Real;
use crate::report::{Error, number};

use super::{History, Processor};

/// Lowers the logit of each token by what has been *chosen* so far: `zⱼ − cⱼ·α_frequency −
/// [cⱼ > 0]·α_presence`, with cⱼ how often token j was chosen. The prompt does not count. As
/// OpenAI's API defines them; both are differences of logits, so that e^−α is the factor on the odds.
/// O(T), without allocation after the first call.
///
/// ```
/// use llm_lab::model::decoding::{CountPenalty, History, Processor};
/// let mut logits = [2.0_f32, 2.0, 2.0];
/// let history = History { tokens: &[2, 0, 0, 1], prompt: 1 };
/// CountPenalty::new(0.5, 0.25).process(history, &mut logits)?;
/// assert_eq!(logits, [1.0, 1.25, 2.0]);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CountPenalty {
    presence: f64,
    frequency: f64,
    counts: Vec<u32>,
}

impl CountPenalty {
    /// The penalty for having been chosen at all, and that for each time.
    pub fn new(presence: f64, frequency: f64) -> Self {
        Self { presence, frequency, counts: Vec::new() }
    }
}

impl<F: Real> Processor<F> for CountPenalty {
    fn process(&mut self, history: History, logits: &mut [F]) -> Result<(), Error> {
        self.counts.resize(logits.len(), 0);
        for &token in history.chosen() {
            if let Some(count) = self.counts.get_mut(token as usize) {
                *count += 1;
            }
        }
        let (presence, frequency) = (F::of(self.presence), F::of(self.frequency));
        for &token in history.chosen() {
            let i = token as usize;
            let (Some(x), Some(count)) = (logits.get_mut(i), self.counts.get_mut(i)) else {
                continue;
            };
            let count = std::mem::take(count); // so that the next of its kind changes nothing
            if count > 0 {
                *x = *x - F::of(f64::from(count)) * frequency - presence;
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        let part =
            |name: &str, value: f64| (value != 0.0).then(|| format!("{name} {}", number(value)));
        let parts = [part("presence", self.presence), part("frequency", self.frequency)];
        format!("{} penalty", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}
