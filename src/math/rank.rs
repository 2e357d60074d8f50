//! How many directions a matrix uses, and how alike the tokens of a sequence are.

use ndarray::{ArrayView2, Axis};

use super::divergence::entropy;

/// Effective rank of singular values: `exp(H(p))` with `pᵢ = σᵢ/Σσ`, the number of equal singular
/// values that would have the same entropy. 1 for rank one, n for n equal values, 0 for none.
/// O(n). Roy & Vetterli 2007, The effective rank.
///
/// ```
/// use llm_lab::math::rank::effective_rank;
/// assert_eq!(effective_rank(&[3.0, 0.0]), 1.0);
/// assert!((effective_rank(&[2.0, 2.0, 2.0]) - 3.0).abs() < 1e-12);
/// ```
pub fn effective_rank(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    if sum == 0.0 {
        return 0.0;
    }
    let shares: Vec<f64> = values.iter().map(|s| s / sum).collect();
    entropy(&shares).exp()
}

/// How many singular values, the largest first, exceed `n·ε` times the largest, ε being f64's: what
/// rounding can tell from 0.
///
/// ```
/// use llm_lab::math::rank::numerical_rank;
/// assert_eq!(numerical_rank(&[3.0, 1.0, 1e-17]), 2);
/// ```
pub fn numerical_rank(values: &[f64]) -> usize {
    let most = values.iter().copied().fold(0.0, f64::max);
    let floor = most * values.len() as f64 * f64::EPSILON;
    values.iter().filter(|s| **s > floor).count()
}

/// How far tokens `x` `(T, d)` are from being all the same: `‖X − 1x̄ᵀ‖ / ‖X‖` with x̄ the mean token,
/// in Frobenius norms; 0 if every row is the same, or for zeros. O(T·d). Dong, Cordonnier & Loukas
/// 2021, Attention is not all you need.
///
/// ```
/// use llm_lab::math::rank::distance_to_one;
/// use ndarray::array;
/// assert_eq!(distance_to_one(array![[1.0, 2.0], [1.0, 2.0]].view()), 0.0);
/// assert_eq!(distance_to_one(array![[1.0], [-1.0]].view()), 1.0);
/// ```
pub fn distance_to_one(x: ArrayView2<f64>) -> f64 {
    let Some(mean) = x.mean_axis(Axis(0)) else { return 0.0 };
    let square = |x: ArrayView2<f64>| x.iter().map(|v| v * v).sum::<f64>();
    let whole = square(x);
    let rest = square((&x - &mean).view());
    if whole == 0.0 { 0.0 } else { (rest / whole).sqrt() }
}

/// The mean cosine of two different tokens of `x` `(T, d)`; 1 for a single token. A token of zeros
/// counts as orthogonal to all. O(T·d): of the unit tokens uᵢ it is `(‖Σuᵢ‖² − Σ‖uᵢ‖²) / T(T − 1)`.
///
/// ```
/// use llm_lab::math::rank::mean_cosine;
/// use ndarray::array;
/// assert_eq!(mean_cosine(array![[2.0, 0.0], [0.0, 3.0]].view()), 0.0);
/// assert_eq!(mean_cosine(array![[2.0, 0.0], [3.0, 0.0]].view()), 1.0);
/// ```
pub fn mean_cosine(x: ArrayView2<f64>) -> f64 {
    let t = x.nrows() as f64;
    if t < 2.0 {
        return 1.0;
    }
    let mut sum = vec![0.0; x.ncols()];
    let mut own = 0.0;
    for row in x.rows() {
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            own += 1.0;
            sum.iter_mut().zip(row).for_each(|(s, v)| *s += v / length);
        }
    }
    (sum.iter().map(|s| s * s).sum::<f64>() - own) / (t * (t - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linalg::cosine;
    use ndarray::Array2;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_mean_cosine_is_that_of_all_pairs(
            entries in prop::collection::vec(-3.0..3.0_f64, 12),
        ) {
            let x = Array2::from_shape_vec((4, 3), entries).unwrap();
            let pairs = (0..4).flat_map(|i| (0..4).map(move |j| (i, j))).filter(|(i, j)| i != j);
            let mean = pairs.map(|(i, j)| cosine(x.row(i), x.row(j))).sum::<f64>() / 12.0;
            prop_assert!((mean_cosine(x.view()) - mean).abs() < 1e-12);
        }

        #[test]
        fn the_effective_rank_lies_between_one_and_the_rank(
            values in prop::collection::vec(0.01..9.0_f64, 1..9),
        ) {
            let effective = effective_rank(&values);
            prop_assert!(effective > 1.0 - 1e-12 && effective < values.len() as f64 + 1e-9);
        }
    }
}
