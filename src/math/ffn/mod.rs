//! The feed-forward block of a Transformer, plain or gated, forward and backward.
//!
//! plain `y = g(xW₁ + b₁) W₂ + b₂` (Vaswani and others 2017); gated `y = (g(xW + b) ⊙ (xV + c)) W₂ + b₂`
//! (Dauphin and others 2017; Shazeer 2020). The gated one has a second projection of x, and so a third
//! matrix.

pub mod cost;
mod kind;

pub use kind::Kind;

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD};
use ndarray_rand::rand::Rng;

use super::activation::Activation;
use super::linear::Linear;
use super::parameters::{Parameters, under};
use super::real::Real;

/// A feed-forward block. Its gradient has the same shapes, and so the same type.
///
/// ```
/// use llm_lab::math::activation::Activation;
/// use llm_lab::math::ffn::Ffn;
/// use llm_lab::math::linear::Linear;
/// use ndarray::array;
/// let map = |weight| Linear { weight, bias: None };
/// // |x| from two units: relu(x) + relu(−x)
/// let block = Ffn {
///     activation: Activation::Relu,
///     input: map(array![[1.0, -1.0]]),
///     value: None,
///     output: map(array![[1.0], [1.0]]),
/// };
/// let (y, _) = block.forward(array![[-3.0], [2.0]].view());
/// assert_eq!(y, array![[3.0], [2.0]]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ffn<F> {
    /// g: the activation, or the gate's.
    pub activation: Activation,
    /// W₁, or the gate's W: `(d, d_ff)`.
    pub input: Linear<F>,
    /// V of a gated block: `(d, d_ff)`.
    pub value: Option<Linear<F>>,
    /// W₂: `(d_ff, d)`.
    pub output: Linear<F>,
}

/// What the forward pass keeps for the backward pass, each `(T, d_ff)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<F> {
    /// u = xW + b, what goes into the activation.
    pub before: Array2<F>,
    /// The two factors of a gated block.
    pub gated: Option<Gated<F>>,
    /// What the output map sees: g(u), or g(u) ⊙ v.
    pub hidden: Array2<F>,
}

/// The factors of a gated block's hidden array, each `(T, d_ff)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gated<F> {
    /// g(u).
    pub gate: Array2<F>,
    /// v = xV + c.
    pub value: Array2<F>,
}

impl<F: Real> Ffn<F> {
    /// A block of a kind with Xavier weights of this `gain` (1, or DeepNorm's β) and no biases.
    /// O(d · d_ff).
    pub fn xavier(kind: Kind, d: usize, d_ff: usize, gain: f64, rng: &mut impl Rng) -> Self {
        let input = Linear::xavier(d, d_ff, gain, rng);
        let value = kind.gated().then(|| Linear::xavier(d, d_ff, gain, rng));
        let output = Linear::xavier(d_ff, d, gain, rng);
        Self { activation: kind.activation(), input, value, output }
    }

    /// The block's output `(T, d)` for `x` `(T, d)`, each row by itself.
    /// 2·T·d·d_ff FLOPs for each matrix.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, x: ArrayView2<F>) -> (Array2<F>, Trace<F>) {
        let before = self.input.forward(x); // (T, d_ff)
        let gate = self.activation.forward(&before); // (T, d_ff)
        let (hidden, gated) = match &self.value {
            Some(map) => {
                let value = map.forward(x); // (T, d_ff)
                (&gate * &value, Some(Gated { gate, value })) // (T, d_ff)
            }
            None => (gate, None),
        };
        let y = self.output.forward(hidden.view()); // (T, d)
        (y, Trace { before, gated, hidden })
    }

    /// The gradients for the input `x` and the trace of the forward pass, from `dy` `(T, d)`:
    /// `dx` `(T, d)`, and those of the weights as a block. By the product rule the gate's gradient
    /// is scaled by v, and v's by the gate. Twice the cost of the forward pass.
    ///
    /// # Panics
    /// If the shapes do not fit, or the trace is that of another kind of block.
    pub fn backward(
        &self,
        x: ArrayView2<F>,
        trace: &Trace<F>,
        dy: ArrayView2<F>,
    ) -> (Array2<F>, Self) {
        let (dh, output) = self.output.backward(trace.hidden.view(), dy); // (T, d_ff)
        let (dgate, dv) = match &trace.gated {
            Some(Gated { gate, value }) => (&dh * value, Some(&dh * gate)), // (T, d_ff) both
            None => (dh, None),
        };
        let du = self.activation.backward(&trace.before, &dgate); // (T, d_ff)
        let (mut dx, input) = self.input.backward(x, du.view()); // (T, d)
        let value = match (&self.value, dv) {
            (Some(map), Some(dv)) => {
                let (through, value) = map.backward(x, dv.view()); // (T, d)
                dx += &through;
                Some(value)
            }
            (None, None) => None,
            _ => panic!("the trace is that of another kind of block"),
        };
        (dx, Self { activation: self.activation, input, value, output })
    }
}

impl<F: Real> Parameters<F> for Ffn<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        let value = self.value.iter().flat_map(|map| under("value", map));
        under("input", &self.input).chain(value).chain(under("output", &self.output)).collect()
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        let mut arrays = self.input.arrays_mut();
        arrays.extend(self.value.iter_mut().flat_map(Linear::arrays_mut));
        arrays.extend(self.output.arrays_mut());
        arrays
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linear::xavier;
    use crate::math::parameters::assert_gradients;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn backward_agrees_with_finite_differences() {
        for kind in Kind::ALL {
            let mut rng = ChaCha8Rng::seed_from_u64(3);
            let mut block = Ffn::<f64>::xavier(kind, 4, 6, 1.0, &mut rng);
            block.input.bias = Some(xavier(1, 6, 1.0, &mut rng).row(0).to_owned());
            block.output.bias = Some(xavier(1, 4, 1.0, &mut rng).row(0).to_owned());
            let (x, dy) = (xavier(5, 4, 2.0, &mut rng), xavier(5, 4, 1.0, &mut rng));
            let (_, trace) = block.forward(x.view());
            let (dx, gradient) = block.backward(x.view(), &trace, dy.view());
            assert_gradients(&block, &x, &dy, |m, x| m.forward(x).0, &dx, &gradient, 1e-7);
        }
    }

    #[test]
    fn the_block_has_the_parameters_that_the_formula_counts() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for kind in Kind::ALL {
            let block = Ffn::<f32>::xavier(kind, 8, 24, 1.0, &mut rng);
            assert_eq!(block.count(), cost::parameters(kind, 8, 24));
        }
    }
}
