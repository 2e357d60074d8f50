//! Speculative decoding: a small model drafts k tokens, the large one checks them all in one pass and
//! keeps as many as its own distribution allows. What comes out is distributed as if the large model
//! had written alone.
//!
//! Leviathan, Kalman & Matias 2023, Fast Inference from Transformers via Speculative Decoding; Chen
//! et al. 2023, Accelerating Large Language Model Decoding with Speculative Sampling.

use ndarray_rand::rand::{Rng, RngCore};

use crate::math::real::Real;
use crate::report::{Error, text};

use super::cache::Cache;
use super::decoding::{History, Processor, Settings, argmax, probabilities, sound};
use super::forward::Pass;
use super::generate;
use super::transformer::Transformer;
use super::workspace::Workspace;

/// How likely a token that was drawn from q passes for p: `β = Σ min(pᵢ, qᵢ)`, which is 1 minus their
/// total variation distance. O(V).
///
/// ```
/// use llm_lab::model::speculative::acceptance;
/// assert!((acceptance(&[0.5, 0.3, 0.2], &[0.2, 0.3, 0.5]) - 0.7).abs() < 1e-12);
/// ```
///
/// # Panics
/// If the distributions are over different tokens.
pub fn acceptance(p: &[f64], q: &[f64]) -> f64 {
    assert_eq!(p.len(), q.len(), "distributions over different tokens");
    p.iter().zip(q).map(|(p, q)| p.min(*q)).sum()
}

/// What is drawn from instead once a token of q has been refused: `max(0, pᵢ − qᵢ)`, normalized; p
/// itself where q covers it. O(V).
///
/// ```
/// use llm_lab::model::speculative::residual;
/// let left = residual(&[0.5, 0.3, 0.2], &[0.2, 0.3, 0.5]);
/// assert_eq!(left, [1.0, 0.0, 0.0]);
/// ```
///
/// # Panics
/// If the distributions are over different tokens.
pub fn residual(p: &[f64], q: &[f64]) -> Vec<f64> {
    assert_eq!(p.len(), q.len(), "distributions over different tokens");
    let left: Vec<f64> = p.iter().zip(q).map(|(p, q)| (p - q).max(0.0)).collect();
    match left.iter().sum::<f64>() {
        0.0 => p.to_vec(),
        total => left.into_iter().map(|x| x / total).collect(),
    }
}

/// Tokens of one round if each draft is accepted with probability α: `(1 − α^(k+1)) / (1 − α)`, of
/// which the last comes from the target itself. From 1 (α = 0) to k + 1 (α = 1). O(k).
///
/// ```
/// use llm_lab::model::speculative::tokens_per_round;
/// assert_eq!(tokens_per_round(0.5, 2), 1.75);
/// assert_eq!(tokens_per_round(1.0, 4), 5.0);
/// ```
pub fn tokens_per_round(alpha: f64, k: usize) -> f64 {
    (0..=k).map(|i| alpha.powi(i as i32)).sum()
}

/// A draw from q, then one round of the rule for a single token: the token that is said, and whether
/// it is the draft's. O(V).
pub fn propose(p: &[f64], q: &[f64], rng: &mut dyn RngCore) -> (usize, bool) {
    let drafted = pick(q, rng);
    if passes(p[drafted], q[drafted], rng) {
        (drafted, true)
    } else {
        (pick(&residual(p, q), rng), false)
    }
}

/// Keeps a token of q with probability min(1, p/q).
fn passes(p: f64, q: f64, rng: &mut dyn RngCore) -> bool {
    rng.random::<f64>() * q < p
}

/// A draw from a distribution; never an outcome of probability 0.
fn pick(p: &[f64], rng: &mut dyn RngCore) -> usize {
    let (mut left, mut last) = (rng.random::<f64>() * p.iter().sum::<f64>(), 0);
    for (i, p) in p.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        last = i;
        left -= p;
        if left < 0.0 {
            break;
        }
    }
    last
}

