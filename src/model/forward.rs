//! The forward pass, from tokens to logits, top to bottom.

use std::ops::Range;

use crate::math::attention::{self, Heads, Mask};
use crate::math::dropout;
use crate::math::linear::add_bias;
use crate::math::norm::Rows;
use crate::math::position::{Rotation, alibi_slope, t5_bucket};
use crate::math::product::Matrix;
use crate::math::real::Real;
use crate::math::simd::vectorized;

use super::Placement;
use super::cache::Cache;
use super::layout::{AroundSlot, BlockSlot, LinearSlot, NormSlot, Slot};
use super::pair::{Factor, Pair};
use super::position::Position;
use super::stack::NormKind;
use super::transformer::Transformer;
use super::workspace::{Around, Kept, Workspace, size};

/// What differs between one forward pass and another over the same weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass<'a> {
    /// The key of the dropout masks, in training; `None` drops nothing.
    pub dropout: Option<u64>,
    /// Which sequence of the whole batch the first one here is, so that every sequence has its own
    /// mask wherever it is computed.
    pub first_sequence: usize,
    /// The type of each token `(N·T)` in a model that knows token types; empty for type 0
    /// everywhere.
    pub types: &'a [u32],
    /// Two positions of each token `(N·T)` where they are not those of the sequence, for
    /// [`Position::TwoRows`]; empty as a rule.
    pub places: &'a [[u32; 2]],
}

impl<F: Real> Transformer<F> {
    /// From tokens `(N·T)` to the normalized end of the stream, `ws.last` `(N·T, d)`; N and T are
    /// those that `ws` was prepared for. With a cache, N is 1 and the tokens come after those that
    /// the cache holds.
    ///
    /// # Panics
    /// If a token is not below V, a type not known, or a position not below S.
    pub fn forward(
        &self,
        tokens: &[u32],
        ws: &mut Workspace<F>,
        mut cache: Option<&mut Cache<F>>,
        pass: Pass,
    ) {
        let (n, t) = (ws.sequences, ws.length);
        let first = cache.as_ref().map_or(0, |cache| cache.length);
        let pair = ws.pair.clone();
        let pair = pair.as_deref();
        assert!(tokens.len() == n * t && first + t <= self.config.context, "no such positions");
        self.embed(tokens, pass, first, ws); // into streams[0], (N·T, d)
        self.drop(&mut ws.streams[0], pass, 0, t);
        self.relative(&mut ws.relative); // (H, 2S − 1)
        let rotation = self.rotation(first + t);
        for (l, (block, kept)) in self.layout.blocks.iter().zip(&mut ws.blocks).enumerate() {
            let [x, mid, out] = &mut ws.streams[2 * l..=2 * l + 2] else { unreachable!() };

            // each token looks at others
            self.enter(block.around_attention, x, &mut kept.attention);
            self.linear(pair, block.query, &kept.attention.h, &mut kept.q); // (N·T, H·d_h)
            self.linear(pair, block.key, &kept.attention.h, &mut kept.k); // (N·T, kv·d_h)
            self.linear(pair, block.value, &kept.attention.h, &mut kept.v); // (N·T, kv·d_h)
            self.rotate(rotation.as_deref(), &mut kept.q, &mut kept.k, first, t, false);
            let (wide, narrow) = self.widths();
            let rule = self.heads(first, &ws.relative);
            let (k, v) = match cache.as_deref_mut() {
                Some(cache) => cache.extend(l, &kept.k, &kept.v),
                None => (kept.k.as_slice(), kept.v.as_slice()),
            };
            let past = k.len() / narrow / n; // keys of each sequence
            for i in 0..n {
                attention::forward(
                    &rule,
                    Matrix::new(&kept.q[i * t * wide..(i + 1) * t * wide], wide),
                    Matrix::new(&k[i * past * narrow..(i + 1) * past * narrow], narrow),
                    Matrix::new(&v[i * past * narrow..(i + 1) * past * narrow], narrow),
                    &mut kept.mixed[i * t * wide..(i + 1) * t * wide],
                    &mut kept.logs[i * t * rule.heads..(i + 1) * t * rule.heads],
                    &mut ws.scratch,
                );
            }
            self.linear(pair, block.output, &kept.mixed, &mut ws.branch); // (N·T, d)
            self.drop(&mut ws.branch, pass, 2 * l + 1, t);
            self.leave(block.around_attention, x, &ws.branch, &mut kept.attention, mid);

            // each token by itself
            self.enter(block.around_ffn, mid, &mut kept.ffn);
            self.neurons(pair, block, kept); // hidden, (N·T, d_ff)
            self.linear(pair, block.down, &kept.hidden, &mut ws.branch); // (N·T, d)
            self.drop(&mut ws.branch, pass, 2 * l + 2, t);
            self.leave(block.around_ffn, mid, &ws.branch, &mut kept.ffn, out);
        }
        if let Some(cache) = cache {
            cache.length += t;
        }
        self.finish(2 * self.config.layers, ws); // into last, (N·T, d)
    }

