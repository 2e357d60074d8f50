//! Finite differences: the referee of every backward pass.

use ndarray::{Array1, Array2, ArrayView1};

/// The step that balances truncation against rounding for central differences in f64: about the
/// cube root of the machine epsilon.
pub const STEP: f64 = 6e-6;

/// The gradient of a scalar function by central differences, `(f(x + h) − f(x − h)) / 2h` for each
/// element, with the step `h = STEP · max(1, |xᵢ|)`. `x` is `(d)`, the result `(d)`; 2d calls of `f`.
///
/// ```
/// use llm_lab::math::difference::gradient;
/// use ndarray::array;
/// let g = gradient(|x| x[0] * x[0] * x[1], array![3.0, 2.0].view());
/// assert!((g[0] - 12.0).abs() < 1e-8 && (g[1] - 9.0).abs() < 1e-8);
/// ```
pub fn gradient(f: impl Fn(ArrayView1<f64>) -> f64, x: ArrayView1<f64>) -> Array1<f64> {
    jacobian(|x| Array1::from_elem(1, f(x)), x).row(0).to_owned()
}

/// The Jacobian of a vector function by central differences: entry `(i, j)` is `∂fᵢ/∂xⱼ`. `x` is
/// `(d)`, `f(x)` is `(m)`, the result `(m, d)`; 2d calls of `f`.
///
/// ```
/// use llm_lab::math::difference::jacobian;
/// use ndarray::array;
/// let j = jacobian(|x| array![x[0] + x[1], x[0] * x[1]], array![3.0, 2.0].view());
/// assert!((j[[1, 0]] - 2.0).abs() < 1e-8 && (j[[1, 1]] - 3.0).abs() < 1e-8);
/// ```
pub fn jacobian(f: impl Fn(ArrayView1<f64>) -> Array1<f64>, x: ArrayView1<f64>) -> Array2<f64> {
    let mut moved = x.to_owned(); // (d)
    let mut result = Array2::zeros((f(x).len(), x.len())); // (m, d)
    for (j, &centre) in x.iter().enumerate() {
        let h = STEP * centre.abs().max(1.0);
        moved[j] = centre + h;
        let above = f(moved.view());
        moved[j] = centre - h;
        let below = f(moved.view());
        moved[j] = centre;
        result.column_mut(j).assign(&((above - below) / (2.0 * h)));
    }
    result
}

/// How far two gradients lie apart: the largest `|a − b|` over the largest magnitude in either, so
/// that entries near zero do not exaggerate. 0 when both are all zeros.
///
/// ```
/// use llm_lab::math::difference::relative_error;
/// assert_eq!(relative_error(&[1.0, 100.0], &[1.0, 99.0]), 0.01);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn relative_error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "gradients of different lengths");
    let largest = a.iter().chain(b).fold(0.0_f64, |m, v| m.max(v.abs()));
    let apart = a.iter().zip(b).fold(0.0_f64, |m, (p, q)| m.max((p - q).abs()));
    if largest == 0.0 { 0.0 } else { apart / largest }
}
