//! Linear algebra that ndarray leaves out, for small matrices.

use ndarray::{Array2, ArrayView2};

use super::simd::sum2;

/// Singular values by one-sided Jacobi rotations: the columns of `a` `(m, n)` are turned against each
/// other in pairs until all are orthogonal; their lengths are then the singular values, largest
/// first. Small ones come out to full relative precision, so that a rank can be read off.
///
/// O(m·n²) a sweep, about ten sweeps. Hestenes 1958, Inversion of matrices by biorthogonalization and
/// related results.
///
/// ```
/// use llm_lab::math::linalg::singular_values;
/// use ndarray::array;
/// let s = singular_values(array![[3.0, 0.0], [4.0, 5.0]].view());
/// assert!((s[0] - 45_f64.sqrt()).abs() < 1e-12 && (s[1] - 5_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn singular_values(a: ArrayView2<f64>) -> Vec<f64> {
    let mut columns: Vec<Vec<f64>> = a.columns().into_iter().map(|c| c.to_vec()).collect();
    let n = columns.len();
    const MOST_SWEEPS: usize = 60;
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (head, tail) = columns.split_at_mut(q);
                turned |= orthogonalize(&mut head[p], &mut tail[0]);
            }
        }
        if !turned {
            break;
        }
    }
    let mut lengths: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
    lengths.sort_by(|a, b| b.total_cmp(a));
    lengths
}

/// How many singular values exceed `tolerance` times the largest; 0 for the zero matrix.
///
/// ```
/// use llm_lab::math::linalg::rank;
/// use ndarray::array;
/// assert_eq!(rank(array![[1.0, 2.0], [2.0, 4.0]].view(), 1e-12), 1);
/// ```
pub fn rank(a: ArrayView2<f64>, tolerance: f64) -> usize {
    let values = singular_values(a);
    let floor = values.first().map_or(0.0, |s| s * tolerance);
    values.iter().filter(|&&s| s > floor).count()
}

/// Turns two columns against each other until they are orthogonal; false if they already are.
fn orthogonalize(p: &mut [f64], q: &mut [f64]) -> bool {
    let (pp, qq, pq) = (dot(p, p), dot(q, q), dot(p, q));
    if pq.abs() <= f64::EPSILON * (pp * qq).sqrt() || pq.abs() < f64::MIN_POSITIVE {
        return false;
    }
    let zeta = (qq - pp) / (2.0 * pq);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = tangent.hypot(1.0).recip();
    let sine = cosine * tangent;
    for (a, b) in p.iter_mut().zip(q) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
    true
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum2(a, b, |x, y| x * y)
}

/// The cosine of the angle between two vectors; 0 if either is zero.
///
/// ```
/// use llm_lab::math::linalg::cosine;
/// use ndarray::array;
/// assert_eq!(cosine(array![3.0, 4.0].view(), array![4.0, 3.0].view()), 0.96);
/// ```
pub fn cosine(a: ndarray::ArrayView1<f64>, b: ndarray::ArrayView1<f64>) -> f64 {
    let lengths = (a.dot(&a) * b.dot(&b)).sqrt();
    if lengths == 0.0 { 0.0 } else { a.dot(&b) / lengths }
}

/// The length of an array taken as one vector: `√Σ aᵢⱼ²`.
///
/// ```
/// use llm_lab::math::linalg::frobenius;
/// use ndarray::array;
/// assert_eq!(frobenius(&array![[3.0, 0.0], [0.0, 4.0]]), 5.0);
/// ```
pub fn frobenius(a: &Array2<f64>) -> f64 {
    a.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The root of the mean square of an array's entries: `√(Σ aᵢⱼ² / n)`; NaN for an empty one. O(n).
///
/// ```
/// use llm_lab::math::linalg::rms;
/// use ndarray::array;
/// assert_eq!(rms(&array![[1.0, 1.0], [1.0, 5.0]]), 7_f64.sqrt());
/// ```
pub fn rms(a: &Array2<f64>) -> f64 {
    (a.iter().map(|v| v * v).sum::<f64>() / a.len() as f64).sqrt()
}

/// The largest `|aᵢⱼ − bᵢⱼ|` of two arrays of one shape; 0 for empty ones. O(n).
///
/// ```
/// use llm_lab::math::linalg::largest_difference;
/// use ndarray::array;
/// assert_eq!(largest_difference(&array![[1.0, 2.0]], &array![[1.5, -1.0]]), 3.0);
/// ```
pub fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| f64::max(most, (a - b).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn squares_of_singular_values_sum_to_the_squares_of_the_entries(
            entries in prop::collection::vec(-5.0..5.0_f64, 20),
        ) {
            let a = Array2::from_shape_vec((5, 4), entries).unwrap();
            let sum: f64 = singular_values(a.view()).iter().map(|s| s * s).sum();
            prop_assert!((sum - frobenius(&a).powi(2)).abs() < 1e-9);
        }

        #[test]
        fn an_outer_product_has_rank_one(
            u in prop::collection::vec(0.5..2.0_f64, 6),
            v in prop::collection::vec(-2.0..2.0_f64, 6),
        ) {
            prop_assume!(v.iter().any(|x| x.abs() > 0.1));
            let a = Array2::from_shape_fn((6, 6), |(i, j)| u[i] * v[j]);
            prop_assert_eq!(rank(a.view(), 1e-12), 1);
        }
    }
}
