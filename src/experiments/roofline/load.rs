//! The work of a Transformer on the clock: weights times a batch, attention over caches, attention
//! over a prompt.

use ndarray_rand::rand::{Rng, RngCore};
use rayon::prelude::*;

use crate::math::attention::{self, Heads, Mask, Scratch, blockwise};
use crate::math::product::{Matrix, MatrixMut, Write, product};

/// Work with its FLOPs and the bytes that it has to read and write at least.
pub struct Load<'a> {
    /// What it is called in the figure.
    pub label: String,
    /// Its name among metrics.
    pub key: String,
    /// Floating-point operations.
    pub flops: f64,
    /// Bytes from and to memory.
    pub bytes: f64,
    /// Does it once.
    pub run: Box<dyn FnMut() + 'a>,
}

fn numbers(n: usize, rng: &mut dyn RngCore) -> Vec<f32> {
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Weights `(d, d)`, more of them than the cache of the processor holds: one token of each of
/// `batch` sequences meets them all.
pub fn weights<'a>(matrices: &'a [f32], d: usize, batch: usize, rng: &mut dyn RngCore) -> Load<'a> {
    let count = matrices.len() / (d * d);
    let x = numbers(batch * d, rng); // (batch, d)
    let mut out = vec![0.0; matrices.len() / d * batch]; // (matrices, batch, d)
    let numbers = (d * d + 2 * batch * d) * count;
    Load {
        label: format!("{batch}"),
        key: format!("weights.b{batch}"),
        flops: (2 * batch * d * d * count) as f64,
        bytes: (numbers * size_of::<f32>()) as f64,
        run: Box::new(move || {
            let each = matrices.par_chunks(d * d).zip(out.par_chunks_mut(batch * d));
            each.for_each(|(w, out)| {
                product(Matrix::new(&x, d), Matrix::new(w, d), MatrixMut::new(out, d), Write::Set);
            });
            std::hint::black_box(&out);
        }),
    }
}

/// Decoding: `group` query heads look at the `length` cached keys and values of one key head, again
/// and again for other caches.
pub fn decode<'a>(
    cache: &'a [f32],
    length: usize,
    width: usize,
    group: usize,
    rng: &mut dyn RngCore,
) -> Load<'a> {
    let size = 2 * length * width; // keys and values
    let caches = cache.len() / size;
    let q = numbers(group * width, rng); // (1, group·d_h)
    let mut out = vec![0.0; caches * group * width];
    Load {
        label: match group {
            1 => "MHA".to_string(),
            _ => format!("{group} queries a kv head"),
        },
        key: format!("decode.g{group}"),
        flops: (4 * group * length * width * caches) as f64,
        bytes: (caches * (size + 2 * group * width) * size_of::<f32>()) as f64,
        run: Box::new(move || {
            let mask = Mask::Causal;
            let (scale, first) = ((width as f64).sqrt().recip(), length - 1);
            let rule =
                Heads { heads: group, kv_heads: 1, width, scale, mask, first, relative: None };
            let each = cache.par_chunks_exact(size).zip(out.par_chunks_mut(group * width));
            each.for_each_init(
                || (Scratch::default(), vec![0.0; group]),
                |(scratch, logs), (cache, out)| {
                    let (k, v) = cache.split_at(size / 2);
                    let [k, v] = [k, v].map(|x| Matrix::new(x, width)); // (T, d_h)
                    let q = Matrix::new(&q, group * width);
                    attention::forward(&rule, q, k, v, out, logs, scratch);
                },
            );
            std::hint::black_box(&out);
        }),
    }
}

/// Prefill: causal attention over a prompt, by blocks.
pub fn prefill<'a>(length: usize, width: usize, heads: usize, rng: &mut dyn RngCore) -> Load<'a> {
    let wide = heads * width;
    let x = numbers(length * wide, rng); // (T, H·d_h)
    let mut out = vec![0.0; length * wide];
    Load {
        label: format!("T = {length}"),
        key: format!("prefill.t{length}"),
        flops: (2 * length * (length + 1) * wide) as f64,
        bytes: (4 * length * wide * size_of::<f32>()) as f64,
        run: Box::new(move || {
            let scale = (width as f64).sqrt().recip();
            let mask = Mask::Causal;
            let rule =
                Heads { heads, kv_heads: heads, width, scale, mask, first: 0, relative: None };
            let x = Matrix::new(&x, wide);
            blockwise::forward(&rule, x, x, x, &mut out);
            std::hint::black_box(&out);
        }),
    }
}
