//! Top-k: the k most likely tokens.

use crate::math::real::Real;
use crate::report::Error;

use super::{History, Processor};

/// Rules out every token that is less likely than the k-th. Tokens as likely as the k-th all stay, so
/// that more than k may. O(V).
///
/// Fan, Lewis & Dauphin 2018, Hierarchical Neural Story Generation.
///
/// ```
/// use llm_lab::model::decoding::{History, Processor, TopK};
/// let mut logits = [2.0_f32, 1.0, 0.5, 1.0];
/// TopK::new(2).process(History::default(), &mut logits)?;
/// assert_eq!(logits, [2.0, 1.0, f32::NEG_INFINITY, 1.0]);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TopK<F> {
    k: usize,
    sorted: Vec<F>,
}

impl<F> TopK<F> {
    /// k, 1 or more.
    pub fn new(k: usize) -> Self {
        Self { k: k.max(1), sorted: Vec::new() }
    }
}

impl<F: Real> Processor<F> for TopK<F> {
    fn process(&mut self, _: History, logits: &mut [F]) -> Result<(), Error> {
        if self.k >= logits.len() {
            return Ok(());
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(logits);
        let order = |a: &F, b: &F| b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal);
        let (_, least, _) = self.sorted.select_nth_unstable_by(self.k - 1, order);
        let least = *least;
        logits.iter_mut().filter(|x| **x < least).for_each(|x| *x = F::neg_infinity());
        Ok(())
    }

    fn name(&self) -> String {
        format!("top-k {}", self.k)
    }
}
