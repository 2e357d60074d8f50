//! Named values: what claims are checked against and what programs read.

/// One named value of a report: `minimum.x`, `entropy` in `bits`.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// A dotted lower-case name that never changes: `minimum.x`.
    pub name: String,
    /// The value.
    pub value: Value,
    /// The unit, where it has one: `bits`, `FLOPs`, `ms`.
    pub unit: Option<String>,
}

/// A number or a word.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number; infinite where the mathematics is (the limit of ReLU at +∞).
    Number(f64),
    /// A word: the name of the winner, `yes` or `no`.
    Text(String),
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(_) => None,
        }
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Self::Number(n)
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Self::Number(n as f64)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Text(if yes { "yes" } else { "no" }.to_string())
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Self::Text(word.to_string())
    }
}

impl From<String> for Value {
    fn from(word: String) -> Self {
        Self::Text(word)
    }
}
