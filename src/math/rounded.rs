//! Softmax with every number stored in a format as it is made, as a chip without wider registers
//! computes it: so that an overflow is a real overflow.

use super::precision::Format;

/// Softmax of one row of scores with all that lies between.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounded {
    /// The scores as stored, or less the largest of them.
    pub x: Vec<f64>,
    /// Their exponentials.
    pub exps: Vec<f64>,
    /// The sum of these, from left to right.
    pub sum: f64,
    /// The weights.
    pub p: Vec<f64>,
    format: Format,
}

impl Rounded {
    /// `exp(xᵢ) / Σⱼ exp(xⱼ)` as it stands: ∞/∞ = NaN where `exp` overflows, 0/0 = NaN where all
    /// underflow. O(n).
    ///
    /// ```
    /// use llm_lab::math::{precision::Format, rounded::Rounded};
    /// assert_eq!(Rounded::naive(Format::F16, &[0.0, 0.0]).p, [0.5, 0.5]);
    /// assert!(Rounded::naive(Format::F16, &[12.0, 0.0]).p[0].is_nan());
    /// ```
    pub fn naive(format: Format, x: &[f64]) -> Self {
        Self::of(format, x.iter().map(|x| format.store(*x)).collect())
    }

    /// The same with the largest score taken off first: the largest exponential is 1, the sum at
    /// least 1. A row of −∞ alone gives NaN, as in most libraries. O(n). Blanchard, Higham & Higham
    /// 2021, Accurately computing the log-sum-exp and softmax functions.
    ///
    /// ```
    /// use llm_lab::math::{precision::Format, rounded::Rounded};
    /// assert_eq!(Rounded::shifted(Format::F16, &[1000.0, 1000.0]).p, [0.5, 0.5]);
    /// ```
    pub fn shifted(format: Format, x: &[f64]) -> Self {
        let stored: Vec<f64> = x.iter().map(|x| format.store(*x)).collect();
        let most = stored.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::of(format, stored.iter().map(|x| format.store(x - most)).collect())
    }

    fn of(format: Format, x: Vec<f64>) -> Self {
        let exps: Vec<f64> = x.iter().map(|x| format.store(x.exp())).collect();
        let sum = exps.iter().fold(0.0, |sum, e| format.store(sum + e));
        let p = exps.iter().map(|e| format.store(e / sum)).collect();
        Self { x, exps, sum, p, format }
    }

    /// The logarithms of the weights, `ln pᵢ`: −∞ where a weight has become 0.
    pub fn log_of_weights(&self) -> Vec<f64> {
        self.p.iter().map(|p| self.format.store(p.ln())).collect()
    }

    /// Log-softmax, `xᵢ − ln Σⱼ exp(xⱼ)`: no weight is made, so none is lost.
    ///
    /// ```
    /// use llm_lab::math::{precision::Format, rounded::Rounded};
    /// let row = Rounded::shifted(Format::F32, &[0.0, -200.0]);
    /// assert_eq!(row.log_of_weights(), [0.0, f64::NEG_INFINITY]);
    /// assert_eq!(row.log_softmax(), [0.0, -200.0]);
    /// ```
    pub fn log_softmax(&self) -> Vec<f64> {
        let log = self.format.store(self.sum.ln());
        self.x.iter().map(|x| self.format.store(x - log)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The simulation is the arithmetic of the machine, up to the last digit of its `exp`.
        #[test]
        fn f32_is_that_of_the_machine(x in prop::collection::vec(-20.0..20.0_f32, 1..8)) {
            let wide: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            let row = Rounded::naive(Format::F32, &wide);
            let exps: Vec<f32> = x.iter().map(|x| x.exp()).collect();
            let sum = exps.iter().fold(0.0, |sum: f32, e| sum + e);
            for (ours, theirs) in row.p.iter().zip(&exps) {
                let theirs = f64::from(theirs / sum);
                prop_assert!((ours - theirs).abs() <= 1e-6 * theirs, "{} {}", ours, theirs);
            }
        }

        #[test]
        fn shifted_weights_are_a_distribution(x in prop::collection::vec(-3e4..3e4_f64, 1..8)) {
            for format in Format::ALL {
                let row = Rounded::shifted(format, &x);
                prop_assert!(row.sum >= 1.0);
                let sum: f64 = row.p.iter().sum();
                prop_assert!((sum - 1.0).abs() < 4.0 * x.len() as f64 * format.epsilon());
            }
        }
    }

    #[test]
    fn overflow_and_underflow_are_real() {
        for (x, format) in [(1000.0, Format::F32), (12.0, Format::F16), (-1000.0, Format::Bf16)] {
            let row = Rounded::naive(format, &[x, x]);
            assert!(row.p.iter().all(|p| p.is_nan()), "{row:?}");
            assert_eq!(Rounded::shifted(format, &[x, x]).p, [0.5, 0.5]);
        }
        let hidden = [f64::NEG_INFINITY; 2];
        assert!(Rounded::shifted(Format::F32, &hidden).p[0].is_nan());
    }
}
