//! `config.json`: the configuration in each family's words.

use serde_json::{Map, Value, json};

use super::broken;
use super::families::Family;
use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::model::config::{Biases, Config};
use crate::model::position::{Position, Rope, Scaling};
use crate::model::presets::{Preset, Size};
use crate::report::Error;

/// The most bytes of a `config.json`: real ones have a few thousand.
const LARGEST: usize = 1 << 20;

/// The `config.json` of a configuration.
pub(super) fn write(config: &Config, family: Family) -> Result<Vec<u8>, Error> {
    let mut value = match family {
        Family::Lab => {
            let own = serde_json::to_value(config);
            json!({ "config": own.map_err(|e| broken(e.to_string(), e.to_string()))? })
        }
        Family::Gpt2 => json!({
            "vocab_size": config.vocab,
            "n_positions": config.context,
            "n_embd": config.d,
            "n_inner": config.d_ff,
            "n_layer": config.layers,
            "n_head": config.heads,
            "activation_function": "gelu_new",
            "layer_norm_epsilon": config.eps,
            "tie_word_embeddings": true,
            "embd_pdrop": config.dropout,
            "resid_pdrop": config.dropout,
            "attn_pdrop": 0.0,
        }),
        Family::Llama | Family::Qwen2 | Family::Mistral => llama(config, family),
    };
    value["model_type"] = json!(family.name());
    value["architectures"] = json!([family.architecture()]);
    // for readers before and after this key was renamed
    value["torch_dtype"] = json!("float32");
    value["dtype"] = json!("float32");
    let mut bytes =
        serde_json::to_vec_pretty(&value).map_err(|e| broken(e.to_string(), e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn llama(config: &Config, family: Family) -> Value {
    let mut value = json!({
        "vocab_size": config.vocab,
        "max_position_embeddings": config.context,
        "hidden_size": config.d,
        "intermediate_size": config.d_ff,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_width,
        "hidden_act": "silu",
        "rms_norm_eps": config.eps,
        "tie_word_embeddings": config.tied,
    });
    if family == Family::Llama {
        value["attention_bias"] = json!(config.biases.qkv);
        value["mlp_bias"] = json!(config.biases.ffn);
    }
    if let Mask::Sliding(window) = config.mask {
        value["sliding_window"] = json!(window);
    } else if family == Family::Mistral {
        value["sliding_window"] = Value::Null;
    }
    if let Position::Rope(rope) = config.position {
        value["rope_theta"] = json!(rope.base);
        let scaling = match rope.scaling {
            Scaling::None => return value,
            Scaling::Linear(factor) => json!({ "rope_type": "linear", "factor": factor }),
            Scaling::Llama3 { factor, low, high, original } => json!({
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": low,
                "high_freq_factor": high,
                "original_max_position_embeddings": original as u64,
            }),
            Scaling::Yarn { factor, fast, slow, original, attention } => json!({
                "rope_type": "yarn",
                "factor": factor,
                "beta_fast": fast,
                "beta_slow": slow,
                "original_max_position_embeddings": original as u64,
                "attention_factor": attention,
            }),
        };
        value["rope_scaling"] = scaling;
    }
    value
}

/// The configuration of a `config.json`, and whose layout its tensors have.
pub(super) fn read(bytes: &[u8]) -> Result<(Config, Family), Error> {
    if bytes.len() > LARGEST {
        return Err(broken("config.json is larger than 1 MB", "config.json 超过 1 MB"));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|e| broken(format!("config.json: {e}"), format!("config.json:{e}")))?;
    let Value::Object(map) = &value else {
        return Err(broken("config.json is no object", "config.json 不是对象"));
    };
    let config = Reader(map);
    match config.word("model_type").unwrap_or_default() {
        "llama" => Ok((config.llama(Family::Llama)?, Family::Llama)),
        "qwen2" => Ok((config.llama(Family::Qwen2)?, Family::Qwen2)),
        "mistral" => Ok((config.llama(Family::Mistral)?, Family::Mistral)),
        "gpt2" => Ok((config.gpt2()?, Family::Gpt2)),
        "llm-lab" => {
            let own = map.get("config").cloned().unwrap_or_default();
            let own = serde_json::from_value(own)
                .map_err(|e| broken(format!("config.json: {e}"), format!("config.json:{e}")))?;
            Ok((own, Family::Lab))
        }
        other => Err(broken(
            format!("the model type is {other:?}, not llama, qwen2, mistral, gpt2 or llm-lab"),
            format!("模型类型是 {other:?}，不是 llama、qwen2、mistral、gpt2 或 llm-lab"),
        )),
    }
}

/// Reads a configuration's keys.
struct Reader<'a>(&'a Map<String, Value>);

impl Reader<'_> {
    fn word(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    fn yes(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    fn count(&self, key: &str) -> Result<usize, Error> {
        self.maybe_count(key)?.ok_or_else(|| {
            broken(format!("config.json has no {key}"), format!("config.json 没有 {key}"))
        })
    }

    fn maybe_count(&self, key: &str) -> Result<Option<usize>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
                Some(n) => Ok(Some(n)),
                None => Err(broken(
                    format!("{key} in config.json is {value}, not a count"),
                    format!("config.json 中 {key} 为 {value}，不是个数"),
                )),
            },
        }
    }

    /// Refuses a value that the lab would compute differently.
    fn must(&self, key: &str, expected: &[&str]) -> Result<(), Error> {
        match self.word(key) {
            Some(word) if !expected.contains(&word) => Err(broken(
                format!("{key} is {word:?}; the lab knows {expected:?} here"),
                format!("{key} 为 {word:?}；此处支持 {expected:?}"),
            )),
            _ => Ok(()),
        }
    }

    fn llama(&self, family: Family) -> Result<Config, Error> {
        self.must("hidden_act", &["silu", "swish"])?;
        let heads = self.count("num_attention_heads")?;
        let d = self.count("hidden_size")?;
        let width = match self.maybe_count("head_dim")? {
            Some(width) => width,
            None => Config::width_of_heads(d, heads)?,
        };
        let default_context = if family == Family::Llama { 2048 } else { 32_768 };
        let context = self.maybe_count("max_position_embeddings")?.unwrap_or(default_context);
        let biased = self.yes("attention_bias").unwrap_or(false);
        let biases = match family {
            Family::Qwen2 => Biases::QKV,
            Family::Llama => {
                let ffn = self.yes("mlp_bias").unwrap_or(false);
                Biases { qkv: biased, output: biased, ffn }
            }
            _ => Biases::NONE,
        };
        // Qwen2 has a window only if it says so; then only in some layers
        let window = match family {
            Family::Mistral => self.maybe_count("sliding_window")?,
            _ => None,
        };
        if family == Family::Qwen2 && self.yes("use_sliding_window") == Some(true) {
            return Err(broken(
                "a sliding window in some layers only is not known here",
                "不支持仅部分层使用滑动窗口",
            ));
        }
        let size = Size {
            vocab: self.count("vocab_size")?,
            context,
            d,
            d_ff: self.count("intermediate_size")?,
            layers: self.count("num_hidden_layers")?,
            heads,
            kv_heads: self.maybe_count("num_key_value_heads")?.unwrap_or(heads),
        };
        // the width of a head is set below: it need not be d / heads
        let config = Preset::Llama.config(Size { heads: 1, ..size })?;
        Ok(Config {
            heads,
            head_width: width,
            eps: self.number("rms_norm_eps").unwrap_or(1e-6),
            position: Position::Rope(self.rope(context)?),
            mask: window.map_or(Mask::Causal, Mask::Sliding),
            biases,
            tied: self.yes("tie_word_embeddings").unwrap_or(false),
            ..config
        })
    }

    /// RoPE in the words of `transformers` 4 (`rope_theta`, `rope_scaling`) or 5
    /// (`rope_parameters`).
    fn rope(&self, context: usize) -> Result<Rope, Error> {
        let empty = Map::new();
        let inner = ["rope_scaling", "rope_parameters"]
            .iter()
            .find_map(|key| self.0.get(*key)?.as_object())
            .unwrap_or(&empty);
        let inner = Reader(inner);
        let base = inner.number("rope_theta").or(self.number("rope_theta")).unwrap_or(10_000.0);
        let fraction = inner
            .number("partial_rotary_factor")
            .or(self.number("partial_rotary_factor"))
            .unwrap_or(1.0);
        let need = |key: &str| {
            inner.number(key).ok_or_else(|| {
                broken(format!("RoPE scaling has no {key}"), format!("RoPE 缩放缺少 {key}"))
            })
        };
        let original = inner
            .number("original_max_position_embeddings")
            .or(self.number("original_max_position_embeddings"))
            .unwrap_or(context as f64);
        let scaling = match inner.word("rope_type").or(inner.word("type")).unwrap_or("default") {
            // within the context of the configuration the dynamic form changes nothing
            "default" | "dynamic" => Scaling::None,
            "linear" => Scaling::Linear(need("factor")?),
            "llama3" => Scaling::Llama3 {
                factor: need("factor")?,
                low: need("low_freq_factor")?,
                high: need("high_freq_factor")?,
                original,
            },
            "yarn" => {
                let factor = need("factor")?;
                let natural = if factor > 1.0 { 0.1 * factor.ln() + 1.0 } else { 1.0 };
                Scaling::Yarn {
                    factor,
                    fast: inner.number("beta_fast").unwrap_or(32.0),
                    slow: inner.number("beta_slow").unwrap_or(1.0),
                    original,
                    attention: inner.number("attention_factor").unwrap_or(natural),
                }
            }
            other => {
                return Err(broken(
                    format!("RoPE scaling {other:?} is not known here"),
                    format!("不支持的 RoPE 缩放 {other:?}"),
                ));
            }
        };
        Ok(Rope { base, fraction, interleaved: false, scaling })
    }

    fn gpt2(&self) -> Result<Config, Error> {
        self.must("activation_function", &["gelu_new", "gelu_pytorch_tanh", "gelu", "relu"])?;
        for (key, plain) in [
            ("scale_attn_weights", true),
            ("scale_attn_by_inverse_layer_idx", false),
            ("tie_word_embeddings", true),
        ] {
            if self.yes(key).is_some_and(|value| value != plain) {
                return Err(broken(
                    format!("{key} is {} here", !plain),
                    format!("{key} 为 {}", !plain),
                ));
            }
        }
        let (d, heads) = (self.count("n_embd")?, self.count("n_head")?);
        let size = Size {
            vocab: self.count("vocab_size")?,
            context: self.maybe_count("n_positions")?.unwrap_or(1024),
            d,
            d_ff: self.maybe_count("n_inner")?.unwrap_or(d.saturating_mul(4)),
            layers: self.count("n_layer")?,
            heads,
            kv_heads: heads,
        };
        let activation = match self.word("activation_function").unwrap_or("gelu_new") {
            "gelu" => Activation::Gelu,
            "relu" => Activation::Relu,
            _ => Activation::GeluTanh,
        };
        let eps = self.number("layer_norm_epsilon").unwrap_or(1e-5);
        let dropout = self.number("resid_pdrop").unwrap_or(0.0);
        Ok(Config { activation, eps, dropout, ..Preset::Gpt2.config(size)? })
    }
}
