//! Mirostat: a filter that steers itself towards a target surprise.

use ndarray_rand::rand::RngCore;

use crate::math::real::Real;
use crate::report::Error;

use super::draw::draw;
use super::top_p::ascending;
use super::{History, Sampler, probabilities, sound};

/// How many of the most likely tokens the first version looks at to estimate Zipf's exponent.
const LOOKED_AT: usize = 100;

/// Which Mirostat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Estimates Zipf's exponent and from it a k for top-k.
    Zipf,
    /// Rules out what is more surprising than μ.
    Direct,
}

/// Draws so that the mean surprise −log₂ p of what is chosen tends to τ bits: after each choice with
/// surprise S, `μ ← μ − η (S − τ)`, from μ = 2τ on; a token may be chosen if its surprise is at most
/// μ. S is taken under the model's own distribution, before anything is ruled out. O(V log V).
///
/// Basu et al. 2021, Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity
/// (the first version); its authors' second version leaves out the estimate of Zipf's exponent.
pub struct Mirostat<'a, F> {
    /// The target in bits.
    pub tau: f64,
    /// How fast μ follows.
    pub eta: f64,
    /// The largest surprise that may be chosen, in bits; in the first version what k comes from.
    pub mu: f64,
    version: Version,
    rng: &'a mut dyn RngCore,
    probabilities: Vec<F>,
    order: Vec<u32>,
}

impl<'a, F: Real> Mirostat<'a, F> {
    /// The second version, with a target of `tau` bits.
    pub fn new(tau: f64, eta: f64, rng: &'a mut dyn RngCore) -> Self {
        let (probabilities, order) = (Vec::new(), Vec::new());
        Self { tau, eta, mu: 2.0 * tau, version: Version::Direct, rng, probabilities, order }
    }

    /// The first version, which estimates Zipf's exponent.
    pub fn zipf(tau: f64, eta: f64, rng: &'a mut dyn RngCore) -> Self {
        Self { version: Version::Zipf, ..Self::new(tau, eta, rng) }
    }

    /// How many of the most likely tokens may be chosen; one at least.
    fn kept(&self) -> usize {
        let p = |place: usize| {
            let i = self.order[self.order.len() - 1 - place] as usize; // from the most likely
            self.probabilities[i].to_f64().unwrap_or(0.0)
        };
        let possible = (0..self.order.len()).take_while(|i| p(*i) > 0.0).count();
        let kept = match self.version {
            Version::Direct => (0..possible).take_while(|i| -p(*i).log2() <= self.mu).count(),
            Version::Zipf => zipf_k((0..possible.min(LOOKED_AT)).map(p), self.mu, possible),
        };
        kept.max(1)
    }
}

impl<F: Real> Sampler<F> for Mirostat<'_, F> {
    fn choose(&mut self, _: History, logits: &mut [F]) -> Result<u32, Error> {
        sound(logits)?;
        probabilities(logits, &mut self.probabilities);
        ascending(&self.probabilities, &mut self.order);
        let kept = self.kept();
        let out = &self.order[..self.order.len() - kept];
        let (_, denominator) = super::probabilities::entropy(logits);
        out.iter().for_each(|i| logits[*i as usize] = F::neg_infinity());
        let token = draw(logits, 1.0, self.rng);
        let nats = denominator - logits[token as usize].to_f64().unwrap_or(0.0);
        self.mu -= self.eta * (nats / std::f64::consts::LN_2 - self.tau);
        Ok(token)
    }
}

/// The k of the first version: Zipf's exponent s is fitted to the most likely tokens, and k is where a
/// Zipf distribution over `n` tokens has the surprise μ.
fn zipf_k(p: impl Iterator<Item = f64>, mu: f64, n: usize) -> usize {
    let p: Vec<f64> = p.collect();
    let (mut above, mut below) = (0.0, 0.0);
    for (i, pair) in p.windows(2).enumerate() {
        let t = ((i + 2) as f64 / (i + 1) as f64).ln();
        above += t * (pair[0] / pair[1]).ln();
        below += t * t;
    }
    let s = if below > 0.0 { above / below } else { 1.0 };
    let eps = s - 1.0;
    let n = n as f64;
    // at s = 1 the limit of the formula
    let k = match eps.abs() < 1e-9 {
        true => (2.0_f64.powf(mu) / n.ln()).max(1.0),
        false => (eps * 2.0_f64.powf(mu) / (1.0 - n.powf(-eps))).powf(1.0 / s),
    };
    if k.is_finite() { k.round().clamp(1.0, n) as usize } else { n as usize }
}
