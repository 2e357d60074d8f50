//! Activations and gates over whole slices, on vectors: what the Transformer's feed-forward block
//! runs. The functions themselves are those of [`functions`].

use super::Activation;
use super::functions::{self, Jet};
use crate::math::real::Real;
use crate::math::simd::vectorized;

/// Runs `$loop` with `$jet` bound to one activation's function, so that each loop is compiled with
/// that function inside, and no choice is left to make for each number.
macro_rules! for_each_kind {
    ($activation:expr, $F:ty, |$jet:ident| $body:expr) => {
        vectorized!(|| match $activation {
            Activation::Identity => {
                let $jet = |x: $F| Jet { value: x, slope: <$F>::one(), curvature: <$F>::zero() };
                $body
            }
            Activation::Relu => {
                let $jet = |x: $F| functions::leaky_relu(x, <$F>::zero());
                $body
            }
            Activation::Sigmoid => {
                let $jet = |x: $F| functions::sigmoid_jet(x);
                $body
            }
            Activation::GeluTanh => {
                let $jet = |x: $F| functions::gelu_tanh(x);
                $body
            }
            Activation::Swish { beta } => {
                let beta = <$F>::of(beta);
                let $jet = |x: $F| functions::swish(x, beta);
                $body
            }
            other => {
                let $jet = |x: $F| other.jet(x);
                $body
            }
        })
    };
}

impl Activation {
    /// `y = f(x)` for slices. O(n).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn rows<F: Real>(self, x: &[F], y: &mut [F]) {
        assert_eq!(x.len(), y.len(), "lengths differ");
        for_each_kind!(self, F, |jet| {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = jet(*x).value);
        });
    }

    /// `dx = dy · f′(x)`, where `dy` lies: it becomes dx. O(n).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn rows_backward<F: Real>(self, x: &[F], dy: &mut [F]) {
        assert_eq!(x.len(), dy.len(), "lengths differ");
        for_each_kind!(self, F, |jet| {
            dy.iter_mut().zip(x).for_each(|(dy, x)| *dy *= jet(*x).slope);
        });
    }

    /// The gate of a gated unit, `y = f(u) ⊙ v`. O(n).
    ///
    /// ```
    /// use llm_lab::math::activation::Activation;
    /// let mut y = [0.0; 2];
    /// Activation::Relu.gate(&[-1.0, 2.0], &[5.0, 5.0], &mut y);
    /// assert_eq!(y, [0.0, 10.0]);
    /// ```
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn gate<F: Real>(self, u: &[F], v: &[F], y: &mut [F]) {
        assert!(u.len() == y.len() && v.len() == y.len(), "lengths differ");
        for_each_kind!(self, F, |jet| {
            y.iter_mut().zip(u).zip(v).for_each(|((y, u), v)| *y = jet(*u).value * *v);
        });
    }

    /// The gradients of [`Self::gate`] for the upstream `dy`: `dv = dy ⊙ f(u)`, and `du = dy ⊙ v ⊙
    /// f′(u)` where `dy` lies. O(n).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn gate_backward<F: Real>(self, u: &[F], v: &[F], dy: &mut [F], dv: &mut [F]) {
        assert!(
            u.len() == dy.len() && v.len() == dy.len() && dv.len() == dy.len(),
            "lengths differ"
        );
        for_each_kind!(self, F, |jet| {
            for (((dy, dv), u), v) in dy.iter_mut().zip(dv).zip(u).zip(v) {
                let gate = jet(*u);
                *dv = *dy * gate.value;
                *dy = *dy * *v * gate.slope;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_the_scalar_functions() {
        let u: Vec<f32> = (0..101).map(|i| (i as f32 - 50.0) / 7.0 + 0.01).collect();
        let v: Vec<f32> = u.iter().map(|x| x * x - 2.0).collect();
        let kinds = [
            Activation::Identity,
            Activation::Sigmoid,
            Activation::Relu,
            Activation::Gelu,
            Activation::GeluTanh,
            Activation::SILU,
            Activation::Tanh,
        ];
        for f in kinds {
            let (mut y, mut dv, mut du) = (v.clone(), v.clone(), v.clone());
            f.gate(&u, &v, &mut y);
            f.gate_backward(&u, &v, &mut du, &mut dv);
            let (mut plain, mut slope) = (u.clone(), v.clone());
            f.rows(&u, &mut plain);
            f.rows_backward(&u, &mut slope);
            for i in 0..u.len() {
                let near = |a: f32, b: f64| (f64::from(a) - b).abs() < 2e-5 * (1.0 + b.abs());
                let (x, v) = (f64::from(u[i]), f64::from(v[i]));
                let jet = f.jet(x);
                assert!(near(y[i], jet.value * v) && near(plain[i], jet.value), "{f:?}({x})");
                assert!(near(dv[i], v * jet.value) && near(slope[i], v * jet.slope), "{f:?}({x})");
                assert!(near(du[i], v * v * jet.slope), "{f:?}({x}): {}", du[i]);
            }
        }
    }
}
