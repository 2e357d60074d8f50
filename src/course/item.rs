//! Items of the quiz: graded questions of six kinds.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::values::{Drawn, Within};
use crate::report::Text;

/// One graded question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "super::raw::RawItem")]
pub struct Item {
    /// An id that never changes.
    pub id: String,
    /// What is asked.
    pub kind: Kind,
}

/// The kinds of items.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One option is right.
    Choice(Options),
    /// Several options may be right: select all.
    Multi(Options),
    /// A number.
    Number(Numeric),
    /// A word or a few.
    Text(Words),
    /// Things to put in order.
    Order(Sequence),
    /// Fresh numbers at each try, answered by a command.
    Drill(Drill),
}

/// A question with options.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The question.
    pub ask: Text,
    /// The options, shuffled when asked.
    pub options: Vec<Choice>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why the right answer is right.
    pub explain: Text,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The option in English.
    pub en: String,
    /// The option in Chinese.
    pub zh: String,
    /// Whether it is right.
    #[serde(default)]
    pub right: bool,
    /// Why it is wrong; every wrong option has a reason.
    #[serde(default)]
    pub why: Option<Text>,
}

/// A question whose answer is a number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numeric {
    /// The question.
    pub ask: Text,
    /// The answer.
    pub answer: f64,
    /// How near counts as right; without it, equal to nine digits.
    #[serde(default)]
    pub within: Within,
    /// The unit of the answer.
    #[serde(default)]
    pub unit: Option<String>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so.
    pub explain: Text,
}

/// A question whose answer is a word or a few.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The question.
    pub ask: Text,
    /// Accepted forms; the first is the model answer.
    pub accept: Vec<String>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so.
    pub explain: Text,
}

/// A question whose answer is an order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The question.
    pub ask: Text,
    /// The things in their right order; shuffled when asked.
    pub items: Vec<Text>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so.
    pub explain: Text,
}

/// A question whose numbers are drawn afresh and whose answer a command computes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// The question, with placeholders such as `{beta}`.
    pub ask: Text,
    /// For each placeholder, the values to draw from.
    pub draw: BTreeMap<String, Vec<Drawn>>,
    /// The command, with placeholders.
    pub run: String,
    /// Which metric is the answer; may have placeholders.
    pub metric: String,
    /// How near counts as right; without it, equal to nine digits.
    #[serde(default)]
    pub within: Within,
    /// The unit of the answer.
    #[serde(default)]
    pub unit: Option<String>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so; `{answer}` is the computed answer.
    pub explain: Text,
}

impl Kind {
    /// The question.
    pub fn ask(&self) -> &Text {
        match self {
            Self::Choice(k) | Self::Multi(k) => &k.ask,
            Self::Number(k) => &k.ask,
            Self::Text(k) => &k.ask,
            Self::Order(k) => &k.ask,
            Self::Drill(k) => &k.ask,
        }
    }

    /// The hint.
    pub fn hint(&self) -> &Text {
        match self {
            Self::Choice(k) | Self::Multi(k) => &k.hint,
            Self::Number(k) => &k.hint,
            Self::Text(k) => &k.hint,
            Self::Order(k) => &k.hint,
            Self::Drill(k) => &k.hint,
        }
    }

    /// Why the answer is so.
    pub fn explain(&self) -> &Text {
        match self {
            Self::Choice(k) | Self::Multi(k) => &k.explain,
            Self::Number(k) => &k.explain,
            Self::Text(k) => &k.explain,
            Self::Order(k) => &k.explain,
            Self::Drill(k) => &k.explain,
        }
    }

    /// The key that names the kind in the file.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Choice(_) => "choice",
            Self::Multi(_) => "multi",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Order(_) => "order",
            Self::Drill(_) => "drill",
        }
    }
}
