//! A model that is only counted, by its name.

use super::choices::Choices;
use crate::experiments::Context;
use crate::model::published::{MODELS, Model, SIZES};
use crate::model::{Config, Preset, checkpoint};
use crate::report::{Error, text};

/// The sequence of a published model, where nothing else is asked for and no table of positions ends
/// before.
const LENGTH: usize = 4096;

/// What a name stands for.
pub struct Named {
    /// What the model is made of.
    pub config: Config,
    /// What to call it.
    pub title: String,
    /// Whether the configuration says everything, or some details are the lab's own.
    pub exact: bool,
}

/// The model of a name: a published one (for `length` tokens), a style, or a folder; without a name,
/// what the flags describe.
///
/// # Errors
/// Bad input if there is no such model, or the choices do not fit each other.
pub fn find(
    context: &Context,
    name: Option<&str>,
    choices: &Choices,
    length: Option<usize>,
) -> Result<Named, Error> {
    let of = |config, title: &str, exact| Named { config, title: title.to_string(), exact };
    let Some(name) = name else {
        return Ok(of(choices.plan(256)?, &choices.preset, true));
    };
    if let Some(model) = Model::of_any_size(name) {
        let config = model.config(length.unwrap_or(LENGTH)).ok_or_else(|| parts_unknown(model))?;
        return Ok(of(config, model.name, false));
    }
    if Preset::find(name).is_some() {
        let choices = Choices { preset: name.to_string(), ..choices.clone() };
        return Ok(of(choices.plan(256)?, name, true));
    }
    match context.files().read(&format!("{name}/config.json")) {
        Ok(bytes) => Ok(of(checkpoint::describe(&bytes)?, name, true)),
        Err(_) => Err(nobody(name)),
    }
}

/// A model of which something is not published, or not in the lab's Transformer.
fn parts_unknown(model: &Model) -> Error {
    let example = format!("llm-lab models {}", model.id);
    Error::input(text(
        format!(
            "{} has parts that are not published, or that the lab's Transformer lacks",
            model.name
        ),
        format!("{} 的部分结构没有公布，或本程序的 Transformer 没有", model.name),
    ))
    .example(example)
}

fn nobody(name: &str) -> Error {
    let known = |m: &&Model| m.config(LENGTH).is_some();
    let ids: Vec<&str> = MODELS.iter().chain(SIZES).filter(known).map(|m| m.id).collect();
    let styles = Preset::ALL.map(Preset::name).join(", ");
    let ids = ids.join(", ");
    Error::input(text(
        format!("{name} is neither a model nor a folder with a config.json"),
        format!("{name} 既不是模型名，也不是含 config.json 的文件夹"),
    ))
    .allowed(text(format!("{styles}; {ids}; a folder"), format!("{styles}；{ids}；文件夹")))
    .example("llm-lab model show llama-2-70b")
}
