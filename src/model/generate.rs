//! Generation: one token after the other, each from the logits of the last.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::math::real::Real;
use crate::report::{Error, text};

use super::cache::Cache;
use super::decoding::{History, Sampler};
use super::forward::Pass;
use super::pair::Pair;
use super::position::Position;
use super::transformer::Transformer;
use super::workspace::Workspace;

/// A text that grows: the cache and the logits of what comes next. A copy grows on its own, as the
/// beams of a search do.
#[derive(Debug, Clone)]
pub struct Generation<'a, F> {
    model: &'a Transformer<F>,
    tokens: Vec<u32>,
    prompt: usize,
    cache: Cache<F>,
    workspace: Workspace<F>,
}

impl<'a, F: Real> Generation<'a, F> {
    /// Reads a prompt.
    ///
    /// ```
    /// use llm_lab::model::{Generation, Greedy, Preset, Size, Transformer};
    /// use ndarray_rand::rand::SeedableRng;
    /// let size = Size { vocab: 9, context: 8, d: 8, d_ff: 8, layers: 1, heads: 2, kv_heads: 1 };
    /// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    /// let model = Transformer::<f32>::new(Preset::Llama.config(size)?, &mut rng)?;
    /// let mut generation = Generation::new(&model, &[1, 2, 3])?;
    /// let token = generation.next(&mut Greedy)?;
    /// assert!(token < 9);
    /// # Ok::<(), llm_lab::report::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bad input if the prompt is empty, longer than the context, or has a token that the model
    /// does not know.
    pub fn new(model: &'a Transformer<F>, prompt: &[u32]) -> Result<Self, Error> {
        check(model, prompt)?;
        let cache = Cache::new(&model.config);
        let workspace = Workspace::default();
        let mut this = Self { model, tokens: Vec::new(), prompt: prompt.len(), cache, workspace };
        this.extend(prompt);
        Ok(this)
    }

    /// The logits of the token that comes next, `(V)`.
    pub fn logits(&self) -> &[F] {
        &self.workspace.logits
    }

    /// How many tokens have been read.
    pub fn length(&self) -> usize {
        self.cache.length
    }

    /// What has been read.
    pub fn history(&self) -> History<'_> {
        History { tokens: &self.tokens, prompt: self.prompt }
    }

    /// What met the output matrix at the tokens that were read last, one row each `(t, d)`: after
    /// [`Self::new`] those of the prompt, then that of the last token.
    pub fn hidden(&self) -> &[F] {
        &self.workspace.last
    }

    /// Chooses the next token without reading it.
    ///
    /// # Errors
    /// As the sampler.
    pub fn choose(&mut self, sampler: &mut impl Sampler<F>) -> Result<u32, Error> {
        let history = History { tokens: &self.tokens, prompt: self.prompt };
        sampler.choose(history, &mut self.workspace.logits)
    }

    /// Reads a token, wherever it comes from.
    ///
    /// # Errors
    /// Bad input if the context is full, or the model does not know the token.
    pub fn read(&mut self, token: u32) -> Result<(), Error> {
        if self.cache.length >= self.model.config.context {
            return Err(too_long(self.cache.length + 1, self.model.config.context));
        }
        check(self.model, &[token])?;
        self.extend(&[token]);
        Ok(())
    }

    /// Chooses the next token and reads it.
    ///
    /// # Errors
    /// Bad input once the context is full, and as the sampler.
    pub fn next(&mut self, sampler: &mut impl Sampler<F>) -> Result<u32, Error> {
        if self.cache.length >= self.model.config.context {
            return Err(too_long(self.cache.length + 1, self.model.config.context));
        }
        let token = self.choose(sampler)?;
        self.extend(&[token]);
        Ok(token)
    }

    /// Chooses and reads `count` tokens and hands each to `each`, until that says to stop. Where the matrices are large, a
    /// second thread helps all the while: for a single token it would come too late.
    ///
    /// # Errors
    /// As [`Self::next`], and the first error of `each`.
    pub fn run(
        &mut self,
        count: usize,
        sampler: &mut impl Sampler<F>,
        mut each: impl FnMut(u32) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let (model, pair) = (self.model, Arc::<Pair<F>>::default());
        self.workspace.pair = Some(pair.clone());
        let work = || {
            for _ in 0..count {
                if each(self.next(sampler)?)?.is_break() {
                    break;
                }
            }
            Ok(())
        };
        let done = model.with_helper(&pair, work);
        self.workspace.pair = None;
        done
    }

    fn extend(&mut self, tokens: &[u32]) {
        let config = &self.model.config;
        self.tokens.extend_from_slice(tokens);
        // where tokens look ahead, or all angles move with the length, each new token changes what the
        // cache holds of those before it
        let moves =
            matches!(config.position, Position::Rope(rope) if rope.moves_at(self.tokens.len()));
        if moves || self.cache.length < config.mask.ahead() {
            self.cache.truncate(0, config);
        }
        let tokens = &self.tokens[self.cache.length..];
        let ws = &mut self.workspace;
        ws.prepare(&self.model.config, 1, tokens.len());
        self.model.forward(tokens, ws, Some(&mut self.cache), Pass::default());
        self.model.logits(ws, tokens.len() - 1..tokens.len());
    }
}

