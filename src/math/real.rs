//! The floating-point types that the lab computes in: f32 as models run, f64 as checks need.

use ndarray::NdFloat;

use super::product::{self, Matrix, MatrixMut, Write};

/// A float that knows the error function and its own matrix product besides what every float knows.
pub trait Real: NdFloat + Default {
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

    /// eˣ as loops need it: in f32 a polynomial without a branch, right to a
    /// relative 1.3e-7, which the compiler can run on whole vectors.
    ///
    /// ```
    /// use llm_lab::math::real::Real;
    /// assert!((1.0_f32.fast_exp() - std::f32::consts::E).abs() < 5e-7);
    /// assert_eq!(f32::NEG_INFINITY.fast_exp(), 0.0);
    /// ```
    fn fast_exp(self) -> Self;

    /// C = A·B or C += A·B for shapes that fit: [`product::product`] checks them.
    fn product(a: Matrix<Self>, b: Matrix<Self>, c: MatrixMut<Self>, write: Write);
}

impl Real for f32 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x as f32
    }

    fn erfc(self) -> Self {
        libm::erfcf(self)
    }

    #[inline(always)]
    fn fast_exp(self) -> Self {
        exp(self)
    }

    fn product(a: Matrix<Self>, b: Matrix<Self>, c: MatrixMut<Self>, write: Write) {
        product::product_f32(a, b, c, write);
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }

    fn erfc(self) -> Self {
        libm::erfc(self)
    }

    #[inline(always)]
    fn fast_exp(self) -> Self {
        self.exp()
    }

    fn product(a: Matrix<Self>, b: Matrix<Self>, c: MatrixMut<Self>, write: Write) {
        product::by_definition(a, b, c, write);
    }
}

/// eˣ = 2ⁿ·eʳ with n the nearest whole number to x/ln 2 and |r| ≤ ln 2 / 2; eʳ by a polynomial of
/// degree 6. Below −86.9 it is 0 (from 1.8e-38 on), above 88.7 ∞; NaN stays NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // 1.5·2²³: adding it leaves the nearest whole number in the low bits
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first exact when multiplied by n
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // near 1/2!, 1/3!, …: the five that keep the largest relative error on |r| ≤ ln 2 / 2 smallest,
    // 4e-9, where Taylor's own leave 1.6e-7
    const C: [f32; 5] = [0.499_999_94, 0.166_665_2, 0.041_668_39, 0.008_368_781, 0.001_381_446_7];
    let (low, high) = (-86.9, 88.7);
    let within = if x < low { low } else { x };
    let within = if within > high { high } else { within };
    // fused steps: one instruction each where the processor has it, as all with AVX2 do, else a call
    let shifted = within.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = (-n).mul_add(LN_2_LOW, (-n).mul_add(LN_2_HIGH, within));
    // 1 + r + r²(C₂ + C₃r + …), two terms at a time: less to wait for than one after the other
    let square = r * r;
    let tail = square.mul_add(C[4], r.mul_add(C[3], C[2]));
    let middle = square.mul_add(tail, r.mul_add(C[1], C[0]));
    let mantissa = 1.0 + square.mul_add(middle, r);
    // half of 2ⁿ twice, so that n = 128 does not overflow the exponent
    let power = f32::from_bits(shifted.to_bits().wrapping_add(126) << 23);
    let value = mantissa * power * 2.0;
    let value = if x < low { 0.0 } else { value };
    if x > high { f32::INFINITY } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_right_on_its_whole_range() {
        let mut worst = 0.0_f64;
        for i in -868_900..=887_000 {
            let x = i as f32 * 1e-4;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - exact).abs() / exact);
        }
        assert!(worst < 1.3e-7, "{worst:e}");
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-88.0), 0.0);
        assert_eq!(exp(89.0), f32::INFINITY);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan());
    }
}
