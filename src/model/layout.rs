//! Where each tensor lies in the one long array of parameters. Gradients and the optimizer's
//! moments have the same layout, so that summing, clipping and stepping are plain loops.
//!
//! Matrices come first and vectors (biases, norms) after them, because weight decay pulls on
//! matrices only.

use std::ops::Range;

use super::Placement;
use super::config::Config;
use super::position::Position;
use super::stack::NormKind;

/// The place of one tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The first number.
    pub start: usize,
    /// Rows: what goes in.
    pub rows: usize,
    /// Columns: what comes out.
    pub columns: usize,
}

impl Slot {
    /// The numbers of the tensor.
    pub fn range(self) -> Range<usize> {
        self.start..self.start + self.rows * self.columns
    }
}

/// A linear map: `(d_in, d_out)`, and perhaps a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinearSlot {
    /// W.
    pub weight: Slot,
    /// b.
    pub bias: Option<Slot>,
}

/// A norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormSlot {
    /// γ.
    pub gamma: Slot,
    /// β of LayerNorm.
    pub beta: Option<Slot>,
}

/// The norms around one branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AroundSlot {
    /// Before the branch (pre, sandwich).
    pub before: Option<NormSlot>,
    /// After it (post, sandwich, DeepNorm).
    pub after: Option<NormSlot>,
}

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSlot {
    /// Norms around attention.
    pub around_attention: AroundSlot,
    /// W_Q.
    pub query: LinearSlot,
    /// W_K.
    pub key: LinearSlot,
    /// W_V.
    pub value: LinearSlot,
    /// W_O.
    pub output: LinearSlot,
    /// Norms around the feed-forward block.
    pub around_ffn: AroundSlot,
    /// W of the gate, in a gated block.
    pub gate: Option<LinearSlot>,
    /// W₁, or V of a gated block.
    pub up: LinearSlot,
    /// W₂.
    pub down: LinearSlot,
}

/// BERT's head before the output matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformSlot {
    /// The linear map, `(d, d)`.
    pub dense: LinearSlot,
    /// The norm after the activation.
    pub norm: Option<NormSlot>,
    /// The bias of each token's logit, `(V)`.
    pub bias: Slot,
}

/// All tensors of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The token embedding, `(V, d)`.
    pub embedding: Slot,
    /// The learned positions, `(S, d)`, or both tables one under the other, `(2S, d)`.
    pub position: Option<Slot>,
    /// The token types, `(types, d)`.
    pub types: Option<Slot>,
    /// The norm after the embedding.
    pub embedding_norm: Option<NormSlot>,
    /// The learned biases by distance, `(buckets, H)`.
    pub relative: Option<Slot>,
    /// The blocks.
    pub blocks: Vec<BlockSlot>,
    /// The norm at the end.
    pub last: Option<NormSlot>,
    /// BERT's head.
    pub transform: Option<TransformSlot>,
    /// The output matrix `(V, d)` where it is not the embedding.
    pub head: Option<Slot>,
    /// Every tensor with its name.
    pub names: Vec<(String, Slot)>,
    /// How many of the numbers are in matrices: they come first.
    pub matrices: usize,
    /// All numbers.
    pub total: usize,
}

impl Layout {
    /// The layout of a valid configuration.
    pub fn new(config: &Config) -> Self {
        let count = build(config, 0);
        build(config, count.matrices)
    }
}

/// Hands out places: matrices from 0, vectors from where the matrices end.
struct Places {
    matrices: usize,
    vectors: usize,
    names: Vec<(String, Slot)>,
}

impl Places {
    fn add(&mut self, name: String, rows: usize, columns: usize, vector: bool) -> Slot {
        let next = if vector { &mut self.vectors } else { &mut self.matrices };
        let slot = Slot { start: *next, rows, columns };
        *next += rows * columns;
        self.names.push((name, slot));
        slot
    }

