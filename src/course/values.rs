//! The small values of a lesson file, and the raw forms whose keys exclude each other.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::lesson::{
    Drill, Item, Kind, Myth, Numeric, Options, Predict, Sequence, Step, Test, Words,
};
use crate::report::{Text, Value, number};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    say: Option<Text>,
    run: Option<String>,
    look: Option<Text>,
    predict: Option<Predict>,
    ask: Option<String>,
}

impl TryFrom<RawStep> for Step {
    type Error = &'static str;

    fn try_from(raw: RawStep) -> Result<Self, Self::Error> {
        match raw {
            RawStep { say: Some(say), run: None, look: None, predict: None, ask: None } => {
                Ok(Self::Say(say))
            }
            RawStep { say: None, run: Some(run), look: Some(look), predict: None, ask: None } => {
                Ok(Self::Run { run, look })
            }
            RawStep { say: None, run: None, look: None, predict: Some(predict), ask: None } => {
                Ok(Self::Predict(predict))
            }
            RawStep { say: None, run: None, look: None, predict: None, ask: Some(id) } => {
                Ok(Self::Ask(id))
            }
            _ => Err("a step is one of: say; run with look; predict; ask ‖ \
                      一个步骤只能是以下之一：say;run 加 look;predict;ask"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMyth {
    id: String,
    says: Text,
    truth: Text,
    run: Option<String>,
    expect: Option<BTreeMap<String, Expect>>,
    source: Option<String>,
    #[serde(default)]
    slow: bool,
}

impl TryFrom<RawMyth> for Myth {
    type Error = &'static str;

    fn try_from(raw: RawMyth) -> Result<Self, Self::Error> {
        let test = match (raw.run, raw.expect) {
            (Some(run), Some(expect)) => Some(Test { run, expect }),
            (None, None) if raw.source.is_some() => None,
            (None, None) => {
                return Err(
                    "a myth needs run and expect, or a source where nothing can be computed ‖ \
                            误区需要 run 与 expect；无法计算时才可以只写 source",
                );
            }
            _ => {
                return Err(
                    "a myth's run and expect go together ‖ 误区的 run 与 expect 必须同时出现",
                );
            }
        };
        let RawMyth { id, says, truth, source, slow, .. } = raw;
        Ok(Self { id, says, truth, test, source, slow })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    id: String,
    choice: Option<Options>,
    multi: Option<Options>,
    number: Option<Numeric>,
    text: Option<Words>,
    order: Option<Sequence>,
    drill: Option<Drill>,
}

impl TryFrom<RawItem> for Item {
    type Error = &'static str;

    fn try_from(raw: RawItem) -> Result<Self, Self::Error> {
        let mut kinds = [
            raw.choice.map(Kind::Choice),
            raw.multi.map(Kind::Multi),
            raw.number.map(Kind::Number),
            raw.text.map(Kind::Text),
            raw.order.map(Kind::Order),
            raw.drill.map(Kind::Drill),
        ]
        .into_iter()
        .flatten();
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) => Ok(Self { id: raw.id, kind }),
            _ => Err("an item has one kind: choice, multi, number, text, order or drill ‖ \
                      每道题只能有一种题型：choice、multi、number、text、order 或 drill"),
        }
    }
}
