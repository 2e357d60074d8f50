//! The places where a forward pass leaves what the backward pass and the curious need. They grow to
//! the largest batch once; from then on nothing is allocated.

use std::sync::Arc;

use crate::math::attention::Scratch;
use crate::math::real::Real;

use super::config::Config;
use super::pair::Pair;

/// What one sub-layer's norms and residual keep.
#[derive(Debug, Clone, Default)]
pub struct Around<F> {
    /// The branch's input: the normalized stream, or the stream itself, `(N·T, d)`.
    pub h: Vec<F>,
    /// Mean and factor of the norm before, `(N·T, 2)`.
    pub before: Vec<F>,
    /// What the norm after the branch sees, `(N·T, d)`.
    pub inner: Vec<F>,
    /// Mean and factor of the norm after, `(N·T, 2)`.
    pub after: Vec<F>,
}

/// What one block keeps.
#[derive(Debug, Clone, Default)]
pub struct Kept<F> {
    /// Around attention.
    pub attention: Around<F>,
    /// Queries as attention sees them, rotated, `(N·T, H·d_h)`.
    pub q: Vec<F>,
    /// Keys, rotated, `(N·T, kv·d_h)`.
    pub k: Vec<F>,
    /// Values, `(N·T, kv·d_h)`.
    pub v: Vec<F>,
    /// What the heads found, `(N·T, H·d_h)`.
    pub mixed: Vec<F>,
    /// Logarithms of the softmax denominators, `(N, H, T)`.
    pub logs: Vec<F>,
    /// Around the feed-forward block.
    pub ffn: Around<F>,
    /// What goes into the activation, `(N·T, d_ff)`.
    pub gate: Vec<F>,
    /// What the gate multiplies, `(N·T, d_ff)`; empty without a gate.
    pub up: Vec<F>,
    /// The neurons: what W₂ sees, `(N·T, d_ff)`.
    pub hidden: Vec<F>,
}

/// What BERT's head keeps.
#[derive(Debug, Clone, Default)]
pub struct Head<F> {
    /// Its input, `(N·T, d)`.
    pub input: Vec<F>,
    /// What goes into its activation, `(N·T, d)`.
    pub dense: Vec<F>,
    /// What its norm sees, `(N·T, d)`.
    pub active: Vec<F>,
    /// Mean and factor of its norm, `(N·T, 2)`.
    pub kept: Vec<F>,
}

/// Gradients on their way back; each place is used again in every block.
#[derive(Debug, Clone, Default)]
pub struct Slopes<F> {
    /// Of the residual stream, `(N·T, d)`.
    pub stream: Vec<F>,
    /// Of a branch's output, `(N·T, d)`.
    pub branch: Vec<F>,
    /// Of a branch's input, `(N·T, d)`.
    pub h: Vec<F>,
    /// Of what the heads of one sequence found, `(T, H·d_h)`.
    pub mixed: Vec<F>,
    /// Of the queries, `(N·T, H·d_h)`.
    pub q: Vec<F>,
    /// Of the keys, `(N·T, kv·d_h)`.
    pub k: Vec<F>,
    /// Of the values, `(N·T, kv·d_h)`.
    pub v: Vec<F>,
    /// Of the neurons, `(N·T, d_ff)`.
    pub hidden: Vec<F>,
    /// Of what the gate multiplies, `(N·T, d_ff)`.
    pub up: Vec<F>,
    /// Of the biases by distance, `(H, 2S − 1)`.
    pub relative: Vec<F>,
}

/// A forward pass as it went.
#[derive(Debug, Clone, Default)]
pub struct Workspace<F> {
    /// N: sequences.
    pub sequences: usize,
    /// T: tokens of each.
    pub length: usize,
    /// The embedding before its norm, `(N·T, d)`; empty without one.
    pub embedded: Vec<F>,
    /// Mean and factor of the norm after the embedding, `(N·T, 2)`.
    pub embedded_kept: Vec<F>,
    /// The residual stream: embedded, and after each sub-layer, 2L + 1 times `(N·T, d)`.
    pub streams: Vec<Vec<F>>,
    /// What each block keeps.
    pub blocks: Vec<Kept<F>>,
    /// What a branch adds, `(N·T, d)`.
    pub branch: Vec<F>,
    /// What meets the output matrix: after the norm at the end or BERT's head, `(N·T, d)`.
    pub last: Vec<F>,
    /// Mean and factor of the norm at the end, `(N·T, 2)`.
    pub last_kept: Vec<F>,
    /// What BERT's head keeps; empty without one.
    pub head: Head<F>,
    /// Logits of some rows, or their gradient.
    pub logits: Vec<F>,
    /// Biases by distance, `(H, 2S − 1)`.
    pub relative: Vec<F>,
    /// Gradients on their way back.
    pub slopes: Slopes<F>,
    /// Where attention's blocks work.
    pub scratch: Scratch<F>,
    /// A second thread that helps with the large matrices of a single token.
    pub pair: Option<Arc<Pair<F>>>,
}

