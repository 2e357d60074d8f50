//! Decoding: from the logits of the next token to a text. Every strategy is made of the same parts.
//!
//! - A [`Processor`] changes logits: a penalty, a temperature, a filter. Processors stand in a row,
//!   in the order that Hugging Face's `generate` uses ([`Settings::processors`]).
//! - A [`Sampler`] ends the row: it chooses one token. [`Greedy`] and [`Draw`] forget what was;
//!   [`Mirostat`] learns from its choices; a [`Chain`] is processors before another sampler.
//! - A search weighs whole texts: [`BeamSearch`] over any [`Prefix`] that can be copied,
//!   [`Contrastive`] over what a model makes of the tokens.
//!
//! What has been read so far comes in as an argument, a [`History`], instead of being kept: the
//! same processor then serves a text that grows, each beam of a search, and a draft that is taken
//! back.

mod beam;
mod chain;
mod contrastive;
mod count;
mod cutoff;
mod draw;
mod greedy;
mod min_p;
mod mirostat;
mod no_repeat;
mod order;
mod prefix;
mod probabilities;
mod repetition;
mod temperature;
mod top_k;
mod top_p;
mod typical;

use crate::math::real::Real;
use crate::report::{Error, text};

pub use beam::{BeamSearch, EarlyStopping, Fate, Found, Hypothesis, Node, Tree};
pub use chain::Chain;
pub use contrastive::{Contrastive, Weighed};
pub use count::CountPenalty;
pub use cutoff::{Epsilon, Eta};
pub use draw::Draw;
pub use greedy::{Greedy, argmax};
pub use min_p::MinP;
pub use mirostat::Mirostat;
pub use no_repeat::NoRepeat;
pub use order::Settings;
pub use prefix::{Markov, Prefix};
pub use probabilities::{probabilities, surprise};
pub use repetition::RepetitionPenalty;
pub use temperature::{Scale, Temperature};
pub use top_k::TopK;
pub use top_p::TopP;
pub use typical::Typical;

/// What has been read so far: the prompt and what was chosen after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History<'a> {
    /// All tokens, the prompt first.
    pub tokens: &'a [u32],
    /// How many of them are the prompt.
    pub prompt: usize,
}

impl<'a> History<'a> {
    /// What was chosen after the prompt.
    pub fn chosen(self) -> &'a [u32] {
        self.tokens.get(self.prompt..).unwrap_or_default()
    }
}

/// Changes logits before a token is chosen. A logit of −∞ is a token that cannot be chosen.
pub trait Processor<F> {
    /// Changes the logits `(V)` of what comes after `history`.
    ///
    /// # Errors
    /// If nothing can be chosen any more.
    fn process(&mut self, history: History, logits: &mut [F]) -> Result<(), Error>;

    /// What it is, in the field's words, with its parameter: `top-k 40`.
    fn name(&self) -> String;
}

/// Chooses the next token from logits, which it may change.
pub trait Sampler<F> {
    /// The token after `history`, given its logits `(V)`.
    ///
    /// # Errors
    /// If the logits are no numbers, or none can be chosen.
    fn choose(&mut self, history: History, logits: &mut [F]) -> Result<u32, Error>;
}

/// Refuses logits from which nothing can be chosen: one that is NaN or +∞, or none but −∞. O(V).
///
/// ```
/// use llm_lab::model::decoding::sound;
/// assert!(sound(&[0.5_f32, f32::NEG_INFINITY]).is_ok());
/// assert!(sound(&[0.5_f32, f32::NAN]).is_err());
/// assert!(sound(&[f32::NEG_INFINITY; 2]).is_err());
/// ```
///
/// # Errors
/// Bad input, naming which of these it is.
pub fn sound<F: Real>(logits: &[F]) -> Result<(), Error> {
    // without a branch, so that the compiler can look at whole vectors
    let look = |(broken, some): (bool, bool), x: &F| {
        (broken | x.is_nan() | (*x == F::infinity()), some | (*x > F::neg_infinity()))
    };
    let (broken, some) = logits.iter().fold((false, false), look);
    match (broken, some) {
        (true, _) => Err(Error::input(text(
            "a logit is NaN or +∞: no token can be chosen",
            "有 logit 为 NaN 或 +∞，无法选择 token",
        ))
        .allowed(text(
            "finite logits, and −∞ for tokens that are ruled out",
            "有限的 logit；被排除的 token 用 −∞",
        ))),
        (false, false) => Err(Error::input(text(
            "every token has been ruled out: nothing is left to choose",
            "所有 token 都被排除，没有可选的了",
        ))),
        (false, true) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