/// The logits of every position of one sequence, `(T·V)`.
///
/// # Errors
/// As [`Generation::new`].
pub fn logits<F: Real>(model: &Transformer<F>, tokens: &[u32]) -> Result<Vec<F>, Error> {
    typed_logits(model, tokens, &[])
}

/// As [`logits`], with the type of each token: BERT's first sentence (0) or second (1).
///
/// # Errors
/// Also if there is not one type for each token, or the model does not know one.
pub fn typed_logits<F: Real>(
    model: &Transformer<F>,
    tokens: &[u32],
    types: &[u32],
) -> Result<Vec<F>, Error> {
    check(model, tokens)?;
    let known = model.config.types;
    let fits = types.len() == tokens.len() && types.iter().all(|kind| (*kind as usize) < known);
    if !types.is_empty() && !fits {
        let allowed = match known {
            0 => text("none in this model", "此模型没有 token 类型"),
            _ => text(
                format!("one for each token, each below {known}"),
                format!("每个 token 一个，且小于 {known}"),
            ),
        };
        return Err(Error::input(text(
            "the token types do not fit the model and its tokens",
            "token 类型与模型或 token 不符",
        ))
        .allowed(allowed));
    }
    let mut ws = Workspace::default();
    ws.prepare(&model.config, 1, tokens.len());
    model.forward(tokens, &mut ws, None, Pass { types, ..Pass::default() });
    model.logits(&mut ws, 0..tokens.len());
    Ok(ws.logits)
}

/// Whether the model can read such a sequence.
pub(super) fn check<F: Real>(model: &Transformer<F>, tokens: &[u32]) -> Result<(), Error> {
    let (context, v) = (model.config.context, model.config.vocab);
    if tokens.is_empty() {
        return Err(Error::input(text("there is no token to start from", "没有起始 token")));
    }
    if tokens.len() > context {
        return Err(too_long(tokens.len(), context));
    }
    match tokens.iter().find(|token| **token as usize >= v) {
        Some(token) => Err(Error::input(text(
            format!("the model does not know token {token}"),
            format!("模型不认识 token {token}"),
        ))
        .allowed(text(format!("0 to {}", v - 1), format!("0 到 {}", v - 1)))),
        None => Ok(()),
    }
}

pub(super) fn too_long(n: usize, context: usize) -> Error {
    Error::input(text(
        format!("{n} tokens are more than the context"),
        format!("{n} 个 token 超出上下文长度"),
    ))
    .allowed(text(format!("up to {context} tokens"), format!("最多 {context} 个 token")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decoding::{Greedy, argmax};
    use crate::model::{Preset, Size};
    use ndarray_rand::rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_cache_chooses_the_tokens_of_the_full_forward_pass() {
        for preset in [Preset::Gpt2, Preset::Llama, Preset::Qwen2, Preset::Glm4] {
            let size =
                Size { vocab: 50, context: 40, d: 48, d_ff: 96, layers: 3, heads: 4, kv_heads: 2 };
            let mut rng = ChaCha8Rng::seed_from_u64(8);
            let mut model =
                Transformer::<f32>::new(preset.config(size).unwrap(), &mut rng).unwrap();
            model.weights.iter_mut().for_each(|w| *w += rng.random_range(-0.2..0.2));
            let mut text = vec![3, 1, 4];
            let mut generation = Generation::new(&model, &text).unwrap();
            for _ in 3..40 {
                let all = logits(&model, &text).unwrap();
                let expected = argmax(&all[all.len() - 50..]);
                text.push(generation.next(&mut Greedy).unwrap());
                assert_eq!(text.last(), Some(&expected), "{preset:?} at {}", text.len());
            }
            assert!(generation.next(&mut Greedy).is_err(), "the context is full");
        }
    }

    #[test]
    fn a_helper_changes_no_bit() {
        let size =
            Size { vocab: 300, context: 24, d: 256, d_ff: 272, layers: 2, heads: 4, kv_heads: 2 };
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let model = Transformer::<f32>::new(Preset::Llama.config(size).unwrap(), &mut rng).unwrap();
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        let mut generation = Generation::new(&model, &[3]).unwrap();
        (0..23).for_each(|_| alone.push(generation.next(&mut Greedy).unwrap()));
        let mut helped = Generation::new(&model, &[3]).unwrap();
        let mut keep = |token| {
            together.push(token);
            Ok(ControlFlow::Continue(()))
        };
        helped.run(23, &mut Greedy, &mut keep).unwrap();
        assert!(helped.run(1, &mut Greedy, &mut keep).is_err(), "the context is full");
        assert_eq!(alone, together);
        assert_eq!(generation.logits(), helped.logits());
    }
}
