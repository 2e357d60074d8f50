//! One head with everything in between, to look at.

use ndarray::{Array2, ArrayView2, NdFloat};

use super::Mask;
use crate::math::softmax::softmax;

/// What one head computes on its way from queries to results. [`attend`](super::attend) is the same
/// without the intermediate arrays.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps<F> {
    /// QKᵀ, `(n, T)`.
    pub scores: Array2<F>,
    /// The scores times the scale, `(n, T)`.
    pub scaled: Array2<F>,
    /// The same with −∞ where a query may not look, `(n, T)`.
    pub masked: Array2<F>,
    /// Their softmax, `(n, T)`: each row sums to 1.
    pub weights: Array2<F>,
    /// The weights times V, `(n, d_v)`.
    pub output: Array2<F>,
}

impl<F: NdFloat> Steps<F> {
    /// The steps for `query` `(n, d_k)`, `key` `(T, d_k)`, `value` `(T, d_v)` and a `scale`, as a rule
    /// 1/√d_k. O(n·T·(d_k + d_v)). Vaswani et al. 2017.
    ///
    /// ```
    /// use llm_lab::math::attention::{Mask, Steps};
    /// use ndarray::array;
    /// let (q, v) = (array![[1.0], [0.0]], array![[2.0], [4.0]]);
    /// let steps = Steps::of(q.view(), q.view(), v.view(), 1.0, Mask::Causal);
    /// assert_eq!(steps.scores, array![[1.0, 0.0], [0.0, 0.0]]);
    /// assert_eq!(steps.output, array![[2.0], [3.0]]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn of(
        query: ArrayView2<F>,
        key: ArrayView2<F>,
        value: ArrayView2<F>,
        scale: F,
        mask: Mask,
    ) -> Self {
        let scores = query.dot(&key.t()); // (n, T)
        let scaled = &scores * scale; // (n, T)
        let mut masked = scaled.clone(); // (n, T)
        mask.hide(masked.view_mut());
        let weights = softmax(masked.view()); // (n, T)
        let output = weights.dot(&value); // (n, d_v)
        Self { scores, scaled, masked, weights, output }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::attention::attend;
    use crate::math::linear::xavier;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_steps_end_where_attend_ends() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (q, k) = (xavier::<f64>(5, 4, 3.0, &mut rng), xavier(5, 4, 3.0, &mut rng));
        let v = xavier(5, 3, 1.0, &mut rng);
        for mask in [Mask::None, Mask::Causal, Mask::Prefix(3), Mask::Sliding(2)] {
            let steps = Steps::of(q.view(), k.view(), v.view(), 0.5, mask);
            let (y, weights) = attend(q.view(), k.view(), v.view(), mask);
            assert_eq!((steps.output, steps.weights), (y, weights));
        }
    }
}
