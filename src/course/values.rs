//! The small values of a lesson file: distances and drawn values.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::report::number;

/// How near a number must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Within {
    /// By so much, in the number's own unit.
    Absolute(f64),
    /// By this fraction of the expected number: `1%` is 0.01.
    Relative(f64),
}

impl Default for Within {
    /// Equal to nine digits.
    fn default() -> Self {
        Self::Relative(1e-9)
    }
}

impl Within {
    /// Whether `measured` is near enough to `expected`. Infinities are near only themselves.
    pub fn holds(self, measured: f64, expected: f64) -> bool {
        if measured == expected {
            return true;
        }
        let room = match self {
            Self::Absolute(room) => room,
            Self::Relative(part) => part * expected.abs(),
        };
        // A relative 1% of 0.1 is meant to include 0.101, which rounding puts a hair outside.
        measured.is_finite()
            && expected.is_finite()
            && (measured - expected).abs() <= room * (1.0 + 1e-9) + f64::MIN_POSITIVE
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(room) if *room > 0.0 && *room < 1e-3 => write!(f, "± {room:e}"),
            Self::Absolute(room) => write!(f, "± {}", number(*room)),
            Self::Relative(part) if *part < 1e-6 => write!(f, "± 0"),
            Self::Relative(part) => write!(f, "± {}%", number(part * 100.0)),
        }
    }
}

const WITHIN: &str = "a distance such as 0.01, or a percentage such as 1%, not negative ‖ 0.01 这样的距离，或 1% 这样的百分比，不能为负";

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Within;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(WITHIN)
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Within, E> {
                if x.is_finite() && x >= 0.0 {
                    Ok(Within::Absolute(x))
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(x), &self))
                }
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Within, E> {
                self.visit_f64(x as f64)
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Within, E> {
                self.visit_f64(x as f64)
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Within, E> {
                let percent = word.strip_suffix('%').and_then(|p| p.trim().parse::<f64>().ok());
                match percent {
                    Some(p) if p.is_finite() && p >= 0.0 => Ok(Within::Relative(p / 100.0)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// One value that a drill may draw, as it is written into the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn(pub String);

impl<'de> Deserialize<'de> for Drawn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Drawn;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number or a word ‖ 数或单词")
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Drawn, E> {
                Ok(Drawn(x.to_string()))
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Drawn, E> {
                Ok(Drawn(x.to_string()))
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Drawn, E> {
                Ok(Drawn(x.to_string()))
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Drawn, E> {
                Ok(Drawn(word.to_string()))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
