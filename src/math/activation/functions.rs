//! The activation functions one by one. Each returns a [`Jet`]: value, slope and curvature at x.

use crate::math::real::Real;

/// A function's value with its first two derivatives at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet<F> {
    /// f(x)
    pub value: F,
    /// f′(x); at a kink the slope that frameworks use, the one on the left.
    pub slope: F,
    /// f″(x); at a kink the one on the left.
    pub curvature: F,
}

/// σ(x) = 1 / (1 + e^(−x)). Only e^(−|x|) is taken, so nothing overflows. O(1).
///
/// ```
/// use llm_lab::math::activation::functions::sigmoid;
/// assert_eq!(sigmoid(0.0), 0.5);
/// assert_eq!(sigmoid(f64::NEG_INFINITY), 0.0);
/// assert_eq!(sigmoid(-745.0_f64), 5e-324);
/// ```
#[inline(always)]
pub fn sigmoid<F: Real>(x: F) -> F {
    let one = F::one();
    let e = (-x.abs()).fast_exp();
    (if x >= F::zero() { one } else { e }) / (one + e)
}

/// σ with σ′ = σ(x) σ(−x) and σ″ = σ′ (σ(−x) − σ(x)); the products keep full precision in both tails.
///
/// ```
/// use llm_lab::math::activation::functions::sigmoid_jet;
/// assert_eq!(sigmoid_jet(0.0).slope, 0.25);
/// assert!((sigmoid_jet(40.0_f64).slope - 4.248354255291589e-18).abs() < 1e-30);
/// ```
#[inline(always)]
pub fn sigmoid_jet<F: Real>(x: F) -> Jet<F> {
    let (open, shut) = (sigmoid(x), sigmoid(-x));
    let slope = open * shut;
    Jet { value: open, slope, curvature: slope * (shut - open) }
}

/// tanh(x), with tanh′ = 4 σ(2x) σ(−2x) (the same as 1 − tanh², without the cancellation) and
/// tanh″ = −2 tanh · tanh′.
///
/// ```
/// use llm_lab::math::activation::functions::tanh;
/// assert_eq!(tanh(0.0).slope, 1.0);
/// assert!(tanh(30.0_f64).slope > 0.0);
/// ```
pub fn tanh<F: Real>(x: F) -> Jet<F> {
    let two = F::of(2.0);
    let value = x.tanh();
    let slope = F::of(4.0) * sigmoid_jet(two * x).slope;
    Jet { value, slope, curvature: -two * value * slope }
}

/// leaky ReLU: x where x > 0, else αx (Maas, Hannun & Ng 2013); α = 0 is ReLU (Nair & Hinton 2010).
/// The slope jumps from α to 1 at 0; there it is α, as in the frameworks.
///
/// ```
/// use llm_lab::math::activation::functions::leaky_relu;
/// assert_eq!(leaky_relu(-3.0, 0.5).value, -1.5);
/// assert_eq!(leaky_relu(0.0, 0.0).slope, 0.0);
/// assert_eq!(leaky_relu(f64::NEG_INFINITY, 0.0).value, 0.0);
/// ```
#[inline(always)]
pub fn leaky_relu<F: Real>(x: F, alpha: F) -> Jet<F> {
    let slope = if x <= F::zero() { alpha } else { F::one() };
    Jet { value: damped(x, slope), slope, curvature: F::zero() }
}

/// softplus(x) = ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^(−|x|)); its slope is σ(x)
/// (Dugas and others 2001).
///
/// ```
/// use llm_lab::math::activation::functions::softplus;
/// assert_eq!(softplus(0.0_f64).value, 2.0_f64.ln());
/// assert_eq!(softplus(1000.0).value, 1000.0);
/// ```
pub fn softplus<F: Real>(x: F) -> Jet<F> {
    let gate = sigmoid_jet(x);
    let value = x.max(F::zero()) + (-x.abs()).exp().ln_1p();
    Jet { value, slope: gate.value, curvature: gate.slope }
}

