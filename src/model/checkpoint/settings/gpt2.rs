//! GPT-2.

use serde_json::{Value, json};

use super::activation_word;
use super::reader::Reader;
use crate::math::activation::Activation;
use crate::math::real::Real;
use crate::model::config::Config;
use crate::model::presets::{Preset, Size};
use crate::model::transformer::Transformer;
use crate::report::Error;

pub(super) fn write(config: &Config) -> Value {
    json!({
        "vocab_size": config.vocab,
        "n_positions": config.context,
        "n_embd": config.d,
        "n_inner": config.d_ff,
        "n_layer": config.layers,
        "n_head": config.heads,
        "activation_function": activation_word(config.activation),
        "layer_norm_epsilon": config.eps,
        "scale_attn_weights": config.score_scale.is_none(),
        "tie_word_embeddings": config.tied,
        "embd_pdrop": config.dropout,
        "resid_pdrop": config.dropout,
        "attn_pdrop": 0.0,
    })
}

pub(super) fn read(keys: &Reader) -> Result<Config, Error> {
    keys.must("add_cross_attention", false)?;
    let (d, heads) = (keys.count("n_embd")?, keys.count("n_head")?);
    let size = Size {
        vocab: keys.count("vocab_size")?,
        context: keys.maybe_count("n_positions")?.unwrap_or(1024),
        d,
        d_ff: keys.maybe_count("n_inner")?.unwrap_or(d.saturating_mul(4)),
        layers: keys.count("n_layer")?,
        heads,
        kv_heads: heads,
    };
    let scaled = keys.yes("scale_attn_weights")?.unwrap_or(true);
    Ok(Config {
        activation: keys.activation("activation_function", Activation::GeluTanh)?,
        eps: keys.number("layer_norm_epsilon")?.unwrap_or(1e-5),
        dropout: keys.number("resid_pdrop")?.unwrap_or(0.1),
        tied: keys.yes("tie_word_embeddings")?.unwrap_or(true),
        score_scale: (!scaled).then_some(1.0),
        ..Preset::Gpt2.config(size)?
    })
}

/// Scores that are divided by the number of the layer, 1 in the first, are those of queries that
/// are: W_Q and its bias are divided, and the model needs no rule of its own.
pub(in super::super) fn fold<F: Real>(model: &mut Transformer<F>) {
    for (l, block) in model.layout.blocks.iter().enumerate() {
        let factor = F::of(1.0 / (l + 1) as f64);
        for slot in [Some(block.query.weight), block.query.bias].into_iter().flatten() {
            model.weights[slot.range()].iter_mut().for_each(|w| *w *= factor);
        }
    }
}
