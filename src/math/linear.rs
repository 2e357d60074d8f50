//! The linear map `y = xW + b`, and the initialization of its weights.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewD, ArrayViewMutD, Axis};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

use super::parameters::Parameters;
use super::product::{Matrix, MatrixMut, Write, product};
use super::real::Real;
use super::simd::add;

/// Weights of Xavier's initialization: independent, mean 0, standard deviation
/// `gain · √(2 / (d_in + d_out))`, shape `(d_in, d_out)`. Between the scales that keep the forward
/// and the backward signal; for a square matrix it keeps both. Glorot & Bengio 2010.
///
/// ```
/// use llm_lab::math::linear::xavier;
/// use ndarray_rand::rand::SeedableRng;
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
/// let w = xavier::<f64>(200, 600, 1.0, &mut rng); // variance 2/800 = 0.0025
/// let variance = w.mapv(|v| v * v).mean().unwrap();
/// assert!((variance / 0.0025 - 1.0).abs() < 0.02);
/// ```
pub fn xavier<F: Real>(d_in: usize, d_out: usize, gain: f64, rng: &mut impl Rng) -> Array2<F> {
    let std = gain * (2.0 / (d_in + d_out) as f64).sqrt();
    Array2::from_shape_simple_fn((d_in, d_out), || {
        let z: f64 = StandardNormal.sample(rng);
        F::of(std * z)
    })
}

/// A linear map `y = xW + b` on each row of `x`. Its gradient has the same shape, and so the same
/// type.
///
/// ```
/// use llm_lab::math::linear::Linear;
/// use ndarray::array;
/// let map = Linear { weight: array![[1.0, 2.0], [3.0, 4.0]], bias: Some(array![10.0, 20.0]) };
/// assert_eq!(map.forward(array![[1.0, 1.0]].view()), array![[14.0, 26.0]]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<F> {
    /// W, `(d_in, d_out)`.
    pub weight: Array2<F>,
    /// b, `(d_out)`; models since LLaMA leave it out.
    pub bias: Option<Array1<F>>,
}

impl<F: Real> Linear<F> {
    /// Weights by [`xavier`], no bias.
    pub fn xavier(d_in: usize, d_out: usize, gain: f64, rng: &mut impl Rng) -> Self {
        Self { weight: xavier(d_in, d_out, gain, rng), bias: None }
    }

    /// `y = xW + b` for `x` `(T, d_in)`; the result is `(T, d_out)`. 2·T·d_in·d_out FLOPs.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, x: ArrayView2<F>) -> Array2<F> {
        let y = x.dot(&self.weight); // (T, d_out)
        match &self.bias {
            Some(bias) => y + bias,
            None => y,
        }
    }

    /// The gradients for the input `x` `(T, d_in)` of the forward pass and an upstream `dy`
    /// `(T, d_out)`: `dx = dy·Wᵀ`, and as a [`Linear`] `dW = xᵀ·dy`, `db = Σ dy` over rows. Twice
    /// the cost of the forward pass.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn backward(&self, x: ArrayView2<F>, dy: ArrayView2<F>) -> (Array2<F>, Self) {
        let dx = dy.dot(&self.weight.t()); // (T, d_in)
        let weight = x.t().dot(&dy); // (d_in, d_out)
        let bias = self.bias.as_ref().map(|_| dy.sum_axis(Axis(0))); // (d_out)
        (dx, Self { weight, bias })
    }
}

impl<F: Real> Parameters<F> for Linear<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        let weight = ("weight".to_string(), self.weight.view().into_dyn());
        let bias = self.bias.as_ref().map(|b| ("bias".to_string(), b.view().into_dyn()));
        std::iter::once(weight).chain(bias).collect()
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        let weight = self.weight.view_mut().into_dyn();
        let bias = self.bias.as_mut().map(|b| b.view_mut().into_dyn());
        std::iter::once(weight).chain(bias).collect()
    }
}

/// Adds a bias `(d_out)` to each row of `y` `(T, d_out)`. O(T·d_out).
pub fn add_bias<F: Real>(y: &mut [F], bias: &[F]) {
    y.chunks_exact_mut(bias.len()).for_each(|row| add(row, bias));
}

/// The gradients of `y = xW` for rows that lie in memory, `x` `(T, d_in)` and `w` `(d_in, d_out)`,
/// and the upstream `dy` `(T, d_out)`: `dx = dy·Wᵀ` is written as it is told, if it is wanted, and
/// `dW = xᵀ·dy` is added to `dw`. Twice the cost of the forward pass.
///
/// # Panics
/// If the shapes do not fit.
pub fn linear_backward<F: Real>(
    x: &[F],
    w: &[F],
    d_in: usize,
    d_out: usize,
    dy: &[F],
    dx: Option<(&mut [F], Write)>,
    dw: &mut [F],
) {
    let slope = Matrix::new(dy, d_out); // (T, d_out)
    if let Some((dx, write)) = dx {
        product(slope, Matrix::new(w, d_out).t(), MatrixMut::new(dx, d_in), write); // (T, d_in)
    }
    product(Matrix::new(x, d_in).t(), slope, MatrixMut::new(dw, d_out), Write::Add); // (d_in, d_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::parameters::assert_gradients;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn backward_agrees_with_finite_differences() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut map = Linear::<f64>::xavier(5, 3, 1.0, &mut rng);
        map.bias = Some(xavier(1, 3, 1.0, &mut rng).row(0).to_owned());
        let (x, dy) = (xavier(4, 5, 1.0, &mut rng), xavier(4, 3, 1.0, &mut rng));
        let (dx, gradient) = map.backward(x.view(), dy.view());
        assert_gradients(&map, &x, &dy, |m, x| m.forward(x), &dx, &gradient, 1e-8);
    }
}
