//! The KV cache: keys and values of the tokens so far, so that each new token is computed alone.

use crate::math::real::Real;

use super::config::Config;

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

    /// Forgets everything after the first `length` tokens.
    pub fn truncate(&mut self, length: usize, config: &Config) {
        self.length = self.length.min(length);
        let n = self.length * config.kv_heads * config.head_width;
        self.keys.iter_mut().chain(&mut self.values).for_each(|x| x.truncate(n));
    }

    /// Appends the keys and values of new tokens `(t, kv·d_h)` in block `l`; returns all of them.
    pub(super) fn extend(&mut self, l: usize, k: &[F], v: &[F]) -> (&[F], &[F]) {
        self.keys[l].extend_from_slice(k);
        self.values[l].extend_from_slice(v);
        (&self.keys[l], &self.values[l])
    }
}
