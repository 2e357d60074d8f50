//! What a row of logits pays for a target distribution: cross-entropy, and the squared error that it
//! replaced. Each returns the loss and its gradient.

use ndarray::{Array1, ArrayView1, Axis};

use super::softmax::{log_softmax, softmax, softmax_backward};

/// The target distribution of label smoothing: `1 − ε + ε/V` at `target`, `ε/V` elsewhere. O(V).
///
/// Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision.
///
/// ```
/// use llm_lab::math::objective::smoothed;
/// use ndarray::array;
/// assert_eq!(smoothed(2, 0, 0.5), array![0.75, 0.25]);
/// ```
///
/// # Panics
/// If `target` is not below `v`.
pub fn smoothed(v: usize, target: usize, epsilon: f64) -> Array1<f64> {
    let mut y = Array1::from_elem(v, epsilon / v as f64); // (V)
    y[target] += 1.0 - epsilon;
    y
}

/// The cross-entropy `L = −Σ yᵢ ln softmax(z)ᵢ` in nats, and its gradient `softmax(z) − y`. Both are
/// `(V)`. The logarithm of softmax undoes its exponential, so that the gradient never fades while
/// the answer is wrong. O(V).
///
/// ```
/// use llm_lab::math::objective::cross_entropy;
/// use ndarray::array;
/// let (loss, gradient) = cross_entropy(array![0.0, 0.0].view(), array![0.0, 1.0].view());
/// assert_eq!((loss, gradient), (2.0_f64.ln(), array![0.5, -0.5]));
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn cross_entropy(z: ArrayView1<f64>, y: ArrayView1<f64>) -> (f64, Array1<f64>) {
    let row = z.insert_axis(Axis(0)); // (1, V)
    let logs = log_softmax(row); // (1, V)
    let loss = -y.iter().zip(&logs).filter(|(y, _)| **y > 0.0).map(|(y, l)| y * l).sum::<f64>();
    (loss, &softmax(row).row(0) - &y)
}

/// The squared error `L = ½ Σ (pᵢ − yᵢ)²` of `p = softmax(z)`, and its gradient, which runs through
/// softmax: `pᵢ · (eᵢ − Σⱼ pⱼ eⱼ)` with e = p − y. Where p is all on one wrong outcome, it is
/// nearly 0. O(V).
///
/// ```
/// use llm_lab::math::objective::squared_error;
/// use ndarray::array;
/// let (loss, gradient) = squared_error(array![0.0, 0.0].view(), array![0.0, 1.0].view());
/// assert_eq!((loss, gradient), (0.25, array![0.25, -0.25]));
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn squared_error(z: ArrayView1<f64>, y: ArrayView1<f64>) -> (f64, Array1<f64>) {
    let p = softmax(z.insert_axis(Axis(0))); // (1, V)
    let apart = &p - &y; // (1, V)
    let loss = 0.5 * apart.iter().map(|e| e * e).sum::<f64>();
    (loss, softmax_backward(p.view(), apart.view()).row(0).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::difference::gradient;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gradients_agree_with_finite_differences(
            z in prop::collection::vec(-4.0..4.0f64, 2..7), target in 0..2usize, epsilon in 0.0..1.0f64,
        ) {
            let (z, y) = (Array1::from(z), |z: &Array1<f64>| smoothed(z.len(), target, epsilon));
            let y = y(&z);
            prop_assert!((y.sum() - 1.0).abs() < 1e-12);
            for loss in [cross_entropy, squared_error] {
                let numeric = gradient(|z| loss(z, y.view()).0, z.view());
                let analytic = loss(z.view(), y.view()).1;
                prop_assert!((numeric - analytic).iter().all(|e| e.abs() < 1e-8));
            }
        }
    }

    #[test]
    fn a_confident_mistake_is_felt_by_one_of_them_only() {
        let (z, y) = (ndarray::array![30.0, 0.0], ndarray::array![0.0, 1.0]);
        let ours = cross_entropy(z.view(), y.view());
        assert!((ours.0 - 30.0).abs() < 1e-12 && (ours.1[1] + 1.0).abs() < 1e-12);
        assert!(squared_error(z.view(), y.view()).1[1].abs() < 1e-12);
    }
}
