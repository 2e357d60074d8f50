//! Contrastive search: likely, and unlike what has been.

use crate::math::real::Real;
use crate::model::Generation;
use crate::report::{Error, text};

use super::{Processor, chain, probabilities, sound, top_p};

/// Of the k most likely tokens the one with the largest `(1 − α)·p(v) − α·max cos(h_v, h_j)`: h_v is
/// what the model would make of v, h_j what it made of each token so far (what meets the output
/// matrix). α = 0 is greedy decoding. Each candidate is read once: O(k) passes a token.
///
/// Su et al. 2022, A Contrastive Framework for Neural Text Generation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrastive {
    /// α, from 0 to 1.
    pub alpha: f64,
    /// k.
    pub k: usize,
}

/// One of the k tokens, weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// The token.
    pub token: u32,
    /// p(v).
    pub probability: f64,
    /// The largest cosine between h_v and what was.
    pub likeness: f64,
    /// What it is ranked by.
    pub score: f64,
}

impl Contrastive {
    /// Goes on from a text that has only been read, by up to `count` tokens; `each` hears the chosen
    /// token and all that were weighed, most likely first, and says whether to go on.
    ///
    /// # Errors
    /// Bad input once the context is full, if k is 0 or above V, or if logits are no numbers; the first
    /// error of `each`.
    pub fn run<F: Real>(
        &self,
        mut generation: Generation<F>,
        count: usize,
        processors: &mut [Box<dyn Processor<F> + '_>],
        mut each: impl FnMut(u32, &[Weighed]) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let v = generation.logits().len();
        if self.k == 0 || self.k > v {
            return Err(Error::input(text(
                format!("contrastive search cannot weigh {} tokens", self.k),
                format!("对比搜索无法比较 {} 个 token", self.k),
            ))
            .allowed(text(format!("--top-k 1 to {v}"), format!("--top-k 1 到 {v}"))));
        }
        let d = generation.hidden().len() / generation.history().tokens.len().max(1);
        let mut seen: Vec<Vec<f64>> = generation.hidden().chunks(d).map(unit).collect(); // (T, d)
        let (mut p, mut order) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let mut logits = generation.logits().to_vec();
            chain::process(processors, generation.history(), &mut logits)?;
            sound(&logits)?;
            probabilities(&logits, &mut p);
            top_p::ascending(&p, &mut order);
            let mut weighed = Vec::with_capacity(self.k);
            let mut best: Option<(f64, Generation<F>, Vec<f64>)> = None;
            for &token in order.iter().rev().take(self.k) {
                let mut next = generation.clone();
                next.read(token)?;
                let rows = next.hidden();
                let h = unit(&rows[rows.len() - d..]); // (d)
                let cosine = |was: &Vec<f64>| was.iter().zip(&h).map(|(a, b)| a * b).sum();
                let likeness = seen.iter().map(cosine).fold(f64::NEG_INFINITY, f64::max);
                let probability = p[token as usize].to_f64().unwrap_or(0.0);
                let score = (1.0 - self.alpha) * probability - self.alpha * likeness;
                weighed.push(Weighed { token, probability, likeness, score });
                if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                    best = Some((score, next, h));
                }
            }
            let Some((_, next, h)) = best else { break };
            generation = next;
            seen.push(h);
            let token = generation.history().tokens.last().copied().unwrap_or_default();
            if !each(token, &weighed)? {
                break;
            }
        }
        Ok(())
    }
}

/// A vector of length 1 in the same direction.
fn unit<F: Real>(x: &[F]) -> Vec<f64> {
    let x: Vec<f64> = x.iter().map(|x| x.to_f64().unwrap_or(0.0)).collect();
    let length = x.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    x.iter().map(|x| x / length).collect()
}
