//! What a drill draws: its numbers, and the answer that its command computes.

use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Runner;
use super::lesson::Drill;
use crate::report::{Error, Text, text};

/// What a drill drew.
pub(super) struct Draw {
    pub values: Vec<(String, String)>,
}

impl Draw {
    /// Draws one value for each placeholder; successive attempts never draw the same twice in a row
    /// where there is a choice.
    pub fn new(drill: &Drill, rng: &mut ChaCha8Rng, attempt: u64) -> Self {
        let total = drill.draw.values().fold(1_u64, |n, v| n.saturating_mul(v.len().max(1) as u64));
        let start = rng.random_range(0..total);
        let stride = rng.random_range(1..total.max(2));
        let stride = (stride..).find(|s| gcd(*s, total) == 1).unwrap_or(1);
        // Multiplied in u128: the product of a long draw could pass u64.
        let index =
            (u128::from(start) + u128::from(stride) * u128::from(attempt)) % u128::from(total);
        let mut index = index as u64;
        let mut values = Vec::new();
        for (name, choices) in &drill.draw {
            let count = choices.len().max(1) as u64;
            let value = choices.get((index % count) as usize).map(|d| d.0.clone());
            values.push((name.clone(), value.unwrap_or_default()));
            index /= count;
        }
        Self { values }
    }

    pub fn answer(&self, drill: &Drill, runner: &dyn Runner) -> Result<f64, Error> {
        let metric = fill(&drill.metric, &self.values);
        let run = fill(&drill.run, &self.values);
        runner.run(&run)?.number(&metric).ok_or_else(|| {
            Error::input(text(
                format!("`{run}` gives no number `{metric}`"),
                format!("`{run}` 没有给出数值指标 `{metric}`"),
            ))
        })
    }

    pub fn fill(&self, words: &Text) -> Text {
        text(fill(&words.en, &self.values), fill(&words.zh, &self.values))
    }
}

/// Puts values in the places of `{name}`.
pub(super) fn fill(template: &str, values: &[(String, String)]) -> String {
    let replace =
        |s: String, (name, value): &(String, String)| s.replace(&format!("{{{name}}}"), value);
    values.iter().fold(template.to_string(), replace)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
