//! The floating-point types that the lab computes in: f32 as models run, f64 as checks need.

use ndarray::NdFloat;

/// A float that knows the error function besides what every float knows.
pub trait Real: NdFloat {
    /// The nearest value of this type to `x`.
    fn of(x: f64) -> Self;

    /// erfc(x) = 1 − erf(x) = 2/√π · ∫ₓ^∞ e^(−t²) dt, accurate in the tail where 1 − erf(x) is not.
    ///
    /// ```
    /// use llm_lab::math::real::Real;
    /// assert!((1.0_f64.erfc() - 0.157299207050285).abs() < 1e-15);
    /// assert!(10.0_f64.erfc() > 0.0);
    /// ```
    fn erfc(self) -> Self;
}

impl Real for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }

    fn erfc(self) -> Self {
        libm::erfcf(self)
    }
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }

    fn erfc(self) -> Self {
        libm::erfc(self)
    }
}
