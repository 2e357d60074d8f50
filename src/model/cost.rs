//! What a forward pass takes, part by part, counted from the configuration: FLOPs, the weights that
//! are read, and the other numbers that are read and written.

use super::config::Config;
use crate::math::ffn::cost::{SPECIAL, flops_of};

/// A part of the forward pass, all blocks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// W_Q, W_K, W_V and W_O.
    Projections,
    /// Q·Kᵀ.
    Scores,
    /// The softmax of the scores.
    Softmax,
    /// The weighted sum of the values.
    Mix,
    /// The matrices of the feed-forward blocks.
    Ffn,
    /// Their activation, and the gate's product.
    Activation,
    /// The output matrix; BERT's head with its own matrix before it.
    Head,
}

/// What one part takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Which part.
    pub part: Part,
    /// Floating-point operations; an exp is [`SPECIAL`] of them.
    pub flops: f64,
    /// Weights that are read: once, however many tokens there are.
    pub weights: f64,
    /// Other numbers that are read from memory or written to it, each where it is used; the cached
    /// keys and values are among them.
    pub moved: f64,
}

/// What is computed at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Tokens that go through the model.
    pub tokens: f64,
    /// Pairs (query, key) of one head in one block.
    pub pairs: f64,
    /// Keys (and as many values) that the queries look at, over all sequences.
    pub keys: f64,
    /// Whether the scores stay in the cache of the processor, as in FlashAttention, and never go to
    /// memory.
    pub fused: bool,
}

impl Load {
    /// `batch` whole sequences of `length` tokens; every query meets every key, as in the formula. A
    /// causal mask hides half of the pairs: set `pairs` to those that are computed.
    pub fn prefill(batch: f64, length: f64) -> Self {
        let tokens = batch * length;
        Self { tokens, pairs: tokens * length, keys: tokens, fused: false }
    }

    /// One new token of each of `batch` sequences whose caches hold `length` tokens with it.
    pub fn decode(batch: f64, length: f64) -> Self {
        Self { tokens: batch, pairs: batch * length, keys: batch * length, fused: false }
    }
}

impl Part {
    /// All parts, in the order in which they run.
    pub const ALL: [Self; 7] = [
        Self::Projections,
        Self::Scores,
        Self::Softmax,
        Self::Mix,
        Self::Ffn,
        Self::Activation,
        Self::Head,
    ];

    /// The part's name among metrics.
    pub fn key(self) -> &'static str {
        match self {
            Self::Projections => "projections",
            Self::Scores => "scores",
            Self::Softmax => "softmax",
            Self::Mix => "mix",
            Self::Ffn => "ffn",
            Self::Activation => "activation",
            Self::Head => "head",
        }
    }
}

/// What every part takes. Norms, residual additions and the look-up of embeddings are left out: they
/// are proportional to T·d and small.
///
/// With d = H·d_h and as many key heads: projections 8·T·d² FLOPs, scores and mix 2·T²·d each, the
/// matrices of a plain FFN of width 4d 16·T·d², for each block. Kaplan et al. 2020, Scaling Laws for
/// Neural Language Models, table 1, counts the same for one token.
///
/// ```
/// use llm_lab::model::cost::{Load, Part, cost};
/// use llm_lab::model::published::Model;
/// let gpt = Model::find("gpt-2").and_then(|m| m.config(1024)).unwrap();
/// let parts = cost(&gpt, Load::prefill(1.0, 1024.0));
/// assert_eq!(parts[0].flops, 12.0 * 8.0 * 1024.0 * 768.0 * 768.0);
/// assert_eq!(parts[1].flops, 12.0 * 2.0 * 1024.0 * 1024.0 * 768.0);
/// ```
pub fn cost(config: &Config, load: Load) -> [Cost; 7] {
    let Load { tokens, pairs, keys, fused } = load;
    let f = |n: usize| n as f64;
    let (d, d_ff, layers, vocab) = (f(config.d), f(config.d_ff), f(config.layers), f(config.vocab));
    let wide = f(config.heads * config.head_width);
    let narrow = f(config.kv_heads * config.head_width);
    let scores = if fused { 0.0 } else { layers * f(config.heads) * pairs }; // in memory
    let (gate, matrices) = if config.gated { (1.0, 3.0) } else { (0.0, 2.0) };
    let ffn = flops_of(config.activation, config.gated, layers * tokens, config.d, config.d_ff);
    // BERT's head has a matrix (d, d) of its own
    let transform = if config.transform { 1.0 } else { 0.0 };
    Part::ALL.map(|part| {
        let (flops, weights, moved) = match part {
            Part::Projections => {
                let weights = layers * d * 2.0 * (wide + narrow);
                (
                    2.0 * tokens * weights,
                    weights,
                    layers * tokens * (2.0 * d + 2.0 * wide + 2.0 * narrow),
                )
            }
            Part::Scores => (
                2.0 * layers * pairs * wide,
                0.0,
                layers * (tokens * wide + keys * narrow) + scores,
            ),
            // largest, minus it, exp, sum, divide
            Part::Softmax => (layers * f(config.heads) * pairs * f(4 + SPECIAL), 0.0, 2.0 * scores),
            Part::Mix => (
                2.0 * layers * pairs * wide,
                0.0,
                layers * (tokens * wide + keys * narrow) + scores,
            ),
            Part::Ffn => {
                let moved = layers * tokens * (2.0 * d + matrices * d_ff);
                (ffn.products, layers * matrices * d * d_ff, moved)
            }
            Part::Activation => {
                (ffn.activation + ffn.gate, 0.0, layers * tokens * d_ff * (2.0 + gate))
            }
            Part::Head => {
                let weights = vocab * d + transform * d * d;
                (2.0 * tokens * weights, weights, tokens * (d + vocab + transform * 2.0 * d))
            }
        };
        Cost { part, flops, weights, moved }
    })
}

