//! The Transformer: its parameters as training starts.

use std::borrow::Cow;

use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

use crate::math::position::{Rotation, sinusoidal};
use crate::math::real::Real;
use crate::report::Error;

use super::config::Config;
use super::layout::{Layout, Slot};
use super::position::Position;

/// A Transformer: a configuration and the numbers that it has learned.
#[derive(Debug, Clone)]
pub struct Transformer<F> {
    /// What it is made of.
    pub config: Config,
    /// Where each tensor lies.
    pub layout: Layout,
    /// All parameters.
    pub weights: Vec<F>,
    /// Tables that follow from the configuration.
    pub(super) rotation: Option<Rotation<F>>,
    pub(super) sines: Vec<F>,
}

impl<F: Real> Transformer<F> {
    /// A Transformer as training starts. Matrices by Xavier's rule (Glorot & Bengio 2010), those
    /// that write to the residual stream smaller by √(2L) (Radford et al. 2019) or by DeepNorm's β;
    /// embeddings with a standard deviation of 0.02; biases 0, norms 1.
    ///
    /// # Errors
    /// Bad input if the configuration is impossible.
    pub fn new(config: Config, rng: &mut impl Rng) -> Result<Self, Error> {
        let mut model = Self::zeros(config)?;
        let layout = model.layout.clone();
        let config = &model.config;
        let gain = config.deepnorm().beta;
        let branches = (2.0 * config.layers as f64).sqrt().recip();
        let out = if config.placement.has_final_norm() { branches } else { gain };
        let table = match config.position {
            Position::Sinusoidal => (config.d as f64).sqrt().recip(),
            _ => 0.02,
        };
        let xavier = |slot: Slot| (2.0 / (slot.rows + slot.columns) as f64).sqrt();
        let mut fill = |slot: Slot, std: f64| {
            for w in &mut model.weights[slot.range()] {
                let z: f64 = StandardNormal.sample(rng);
                *w = F::of(std * z);
            }
        };
        fill(layout.embedding, table);
        let tables = layout.position.into_iter().chain(layout.types).chain(layout.head);
        tables.for_each(|slot| fill(slot, 0.02));
        if let Some(slot) = layout.transform {
            fill(slot.dense.weight, xavier(slot.dense.weight));
        }
        for block in &layout.blocks {
            let parts = [
                (Some(block.query), 1.0),
                (Some(block.key), 1.0),
                (Some(block.value), gain),
                (Some(block.output), out),
                (block.gate, gain),
                (Some(block.up), gain),
                (Some(block.down), out),
            ];
            for (slot, gain) in parts {
                slot.into_iter().for_each(|s| fill(s.weight, gain * xavier(s.weight)));
            }
        }
        Ok(model)
    }

    /// A Transformer whose weights are still to be filled in: matrices and biases 0, norms 1.
    ///
    /// # Errors
    /// Bad input if the configuration is impossible.
    pub fn zeros(config: Config) -> Result<Self, Error> {
        config.validate()?;
        let layout = Layout::new(&config);
        let mut weights = vec![F::zero(); layout.total];
        for (name, slot) in &layout.names {
            if name.ends_with(".gamma") {
                weights[slot.range()].fill(F::one());
            }
        }
        let (s, d) = (config.context, config.d);
        let rotation = match config.position {
            Position::Rope(rope) => Some(Rotation::new(
                s,
                &rope.frequencies(config.head_width),
                rope.interleaved,
                rope.attention(),
            )),
            _ => None,
        };
        let sines = match config.position {
            Position::Sinusoidal => {
                (0..s * d).map(|i| F::of(sinusoidal(i / d, i % d, d))).collect() // (S, d)
            }
            _ => Vec::new(),
        };
        Ok(Self { config, layout, weights, rotation, sines })
    }

    /// The rotations for a text of `length` tokens; nothing without RoPE.
    pub(super) fn rotation(&self, length: usize) -> Option<Cow<'_, Rotation<F>>> {
        let table = Cow::Borrowed(self.rotation.as_ref()?);
        match self.config.position {
            Position::Rope(rope) if rope.moves_at(length) => {
                let frequencies = rope.frequencies_for(self.config.head_width, length);
                let (pairs, attention) = (rope.interleaved, rope.attention());
                Some(Cow::Owned(Rotation::new(length, &frequencies, pairs, attention)))
            }
            _ => Some(table),
        }
    }

    /// The numbers of one tensor.
    pub fn tensor(&self, slot: Slot) -> &[F] {
        &self.weights[slot.range()]
    }
}