impl<F: Real> Workspace<F> {
    /// Makes room for `n` sequences of `t` tokens.
    pub fn prepare(&mut self, config: &Config, n: usize, t: usize) {
        (self.sequences, self.length) = (n, t);
        let rows = n * t;
        let (d, ff) = (config.d, config.d_ff);
        let (wide, narrow) =
            (config.heads * config.head_width, config.kv_heads * config.head_width);
        self.streams.resize_with(2 * config.layers + 1, Vec::new);
        self.blocks.resize_with(config.layers, Kept::default);
        self.streams.iter_mut().for_each(|s| size(s, rows * d));
        for kept in &mut self.blocks {
            for around in [&mut kept.attention, &mut kept.ffn] {
                size(&mut around.h, rows * d);
                size(&mut around.before, rows * 2);
                size(&mut around.inner, rows * d);
                size(&mut around.after, rows * 2);
            }
            size(&mut kept.q, rows * wide);
            size(&mut kept.k, rows * narrow);
            size(&mut kept.v, rows * narrow);
            size(&mut kept.mixed, rows * wide);
            size(&mut kept.logs, rows * config.heads);
            size(&mut kept.gate, rows * ff);
            size(&mut kept.up, if config.gated { rows * ff } else { 0 });
            size(&mut kept.hidden, rows * ff);
        }
        let norm_rows = if config.embedding_norm { rows } else { 0 };
        size(&mut self.embedded, norm_rows * d);
        size(&mut self.embedded_kept, norm_rows * 2);
        let head_rows = if config.transform { rows } else { 0 };
        let head = &mut self.head;
        for place in [&mut head.input, &mut head.dense, &mut head.active] {
            size(place, head_rows * d);
        }
        size(&mut head.kept, head_rows * 2);
        size(&mut self.branch, rows * d);
        size(&mut self.last, rows * d);
        size(&mut self.last_kept, rows * 2);
    }

    /// Makes room for the gradients of the prepared batch.
    pub fn prepare_slopes(&mut self, config: &Config) {
        let rows = self.sequences * self.length;
        let (wide, narrow) =
            (config.heads * config.head_width, config.kv_heads * config.head_width);
        let slopes = &mut self.slopes;
        for place in [&mut slopes.stream, &mut slopes.branch, &mut slopes.h] {
            size(place, rows * config.d);
        }
        size(&mut slopes.q, rows * wide);
        size(&mut slopes.k, rows * narrow);
        size(&mut slopes.v, rows * narrow);
        size(&mut slopes.hidden, rows * config.d_ff);
        size(&mut slopes.up, if config.gated { rows * config.d_ff } else { 0 });
    }
}

/// How many numbers a forward pass of `rows` tokens leaves for the backward pass: what
/// [`Workspace::prepare`] makes room for. Attention's weights are not among them: they are computed
/// again.
pub fn kept(config: &Config, rows: usize) -> f64 {
    let f = |n: usize| n as f64;
    let (wide, narrow) =
        (f(config.heads * config.head_width), f(config.kv_heads * config.head_width));
    let (d, ff) = (f(config.d), f(config.d_ff));
    let gate = if config.gated { 3.0 } else { 2.0 };
    // inputs and sums of both branches with their statistics, and the stream after each
    let around = 2.0 * (2.0 * d + 4.0) + 2.0 * d;
    let block = around + 2.0 * wide + 2.0 * narrow + f(config.heads) + gate * ff;
    let embedding = if config.embedding_norm { d + 2.0 } else { 0.0 };
    let head = if config.transform { 3.0 * d + 2.0 } else { 0.0 };
    f(rows) * (f(config.layers) * block + 3.0 * d + 2.0 + embedding + head)
}

/// Exactly `n` places; capacity only grows.
pub(super) fn size<F: Real>(buffer: &mut Vec<F>, n: usize) {
    buffer.resize(n, F::zero());
}
