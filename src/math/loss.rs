//! Cross-entropy: how surprised a model is by what came.

use ndarray::{Array2, ArrayView2};

use super::real::Real;
use super::simd::{largest, sum, vectorized};
use super::softmax::{log_softmax, softmax};

/// A target that counts for nothing: padding, or a token that the objective does not ask for.
pub const IGNORED: u32 = u32::MAX;

/// The mean cross-entropy in nats, `−1/T · Σ ln softmax(logits)[target]`, and its gradient
/// `(softmax(logits) − onehot(target)) / T`. `logits` are `(T, V)`, one target for each row.
/// Without any knowledge it is ln V. O(T·V).
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

/// Cross-entropy as training runs it: the sum over the rows of `logits` `(T, V)` that have a
/// target, and in place of the logits its gradient times `scale`, `(softmax − target distribution)
/// · scale`. Label smoothing ε moves that much of the target evenly over all V (Szegedy et al.
/// 2016). One pass for the loss, one for the gradient. O(T·V).
///
/// ```
/// use llm_lab::math::loss::{IGNORED, cross_entropy_rows};
/// let mut logits = [0.0, 0.0, 3.0, 5.0];
/// let loss = cross_entropy_rows(&mut logits, 2, &[1, IGNORED], 0.0, 1.0);
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-12);
/// assert_eq!(logits, [0.5, -0.5, 0.0, 0.0]);
/// ```
///
/// # Panics
/// If there is not one target for each row, below V or [`IGNORED`].
pub fn cross_entropy_rows<F: Real>(
    logits: &mut [F],
    v: usize,
    targets: &[u32],
    smoothing: f64,
    scale: f64,
) -> f64 {
    assert_eq!(logits.len(), v * targets.len(), "one target for each row");
    let mut loss = 0.0;
    for (row, &target) in logits.chunks_exact_mut(v).zip(targets) {
        if target == IGNORED {
            row.fill(F::zero());
            continue;
        }
        let target = target as usize;
        let chosen = row[target];
        let (log, mean) = vectorized!(|| {
            let most = largest(row);
            let mean = if smoothing > 0.0 { sum(row, |x| x) / F::of(v as f64) } else { chosen };
            row.iter_mut().for_each(|x| *x = (*x - most).fast_exp());
            let total = sum(row, |e| e);
            let share = F::of(scale) / total;
            let even = F::of(scale * smoothing / v as f64);
            row.iter_mut().for_each(|e| *e = *e * share - even);
            (most + total.ln(), mean)
        });
        row[target] -= F::of(scale * (1.0 - smoothing));
        let expected = F::of(1.0 - smoothing) * chosen + F::of(smoothing) * mean;
        loss += (log - expected).to_f64().unwrap_or(f64::NAN);
    }
    loss
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

    #[test]
    fn rows_are_the_definition_and_their_gradient_is_right() {
        let logits: Vec<f64> = (0..60).map(|i| ((i * 37) % 23) as f64 / 4.0).collect();
        let targets = [3, IGNORED, 19];
        let (expected, _) = cross_entropy(
            ndarray::ArrayView2::from_shape((3, 20), &logits)
                .unwrap()
                .select(ndarray::Axis(0), &[0, 2])
                .view(),
            &[3, 19],
        );
        let plain = cross_entropy_rows(&mut logits.clone(), 20, &targets, 0.0, 1.0);
        assert!((plain / 2.0 - expected).abs() < 1e-12);
        for smoothing in [0.0, 0.1] {
            let mut analytic = logits.clone();
            cross_entropy_rows(&mut analytic, 20, &targets, smoothing, 1.0);
            let f = |v: ndarray::ArrayView1<f64>| {
                cross_entropy_rows(&mut v.to_vec(), 20, &targets, smoothing, 1.0)
            };
            let numeric = gradient(f, Array1::from(logits.clone()).view());
            assert!(relative_error(&numeric.to_vec(), &analytic) < 1e-7);
        }
    }
}
