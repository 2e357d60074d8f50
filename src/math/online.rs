//! Softmax over numbers that come one by one: one pass instead of one for the maximum and one for
//! the sum.

use ndarray::NdFloat;

/// The largest of the scores so far and the sum of their exponentials beside it: all that softmax
/// needs to know. Milakov & Gimelshein 2018, Online normalizer calculation for softmax.
///
/// ```
/// use llm_lab::math::online::Online;
/// let mut seen = Online::default();
/// assert_eq!(seen.push(0.0_f64), 0.0); // nothing was there to keep
/// assert_eq!(seen.push(2.0), (-2.0_f64).exp()); // a new maximum: what was summed shrinks
/// assert_eq!(seen.push(1.0), 1.0);
/// assert_eq!(seen.most, 2.0);
/// assert!((seen.log_sum_exp() - (1.0 + 1_f64.exp() + 2_f64.exp()).ln()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Online<F> {
    /// m: the largest score so far; −∞ before the first.
    pub most: F,
    /// l = Σ exp(xⱼ − m) over the scores so far.
    pub sum: F,
}

impl<F: NdFloat> Default for Online<F> {
    fn default() -> Self {
        Self { most: F::neg_infinity(), sum: F::zero() }
    }
}

impl<F: NdFloat> Online<F> {
    /// Takes one more score: `m' = max(m, x)`, `l' = l·exp(m − m') + exp(x − m')`. Returns the factor
    /// `exp(m − m')`, by which everything that was summed with the old maximum has to be multiplied:
    /// in attention the values mixed so far. O(1).
    pub fn push(&mut self, x: F) -> F {
        self.merge(Self { most: x, sum: F::one() })
    }

    /// Takes the scores that another has seen, which may be a whole block; returns the factor as
    /// [`push`](Self::push) does. In which order blocks are merged does not matter. O(1).
    ///
    /// ```
    /// use llm_lab::math::online::Online;
    /// let of = |x: &[f64]| x.iter().fold(Online::default(), |mut seen, x| { seen.push(*x); seen });
    /// let mut left = of(&[1.0, 4.0]);
    /// left.merge(of(&[2.0]));
    /// assert_eq!(left, of(&[1.0, 4.0, 2.0]));
    /// ```
    pub fn merge(&mut self, other: Self) -> F {
        let most = self.most.max(other.most);
        // a side that has seen nothing but −∞ counts for nothing
        let share = |m: F| if m == F::neg_infinity() { F::zero() } else { (m - most).exp() };
        let (kept, added) = (share(self.most), share(other.most));
        *self = Self { most, sum: self.sum * kept + other.sum * added };
        kept
    }

    /// ln Σ exp(xⱼ) = m + ln l of all scores so far.
    pub fn log_sum_exp(&self) -> F {
        self.most + self.sum.ln()
    }

    /// The weight of a score among all so far, `exp(x − m)/l`.
    pub fn weight(&self, x: F) -> F {
        (x - self.most).exp() / self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::softmax::softmax;
    use ndarray::ArrayView2;
    use proptest::prelude::*;

    fn seen(x: &[f64]) -> Online<f64> {
        let mut online = Online::default();
        for x in x {
            online.push(*x);
        }
        online
    }

    proptest! {
        #[test]
        fn one_pass_gives_what_two_give(x in prop::collection::vec(-700.0..700.0_f64, 1..20)) {
            let online = seen(&x);
            let p = softmax(ArrayView2::from_shape((1, x.len()), &x).unwrap());
            for (x, p) in x.iter().zip(&p) {
                prop_assert!((online.weight(*x) - p).abs() < 1e-13);
            }
        }

        #[test]
        fn blocks_may_be_merged_in_any_order(
            x in prop::collection::vec(-50.0..50.0_f64, 2..20), cut in 0..20_usize,
        ) {
            let (a, b) = x.split_at(cut.min(x.len()));
            let (mut ab, mut ba) = (seen(a), seen(b));
            ab.merge(seen(b));
            ba.merge(seen(a));
            prop_assert!((ab.log_sum_exp() - ba.log_sum_exp()).abs() < 1e-12);
            prop_assert!((ab.log_sum_exp() - seen(&x).log_sum_exp()).abs() < 1e-12);
        }
    }

    #[test]
    fn hidden_scores_count_for_nothing() {
        let hidden = f64::NEG_INFINITY;
        assert_eq!(seen(&[hidden, hidden]).sum, 0.0);
        assert_eq!(seen(&[hidden, 1.0, hidden]), seen(&[1.0]));
    }
}
