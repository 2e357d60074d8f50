//! [`Activation`]: one of the functions, chosen at run time, on numbers and on arrays.

use ndarray::{Array, ArrayRef, Dimension, Zip};

use super::functions::{self, Jet};
use crate::math::real::Real;

/// An activation function with its parameter, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Activation {
    /// x: no activation, the gate of the bilinear unit.
    Identity,
    /// σ(x)
    Sigmoid,
    /// tanh(x)
    Tanh,
    /// max(0, x)
    Relu,
    /// x where x > 0, else αx
    LeakyRelu {
        /// The slope on the left.
        alpha: f64,
    },
    /// ln(1 + eˣ)
    Softplus,
    /// x Φ(x)
    Gelu,
    /// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))
    GeluTanh,
    /// x σ(1.702 x)
    GeluSigmoid,
    /// x σ(βx); β = 1 is SiLU
    Swish {
        /// How sharply the gate opens.
        beta: f64,
    },
    /// x · min(max(x + 3, 0), 6) / 6
    HardSwish,
}

/// The arithmetic of one activation for one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operations {
    /// Additions, multiplications, divisions, comparisons.
    pub simple: usize,
    /// Calls of exp, tanh or erf.
    pub special: usize,
}

impl Activation {
    /// x σ(x), Swish with β = 1.
    pub const SILU: Self = Self::Swish { beta: 1.0 };

    /// Value, slope and curvature at x. O(1).
    pub fn jet<F: Real>(self, x: F) -> Jet<F> {
        match self {
            Self::Identity => Jet { value: x, slope: F::one(), curvature: F::zero() },
            Self::Sigmoid => functions::sigmoid_jet(x),
            Self::Tanh => functions::tanh(x),
            Self::Relu => functions::leaky_relu(x, F::zero()),
            Self::LeakyRelu { alpha } => functions::leaky_relu(x, F::of(alpha)),
            Self::Softplus => functions::softplus(x),
            Self::Gelu => functions::gelu(x),
            Self::GeluTanh => functions::gelu_tanh(x),
            Self::GeluSigmoid => functions::swish(x, F::of(1.702)),
            Self::Swish { beta } => functions::swish(x, F::of(beta)),
            Self::HardSwish => functions::hard_swish(x),
        }
    }

    /// f(x). O(1).
    ///
    /// ```
    /// use llm_lab::math::activation::Activation;
    /// assert_eq!(Activation::Relu.value(-2.0), 0.0);
    /// assert_eq!(Activation::Swish { beta: 0.0 }.value(-2.0), -1.0);
    /// ```
    pub fn value<F: Real>(self, x: F) -> F {
        self.jet(x).value
    }

    /// f′(x). O(1).
    pub fn slope<F: Real>(self, x: F) -> F {
        self.jet(x).slope
    }

    /// f″(x). O(1).
    pub fn curvature<F: Real>(self, x: F) -> F {
        self.jet(x).curvature
    }

    /// Where the slope jumps, so that f″ does not exist there.
    pub fn kinks(self) -> &'static [f64] {
        match self {
            Self::Relu => &[0.0],
            Self::LeakyRelu { alpha } if alpha != 1.0 => &[0.0],
            Self::HardSwish => &[-3.0, 3.0],
            _ => &[],
        }
    }

    /// f of every element of an array of any shape. O(n).
    ///
    /// ```
    /// use llm_lab::math::activation::Activation;
    /// use ndarray::array;
    /// let y = Activation::Relu.forward(&array![[-1.0, 2.0], [3.0, -4.0]]);
    /// assert_eq!(y, array![[0.0, 2.0], [3.0, 0.0]]);
    /// ```
    pub fn forward<F: Real, D: Dimension>(self, x: &ArrayRef<F, D>) -> Array<F, D> {
        x.mapv(|x| self.value(x))
    }

    /// Replaces every element by its f: no second array. O(n).
    pub fn forward_inplace<F: Real, D: Dimension>(self, x: &mut ArrayRef<F, D>) {
        x.mapv_inplace(|x| self.value(x));
    }

    /// The gradient at the input from the gradient `dy` at the output: dx = dy · f′(x), element by
    /// element, where `x` is what went into [`Self::forward`]. O(n).
    ///
    /// # Panics
    /// If `dy` has another shape than `x`.
    ///
    /// ```
    /// use llm_lab::math::activation::Activation;
    /// use ndarray::array;
    /// let dx = Activation::Relu.backward(&array![-1.0, 2.0], &array![5.0, 7.0]);
    /// assert_eq!(dx, array![0.0, 7.0]);
    /// ```
    pub fn backward<F: Real, D: Dimension>(
        self,
        x: &ArrayRef<F, D>,
        dy: &ArrayRef<F, D>,
    ) -> Array<F, D> {
        Zip::from(x).and(dy).map_collect(|&x, &dy| dy * self.slope(x))
    }

    /// How much arithmetic f takes for one number, as its formula is written.
    ///
    /// ```
    /// use llm_lab::math::activation::Activation;
    /// assert_eq!(Activation::Relu.operations().special, 0);
    /// assert_eq!(Activation::SILU.operations().simple, 4);
    /// ```
    pub fn operations(self) -> Operations {
        let (simple, special) = match self {
            Self::Identity => (0, 0),
            Self::Relu => (1, 0),
            Self::LeakyRelu { .. } => (2, 0),
            Self::Tanh => (0, 1),
            Self::Sigmoid => (3, 1),             // negate, add 1, divide
            Self::Softplus => (1, 2),            // add 1; exp and ln
            Self::Gelu => (4, 1),                // x/√2, add 1, halve, times x
            Self::GeluTanh => (8, 1), // x³ two, · 0.044715, + x, · √(2/π), + 1, · 0.5, · x
            Self::Swish { beta: 1.0 } => (4, 1), // σ and times x
            Self::GeluSigmoid | Self::Swish { .. } => (5, 1),
            Self::HardSwish => (5, 0), // + 3, max, min, / 6, · x
        };
        Operations { simple, special }
    }
}