    fn linear(&mut self, name: &str, d_in: usize, d_out: usize, bias: bool) -> LinearSlot {
        LinearSlot {
            weight: self.add(format!("{name}.weight"), d_in, d_out, false),
            bias: bias.then(|| self.add(format!("{name}.bias"), 1, d_out, true)),
        }
    }

    fn norm(&mut self, name: &str, kind: NormKind, d: usize) -> Option<NormSlot> {
        (kind != NormKind::None).then(|| NormSlot {
            gamma: self.add(format!("{name}.gamma"), 1, d, true),
            beta: (kind == NormKind::LayerNorm)
                .then(|| self.add(format!("{name}.beta"), 1, d, true)),
        })
    }

    fn around(&mut self, name: &str, config: &Config) -> AroundSlot {
        let (before, after) = match config.placement {
            Placement::Pre => (true, false),
            Placement::Sandwich => (true, true),
            Placement::Post | Placement::DeepNorm => (false, true),
        };
        let mut norm = |side: &str, there: bool| {
            let kind = if there { config.norm } else { NormKind::None };
            self.norm(&format!("{name}.{side}"), kind, config.d)
        };
        AroundSlot { before: norm("before", before), after: norm("after", after) }
    }
}

fn build(config: &Config, matrices: usize) -> Layout {
    let mut places = Places { matrices: 0, vectors: matrices, names: Vec::new() };
    let d = config.d;
    let embedding = places.add("embedding".to_string(), config.vocab, d, false);
    let tables = match config.position {
        Position::Learned => 1,
        Position::TwoRows => 2,
        _ => 0,
    };
    let position =
        (tables > 0).then(|| places.add("position".to_string(), tables * config.context, d, false));
    let types = (config.types > 0).then(|| places.add("types".to_string(), config.types, d, false));
    let after = if config.embedding_norm { config.norm } else { NormKind::None };
    let embedding_norm = places.norm("embedding_norm", after, d);
    let relative = match config.position {
        Position::Relative { buckets, .. } => {
            Some(places.add("relative".to_string(), buckets, config.heads, true))
        }
        _ => None,
    };
    let blocks = (0..config.layers).map(|l| block(config, l, &mut places)).collect();
    let closing = if config.placement.has_final_norm() { config.norm } else { NormKind::None };
    let last = places.norm("last", closing, d);
    let transform = config.transform.then(|| TransformSlot {
        dense: places.linear("transform.dense", d, d, true),
        norm: places.norm("transform.norm", config.norm, d),
        bias: places.add("transform.logits.bias".to_string(), 1, config.vocab, true),
    });
    let head = (!config.tied).then(|| places.add("head".to_string(), config.vocab, d, false));
    let Places { matrices, vectors, names } = places;
    Layout {
        embedding,
        position,
        types,
        embedding_norm,
        relative,
        blocks,
        last,
        transform,
        head,
        names,
        matrices,
        total: vectors.max(matrices),
    }
}

fn block(config: &Config, layer: usize, places: &mut Places) -> BlockSlot {
    let (d, wide, narrow) =
        (config.d, config.heads * config.head_width, config.kv_heads * config.head_width);
    let biases = config.biases;
    let name = |part: &str| format!("blocks.{layer}.{part}");
    BlockSlot {
        around_attention: places.around(&name("attention"), config),
        query: places.linear(&name("attention.query"), d, wide, biases.qkv),
        key: places.linear(&name("attention.key"), d, narrow, biases.qkv),
        value: places.linear(&name("attention.value"), d, narrow, biases.qkv),
        output: places.linear(&name("attention.output"), wide, d, biases.output),
        around_ffn: places.around(&name("ffn"), config),
        gate: config.gated.then(|| places.linear(&name("ffn.gate"), d, config.d_ff, biases.ffn)),
        up: places.linear(&name("ffn.up"), d, config.d_ff, biases.ffn),
        down: places.linear(&name("ffn.down"), config.d_ff, d, biases.ffn),
    }
}