/// The length of a sequence from which on scores and mix take more FLOPs than the projections, and
/// than projections and feed-forward matrices together, when every query meets every key: 2d and 6d
/// for as many key heads as query heads and a plain FFN of width 4d. A kernel that skips what a
/// causal mask hides computes half the pairs: twice these lengths.
///
/// ```
/// use llm_lab::model::cost::crossings;
/// use llm_lab::model::published::Model;
/// let gpt = Model::find("gpt-2").and_then(|m| m.config(1024)).unwrap();
/// assert_eq!(crossings(&gpt), (2.0 * 768.0, 6.0 * 768.0));
/// ```
pub fn crossings(config: &Config) -> (f64, f64) {
    let parts = cost(config, Load::prefill(1.0, 1.0));
    let flops = |part: Part| parts.iter().find(|c| c.part == part).map_or(0.0, |c| c.flops);
    let pair = flops(Part::Scores) + flops(Part::Mix); // of one pair
    let projections = flops(Part::Projections); // of one token
    (projections / pair, (projections + flops(Part::Ffn)) / pair)
}

/// Numbers that the KV cache holds for one token: a key and a value for each block and key head,
/// 2·L·kv·d_h. Whatever batch, length and precision multiply it.
///
/// ```
/// use llm_lab::model::cost::cached;
/// let gib = f64::from(1 << 30);
/// assert_eq!(cached(32, 32, 128) * 4096.0 * 2.0 / gib, 2.0); // Llama 2 7B in f16
/// assert_eq!(cached(80, 8, 128) * 4096.0 * 2.0 / gib, 1.25); // 70B: 8 key heads of 64
/// ```
pub fn cached(layers: usize, kv_heads: usize, head_width: usize) -> f64 {
    2.0 * layers as f64 * kv_heads as f64 * head_width as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::layout::{Layout, Slot};
    use crate::model::published::{MODELS, SIZES};

    /// Two FLOPs for each weight that a token meets: the same count from the tensors of the layout.
    #[test]
    fn every_weight_of_a_matrix_is_used_once_for_each_token() {
        let mut counted = 0;
        for model in MODELS.iter().chain(SIZES) {
            let Some(config) = model.config(64) else { continue };
            let layout = Layout::new(&config);
            let size = |slot: Slot| slot.range().len() as f64;
            let embedding = if config.tied { None } else { Some(layout.embedding) };
            let tables = [embedding, layout.position, layout.types];
            let looked_up: f64 = tables.into_iter().flatten().map(size).sum();
            let parts = cost(&config, Load::decode(1.0, 64.0));
            let weights: f64 = parts.iter().map(|c| c.weights).sum();
            assert_eq!(weights, layout.matrices as f64 - looked_up, "{}", model.id);
            let matrices = parts.iter().filter(|c| c.weights > 0.0).map(|c| c.flops);
            assert_eq!(matrices.sum::<f64>(), 2.0 * weights, "{}", model.id);
            counted += 1;
        }
        assert!(counted > 20, "{counted}");
    }

    /// As many tokens one by one, each with the keys before it, meet the pairs of a causal mask.
    #[test]
    fn decoding_meets_half_of_the_square() {
        let config = MODELS.iter().find_map(|m| m.config(64)).unwrap();
        let scores = |load| cost(&config, load)[1].flops;
        let one_by_one: f64 = (1..=64).map(|t| scores(Load::decode(1.0, f64::from(t)))).sum();
        let whole = Load { pairs: 64.0 * 65.0 / 2.0, ..Load::prefill(1.0, 64.0) };
        assert_eq!(one_by_one, scores(whole));
    }
}