/// A model that reads with a cache which can be taken back.
#[derive(Debug, Clone)]
struct Reader<'a, F> {
    model: &'a Transformer<F>,
    cache: Cache<F>,
    workspace: Workspace<F>,
}

impl<'a, F: Real> Reader<'a, F> {
    fn new(model: &'a Transformer<F>) -> Self {
        Self { model, cache: Cache::new(&model.config), workspace: Workspace::default() }
    }

    /// Reads what it has not read of the tokens; the logits of the last `rows` places stay, `(rows, V)`.
    fn read(&mut self, tokens: &[u32], rows: usize) {
        let new = &tokens[self.cache.length..];
        self.workspace.prepare(&self.model.config, 1, new.len());
        self.model.forward(new, &mut self.workspace, Some(&mut self.cache), Pass::default());
        self.model.logits(&mut self.workspace, new.len() - rows..new.len());
    }

    /// Forgets all but the first `length` tokens.
    fn back(&mut self, length: usize) {
        self.cache.truncate(length, &self.model.config);
    }
}

/// What one round did.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// What the draft proposed.
    pub drafted: Vec<u32>,
    /// How many of these were kept.
    pub accepted: usize,
    /// What the target added: in place of the first that was refused, or after all of them.
    pub added: u32,
    /// Σ min(p, q) at each place that was checked: the probability that its token is kept.
    pub chances: Vec<f64>,
}

impl Round {
    /// The tokens of this round.
    pub fn tokens(&self) -> impl Iterator<Item = u32> + '_ {
        self.drafted[..self.accepted].iter().copied().chain([self.added])
    }
}

/// Two models over one text. A copy goes on by itself.
pub struct Speculative<'a, F> {
    target: Reader<'a, F>,
    draft: Reader<'a, F>,
    tokens: Vec<u32>,
    prompt: usize,
    rule: Rule<F>,
}

/// How logits become the distribution that is drawn from.
struct Rule<F> {
    settings: Settings,
    greedy: bool,
    processors: Vec<Box<dyn Processor<F>>>,
    place: Vec<F>,
}

impl<F: Real> Rule<F> {
    fn new(settings: Settings, greedy: bool) -> Self {
        let processors = settings.processors();
        Self { settings, greedy, processors, place: Vec::new() }
    }

    /// The distribution of the token after `tokens`, `(V)`.
    fn distribution(
        &mut self,
        tokens: &[u32],
        prompt: usize,
        row: &mut [F],
    ) -> Result<Vec<f64>, Error> {
        let history = History { tokens, prompt };
        self.processors.iter_mut().try_for_each(|one| one.process(history, row))?;
        sound(row)?;
        if self.greedy {
            let mut sure = vec![0.0; row.len()];
            sure[argmax(row) as usize] = 1.0;
            return Ok(sure);
        }
        probabilities(row, &mut self.place);
        Ok(self.place.iter().map(|p| p.to_f64().unwrap_or(0.0)).collect())
    }
}

impl<F: Real> Clone for Speculative<'_, F> {
    fn clone(&self) -> Self {
        let Self { target, draft, tokens, prompt, rule } = self;
        let rule = Rule::new(rule.settings.clone(), rule.greedy);
        Self {
            target: target.clone(),
            draft: draft.clone(),
            tokens: tokens.clone(),
            prompt: *prompt,
            rule,
        }
    }
}

