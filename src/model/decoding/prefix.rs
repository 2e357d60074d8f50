//! What a search asks of a model: a text that can be copied and goes on in several ways.

use std::rc::Rc;

use crate::math::real::Real;
use crate::model::Generation;
use crate::report::{Error, text};

use super::History;

/// A text so far with the logits of what comes next. A copy goes its own way.
pub trait Prefix<F>: Clone {
    /// What has been read.
    fn history(&self) -> History<'_>;

    /// The logits of the next token, `(V)`.
    fn logits(&self) -> &[F];

    /// Reads a token.
    ///
    /// # Errors
    /// If there is no room for it, or no such token.
    fn read(&mut self, token: u32) -> Result<(), Error>;
}

impl<F: Real> Prefix<F> for Generation<'_, F> {
    fn history(&self) -> History<'_> {
        self.history()
    }

    fn logits(&self) -> &[F] {
        self.logits()
    }

    fn read(&mut self, token: u32) -> Result<(), Error> {
        self.read(token)
    }
}

/// A Markov chain as a model: what comes next depends on the last token alone.
///
/// ```
/// use llm_lab::model::decoding::{Markov, Prefix};
/// let half = 0.5_f64.ln();
/// let mut chain = Markov::new(vec![half, half], vec![vec![0.0, f64::NEG_INFINITY]; 2])?;
/// assert_eq!(chain.logits(), [half, half]);
/// chain.read(1)?;
/// assert_eq!(chain.logits()[0], 0.0);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Markov<F> {
    start: Rc<Vec<F>>,
    rows: Rc<Vec<Vec<F>>>,
    tokens: Vec<u32>,
}

impl<F: Real> Markov<F> {
    /// The logits of the first token `(V)`, and those after each token `(V, V)`.
    ///
    /// # Errors
    /// Bad input unless there are as many rows, each as long as `start`.
    pub fn new(start: Vec<F>, rows: Vec<Vec<F>>) -> Result<Self, Error> {
        let v = start.len();
        if v == 0 || rows.len() != v || rows.iter().any(|row| row.len() != v) {
            return Err(Error::input(text(
                "a Markov chain needs a row for the start and one after each token, all as long as there are tokens",
                "马尔可夫链需要一行起始分布，以及每个 token 之后的一行，每行长度等于 token 数",
            )));
        }
        Ok(Self { start: Rc::new(start), rows: Rc::new(rows), tokens: Vec::new() })
    }
}

impl<F: Real> Prefix<F> for Markov<F> {
    fn history(&self) -> History<'_> {
        History { tokens: &self.tokens, prompt: 0 }
    }

    fn logits(&self) -> &[F] {
        self.tokens.last().map_or(&self.start, |last| &self.rows[*last as usize])
    }

    fn read(&mut self, token: u32) -> Result<(), Error> {
        if token as usize >= self.rows.len() {
            return Err(Error::input(text(
                format!("the chain has no token {token}"),
                format!("链中没有 token {token}"),
            )));
        }
        self.tokens.push(token);
        Ok(())
    }
}
