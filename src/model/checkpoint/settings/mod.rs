//! `config.json`: the configuration in each family's words.

mod activation;
mod bert;
mod gpt2;
mod llama;
mod reader;
mod rope;

pub(super) use activation::word as activation_word;
pub(super) use gpt2::fold;
pub(super) use rope::said as rope_said;

use serde_json::{Value, json};

use super::broken;
use super::families::Family;
use crate::model::config::Config;
use crate::report::Error;
use reader::Reader;

/// The most bytes of a `config.json`: real ones have a few thousand.
const LARGEST: usize = 1 << 20;

/// The `config.json` of a configuration.
pub(super) fn write(config: &Config, family: Family) -> Result<Vec<u8>, Error> {
    let mut value = match family {
        Family::Lab => {
            let own = serde_json::to_value(config);
            json!({ "config": own.map_err(|e| broken(e.to_string(), e.to_string()))? })
        }
        Family::Gpt2 => gpt2::write(config),
        Family::Bert => bert::write(config),
        Family::Llama | Family::Qwen2 | Family::Mistral => llama::write(config, family),
    };
    value["model_type"] = json!(family.name());
    value["architectures"] = json!([family.architecture()]);
    // the defaults of `transformers` are tokens of other vocabularies, at which it would stop
    for token in ["bos_token_id", "eos_token_id", "pad_token_id"] {
        value[token] = Value::Null;
    }
    // for readers before and after this key was renamed
    value["torch_dtype"] = json!("float32");
    value["dtype"] = json!("float32");
    let mut bytes =
        serde_json::to_vec_pretty(&value).map_err(|e| broken(e.to_string(), e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What a `config.json` says.
pub(super) struct Read {
    /// The configuration.
    pub config: Config,
    /// Whose layout its tensors have.
    pub family: Family,
    /// Whether GPT-2's scores are divided by the number of the layer as well.
    pub by_layer: bool,
}

/// Reads a `config.json`.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Error> {
    if bytes.len() > LARGEST {
        return Err(broken("config.json is larger than 1 MB", "config.json 超过 1 MB"));
    }
    let not_json =
        |e: serde_json::Error| broken(format!("config.json: {e}"), format!("config.json：{e}"));
    let value: Value = serde_json::from_slice(bytes).map_err(not_json)?;
    let Value::Object(map) = &value else {
        return Err(broken("config.json is no object", "config.json 不是对象"));
    };
    let keys = Reader(map);
    keys.refuse("quantization_config")?;
    let family = match keys.word("model_type")?.unwrap_or_default() {
        "llama" => Family::Llama,
        "qwen2" => Family::Qwen2,
        "mistral" => Family::Mistral,
        "gpt2" => Family::Gpt2,
        "bert" => Family::Bert,
        "llm-lab" => Family::Lab,
        other => {
            return Err(broken(
                format!(
                    "the model type is {other:?}, not llama, qwen2, mistral, gpt2, bert or llm-lab"
                ),
                format!("模型类型是 {other:?}，不是 llama、qwen2、mistral、gpt2、bert 或 llm-lab"),
            ));
        }
    };
    let config = match family {
        Family::Lab => serde_json::from_value(map.get("config").cloned().unwrap_or_default())
            .map_err(not_json)?,
        Family::Gpt2 => gpt2::read(&keys)?,
        Family::Bert => bert::read(&keys)?,
        Family::Llama | Family::Qwen2 | Family::Mistral => llama::read(&keys, family)?,
    };
    let by_layer =
        family == Family::Gpt2 && keys.yes("scale_attn_by_inverse_layer_idx")?.unwrap_or(false);
    Ok(Read { config, family, by_layer })
}
