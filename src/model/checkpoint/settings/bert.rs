//! BERT with its head for masked tokens.

use serde_json::{Value, json};

use super::reader::Reader;
use super::{activation_word, broken};
use crate::math::activation::Activation;
use crate::model::config::Config;
use crate::model::presets::{Preset, Size};
use crate::report::Error;

pub(super) fn write(config: &Config) -> Value {
    json!({
        "vocab_size": config.vocab,
        "max_position_embeddings": config.context,
        "type_vocab_size": config.types,
        "hidden_size": config.d,
        "intermediate_size": config.d_ff,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "hidden_act": activation_word(config.activation),
        "layer_norm_eps": config.eps,
        "tie_word_embeddings": config.tied,
        "hidden_dropout_prob": config.dropout,
        "attention_probs_dropout_prob": 0.0,
    })
}

pub(super) fn read(keys: &Reader) -> Result<Config, Error> {
    keys.must("is_decoder", false)?;
    keys.must("add_cross_attention", false)?;
    if let Some(kind) = keys.word("position_embedding_type")?.filter(|kind| *kind != "absolute") {
        return Err(broken(
            format!("position_embedding_type {kind:?} is not known here"),
            format!("不支持的 position_embedding_type {kind:?}"),
        ));
    }
    let heads = keys.count("num_attention_heads")?;
    let size = Size {
        vocab: keys.count("vocab_size")?,
        context: keys.maybe_count("max_position_embeddings")?.unwrap_or(512),
        d: keys.count("hidden_size")?,
        d_ff: keys.count("intermediate_size")?,
        layers: keys.count("num_hidden_layers")?,
        heads,
        kv_heads: heads,
    };
    Ok(Config {
        types: keys.maybe_count("type_vocab_size")?.unwrap_or(2),
        activation: keys.activation("hidden_act", Activation::Gelu)?,
        eps: keys.number("layer_norm_eps")?.unwrap_or(1e-12),
        dropout: keys.number("hidden_dropout_prob")?.unwrap_or(0.1),
        tied: keys.yes("tie_word_embeddings")?.unwrap_or(true),
        ..Preset::Bert.config(size)?
    })
}
