//! The KV cache: keys and values of the tokens so far, so that each new token is computed alone.

use std::ops::Range;

use crate::math::real::Real;

use super::config::Config;
use super::cost::cached;
use super::transformer::Transformer;

/// Keys and values of one sequence, for each block. 2·L·T·kv·d_h numbers.
#[derive(Debug, Clone, Default)]
pub struct Cache<F> {
    /// How many tokens it holds.
    pub length: usize,
    keys: Vec<Vec<F>>,
    values: Vec<Vec<F>>,
}

impl<F: Real> Cache<F> {
    /// An empty cache, with room for a whole context where that is small.
    pub fn new(config: &Config) -> Self {
        let room = config.context.min(1024) * config.kv_heads * config.head_width;
        let empty = || (0..config.layers).map(|_| Vec::with_capacity(room)).collect();
        Self { length: 0, keys: empty(), values: empty() }
    }

    /// The bytes that each token takes, 2·L·kv·d_h numbers.
    pub fn bytes_per_token(config: &Config) -> f64 {
        cached(config.layers, config.kv_heads, config.head_width) * size_of::<F>() as f64
    }

    /// The bytes of the keys and values in it.
    pub fn used(&self) -> usize {
        self.parts().map(|part| part.len() * size_of::<F>()).sum()
    }

    /// The bytes that it has taken from the machine: they stay its own when tokens are forgotten.
    pub fn held(&self) -> usize {
        self.parts().map(|part| part.capacity() * size_of::<F>()).sum()
    }

    fn parts(&self) -> impl Iterator<Item = &Vec<F>> {
        self.keys.iter().chain(&self.values)
    }

    /// Forgets everything after the first `length` tokens.
    pub fn truncate(&mut self, length: usize, config: &Config) {
        self.length = self.length.min(length);
        let n = self.length * config.kv_heads * config.head_width;
        self.keys.iter_mut().chain(&mut self.values).for_each(|x| x.truncate(n));
    }

    /// Forgets the tokens `range` in the middle; those after them move up. With RoPE their keys turn
    /// back by as many positions, so that distances are counted inside the cache, as when the first
    /// tokens and a window are kept of a stream (Xiao et al. 2024, StreamingLLM). O(L·T·kv·d_h).
    ///
    /// # Panics
    /// If the cache does not hold the range.
    pub fn forget(&mut self, range: Range<usize>, model: &Transformer<F>) {
        let (width, columns) = (model.config.head_width, model.widths().1);
        let rotation = model.rotation(self.length);
        for x in self.keys.iter_mut().chain(&mut self.values) {
            x.drain(range.start * columns..range.end * columns);
        }
        if let Some(rotation) = rotation {
            for keys in &mut self.keys {
                let moved = keys.chunks_exact_mut(columns).skip(range.start);
                moved.for_each(|key| rotation.turn(key, columns, width, range.len(), true));
            }
        }
        self.length -= range.len();
    }

    /// Appends the keys and values of new tokens `(t, kv·d_h)` in block `l`; returns all of them.
    pub(super) fn extend(&mut self, l: usize, k: &[F], v: &[F]) -> (&[F], &[F]) {
        self.keys[l].extend_from_slice(k);
        self.values[l].extend_from_slice(v);
        (&self.keys[l], &self.values[l])
    }
}
