//! A look inside a forward pass. The workspace that the pass fills anyway is the trace: streams,
//! queries, keys and neurons lie there, so that looking costs nothing until one looks.

use ndarray::Array2;

use crate::math::attention;
use crate::math::product::Matrix;
use crate::math::real::Real;
use crate::math::softmax::softmax;
use crate::report::Error;

use super::forward::Pass;
use super::generate;
use super::transformer::Transformer;
use super::workspace::Workspace;

/// What the forward pass of one sequence of T tokens left behind.
#[derive(Debug, Clone)]
pub struct Trace<'a, F> {
    model: &'a Transformer<F>,
    workspace: Workspace<F>,
}

impl<'a, F: Real> Trace<'a, F> {
    /// Reads a sequence.
    ///
    /// ```
    /// use llm_lab::model::{Preset, Size, Trace, Transformer};
    /// use ndarray_rand::rand::SeedableRng;
    /// let size = Size { vocab: 9, context: 8, d: 8, d_ff: 8, layers: 1, heads: 2, kv_heads: 1 };
    /// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    /// let model = Transformer::<f64>::new(Preset::Llama.config(size)?, &mut rng)?;
    /// let trace = Trace::of(&model, &[1, 2, 3])?;
    /// assert_eq!(trace.attention(0, 1)[[0, 0]], 1.0); // the first token sees only itself
    /// # Ok::<(), llm_lab::report::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`generate::Generation::new`].
    pub fn of(model: &'a Transformer<F>, tokens: &[u32]) -> Result<Self, Error> {
        generate::check(model, tokens)?;
        let mut workspace = Workspace::default();
        workspace.prepare(&model.config, 1, tokens.len());
        model.forward(tokens, &mut workspace, None, Pass::default());
        Ok(Self { model, workspace })
    }

    /// The weights `(T, T)` of one head: row i says where token i looked. O(T²·d_h).
    ///
    /// # Panics
    /// If there is no such block or head.
    pub fn attention(&self, layer: usize, head: usize) -> Array2<F> {
        let kept = &self.workspace.blocks[layer];
        let (wide, narrow) = self.model.widths();
        let rule = self.model.heads(0, &self.workspace.relative);
        let (q, k) = (Matrix::new(&kept.q, wide), Matrix::new(&kept.k, narrow));
        self.rows(&attention::weights(&rule, q, k, head)) // (T, T)
    }

    /// The residual stream `(T, d)` at one of 2L + 1 places: 0 is the embedding, 2l + 1 lies after
    /// attention of block l, 2l + 2 after its feed-forward block.
    ///
    /// # Panics
    /// If there is no such place.
    pub fn stream(&self, place: usize) -> Array2<F> {
        self.rows(&self.workspace.streams[place])
    }

    /// The logit lens: what the model would say next if it ended after so many blocks, as
    /// probabilities `(T, V)`. The norm at the end and the output matrix are applied to the stream
    /// as it is there. O(T·V·d). nostalgebraist 2020, interpreting GPT: the logit lens.
    ///
    /// # Panics
    /// If there are not so many blocks.
    pub fn lens(&mut self, layers: usize) -> Array2<F> {
        self.model.finish(2 * layers, &mut self.workspace); // (T, d)
        let t = self.workspace.length;
        self.model.logits(&mut self.workspace, 0..t); // (T, V)
        softmax(self.rows(&self.workspace.logits).view())
    }

