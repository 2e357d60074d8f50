//! LLaMA, Qwen2 and Mistral: the same words, other defaults.

use serde_json::{Value, json};

use super::reader::Reader;
use super::{activation_word, broken, rope};
use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::model::checkpoint::families::Family;
use crate::model::config::{Biases, Config};
use crate::model::position::Position;
use crate::model::presets::{Preset, Size};
use crate::report::Error;

pub(super) fn write(config: &Config, family: Family) -> Value {
    let mut value = json!({
        "vocab_size": config.vocab,
        "max_position_embeddings": config.context,
        "hidden_size": config.d,
        "intermediate_size": config.d_ff,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_width,
        "hidden_act": activation_word(config.activation),
        "rms_norm_eps": config.eps,
        "tie_word_embeddings": config.tied,
    });
    match (family, config.mask) {
        (Family::Llama, _) => {
            value["attention_bias"] = json!(config.biases.qkv);
            value["mlp_bias"] = json!(config.biases.ffn);
        }
        (Family::Qwen2, Mask::Sliding(window)) => {
            value["use_sliding_window"] = json!(true);
            value["sliding_window"] = json!(window);
            value["max_window_layers"] = json!(0);
        }
        (Family::Mistral, Mask::Sliding(window)) => value["sliding_window"] = json!(window),
        (Family::Mistral, _) => value["sliding_window"] = Value::Null,
        _ => {}
    }
    if let Position::Rope(of) = config.position {
        value["rope_theta"] = json!(of.base);
        value["max_position_embeddings"] = json!(rope::context(of.scaling, config.context));
        if let Some(scaling) = rope::write(of.scaling) {
            value["rope_scaling"] = scaling;
        }
    }
    value
}

pub(super) fn read(keys: &Reader, family: Family) -> Result<Config, Error> {
    let heads = keys.count("num_attention_heads")?;
    let d = keys.count("hidden_size")?;
    let width = match keys.maybe_count("head_dim")? {
        Some(width) => width,
        None => Config::width_of_heads(d, heads)?,
    };
    // the defaults of `transformers` for keys that are missing
    let (long, few) = match family {
        Family::Llama => (2048, heads),
        Family::Qwen2 => (32_768, 32),
        _ => (131_072, 8),
    };
    let context = keys.maybe_count("max_position_embeddings")?.unwrap_or(long);
    let kv_missing = if keys.has("num_key_value_heads") { heads } else { few };
    let biases = match family {
        Family::Qwen2 => Biases::QKV,
        Family::Llama => {
            let biased = keys.yes("attention_bias")?.unwrap_or(false);
            let ffn = keys.yes("mlp_bias")?.unwrap_or(false);
            Biases { qkv: biased, output: biased, ffn }
        }
        _ => Biases::NONE,
    };
    let size = Size {
        vocab: keys.count("vocab_size")?,
        context,
        d,
        d_ff: keys.count("intermediate_size")?,
        layers: keys.count("num_hidden_layers")?,
        heads,
        kv_heads: keys.maybe_count("num_key_value_heads")?.unwrap_or(kv_missing),
    };
    // the width of a head is set below: it need not be d / heads
    let config = Preset::Llama.config(Size { heads: 1, ..size })?;
    let rope = rope::read(keys, context)?;
    Ok(Config {
        heads,
        context: rope::reach(rope.scaling, context),
        head_width: width,
        activation: keys.activation("hidden_act", Activation::SILU)?,
        eps: keys.number("rms_norm_eps")?.unwrap_or(1e-6),
        position: Position::Rope(rope),
        mask: mask(keys, family, size)?,
        biases,
        tied: keys.yes("tie_word_embeddings")?.unwrap_or(false),
        ..config
    })
}

/// Causal, or a window that holds for every layer.
fn mask(keys: &Reader, family: Family, size: Size) -> Result<Mask, Error> {
    let window = match family {
        Family::Mistral if keys.has("sliding_window") => keys.maybe_count("sliding_window")?,
        Family::Mistral => Some(4096),
        Family::Qwen2 if keys.yes("use_sliding_window")? == Some(true) => {
            match keys.has("sliding_window") {
                true => keys.maybe_count("sliding_window")?,
                false => Some(4096),
            }
        }
        _ => None,
    };
    if window == Some(0) {
        return Err(broken("sliding_window is 0", "sliding_window 为 0"));
    }
    let listed = keys.words("layer_types")?;
    let first = if family == Family::Qwen2 {
        keys.maybe_count("max_window_layers")?.unwrap_or(28)
    } else {
        0
    };
    let sliding: Vec<bool> = match &listed {
        Some(kinds) => {
            if let Some(kind) =
                kinds.iter().find(|kind| !["full_attention", "sliding_attention"].contains(kind))
            {
                return Err(broken(
                    format!("a layer of type {kind:?} is not known here"),
                    format!("不支持 {kind:?} 类型的层"),
                ));
            }
            kinds.iter().map(|kind| *kind == "sliding_attention").collect()
        }
        None => vec![window.is_some() && size.layers > first, window.is_some() && first == 0],
    };
    let (some, all) = (sliding.contains(&true), !sliding.contains(&false));
    match window {
        // a window as long as the context hides nothing
        Some(window) if window < size.context && some => match all {
            true => Ok(Mask::Sliding(window)),
            false => Err(broken(
                "a sliding window in some layers only is not known here",
                "不支持仅部分层使用滑动窗口",
            )),
        },
        None if some => Err(broken(
            "layer_types asks for a sliding window, and there is no sliding_window",
            "layer_types 要求滑动窗口，但没有 sliding_window",
        )),
        _ => Ok(Mask::Causal),
    }
}
