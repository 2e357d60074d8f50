//! No n-gram twice.

use crate::math::real::Real;
use crate::report::Error;

use super::{History, Processor};

/// Rules out every token that would complete an n-gram that has been read, in the prompt too. With
/// n = 1 no token may come again. O(T·n).
///
/// Paulus, Xiong & Socher 2017, A Deep Reinforced Model for Abstractive Summarization, for n = 3.
///
/// ```
/// use llm_lab::model::decoding::{History, NoRepeat, Processor};
/// let mut logits = [2.0_f32, 2.0, 2.0];
/// let history = History { tokens: &[0, 1, 2, 0, 1], prompt: 5 };
/// NoRepeat(3).process(history, &mut logits)?; // 0 1 2 has been
/// assert_eq!(logits, [2.0, 2.0, f32::NEG_INFINITY]);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRepeat(
    /// n, 1 or more.
    pub usize,
);

impl<F: Real> Processor<F> for NoRepeat {
    fn process(&mut self, history: History, logits: &mut [F]) -> Result<(), Error> {
        let tokens = history.tokens;
        let Some(start) = (tokens.len() + 1).checked_sub(self.0.max(1)) else { return Ok(()) };
        let end = &tokens[start..]; // the n − 1 tokens that the next one would complete
        for window in tokens.windows(self.0.max(1)) {
            if let Some((last, before)) = window.split_last()
                && before == end
                && let Some(x) = logits.get_mut(*last as usize)
            {
                *x = F::neg_infinity();
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("no repeated {}-gram", self.0)
    }
}
