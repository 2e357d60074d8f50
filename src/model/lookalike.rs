//! The listing that circulates under the name of DeepNorm: Linear → LayerNorm → ReLU, again and
//! again. There is no residual, no α and no β in it. It is built here to be measured beside the true
//! rule.

use ndarray::{Array2, ArrayView2};
use ndarray_rand::rand::Rng;

use crate::math::activation::Activation;
use crate::math::linear::Linear;
use crate::math::norm::{Kept, LayerNorm};
use crate::math::real::Real;

/// `x ← relu(LN(xW))`, once for each layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookalike<F> {
    /// W of each layer, `(d, d)`.
    pub layers: Vec<Linear<F>>,
    /// The norm, γ = 1 and β = 0 in every layer.
    pub norm: LayerNorm<F>,
}

/// What one layer keeps for the backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerKept<F> {
    x: Array2<F>,
    normed: Array2<F>,
    kept: Kept<F>,
}

impl<F: Real> Lookalike<F> {
    /// `layers` layers of width `d`, Xavier's initialization.
    pub fn new(layers: usize, d: usize, rng: &mut impl Rng) -> Self {
        let layers = (0..layers).map(|_| Linear::xavier(d, d, 1.0, rng)).collect();
        Self { layers, norm: LayerNorm::new(d, F::of(1e-5)) }
    }

    /// The output for `x` `(T, d)` and what each layer kept. O(L·T·d²).
    ///
    /// # Panics
    /// If `x` has not the stack's width.
    pub fn forward(&self, mut x: Array2<F>) -> (Array2<F>, Vec<LayerKept<F>>) {
        let mut all = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (normed, kept) = self.norm.forward(layer.forward(x.view()).view()); // (T, d)
            let y = Activation::Relu.forward(&normed); // (T, d)
            all.push(LayerKept { x, normed, kept });
            x = y;
        }
        (x, all)
    }

    /// The gradient of each layer's weights for an upstream gradient `dy` `(T, d)`, first layer
    /// first. Twice the cost of the forward pass.
    ///
    /// # Panics
    /// If `all` comes from another stack.
    pub fn backward(&self, all: &[LayerKept<F>], dy: ArrayView2<F>) -> Vec<Linear<F>> {
        let mut dy = dy.to_owned(); // (T, d)
        let mut gradients = Vec::with_capacity(self.layers.len());
        for (layer, kept) in self.layers.iter().zip(all).rev() {
            let d_normed = Activation::Relu.backward(&kept.normed, &dy); // (T, d)
            let d_linear = self.norm.backward(&kept.kept, d_normed.view()).x; // (T, d)
            let (dx, gradient) = layer.backward(kept.x.view(), d_linear.view()); // (T, d)
            gradients.push(gradient);
            dy = dx;
        }
        gradients.reverse();
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::difference::{gradient, relative_error};
    use crate::math::linear::xavier;
    use ndarray::{Array1, ArrayView1};
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn backward_agrees_with_finite_differences() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let stack = Lookalike::<f64>::new(3, 5, &mut rng);
        let (x, dy) = (xavier(2, 5, 2.0, &mut rng), xavier::<f64>(2, 5, 1.0, &mut rng));
        let (_, all) = stack.forward(x.clone());
        for (i, analytic) in stack.backward(&all, dy.view()).iter().enumerate() {
            let loss = |w: ArrayView1<f64>| {
                let mut moved = stack.clone();
                moved.layers[i].weight.iter_mut().zip(w).for_each(|(p, v)| *p = *v);
                (moved.forward(x.clone()).0 * &dy).sum()
            };
            let flat: Array1<f64> = stack.layers[i].weight.iter().copied().collect();
            let numeric = gradient(loss, flat.view());
            let analytic: Vec<f64> = analytic.weight.iter().copied().collect();
            assert!(relative_error(&numeric.to_vec(), &analytic) < 1e-6, "layer {i}");
        }
    }
}
