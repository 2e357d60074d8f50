//! A distribution on its way through the processors.

use crate::math::divergence;
use crate::model::decoding::{History, Processor, sound};
use crate::report::Error;

/// The distribution after one processor.
pub struct Stage {
    /// What was done: `top-k 4`; `model` before anything.
    pub name: String,
    /// The same as a metric is named: `top_k`.
    pub key: String,
    /// The logits that are left, `(V)`.
    pub logits: Vec<f32>,
    /// The probabilities, `(V)`.
    pub p: Vec<f64>,
}

impl Stage {
    fn new(name: &str, logits: Vec<f32>) -> Self {
        let p = softmax(&logits, 1.0);
        let words = name.split(|c: char| c.is_ascii_digit()).next().unwrap_or(name).trim();
        let key = words.to_lowercase().replace(['-', ' '], "_");
        Self { name: name.to_string(), key, logits, p }
    }

    /// How many tokens can still be chosen.
    pub fn kept(&self) -> usize {
        self.logits.iter().filter(|x| **x > f32::NEG_INFINITY).count()
    }

    /// The entropy in nats.
    pub fn entropy(&self) -> f64 {
        divergence::entropy(&self.p)
    }

    /// How much of another distribution lies on what is kept here.
    pub fn mass(&self, other: &[f64]) -> f64 {
        let kept = self.logits.iter().zip(other).filter(|(x, _)| **x > f32::NEG_INFINITY);
        kept.map(|(_, p)| p).sum()
    }
}

/// softmax(logits / temperature) in f64.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let scaled = |x: &f32| f64::from(*x) / temperature;
    let most = logits.iter().map(scaled).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|x| (scaled(x) - most).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

/// The distribution as it is, and after each processor.
///
/// # Errors
/// If the logits are no numbers, or nothing is left to choose.
pub fn stages(
    processors: &mut [Box<dyn Processor<f32>>],
    history: History,
    logits: &[f32],
) -> Result<Vec<Stage>, Error> {
    sound(logits)?;
    let mut logits = logits.to_vec();
    let mut all = vec![Stage::new("model", logits.clone())];
    for processor in processors {
        processor.process(history, &mut logits)?;
        sound(&logits)?;
        all.push(Stage::new(&processor.name(), logits.clone()));
    }
    Ok(all)
}

/// Tokens from the most to the least likely, the first of equals first.
pub fn descending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    order
}