    /// From one of the streams to `ws.last` `(N·T, d)`: the norm at the end, where there is one.
    pub(super) fn finish(&self, place: usize, ws: &mut Workspace<F>) {
        let end = &ws.streams[place];
        match self.layout.last {
            Some(norm) => self.norm(norm).forward(end, &mut ws.last, &mut ws.last_kept),
            None => ws.last.copy_from_slice(end),
        }
        self.transform(ws); // BERT's head, in others nothing
    }

    /// The logits `(rows, V)` of some rows of `ws.last`, into `ws.logits`.
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn logits(&self, ws: &mut Workspace<F>, rows: Range<usize>) {
        let d = self.config.d;
        let v = self.config.vocab;
        size(&mut ws.logits, rows.len() * v);
        let h = &ws.last[rows.start * d..rows.end * d]; // (rows, d)
        let table = Factor { slot: self.head(), transposed: true }; // (d, V)
        self.times(ws.pair.as_deref(), h, table, &mut ws.logits); // (rows, V)
        if let Some(slot) = self.layout.transform {
            add_bias(&mut ws.logits, self.tensor(slot.bias)); // (rows, V)
        }
    }

    /// The output matrix: the embedding if they are tied.
    pub(super) fn head(&self) -> Slot {
        self.layout.head.unwrap_or(self.layout.embedding)
    }

    /// The columns of queries, and those of keys or values.
    pub(super) fn widths(&self) -> (usize, usize) {
        let c = &self.config;
        (c.heads * c.head_width, c.kv_heads * c.head_width)
    }

