//! The repetition penalty.

use crate::math::real::Real;
use crate::report::{Error, number};

use super::{History, Processor};

/// Makes every token less likely that has been read, in the prompt too: a positive logit is divided
/// by the penalty, a negative one multiplied, once however often the token occurs. 1 changes nothing.
/// O(T), without allocation after the first call.
///
/// Keskar et al. 2019, CTRL, divide every logit, which would make a negative one *more* likely; what
/// libraries compute is this.
///
/// ```
/// use llm_lab::model::decoding::{History, Processor, RepetitionPenalty};
/// let mut logits = [2.0_f32, -1.0, 3.0];
/// let history = History { tokens: &[0, 1, 0], prompt: 3 };
/// RepetitionPenalty::new(2.0).process(history, &mut logits)?;
/// assert_eq!(logits, [1.0, -2.0, 3.0]);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RepetitionPenalty {
    penalty: f64,
    seen: Vec<bool>,
}

impl RepetitionPenalty {
    /// A penalty greater than 0; above 1 it forbids, below 1 it encourages.
    pub fn new(penalty: f64) -> Self {
        Self { penalty, seen: Vec::new() }
    }
}

impl<F: Real> Processor<F> for RepetitionPenalty {
    fn process(&mut self, history: History, logits: &mut [F]) -> Result<(), Error> {
        let penalty = F::of(self.penalty);
        self.seen.resize(logits.len(), false);
        for &token in history.tokens {
            let i = token as usize;
            let (Some(x), Some(seen)) = (logits.get_mut(i), self.seen.get_mut(i)) else { continue };
            if !std::mem::replace(seen, true) {
                *x = if *x < F::zero() { *x * penalty } else { *x / penalty };
            }
        }
        let tokens = history.tokens.iter();
        tokens.for_each(|i| {
            if let Some(seen) = self.seen.get_mut(*i as usize) {
                *seen = false
            }
        });
        Ok(())
    }

    fn name(&self) -> String {
        format!("repetition penalty {}", number(self.penalty))
    }
}
