//! An encoder–decoder in small: two stacks of the lab's blocks, and cross-attention by the same
//! function that the Transformer runs, its queries from one stack and its keys from the other.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use ndarray_rand::rand::Rng;

use crate::math::attention::{Heads, Mask, Scratch, forward};
use crate::math::ffn::Kind;
use crate::math::linear::{Linear, xavier};
use crate::math::position::sinusoidal;
use crate::math::product::Matrix;
use crate::model::Placement;
use crate::model::stack::{Config, Norm, NormKind, Stack};

/// The sizes of both stacks.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Rows of the embedding, which both stacks and the output share.
    pub vocab: usize,
    /// Width of both residual streams.
    pub d: usize,
    /// Width inside the feed-forward blocks.
    pub d_ff: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks of each stack.
    pub layers: usize,
    /// The feed-forward block.
    pub ffn: Kind,
}

/// Attention from one stack to another.
struct Cross {
    norm: Norm<f64>,
    query: Linear<f64>,
    key: Linear<f64>,
    value: Linear<f64>,
    output: Linear<f64>,
}

/// An encoder and a decoder with RMSNorm before each branch, as T5 has it.
pub struct TwoStacks {
    shape: Shape,
    embedding: Array2<f64>,
    encoder: Stack<f64>,
    /// Self-attention and feed-forward of each block; cross-attention stands between them.
    decoder: Vec<Stack<f64>>,
    cross: Vec<Cross>,
    last: Norm<f64>,
}

impl TwoStacks {
    /// Random weights.
    pub fn new(shape: Shape, rng: &mut impl Rng) -> Self {
        let Shape { vocab, d, d_ff, heads, layers, ffn } = shape;
        let norm = NormKind::RmsNorm;
        let config = |layers, mask| Config {
            layers,
            d,
            d_ff,
            heads,
            mask,
            ffn,
            placement: Placement::Pre,
            norm,
            gain: 1.0,
        };
        let encoder = Stack::new(&config(layers, Mask::None), rng);
        // one block at a time, each without the norm that closes a stack
        let block = |rng: &mut _| Stack {
            last: Norm::Identity,
            ..Stack::new(&config(1, Mask::Causal), rng)
        };
        let decoder = (0..layers).map(|_| block(&mut *rng)).collect();
        let cross = (0..layers)
            .map(|_| Cross {
                norm: Norm::new(norm, d),
                query: Linear::xavier(d, d, 1.0, rng),
                key: Linear::xavier(d, d, 1.0, rng),
                value: Linear::xavier(d, d, 1.0, rng),
                output: Linear::xavier(d, d, 1.0, rng),
            })
            .collect();
        let embedding = xavier(vocab, d, 1.0, rng);
        Self { shape, embedding, encoder, decoder, cross, last: Norm::new(norm, d) }
    }

    /// Reads a source and a target: the ends of both streams, one below the other, `(m + n, d)`.
    pub fn read(&self, source: &[u32], target: &[u32]) -> Array2<f64> {
        let (memory, _) = self.encoder.forward(self.embed(source)); // (m, d)
        let mut x = self.embed(target); // (n, d)
        for (block, cross) in self.decoder.iter().zip(&self.cross) {
            let [own, ffn] = block.sublayers.as_slice() else { continue };
            x = own.forward(x.view()).0; // (n, d)
            x = &x + &cross.look(x.view(), memory.view(), self.shape.heads); // (n, d)
            x = ffn.forward(x.view()).0; // (n, d)
        }
        let (x, _) = self.last.forward(x); // (n, d)
        concatenate![Axis(0), memory, x] // (m + n, d)
    }

    fn embed(&self, tokens: &[u32]) -> Array2<f64> {
        let d = self.shape.d;
        Array2::from_shape_fn((tokens.len(), d), |(i, k)| {
            self.embedding[[tokens[i] as usize, k]] + sinusoidal(i, k, d)
        })
    }
}

