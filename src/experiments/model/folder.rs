//! Checkpoints in folders: `config.json` beside one or several safetensors files.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::experiments::Context;
use crate::experiments::tokenizer::source;
use crate::model::{Transformer, checkpoint};
use crate::report::{Error, text};
use crate::tokenizer::{Tokenizer, files};

/// The name of the model that the lab carries: small, trained on its generated stories.
pub const STORIES: &str = "stories";

/// The model in a folder.
///
/// # Errors
/// If a file is missing, or is not what the lab can read.
pub fn open(context: &Context, folder: &str) -> Result<Transformer<f32>, Error> {
    let read = |name: &str| context.files().read(&format!("{folder}/{name}"));
    let config = read("config.json")?;
    let weights = match read("model.safetensors.index.json") {
        Ok(index) => shards(&index)?.iter().map(|name| read(name)).collect::<Result<_, _>>()?,
        Err(_) => vec![read("model.safetensors")?],
    };
    let weights: Vec<&[u8]> = weights.iter().map(Vec::as_slice).collect();
    checkpoint::load(&config, &weights)
}

/// The tokenizer beside a model, where there is one.
///
/// # Errors
/// If it is damaged.
pub fn tokenizer(context: &Context, folder: &str) -> Result<Option<Tokenizer>, Error> {
    let name = format!("{folder}/tokenizer.json");
    match context.files().read(&name) {
        Ok(bytes) => files::from_json(&source::utf8(&name, bytes)?).map(Some),
        Err(_) => Ok(None),
    }
}

/// Writes a model into a folder.
///
/// # Errors
/// If the disk refuses.
pub fn save(context: &Context, folder: &str, model: &Transformer<f32>) -> Result<(), Error> {
    let files = checkpoint::save(model)?;
    context.files().write(&format!("{folder}/model.safetensors"), &files.weights)?;
    context.files().write(&format!("{folder}/config.json"), &files.config)
}

/// The files that an index names: plain names, no paths.
fn shards(index: &[u8]) -> Result<BTreeSet<String>, Error> {
    let broken = || {
        Error::input(text(
            "model.safetensors.index.json names no files of its folder",
            "model.safetensors.index.json 没有列出本文件夹内的文件",
        ))
    };
    let index: Value = serde_json::from_slice(index).map_err(|_| broken())?;
    let map = index.get("weight_map").and_then(Value::as_object).ok_or_else(broken)?;
    let names: BTreeSet<String> =
        map.values().filter_map(Value::as_str).map(str::to_string).collect();
    let plain = |name: &String| name.ends_with(".safetensors") && !name.contains(['/', '\\']);
    if names.is_empty() || !names.iter().all(plain) {
        return Err(broken());
    }
    Ok(names)
}

/// Token ids of one flag, written `1,2,3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids(pub Vec<u32>);

impl std::str::FromStr for Ids {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let id = |word: &str| {
            word.parse::<u32>().map_err(|_| {
                "token ids with commas between, such as 1,2,3 ‖ 以逗号分隔的 token 编号，例如 1,2,3"
                    .to_string()
            })
        };
        let words = words.split([',', ' ']).filter(|word| !word.is_empty());
        words.map(id).collect::<Result<_, _>>().map(Self)
    }
}
