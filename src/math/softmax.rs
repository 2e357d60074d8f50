//! Softmax: scores become weights that are positive and sum to 1.

use ndarray::{Array2, ArrayView2, ArrayViewMut1, Axis, NdFloat, Zip};

/// Softmax of each row: `pᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m)` with m the row's largest score, which
/// changes nothing in exact arithmetic and keeps `exp` from overflowing. A score of −∞ (a masked
/// place) gets the weight 0; a row that is masked whole gets zeros. `x` is `(T, n)`. O(T·n).
///
/// ```
/// use llm_lab::math::softmax::softmax;
/// use ndarray::array;
/// let p = softmax(array![[1000.0, 1000.0, f64::NEG_INFINITY]].view());
/// assert_eq!(p, array![[0.5, 0.5, 0.0]]);
/// ```
pub fn softmax<F: NdFloat>(x: ArrayView2<F>) -> Array2<F> {
    let mut p = x.to_owned(); // (T, n)
    p.rows_mut().into_iter().for_each(softmax_in_place);
    p
}

/// [`softmax`] of one row where it lies.
pub fn softmax_in_place<F: NdFloat>(mut row: ArrayViewMut1<F>) {
    let largest = row.fold(F::neg_infinity(), |m, &v| m.max(v));
    if largest == F::neg_infinity() {
        return row.fill(F::zero());
    }
    row.mapv_inplace(|v| (v - largest).exp());
    let sum = row.sum();
    row.mapv_inplace(|v| v / sum);
}

/// Logarithms of [`softmax`]'s weights, `xᵢ − m − ln Σⱼ exp(xⱼ − m)`: exact where the weight itself
/// would round to zero. `x` is `(T, n)`. O(T·n).
///
/// ```
/// use llm_lab::math::softmax::log_softmax;
/// use ndarray::array;
/// assert_eq!(log_softmax(array![[0.0, -2000.0]].view()), array![[0.0, -2000.0]]);
/// ```
pub fn log_softmax<F: NdFloat>(x: ArrayView2<F>) -> Array2<F> {
    let mut logs = x.to_owned(); // (T, n)
    for mut row in logs.rows_mut() {
        let largest = row.fold(F::neg_infinity(), |m, &v| m.max(v));
        let sum = row.fold(F::zero(), |sum, &v| sum + (v - largest).exp());
        row.mapv_inplace(|v| v - largest - sum.ln());
    }
    logs
}

/// The gradient of the scores, for the weights `p` `(T, n)` of the forward pass and an upstream
/// gradient `dp` `(T, n)`: `dxᵢ = pᵢ · (dpᵢ − Σⱼ pⱼ dpⱼ)`. Each row of the result sums to 0, because
/// softmax does not feel a shift of all scores. O(T·n).
///
/// ```
/// use llm_lab::math::softmax::softmax_backward;
/// use ndarray::array;
/// let dx = softmax_backward(array![[0.5, 0.5]].view(), array![[1.0, 0.0]].view());
/// assert_eq!(dx, array![[0.25, -0.25]]);
/// ```
///
/// # Panics
/// If the shapes differ.
pub fn softmax_backward<F: NdFloat>(p: ArrayView2<F>, dp: ArrayView2<F>) -> Array2<F> {
    let mut dx = &p * &dp; // (T, n)
    let along = dx.sum_axis(Axis(1)).insert_axis(Axis(1)); // (T, 1)
    Zip::from(&mut dx).and(&p).and_broadcast(&along).for_each(|dx, &p, &along| *dx -= p * along);
    dx
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::difference::{jacobian, relative_error};
    use ndarray::Array1;
    use proptest::prelude::*;

    fn row(v: &[f64]) -> ArrayView2<'_, f64> {
        ArrayView2::from_shape((1, v.len()), v).unwrap()
    }

    proptest! {
        #[test]
        fn weights_are_a_distribution_that_ignores_shifts(
            x in prop::collection::vec(-50.0..50.0f64, 1..8), shift in -1e3..1e3f64,
        ) {
            let p = softmax(row(&x));
            prop_assert!((p.sum() - 1.0).abs() < 1e-12 && p.iter().all(|&v| v >= 0.0));
            let moved: Vec<f64> = x.iter().map(|v| v + shift).collect();
            let apart = relative_error(&softmax(row(&moved)).into_raw_vec_and_offset().0, &p.into_raw_vec_and_offset().0);
            prop_assert!(apart < 1e-10);
        }

        #[test]
        fn backward_agrees_with_finite_differences(
            x in prop::collection::vec((-3.0..3.0f64, -1.0..1.0f64), 2..8),
        ) {
            let (x, dp): (Vec<f64>, Vec<f64>) = x.into_iter().unzip();
            let p = softmax(row(&x));
            let dx = softmax_backward(p.view(), row(&dp));
            let numeric = jacobian(
                |v| softmax(v.insert_axis(Axis(0))).row(0).to_owned(),
                Array1::from(x).view(),
            ).t().dot(&Array1::from(dp));
            prop_assert!((&numeric - &dx.row(0)).iter().all(|e| e.abs() < 1e-8));
        }

        #[test]
        fn log_softmax_is_the_logarithm(x in prop::collection::vec(-5.0..5.0f64, 1..8)) {
            let (logs, p) = (log_softmax(row(&x)), softmax(row(&x)));
            prop_assert!((logs.mapv(f64::exp) - p).iter().all(|e| e.abs() < 1e-12));
        }
    }

    #[test]
    fn a_row_masked_whole_gets_no_weight() {
        assert_eq!(softmax(row(&[f64::NEG_INFINITY; 3])), Array2::<f64>::zeros((1, 3)));
    }
}