/// GELU(x) = x Φ(x), Φ the cumulative distribution of the standard normal, φ its density
/// (Hendrycks & Gimpel 2016). GELU′ = Φ + xφ, GELU″ = φ (2 − x²).
///
/// ```
/// use llm_lab::math::activation::functions::gelu;
/// assert!((gelu(1.0_f64).value - 0.8413447460685429).abs() < 1e-15);
/// assert!((gelu(0.0_f64).curvature - 0.7978845608028654).abs() < 1e-15);
/// assert_eq!(gelu(f64::NEG_INFINITY).value, 0.0);
/// ```
pub fn gelu<F: Real>(x: F) -> Jet<F> {
    let half = F::of(0.5);
    let below = half * (-x * F::of(std::f64::consts::FRAC_1_SQRT_2)).erfc(); // Φ(x)
    let inverse_root =
        F::of(0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
    let density = inverse_root * (-half * x * x).exp(); // φ(x), 1/√(2π) at 0
    Jet {
        value: damped(x, below),
        slope: below + damped(x, density),
        curvature: damped(F::of(2.0) - x * x, density),
    }
}

/// GELU's tanh form, 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks & Gimpel 2016). Since
/// (1 + tanh u) / 2 = σ(2u), it is x under a sigmoid gate.
///
/// ```
/// use llm_lab::math::activation::functions::gelu_tanh;
/// assert!((gelu_tanh(1.0_f64).value - 0.8411919906082768).abs() < 1e-15);
/// ```
#[inline(always)]
pub fn gelu_tanh<F: Real>(x: F) -> Jet<F> {
    let a = F::of(0.044715);
    let c = F::of(2.0 * (2.0 / std::f64::consts::PI).sqrt());
    let x2 = x * x;
    let three = F::of(3.0);
    self_gated(x, c * (x + a * x2 * x), c * (F::one() + three * a * x2), c * F::of(6.0) * a * x)
}

/// Swish_β(x) = x σ(βx) (Ramachandran, Zoph & Le 2017). β = 1 is SiLU (Elfwing, Uchibe & Doya 2017),
/// β = 1.702 GELU's sigmoid form (Hendrycks & Gimpel 2016), β = 0 the line x/2.
///
/// ```
/// use llm_lab::math::activation::functions::swish;
/// assert_eq!(swish(3.0, 0.0).value, 1.5);
/// assert_eq!(swish(0.0, 8.0).slope, 0.5);
/// assert!((swish(-1.2784645427610738_f64, 1.0).value + 0.2784645427610738).abs() < 1e-15);
/// ```
#[inline(always)]
pub fn swish<F: Real>(x: F, beta: F) -> Jet<F> {
    let inner = if beta == F::zero() { F::zero() } else { beta * x };
    self_gated(x, inner, beta, F::zero())
}

/// hard-swish: x · min(max(x + 3, 0), 6) / 6, SiLU's stand-in without an exponential (Howard and
/// others 2019, MobileNetV3). Its slope jumps at ±3.
///
/// ```
/// use llm_lab::math::activation::functions::hard_swish;
/// assert_eq!(hard_swish(-1.5).value, -0.375);
/// assert_eq!(hard_swish(5.0).value, 5.0);
/// ```
pub fn hard_swish<F: Real>(x: F) -> Jet<F> {
    let (three, six) = (F::of(3.0), F::of(6.0));
    if x <= -three {
        Jet { value: F::zero(), slope: F::zero(), curvature: F::zero() }
    } else if x > three {
        Jet { value: x, slope: F::one(), curvature: F::zero() }
    } else {
        let slope = (F::of(2.0) * x + three) / six;
        Jet { value: x * (x + three) / six, slope, curvature: F::one() / three }
    }
}

/// x σ(p) for an inner function p(x) with derivatives p′ and p″:
/// f′ = σ + x σ′ p′ and f″ = σ′ (2p′ + x p″) + x σ″ p′².
#[inline(always)]
fn self_gated<F: Real>(x: F, p: F, p1: F, p2: F) -> Jet<F> {
    let gate = sigmoid_jet(p);
    let pull = damped(x, p1); // x p′
    let bend = F::of(2.0) * p1 + damped(x, p2); // 2p′ + x p″
    Jet {
        value: damped(x, gate.value),
        slope: gate.value + damped(pull, gate.slope),
        curvature: damped(bend, gate.slope) + damped(damped(pull, p1), gate.curvature),
    }
}

/// x · gate, and 0 where the gate is shut, however large x is: the limit, where ∞ · 0 would be NaN.
#[inline(always)]
fn damped<F: Real>(x: F, gate: F) -> F {
    if gate == F::zero() { F::zero() } else { x * gate }
}
