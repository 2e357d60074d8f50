//! Top-p, nucleus sampling: the fewest tokens that hold the mass p.

use std::cmp::Ordering;

use crate::math::real::Real;
use crate::report::{Error, number};

use super::{History, Processor, probabilities};

/// Keeps the smallest set of most likely tokens whose probabilities reach p: from the least likely
/// up, tokens are ruled out as long as their sum is at most 1 − p. The most likely always stays. Of
/// equally likely tokens the first go first (PyTorch's sort leaves their order open). O(V log V).
///
/// Holtzman et al. 2020, The Curious Case of Neural Text Degeneration.
///
/// ```
/// use llm_lab::model::decoding::{History, Processor, TopP};
/// let mut logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
/// TopP::new(0.7).process(History::default(), &mut logits)?;
/// assert_eq!(logits[2], f32::NEG_INFINITY);
/// assert!(logits[1].is_finite());
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TopP<F> {
    p: f64,
    probabilities: Vec<F>,
    order: Vec<u32>,
}

impl<F> TopP<F> {
    /// p, above 0 and at most 1.
    pub fn new(p: f64) -> Self {
        Self { p, probabilities: Vec::new(), order: Vec::new() }
    }
}

impl<F: Real> Processor<F> for TopP<F> {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        probabilities(logits, &mut self.probabilities);
        ascending(&self.probabilities, &mut self.order);
        let rest = F::of(1.0 - self.p);
        let mut sum = 0.0;
        for &i in self.order.split_last().map_or(&[][..], |(_, less)| less) {
            sum += self.probabilities[i as usize].to_f64().unwrap_or(0.0);
            if F::of(sum) > rest {
                break;
            }
            logits[i as usize] = F::neg_infinity();
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("top-p {}", number(self.p))
    }
}

/// Places of numbers from the least to the largest, the first of equals first.
pub(super) fn ascending<F: Real>(numbers: &[F], order: &mut Vec<u32>) {
    order.clear();
    order.extend(0..numbers.len() as u32);
    let key = |i: &u32| numbers[*i as usize];
    order.sort_unstable_by(|a, b| {
        key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal).then(a.cmp(b))
    });
}
