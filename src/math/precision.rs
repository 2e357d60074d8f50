//! The number formats that models are trained in, simulated exactly: what is left of a number once it
//! is stored.

use half::{bf16, f16};

/// A floating-point format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 8 bits of exponent, 23 of fraction.
    F32,
    /// 5 bits of exponent, 10 of fraction (IEEE 754 half precision).
    F16,
    /// 8 bits of exponent, 7 of fraction: the upper half of an f32.
    Bf16,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Bf16];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// What is stored of `x`: the nearest number of this format, ties to even; 0 if it is too small,
    /// ±∞ if it is too large.
    ///
    /// ```
    /// use llm_lab::math::precision::Format;
    /// assert_eq!(Format::F16.store(2.0_f64.powi(-24)), 2.0_f64.powi(-24));
    /// assert_eq!(Format::F16.store(2.0_f64.powi(-26)), 0.0);
    /// assert_eq!(Format::F16.store(70_000.0), f64::INFINITY);
    /// assert_eq!(Format::Bf16.store(257.0), 256.0);
    /// ```
    pub fn store(self, x: f64) -> f64 {
        match self {
            Self::F32 => f64::from(x as f32),
            Self::F16 => f16::from_f64(x).to_f64(),
            Self::Bf16 => bf16::from_f64(x).to_f64(),
        }
    }

    /// The largest finite number.
    pub fn largest(self) -> f64 {
        match self {
            Self::F32 => f64::from(f32::MAX),
            Self::F16 => f16::MAX.to_f64(),
            Self::Bf16 => bf16::MAX.to_f64(),
        }
    }

    /// The smallest number above 0 that has all its digits.
    pub fn smallest_normal(self) -> f64 {
        match self {
            Self::F32 => f64::from(f32::MIN_POSITIVE),
            Self::F16 => f16::MIN_POSITIVE.to_f64(),
            Self::Bf16 => bf16::MIN_POSITIVE.to_f64(),
        }
    }

    /// The smallest number above 0, a subnormal one.
    pub fn smallest(self) -> f64 {
        self.smallest_normal() * self.epsilon()
    }

    /// The bits that are stored of `x`: sign, exponent, fraction.
    ///
    /// ```
    /// use llm_lab::math::precision::Format;
    /// assert_eq!(Format::F16.bits(1.5), "0 01111 1000000000");
    /// assert_eq!(Format::F16.bits(f64::INFINITY), "0 11111 0000000000");
    /// assert_eq!(Format::Bf16.bits(-2.0), "1 10000000 0000000");
    /// ```
    pub fn bits(self, x: f64) -> String {
        let (bits, width, exponent) = match self {
            Self::F32 => ((x as f32).to_bits(), 32, 8),
            Self::F16 => (u32::from(f16::from_f64(x).to_bits()), 16, 5),
            Self::Bf16 => (u32::from(bf16::from_f64(x).to_bits()), 16, 8),
        };
        let all = format!("{bits:0width$b}");
        format!("{} {} {}", &all[..1], &all[1..=exponent], &all[exponent + 1..])
    }

    /// The distance from 1 to the next number.
    pub fn epsilon(self) -> f64 {
        match self {
            Self::F32 => f64::from(f32::EPSILON),
            Self::F16 => f16::EPSILON.to_f64(),
            Self::Bf16 => bf16::EPSILON.to_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_are_those_of_the_standards() {
        assert_eq!(Format::F16.largest(), 65504.0);
        assert_eq!(Format::F16.smallest(), 2.0_f64.powi(-24));
        assert_eq!(Format::F16.smallest_normal(), 2.0_f64.powi(-14));
        assert_eq!(Format::Bf16.smallest(), 2.0_f64.powi(-133));
        assert_eq!(Format::F32.smallest(), 2.0_f64.powi(-149));
        for format in Format::ALL {
            assert_eq!(format.store(format.largest()), format.largest());
            assert_eq!(format.store(format.smallest()), format.smallest());
            assert_eq!(format.store(format.smallest() * 0.49), 0.0);
            assert_eq!(format.store(format.largest() * 1.01), f64::INFINITY);
            assert_eq!(format.store(1.0 + format.epsilon() * 0.49), 1.0);
        }
    }

    proptest! {
        #[test]
        fn stored_numbers_are_near_and_stay(x in -60000.0..60000.0_f64) {
            for format in Format::ALL {
                let stored = format.store(x);
                prop_assert_eq!(format.store(stored), stored);
                let room = (x.abs() * format.epsilon() / 2.0).max(format.smallest() / 2.0);
                prop_assert!((stored - x).abs() <= room, "{} {} {}", format.name(), x, stored);
            }
        }
    }
}