impl Cross {
    /// What the queries of `x` `(n, d)` find in the keys and values of `memory` `(m, d)`.
    fn look(&self, x: ArrayView2<f64>, memory: ArrayView2<f64>, heads: usize) -> Array2<f64> {
        let (n, d) = x.dim();
        let (normed, _) = self.norm.forward(x.to_owned()); // (n, d)
        let q = rows(self.query.forward(normed.view())); // (n, d)
        let (k, v) = (rows(self.key.forward(memory)), rows(self.value.forward(memory))); // (m, d)
        let width = d / heads;
        let rule = Heads {
            heads,
            kv_heads: heads,
            width,
            scale: 1.0 / (width as f64).sqrt(),
            mask: Mask::None,
            first: 0,
            relative: None,
        };
        let (mut out, mut logs) = (vec![0.0; n * d], vec![0.0; n * heads]);
        let (q, k, v) = (Matrix::new(&q, d), Matrix::new(&k, d), Matrix::new(&v, d));
        forward(&rule, q, k, v, &mut out, &mut logs, &mut Scratch::default());
        let mixed = Array2::from_shape_fn((n, d), |(i, k)| out[i * d + k]); // (n, d)
        self.output.forward(mixed.view()) // (n, d)
    }
}

/// The numbers of an array, row after row.
fn rows(a: Array2<f64>) -> Vec<f64> {
    a.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::families::Parts;
    use super::*;
    use crate::math::parameters::Parameters;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// The numbers of the embedding, the encoder, the decoder and its cross-attention.
    fn counted(model: &TwoStacks) -> [usize; 4] {
        let decoder: usize = model.decoder.iter().map(Parameters::count).sum();
        let maps = |c: &Cross| {
            [&c.query, &c.key, &c.value, &c.output].map(Parameters::count).iter().sum::<usize>()
        };
        let cross = model.cross.iter().map(|c| c.norm.count() + maps(c)).sum();
        [model.embedding.len(), model.encoder.count(), decoder + model.last.count(), cross]
    }

    #[test]
    fn parameters_are_those_of_the_formula() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for layers in [1, 3] {
            let shape = Shape { vocab: 7, d: 6, d_ff: 8, heads: 2, layers, ffn: Kind::Relu };
            let [embedding, encoder, decoder, cross] = counted(&TwoStacks::new(shape, &mut rng));
            let parts = Parts::new(7, 6, 8, layers);
            assert_eq!(parts.embedding as usize, embedding);
            assert_eq!(parts.stack() as usize, encoder);
            assert_eq!(parts.stack() as usize, decoder);
            assert_eq!(parts.cross() as usize, cross);
        }
    }

    #[test]
    fn cross_attention_is_attend_head_by_head() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let shape = Shape { vocab: 7, d: 6, d_ff: 8, heads: 2, layers: 1, ffn: Kind::Relu };
        let cross = TwoStacks::new(shape, &mut rng).cross.remove(0);
        let (x, memory) = (xavier(3, 6, 2.0, &mut rng), xavier(5, 6, 2.0, &mut rng));
        let (normed, _) = cross.norm.forward(x.clone());
        let (q, k, v) = (
            cross.query.forward(normed.view()),
            cross.key.forward(memory.view()),
            cross.value.forward(memory.view()),
        );
        let part =
            |a: &Array2<f64>, h: usize| a.slice_axis(Axis(1), (3 * h..3 * h + 3).into()).to_owned();
        let heads = [0, 1].map(|h| {
            let (q, k, v) = (part(&q, h), part(&k, h), part(&v, h));
            crate::math::attention::attend(q.view(), k.view(), v.view(), Mask::None).0
        });
        let mixed = concatenate![Axis(1), heads[0], heads[1]];
        let expected = cross.output.forward(mixed.view());
        let apart = cross.look(x.view(), memory.view(), 2) - expected;
        assert!(apart.iter().all(|e| e.abs() < 1e-12));
    }
}