    /// The neurons `(T, d_ff)` of a block: what its last matrix sees.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn neurons(&self, layer: usize) -> Array2<F> {
        self.rows(&self.workspace.blocks[layer].hidden)
    }

    /// What goes into the activation of a block `(T, d_ff)`: of a gated one, the gate.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn gates(&self, layer: usize) -> Array2<F> {
        self.rows(&self.workspace.blocks[layer].gate)
    }

    /// How much one unit of a neuron adds to each token's logit by the direct path `(V)`: its row of
    /// W₂, times γ of the norm at the end, times the output matrix. What the norm divides by and
    /// what later blocks make of it is left out. O(V·d). Geva et al. 2021, Transformer Feed-Forward
    /// Layers Are Key-Value Memories.
    ///
    /// # Panics
    /// If there is no such block or neuron.
    pub fn says(&self, layer: usize, neuron: usize) -> Vec<F> {
        let model = self.model;
        let d = model.config.d;
        let down = model.tensor(model.layout.blocks[layer].down.weight); // (d_ff, d)
        let mut row = down[neuron * d..(neuron + 1) * d].to_vec(); // (d)
        if let Some(norm) = model.layout.last {
            row.iter_mut().zip(model.tensor(norm.gamma)).for_each(|(x, g)| *x *= *g);
        }
        let table = model.tensor(model.head()); // (V, d)
        let dot = |word: &[F]| word.iter().zip(&row).fold(F::zero(), |sum, (a, b)| sum + *a * *b);
        table.chunks_exact(d).map(dot).collect()
    }

    /// One row a token.
    fn rows(&self, numbers: &[F]) -> Array2<F> {
        let t = self.workspace.length;
        let columns = numbers.len() / t;
        Array2::from_shape_fn((t, columns), |(i, j)| numbers[i * columns + j])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stack::NormKind;
    use crate::model::{Config, Position, Preset, Size};
    use ndarray::{Axis, Slice};
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const SIZE: Size =
        Size { vocab: 11, context: 9, d: 8, d_ff: 12, layers: 2, heads: 4, kv_heads: 2 };
    const TOKENS: [u32; 6] = [3, 1, 4, 1, 5, 9];

    fn model(config: Config) -> Transformer<f64> {
        Transformer::new(config, &mut ChaCha8Rng::seed_from_u64(1)).unwrap()
    }

    #[test]
    fn the_weights_are_those_that_mixed_the_values() {
        for position in [Position::None, Position::Alibi] {
            let model = model(Config { position, ..Preset::Llama.config(SIZE).unwrap() });
            let trace = Trace::of(&model, &TOKENS).unwrap();
            for layer in 0..2 {
                let kept = &trace.workspace.blocks[layer];
                let (values, mixed) = (trace.rows(&kept.v), trace.rows(&kept.mixed));
                for head in 0..4 {
                    let columns = |head: usize| Slice::from(head * 2..head * 2 + 2);
                    let found = trace
                        .attention(layer, head)
                        .dot(&values.slice_axis(Axis(1), columns(head / 2)));
                    let apart = found - mixed.slice_axis(Axis(1), columns(head));
                    assert!(apart.iter().all(|e| e.abs() < 1e-12), "{position:?} {layer} {head}");
                }
            }
        }
    }

    #[test]
    fn after_all_blocks_the_lens_shows_what_the_model_says() {
        for preset in Preset::ALL {
            let model = model(preset.config(Size { heads: 2, ..SIZE }).unwrap());
            let mut trace = Trace::of(&model, &TOKENS).unwrap();
            let logits = generate::logits(&model, &TOKENS).unwrap();
            let before = trace.lens(0);
            let said = softmax(trace.rows(&logits).view());
            assert_ne!(before, said, "{preset:?}");
            assert_eq!(trace.lens(2), said, "{preset:?}");
        }
    }

    #[test]
    fn without_a_norm_the_neurons_explain_what_the_last_block_adds() {
        let base = Preset::Llama.config(SIZE).unwrap();
        let model = model(Config { norm: NormKind::None, ..base });
        let trace = Trace::of(&model, &TOKENS).unwrap();
        let logits = trace.rows(&generate::logits(&model, &TOKENS).unwrap()); // (T, V)
        let table = Array2::from_shape_fn((11, 8), |(i, j)| model.tensor(model.head())[i * 8 + j]);
        let mut explained = trace.stream(3).dot(&table.t()); // (T, V)
        for neuron in 0..12 {
            let says = trace.says(1, neuron);
            let fires = trace.neurons(1).column(neuron).to_owned();
            explained += &Array2::from_shape_fn((6, 11), |(i, j)| fires[i] * says[j]);
        }
        assert!((explained - logits).iter().all(|e| e.abs() < 1e-12));
    }
}