impl<'a, F: Real> Speculative<'a, F> {
    /// A prompt, and the strategy that both models follow.
    ///
    /// ```
    /// use llm_lab::model::speculative::Speculative;
    /// use llm_lab::model::{Preset, Settings, Size, Transformer};
    /// use ndarray_rand::rand::SeedableRng;
    /// let size = Size { vocab: 9, context: 16, d: 8, d_ff: 8, layers: 1, heads: 2, kv_heads: 1 };
    /// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    /// let model = Transformer::<f32>::new(Preset::Llama.config(size)?, &mut rng)?;
    /// let mut text = Speculative::new(&model, &model, &[1, 2], Settings::default(), false)?;
    /// let round = text.round(3, &mut rng)?; // a model accepts its own drafts
    /// assert_eq!((round.accepted, text.tokens().len()), (3, 6));
    /// # Ok::<(), llm_lab::report::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bad input if the models have different vocabularies, one of them looks ahead, or one cannot
    /// read the prompt.
    pub fn new(
        target: &'a Transformer<F>,
        draft: &'a Transformer<F>,
        prompt: &[u32],
        settings: Settings,
        greedy: bool,
    ) -> Result<Self, Error> {
        let (v, w) = (target.config.vocab, draft.config.vocab);
        if v != w {
            return Err(Error::input(text(
                format!("the draft knows {w} tokens and the target {v}"),
                format!("草稿模型有 {w} 个 token，目标模型有 {v} 个"),
            ))
            .allowed(text("two models with one vocabulary", "词表相同的两个模型")));
        }
        for model in [target, draft] {
            generate::check(model, prompt)?;
            if model.config.mask.ahead() > 0 {
                return Err(Error::input(text(
                    "a model that looks ahead cannot check a draft",
                    "会看到后文的模型无法检查草稿",
                ))
                .allowed(text("models with a causal mask", "因果掩码的模型")));
            }
        }
        Ok(Self {
            target: Reader::new(target),
            draft: Reader::new(draft),
            tokens: prompt.to_vec(),
            prompt: prompt.len(),
            rule: Rule::new(settings, greedy),
        })
    }

    /// The text so far.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// What comes after the prompt.
    pub fn said(&self) -> &[u32] {
        &self.tokens[self.prompt..]
    }

    /// Drafts up to k tokens, as many as the contexts hold, checks them in one pass of the target, and
    /// takes both caches back to what was kept.
    ///
    /// # Errors
    /// Bad input once a context is full, or if nothing can be chosen.
    pub fn round(&mut self, k: usize, rng: &mut dyn RngCore) -> Result<Round, Error> {
        let context = self.target.model.config.context.min(self.draft.model.config.context);
        let known = self.tokens.len();
        if known >= context {
            return Err(generate::too_long(known + 1, context));
        }
        let k = k.min(context - known);
        let v = self.target.model.config.vocab;
        let mut tokens = self.tokens.clone();
        let mut q = Vec::with_capacity(k);
        for _ in 0..k {
            self.draft.read(&tokens, 1);
            let row = &mut self.draft.workspace.logits; // (1, V)
            q.push(self.rule.distribution(&tokens, self.prompt, row)?);
            tokens.push(pick(&q[q.len() - 1], rng) as u32);
        }
        self.target.read(&tokens, k + 1);
        let rows = &mut self.target.workspace.logits; // (k + 1, V)
        let mut round =
            Round { drafted: tokens[known..].to_vec(), accepted: 0, added: 0, chances: Vec::new() };
        for (i, row) in rows.chunks_exact_mut(v).enumerate() {
            let p = self.rule.distribution(&tokens[..known + i], self.prompt, row)?;
            let Some(q) = q.get(i) else {
                round.added = pick(&p, rng) as u32; // all were kept: the target's own token
                break;
            };
            round.chances.push(acceptance(&p, q));
            let drafted = round.drafted[i] as usize;
            if !passes(p[drafted], q[drafted], rng) {
                round.added = pick(&residual(&p, q), rng) as u32;
                break;
            }
            round.accepted += 1;
        }
        self.tokens.extend(round.tokens());
        // what was refused must leave no trace; the last token is read in the next round
        for reader in [&mut self.target, &mut self.draft] {
            reader.back(known + round.accepted);
        }
        Ok(round)
    }
}

#[cfg(test)]
mod tests;
