//! What a claim expects of a metric.

use std::fmt;

use serde::Deserialize;

use super::values::Within;
use crate::report::{Value, number};

/// What a metric must be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawExpect")]
pub enum Expect {
    /// This number, within a distance.
    Near {
        /// The number.
        is: f64,
        /// How near.
        within: Within,
    },
    /// More than `above` and less than `below`, where given.
    Between {
        /// The lower end, not included.
        above: Option<f64>,
        /// The upper end, not included.
        below: Option<f64>,
    },
    /// This word.
    Text(String),
}

impl Expect {
    /// Whether the measured value is as expected.
    pub fn holds(&self, measured: &Value) -> bool {
        match (self, measured) {
            (Self::Near { is, within }, Value::Number(x)) => within.holds(*x, *is),
            (Self::Between { above, below }, Value::Number(x)) => {
                !x.is_nan()
                    && above.is_none_or(|low| *x > low)
                    && below.is_none_or(|high| *x < high)
            }
            (Self::Text(word), Value::Text(given)) => word == given,
            _ => false,
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Near { is, within } if *within == Within::default() => {
                write!(f, "{}", number(*is))
            }
            Self::Near { is, within } => write!(f, "{} {within}", number(*is)),
            Self::Between { above: Some(low), below: Some(high) } => {
                write!(f, "{} … {}", number(*low), number(*high))
            }
            Self::Between { above: Some(low), below: None } => write!(f, "> {}", number(*low)),
            Self::Between { above: None, below: Some(high) } => write!(f, "< {}", number(*high)),
            Self::Between { above: None, below: None } => write!(f, "-"),
            Self::Text(word) => f.write_str(word),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    is: Option<f64>,
    within: Option<Within>,
    above: Option<f64>,
    below: Option<f64>,
    text: Option<String>,
}

impl TryFrom<RawExpect> for Expect {
    type Error = &'static str;

    fn try_from(raw: RawExpect) -> Result<Self, Self::Error> {
        if [raw.is, raw.above, raw.below].iter().flatten().any(|x| x.is_nan()) {
            return Err("an expectation cannot be NaN ‖ 期望值不能是 NaN");
        }
        match raw {
            RawExpect { is: Some(is), within, above: None, below: None, text: None } => {
                Ok(Self::Near { is, within: within.unwrap_or_default() })
            }
            RawExpect { is: None, within: None, above: None, below: None, text: Some(text) } => {
                Ok(Self::Text(text))
            }
            RawExpect { is: None, within: None, above, below, text: None }
                if above.is_some() || below.is_some() =>
            {
                match (above, below) {
                    (Some(low), Some(high)) if low >= high => {
                        Err("`above` must be less than `below` ‖ `above` 必须小于 `below`")
                    }
                    _ => Ok(Self::Between { above, below }),
                }
            }
            _ => {
                Err("an expectation is {is, within}, {above}, {below}, {above, below} or {text} ‖ \
                      期望值只能写成 {is, within}、{above}、{below}、{above, below} 或 {text}")
            }
        }
    }
}
