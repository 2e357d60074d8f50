//! A model that tells: a checkpoint with its tokenizer, and texts of any length by any strategy.

use ndarray_rand::rand::RngCore;

use super::Context;
use super::method::Method;
use super::model::folder;
use crate::math::attention::Mask;
use crate::math::divergence::entropy;
use crate::model::decoding::{Draw, Greedy, History, Processor, Sampler, probabilities};
use crate::model::{Generation, Transformer};
use crate::report::{Error, text};
use crate::tokenizer::Tokenizer;
use crate::tokenizer::trace::visible;

/// A causal model and its tokenizer.
pub struct Teller {
    /// The model.
    pub model: Transformer<f32>,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
}

/// What was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The tokens after the prompt.
    pub tokens: Vec<u32>,
    /// At each of them the entropy of the model's own distribution, in nats: before the strategy.
    pub entropy: Vec<f64>,
}

impl Teller {
    /// Opens a model that goes on from text.
    ///
    /// # Errors
    /// If there is none, it has no tokenizer, or it looks at both sides of a token.
    pub fn open(context: &Context, folder: &str) -> Result<Self, Error> {
        let model = folder::open(context, folder)?;
        if model.config.mask == Mask::None {
            return Err(Error::input(text(
                format!("{folder} looks at both sides of a token: it cannot go on from a text"),
                format!("{folder} 会看 token 两侧，不能向后续写"),
            ))
            .allowed(text("a model with a causal mask", "因果掩码的模型")));
        }
        let tokenizer = folder::tokenizer(context, folder)?.ok_or_else(|| {
            Error::input(text(
                format!("{folder} has no tokenizer.json, so it reads no text"),
                format!("{folder} 没有 tokenizer.json，无法读取文本"),
            ))
        })?;
        Ok(Self { model, tokenizer })
    }

    /// The tokens of a text that the model can read; `\n` written out is a line break.
    ///
    /// # Errors
    /// If there are none, more than the context holds, or one that the model does not know.
    pub fn read(&self, words: &str) -> Result<Vec<u32>, Error> {
        let tokens = self.tokenizer.encode(&words.replace("\\n", "\n"))?;
        Generation::new(&self.model, &tokens)?;
        Ok(tokens)
    }

    /// The text of tokens.
    pub fn words(&self, tokens: &[u32]) -> String {
        // a model may have more rows than its tokenizer has pieces: what has none says nothing
        let piece = |id: &u32| self.tokenizer.decode_bytes(&[*id]).unwrap_or_default();
        let bytes: Vec<u8> = tokens.iter().flat_map(piece).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One token as a name in tables and pictures.
    pub fn name(&self, token: u32) -> String {
        self.tokenizer.piece(token).map_or_else(|| token.to_string(), visible)
    }

    /// Goes on from a prompt by up to `count` tokens, until `stop` has been said. Where the context is
    /// full, the model goes on from its second half, and penalties still see all.
    ///
    /// # Errors
    /// If the model cannot read the prompt, nothing can be chosen, or `step` says so.
    pub fn tell(
        &self,
        prompt: &[u32],
        count: usize,
        stop: Option<u32>,
        method: &Method,
        rng: &mut dyn RngCore,
        mut step: impl FnMut(usize) -> Result<(), Error>,
    ) -> Result<Told, Error> {
        let mut processors = method.settings.processors();
        let mut generation = Generation::new(&self.model, prompt)?;
        let (mut all, mut told) = (prompt.to_vec(), Told::default());
        let (mut logits, mut p) = (Vec::new(), Vec::new());
        for i in 0..count {
            step(i)?;
            logits.clear();
            logits.extend_from_slice(generation.logits());
            told.entropy.push(nats(&logits, &mut p));
            let history = History { tokens: &all, prompt: prompt.len() };
            process(&mut processors, history, &mut logits)?;
            let token = match method.greedy {
                true => Greedy.choose(history, &mut logits)?,
                false => Draw { rng: &mut *rng }.choose(history, &mut logits)?,
            };
            all.push(token);
            if stop == Some(token) {
                break;
            }
            if generation.length() < self.model.config.context {
                generation.read(token)?;
            } else {
                let keep = self.model.config.context.div_ceil(2).min(all.len());
                generation = Generation::new(&self.model, &all[all.len() - keep..])?;
            }
        }
        told.tokens = all.split_off(prompt.len());
        Ok(told)
    }
}

/// Hands logits through a row of processors.
///
/// # Errors
/// The first error of one of them.
pub fn process(
    processors: &mut [Box<dyn Processor<f32>>],
    history: History,
    logits: &mut [f32],
) -> Result<(), Error> {
    processors.iter_mut().try_for_each(|one| one.process(history, logits))
}

/// The entropy of softmax(logits), in nats.
pub fn nats(logits: &[f32], place: &mut Vec<f32>) -> f64 {
    probabilities(logits, place);
    entropy(&place.iter().map(|p| f64::from(*p)).collect::<Vec<_>>())
}