    /// The rule of attention for queries from position `first` on.
    pub(super) fn heads<'a>(&self, first: usize, relative: &'a [F]) -> Heads<'a, F> {
        let c = &self.config;
        let wide = 2 * c.context - 1;
        Heads {
            heads: c.heads,
            kv_heads: c.kv_heads,
            width: c.head_width,
            scale: c.scale(),
            mask: c.mask,
            first,
            relative: (!relative.is_empty()).then(|| Matrix::new(relative, wide)),
        }
    }

    /// The biases of the scores by distance, `(H, 2S − 1)`; nothing for most positions.
    fn relative(&self, place: &mut Vec<F>) {
        let c = &self.config;
        let (s, h) = (c.context, c.heads);
        match (c.position, self.layout.relative) {
            (Position::Alibi, _) if place.is_empty() => {
                size(place, h * (2 * s - 1));
                for (head, row) in place.chunks_exact_mut(2 * s - 1).enumerate() {
                    let slope = alibi_slope(head, h);
                    let away = |o: usize| o.abs_diff(s - 1) as f64;
                    row.iter_mut().enumerate().for_each(|(o, b)| *b = F::of(-slope * away(o)));
                }
            }
            (Position::Relative { .. }, Some(slot)) => {
                size(place, h * (2 * s - 1));
                for (head, row) in place.chunks_exact_mut(2 * s - 1).enumerate() {
                    for (o, b) in row.iter_mut().enumerate() {
                        *b = self.weights[slot.start + self.bucket(o) * h + head];
                    }
                }
            }
            _ => {}
        }
    }

    /// The bucket of entry `o` of a row of biases by distance.
    pub(super) fn bucket(&self, o: usize) -> usize {
        let offset = o as isize - (self.config.context as isize - 1);
        match self.config.position {
            Position::Relative { buckets, farthest } => {
                let back = self.config.mask == Mask::Causal;
                t5_bucket(offset, buckets, farthest, back)
            }
            _ => 0,
        }
    }

    /// Rotates queries and keys, `t` rows of each sequence from position `first` on.
    pub(super) fn rotate(
        &self,
        rotation: Option<&Rotation<F>>,
        q: &mut [F],
        k: &mut [F],
        first: usize,
        t: usize,
        back: bool,
    ) {
        let Some(rotation) = rotation else { return };
        let width = self.config.head_width;
        let (wide, narrow) = self.widths();
        for (x, columns) in [(q, wide), (k, narrow)] {
            for sequence in x.chunks_exact_mut(t * columns) {
                rotation.turn(sequence, columns, width, first, back);
            }
        }
    }

    /// What W₂ sees: g(hW), or with a gate g(hW) ⊙ hV.
    fn neurons(&self, pair: Option<&Pair<F>>, block: &BlockSlot, kept: &mut Kept<F>) {
        let activation = self.config.activation;
        let Kept { ffn: Around { h, .. }, gate, up, hidden, .. } = kept;
        match block.gate {
            Some(slot) => {
                self.linear(pair, slot, h, gate); // (N·T, d_ff)
                self.linear(pair, block.up, h, up); // (N·T, d_ff)
                activation.gate(gate, up, hidden); // (N·T, d_ff)
            }
            None => {
                self.linear(pair, block.up, h, gate); // (N·T, d_ff)
                activation.rows(gate, hidden); // (N·T, d_ff)
            }
        }
    }

    /// The branch's input: the stream, normalized if the placement says so.
    fn enter(&self, slot: AroundSlot, x: &[F], kept: &mut Around<F>) {
        match slot.before {
            Some(norm) => self.norm(norm).forward(x, &mut kept.h, &mut kept.before),
            None => kept.h.copy_from_slice(x),
        }
    }

    /// The stream after a branch has added `f` to `x`.
    fn leave(&self, slot: AroundSlot, x: &[F], f: &[F], kept: &mut Around<F>, next: &mut [F]) {
        let c = &self.config;
        let alpha = if c.residual { F::of(c.deepnorm().alpha) } else { F::zero() };
        match (c.placement, slot.after) {
            (Placement::Sandwich, Some(norm)) => {
                kept.inner.copy_from_slice(f);
                self.norm(norm).forward(&kept.inner, next, &mut kept.after);
                vectorized!(|| next.iter_mut().zip(x).for_each(|(y, x)| *y += *x * alpha));
            }
            (_, Some(norm)) => {
                join(&mut kept.inner, x, alpha, f);
                self.norm(norm).forward(&kept.inner, next, &mut kept.after);
            }
            (_, None) => join(next, x, alpha, f),
        }
    }

    /// One linear map.
    pub(super) fn linear(&self, pair: Option<&Pair<F>>, slot: LinearSlot, x: &[F], y: &mut [F]) {
        self.times(pair, x, Factor { slot: slot.weight, transposed: false }, y);
        if let Some(bias) = slot.bias {
            add_bias(y, self.tensor(bias));
        }
    }

    /// One norm.
    pub(super) fn norm(&self, slot: NormSlot) -> Rows<'_, F> {
        Rows {
            centre: self.config.norm == NormKind::LayerNorm,
            eps: self.config.eps,
            gamma: self.tensor(slot.gamma),
            beta: slot.beta.map_or(&[], |beta| self.tensor(beta)),
        }
    }

    /// Dropout at one place of the network.
    pub(super) fn drop(&self, x: &mut [F], pass: Pass, place: usize, t: usize) {
        if let Some(key) = pass.dropout {
            let first = pass.first_sequence * t * self.config.d;
            let key = key.wrapping_add((place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            dropout::drop(x, self.config.dropout, key, first);
        }
    }
}

/// The stream around a branch and the branch: `y = αx + f`.
fn join<F: Real>(y: &mut [F], x: &[F], alpha: F, f: &[F]) {
    vectorized!(|| y.iter_mut().zip(x).zip(f).for_each(|((y, x), f)| *y = *x * alpha + *f));
}