#[cfg(test)]
impl Activation {
    /// One of each kind, and the special cases of Swish.
    pub(crate) const SAMPLES: [Self; 14] = [
        Self::Identity,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LeakyRelu { alpha: 0.1 },
        Self::Softplus,
        Self::Gelu,
        Self::GeluTanh,
        Self::GeluSigmoid,
        Self::SILU,
        Self::Swish { beta: 0.0 },
        Self::Swish { beta: 0.1 },
        Self::Swish { beta: 10.0 },
        Self::HardSwish,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 14] = Activation::SAMPLES;

    /// Points off the kinks, so that a central difference meets one branch only.
    fn points() -> impl Iterator<Item = f64> {
        (-80..=80).map(|i| f64::from(i) / 10.0 + 0.0371)
    }

    #[test]
    fn slopes_and_curvatures_agree_with_finite_differences() {
        let h = 1e-5;
        for f in ALL {
            for x in points() {
                let jet = f.jet(x);
                let slope = (f.value(x + h) - f.value(x - h)) / (2.0 * h);
                let curvature = (f.slope(x + h) - f.slope(x - h)) / (2.0 * h);
                assert!((jet.slope - slope).abs() < 1e-8, "{f:?} f′({x})");
                let allowed = 1e-7 * (1.0 + curvature.abs());
                assert!((jet.curvature - curvature).abs() < allowed, "{f:?} f″({x})");
            }
        }
    }

    #[test]
    fn nothing_breaks_far_out() {
        for f in ALL {
            for x in [-f64::INFINITY, -1e300, -1e10, 1e10, 1e300, f64::INFINITY] {
                let jet = f.jet(x);
                assert!(!jet.value.is_nan(), "{f:?}({x})");
                assert!(
                    jet.slope.is_finite() && jet.curvature.is_finite(),
                    "{f:?} at {x}: {jet:?}"
                );
            }
            assert!(f.value(f64::NAN).is_nan(), "{f:?} swallows NaN");
        }
    }

    #[test]
    fn a_steep_swish_is_relu() {
        for x in points() {
            let gap = Activation::Swish { beta: 1e6 }.value(x) - Activation::Relu.value(x);
            assert!(gap.abs() <= 0.2785e-6);
        }
        assert_eq!(Activation::Swish { beta: 1e300 }.value(-1e300), 0.0);
    }

    #[test]
    fn half_as_many_bits_give_half_as_many_digits() {
        for f in ALL {
            for x in points() {
                let exact = f.value(x);
                let gap = (f64::from(f.value(x as f32)) - exact).abs();
                assert!(gap < 1e-5 * (1.0 + exact.abs()), "{f:?}({x}) in f32 is off by {gap}");
            }
        }
    }

    #[test]
    fn array_forms_are_the_scalar_forms() {
        let x = ndarray::Array2::from_shape_fn((3, 5), |(i, j)| i as f64 - 0.7 * j as f64);
        let dy = x.mapv(|x| x * x - 1.0);
        for f in ALL {
            let mut y = x.clone();
            f.forward_inplace(&mut y);
            assert_eq!(y, f.forward(&x));
            assert_eq!(y[[1, 2]], f.value(x[[1, 2]]));
            assert_eq!(f.backward(&x, &dy)[[1, 2]], dy[[1, 2]] * f.slope(x[[1, 2]]));
        }
    }
}
