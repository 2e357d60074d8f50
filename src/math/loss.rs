//! Cross-entropy: how surprised a model is by what came.

use ndarray::{Array2, ArrayView2};

use super::real::Real;
use super::softmax::{log_softmax, softmax};

/// The mean cross-entropy in nats, `−1/T · Σ ln softmax(logits)[target]`, and its gradient
/// `(softmax(logits) − onehot(target)) / T`. `logits` are `(T, V)`, one target for each row. Without
/// any knowledge it is ln V. O(T·V).
///
/// ```
/// use llm_lab::math::loss::cross_entropy;
/// use ndarray::array;
/// let (loss, gradient) = cross_entropy(array![[0.0, 0.0]].view(), &[1]);
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-12);
/// assert_eq!(gradient, array![[0.5, -0.5]]);
/// ```
///
/// # Panics
/// If there is not one target below V for each row.
pub fn cross_entropy<F: Real>(logits: ArrayView2<F>, targets: &[usize]) -> (F, Array2<F>) {
    assert_eq!(logits.nrows(), targets.len(), "one target for each row");
    let share = F::of(1.0 / targets.len() as f64);
    let logs = log_softmax(logits); // (T, V)
    let mut gradient = softmax(logits); // (T, V)
    let mut loss = F::zero();
    for (t, &target) in targets.iter().enumerate() {
        loss -= logs[[t, target]];
        gradient[[t, target]] -= F::one();
    }
    (loss * share, gradient * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::difference::{gradient, relative_error};
    use ndarray::Array1;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gradient_agrees_with_finite_differences(
            logits in prop::collection::vec(-4.0..4.0f64, 6), a in 0..3usize, b in 0..3usize,
        ) {
            let shape = |v: &[f64]| Array2::from_shape_vec((2, 3), v.to_vec()).unwrap();
            let (_, analytic) = cross_entropy(shape(&logits).view(), &[a, b]);
            let f = |v: ndarray::ArrayView1<f64>| cross_entropy(shape(&v.to_vec()).view(), &[a, b]).0;
            let numeric = gradient(f, Array1::from(logits.clone()).view());
            let apart = relative_error(&numeric.to_vec(), &analytic.into_raw_vec_and_offset().0);
            prop_assert!(apart < 1e-7);
        }
    }
}
