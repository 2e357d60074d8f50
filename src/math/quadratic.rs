//! The bowl on which optimizers are compared: `f(θ) = ½ Σ λᵢ θᵢ²`, lowest at 0. Near a minimum every
//! smooth loss looks like one, with λ the curvatures (the eigenvalues of the Hessian).

/// The height `½ Σ λᵢ θᵢ²`. O(n).
///
/// ```
/// assert_eq!(llm_lab::math::quadratic::value(&[1.0, 10.0], &[2.0, 1.0]), 7.0);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn value(curvatures: &[f64], theta: &[f64]) -> f64 {
    assert_eq!(curvatures.len(), theta.len(), "a curvature for each parameter");
    curvatures.iter().zip(theta).map(|(l, t)| 0.5 * l * t * t).sum()
}

/// The gradient `λᵢ θᵢ`. O(n).
///
/// ```
/// assert_eq!(llm_lab::math::quadratic::gradient(&[1.0, 10.0], &[2.0, 1.0]), [2.0, 10.0]);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn gradient(curvatures: &[f64], theta: &[f64]) -> Vec<f64> {
    assert_eq!(curvatures.len(), theta.len(), "a curvature for each parameter");
    curvatures.iter().zip(theta).map(|(l, t)| l * t).collect()
}

/// The learning rate from which gradient descent on curvature λ no longer comes closer: `2/λ`, as
/// each step multiplies θ by 1 − ηλ; with momentum μ it is `2(1 + μ)/λ`.
///
/// ```
/// use llm_lab::math::quadratic::critical_rate;
/// assert_eq!(critical_rate(10.0, 0.0), 0.2);
/// assert!((critical_rate(10.0, 0.9) - 0.38).abs() < 1e-15);
/// ```
pub fn critical_rate(curvature: f64, momentum: f64) -> f64 {
    2.0 * (1.0 + momentum) / curvature
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::difference;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gradient_agrees_with_finite_differences(
            both in prop::collection::vec((0.0..9.0_f64, -3.0..3.0_f64), 1..5),
        ) {
            let (curvatures, theta): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
            let f = |t: ndarray::ArrayView1<f64>| value(&curvatures, &t.to_vec());
            let numeric = difference::gradient(f, ndarray::ArrayView1::from(&theta));
            let apart = difference::relative_error(&numeric.to_vec(), &gradient(&curvatures, &theta));
            prop_assert!(apart < 1e-7);
        }
    }
}
