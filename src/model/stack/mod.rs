//! A deep stack of Transformer blocks, to see what the place of the norm does to signals and
//! gradients: no embedding and no head, a residual stream in and a residual stream out.

mod branch;
mod norm;
mod sublayer;

pub use branch::{Branch, BranchKept};
pub use norm::{Norm, NormKind};
pub use sublayer::{Sublayer, SublayerKept};

use std::convert::Infallible;

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD};
use ndarray_rand::rand::Rng;

use crate::math::attention::{Attention, Mask};
use crate::math::ffn::{Ffn, Kind};
use crate::math::norm::{DeepNorm, Kept};
use crate::math::parameters::{Parameters, under};
use crate::math::real::Real;
use crate::model::Placement;

/// The shape of a stack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Config {
    /// Blocks.
    pub layers: usize,
    /// Width of the residual stream.
    pub d: usize,
    /// Width inside the feed-forward block.
    pub d_ff: usize,
    /// Attention heads; 0 leaves attention out.
    pub heads: usize,
    /// Which tokens attention sees.
    pub mask: Mask,
    /// The feed-forward block: its activation, and whether it is gated.
    pub ffn: Kind,
    /// Where the norms stand.
    pub placement: Placement,
    /// Which norm.
    pub norm: NormKind,
    /// Gain of every weight's initialization, before DeepNorm's β.
    pub gain: f64,
}

impl Default for Config {
    /// Six blocks of width 32 with four heads, ReLU and Post-LN: a small original Transformer.
    fn default() -> Self {
        Self {
            layers: 6,
            d: 32,
            d_ff: 128,
            heads: 4,
            mask: Mask::None,
            ffn: Kind::Relu,
            placement: Placement::Post,
            norm: NormKind::LayerNorm,
            gain: 1.0,
        }
    }
}

impl Config {
    /// Sub-layers of one block.
    pub fn sublayers(&self) -> usize {
        if self.heads == 0 { 1 } else { 2 }
    }

    /// α and β of DeepNorm at this depth; 1 and 1 elsewhere.
    pub fn deepnorm(&self) -> DeepNorm {
        match self.placement {
            Placement::DeepNorm => DeepNorm::single(self.layers),
            _ => DeepNorm { alpha: 1.0, beta: 1.0 },
        }
    }
}

/// The blocks and the norm that closes them. Its gradient has the same type.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack<F> {
    /// Attention and feed-forward in turn.
    pub sublayers: Vec<Sublayer<F>>,
    /// The norm at the end, where the placement has one.
    pub last: Norm<F>,
}

/// A forward pass as it went, to read and to go back through.
#[derive(Debug, Clone, PartialEq)]
pub struct Tape<F> {
    /// The residual stream before each sub-layer and after the last, `(T, d)` each.
    pub streams: Vec<Array2<F>>,
    /// What each sub-layer kept, among it what its branch added.
    pub kept: Vec<SublayerKept<F>>,
    last: Option<Kept<F>>,
}

/// What comes back through a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Backward<F> {
    /// The gradient at the residual stream before each sub-layer and after the last, `(T, d)` each.
    pub streams: Vec<Array2<F>>,
    /// The gradient of the parameters.
    pub gradient: Stack<F>,
}

impl<F: Real> Stack<F> {
    /// A stack as training starts, O(its parameters): Xavier's initialization, with DeepNorm's β on the feed-forward,
    /// value and output weights.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn new(config: &Config, rng: &mut impl Rng) -> Self {
        let Config { d, d_ff, heads, mask, ffn, placement, norm, gain, .. } = *config;
        let DeepNorm { alpha, beta } = config.deepnorm();
        let beta = beta * gain;
        let mut sublayers = Vec::with_capacity(config.layers * config.sublayers());
        for _ in 0..config.layers {
            if heads > 0 {
                let branch = Branch::Attention(Attention::xavier(d, heads, beta, rng), mask);
                sublayers.push(Sublayer::new(branch, placement, norm, d, alpha));
            }
            let branch = Branch::FeedForward(Ffn::xavier(ffn, d, d_ff, beta, rng));
            sublayers.push(Sublayer::new(branch, placement, norm, d, alpha));
        }
        let kind = if placement.has_final_norm() { norm } else { NormKind::None };
        Self { sublayers, last: Norm::new(kind, d) }
    }

    /// The output for `x` `(T, d)`, and the tape. O(L·(T·d² + T·d·d_ff + T²·d)).
    ///
    /// # Panics
    /// If `x` has not the stack's width.
    pub fn forward(&self, x: Array2<F>) -> (Array2<F>, Tape<F>) {
        let Ok(done) = self.try_forward(x, || Ok::<_, Infallible>(()));
        done
    }

    /// [`forward`](Self::forward), asking `go_on` before each sub-layer: a long pass can be stopped.
    ///
    /// # Errors
    /// What `go_on` answers.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn try_forward<E>(
        &self,
        x: Array2<F>,
        go_on: impl Fn() -> Result<(), E>,
    ) -> Result<(Array2<F>, Tape<F>), E> {
        let mut streams = vec![x];
        let mut kept = Vec::with_capacity(self.sublayers.len());
        for (i, sublayer) in self.sublayers.iter().enumerate() {
            go_on()?;
            let (y, k) = sublayer.forward(streams[i].view()); // (T, d)
            streams.push(y);
            kept.push(k);
        }
        let (y, last) = self.last.forward(streams[self.sublayers.len()].clone()); // (T, d)
        Ok((y, Tape { streams, kept, last }))
    }

    /// The gradients for an upstream gradient `dy` `(T, d)`. Twice the cost of the forward pass.
    ///
    /// # Panics
    /// If the tape is that of another stack.
    pub fn backward(&self, tape: &Tape<F>, dy: ArrayView2<F>) -> Backward<F> {
        let Ok(done) = self.try_backward(tape, dy, || Ok::<_, Infallible>(()));
        done
    }

    /// [`backward`](Self::backward), asking `go_on` before each sub-layer.
    ///
    /// # Errors
    /// What `go_on` answers.
    ///
    /// # Panics
    /// As [`backward`](Self::backward).
    pub fn try_backward<E>(
        &self,
        tape: &Tape<F>,
        dy: ArrayView2<F>,
        go_on: impl Fn() -> Result<(), E>,
    ) -> Result<Backward<F>, E> {
        let (d_stream, last) = self.last.backward(tape.last.as_ref(), dy); // (T, d)
        let mut streams = vec![d_stream];
        let mut gradients = Vec::with_capacity(self.sublayers.len());
        for (i, (sublayer, kept)) in self.sublayers.iter().zip(&tape.kept).rev().enumerate() {
            go_on()?;
            let (dx, gradient) = sublayer.backward(kept, streams[i].view()); // (T, d)
            streams.push(dx);
            gradients.push(gradient);
        }
        streams.reverse();
        gradients.reverse();
        Ok(Backward { streams, gradient: Self { sublayers: gradients, last } })
    }
}

impl<F: Real> Parameters<F> for Stack<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        let numbered = self.sublayers.iter().enumerate();
        numbered
            .flat_map(|(i, s)| under(&format!("sublayers.{i}"), s))
            .chain(under("last", &self.last))
            .collect()
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        let mut all: Vec<_> = self.sublayers.iter_mut().flat_map(Parameters::arrays_mut).collect();
        all.extend(self.last.arrays_mut());
        all
    }
}

#[cfg(test)]
mod tests;
