//! Models as others store them: `config.json` and safetensors in Hugging Face's layout, bytes in
//! and bytes out.
//!
//! LLaMA, Qwen2, Mistral, GPT-2 and BERT models have the names and orientations that `transformers`
//! expects; any other configuration is stored under the lab's own names and `model_type` `llm-lab`.

mod families;
mod settings;
mod tensors;
#[cfg(test)]
mod tests;

pub use families::Family;

use crate::math::real::Real;
use crate::report::{Error, text};

use super::config::Config;
use super::layout::Layout;
use super::transformer::Transformer;

/// The two files of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
}

/// The files of a model. The same model gives the same bytes.
///
/// ```
/// use llm_lab::model::{Preset, Size, Transformer, checkpoint};
/// use ndarray_rand::rand::SeedableRng;
/// let size = Size { vocab: 9, context: 8, d: 8, d_ff: 8, layers: 1, heads: 2, kv_heads: 1 };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
/// let model = Transformer::<f32>::new(Preset::Llama.config(size)?, &mut rng)?;
/// let files = checkpoint::save(&model)?;
/// let again = checkpoint::load::<f32>(&files.config, &[&files.weights])?;
/// assert_eq!((again.config, again.weights), (model.config, model.weights));
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
///
/// # Errors
/// If the numbers cannot be written as safetensors.
pub fn save<F: Real>(model: &Transformer<F>) -> Result<Files, Error> {
    let family = Family::of(&model.config);
    let config = settings::write(&model.config, family)?;
    let entries = families::entries(&model.layout, family);
    Ok(Files { config, weights: tensors::write(&entries, &model.weights)? })
}

/// The model of a `config.json` and its safetensors files, of which there may be several.
///
/// # Errors
/// Bad input if a file is cut short or hostile, if the configuration is none that the lab knows, or
/// if a tensor is missing or has another shape.
pub fn load<F: Real>(config: &[u8], weights: &[&[u8]]) -> Result<Transformer<F>, Error> {
    let settings::Read { config, family, by_layer } = settings::read(config)?;
    config.validate()?;
    let entries = families::entries(&Layout::new(&config), family);
    let files = tensors::Opened::new(weights)?;
    files.check(&entries)?; // before memory is taken
    let mut model = Transformer::zeros(config)?;
    files.fill(&entries, &mut model.weights)?;
    if by_layer {
        settings::fold(&mut model);
    }
    Ok(model)
}

/// What a `config.json` describes, however large: to be counted.
///
/// # Errors
/// Bad input if the configuration is none that the lab knows.
pub fn describe(config: &[u8]) -> Result<Config, Error> {
    let config = settings::read(config)?.config;
    config.consistent()?;
    Ok(config)
}

/// A checkpoint that cannot be used, and why.
fn broken(en: impl Into<String>, zh: impl Into<String>) -> Error {
    let (en, zh) = (en.into(), zh.into());
    Error::input(text(
        format!("the checkpoint cannot be read: {en}"),
        format!("无法读取检查点：{zh}"),
    ))
}
