//! Constrained decoding: a text that must match a pattern. The pattern becomes an automaton over bytes;
//! walking it over the bytes of each token tells which tokens may come next, and how many are needed
//! at least until the text is complete. So the text is always complete within its length.
//!
//! Willard & Louf 2023, Efficient Guided Generation for Large Language Models.

mod automaton;
pub mod schema;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::math::real::Real;
use crate::report::{Error, text};

use super::decoding::{History, Processor};
use automaton::Automaton;

/// The most table entries that one constraint may need: states times tokens.
const LARGEST: usize = 30_000_000;
/// No end can be reached.
const NEVER: u32 = u32::MAX;

/// A pattern compiled against a vocabulary: the states at the borders of tokens.
#[derive(Debug, Clone)]
pub struct Constraint {
    automaton: Arc<Automaton>,
    /// State 0 is the start.
    states: Vec<State>,
}

/// A place in the pattern.
#[derive(Debug, Clone)]
struct State {
    /// The tokens that may come, and where each leads; from all of them an end can be reached.
    next: Vec<(u32, u32)>,
    /// Whether the text is complete here.
    ends: bool,
    /// How many tokens are needed at least until it is.
    steps: u32,
}

/// What may be chosen in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// How many tokens.
    pub tokens: usize,
    /// Whether the text may also end.
    pub end: bool,
}

impl Constraint {
    /// A regular expression that the whole text must match, for tokens of these bytes; a token without
    /// bytes is never chosen. O(states · bytes of the vocabulary).
    ///
    /// ```
    /// use llm_lab::model::constraint::Constraint;
    /// let pieces: Vec<Vec<u8>> = ["1", "2", "x", "12"].map(Vec::from).to_vec();
    /// let digits = Constraint::regex("[0-9]{3}", &pieces)?;
    /// assert_eq!(digits.allowed(&[], 3), [0, 1, 3]);
    /// assert_eq!(digits.allowed(&[3], 1), [0, 1]); // 12 is there: one digit is missing
    /// assert!(digits.accepts("212") && !digits.accepts("2121"));
    /// # Ok::<(), llm_lab::report::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bad input if it is no regular expression, needs too much memory, or no text of these tokens
    /// matches it.
    pub fn regex(pattern: &str, pieces: &[Vec<u8>]) -> Result<Self, Error> {
        let automaton = Arc::new(Automaton::new(pattern)?);
        let mut ids = HashMap::from([(automaton.start(), 0u32)]);
        let mut order = vec![automaton.start()];
        let mut states: Vec<State> = Vec::new();
        while let Some(&from) = order.get(states.len()) {
            if order.len().saturating_mul(pieces.len()) > LARGEST {
                return Err(too_large());
            }
            let mut next = Vec::new();
            for (token, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
                let Some(to) = automaton.walk(from, piece) else { continue };
                let id = *ids.entry(to).or_insert_with(|| {
                    order.push(to);
                    order.len() as u32 - 1
                });
                next.push((token as u32, id));
            }
            let ends = automaton.ends(from);
            states.push(State { next, ends, steps: if ends { 0 } else { NEVER } });
        }
        let mut this = Self { automaton, states };
        this.count_steps();
        // what bytes could finish, these tokens may not
        let steps: Vec<u32> = this.states.iter().map(|s| s.steps).collect();
        for state in &mut this.states {
            state.next.retain(|(_, to)| steps[*to as usize] != NEVER);
        }
        if this.states[0].steps == NEVER {
            return Err(Error::input(text(
                "no text of this vocabulary matches the constraint",
                "这个词表拼不出任何满足约束的文本",
            )));
        }
        Ok(this)
    }

    /// One of several texts.
    ///
    /// # Errors
    /// Bad input if there is none, or the vocabulary cannot spell any.
    pub fn choices(words: &[String], pieces: &[Vec<u8>]) -> Result<Self, Error> {
        let escaped: Vec<String> = words.iter().map(|word| regex_syntax::escape(word)).collect();
        Self::regex(&escaped.join("|"), pieces)
    }

    /// The least number of tokens to an end from each state, from the ends backwards.
    fn count_steps(&mut self) {
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); self.states.len()];
        for (from, state) in self.states.iter().enumerate() {
            for (_, to) in &state.next {
                // tokens of equal bytes lead to one state
                if before[*to as usize].last() != Some(&(from as u32)) {
                    before[*to as usize].push(from as u32);
                }
            }
        }
        let ends = |(i, s): (usize, &State)| s.ends.then_some(i as u32);
        let mut edge: Vec<u32> = self.states.iter().enumerate().filter_map(ends).collect();
        let mut steps = 0;
        while !edge.is_empty() {
            steps += 1;
            let mut further = Vec::new();
            for from in edge.iter().flat_map(|to| &before[*to as usize]) {
                let state = &mut self.states[*from as usize];
                if state.steps == NEVER {
                    state.steps = steps;
                    further.push(*from);
                }
            }
            edge = further;
        }
    }

    /// Where a text stands; nothing if it has left the pattern. O(T log V).
    fn state(&self, chosen: &[u32]) -> Option<&State> {
        let step = |state: &State, token: &u32| {
            let at = state.next.binary_search_by_key(token, |(token, _)| *token).ok()?;
            self.states.get(state.next[at].1 as usize)
        };
        chosen.iter().try_fold(&self.states[0], step)
    }

    /// The tokens that may come after those chosen, if `left` tokens may still be chosen in all: those
    /// from which the text can be completed in time.
    pub fn allowed(&self, chosen: &[u32], left: usize) -> Vec<u32> {
        let Some(state) = self.state(chosen) else { return Vec::new() };
        let in_time = |to: u32| (self.states[to as usize].steps as usize) < left;
        state.next.iter().filter(|(_, to)| in_time(*to)).map(|(token, _)| *token).collect()
    }

    /// Whether the tokens chosen are a complete text.
    pub fn complete(&self, chosen: &[u32]) -> bool {
        self.state(chosen).is_some_and(|state| state.ends)
    }

    /// How many tokens the shortest complete text has.
    pub fn shortest(&self) -> usize {
        self.states[0].steps as usize
    }

    /// How many places at borders of tokens the pattern has.
    pub fn size(&self) -> usize {
        self.states.len()
    }

    /// Whether a text matches, byte by byte: a check that knows no tokens.
    pub fn accepts(&self, text: &str) -> bool {
        let end = self.automaton.walk(self.automaton.start(), text.as_bytes());
        end.is_some_and(|state| self.automaton.ends(state))
    }
}

/// The mask as a [`Processor`]: rules out every token that the constraint forbids after what was chosen
/// since the prompt. Where the text is complete it may end, with the end token.
#[derive(Debug, Clone)]
pub struct Guard<'a> {
    /// The constraint.
    pub constraint: &'a Constraint,
    /// How many tokens the text may have.
    pub most: usize,
    /// The token that ends a text.
    pub end: u32,
}

impl Guard<'_> {
    /// What may be chosen after the history.
    pub fn choice(&self, history: History) -> Choice {
        let chosen = history.chosen();
        let left = self.most.saturating_sub(chosen.len());
        let end = self.constraint.complete(chosen);
        let tokens = self.constraint.allowed(chosen, left);
        Choice { tokens: tokens.iter().filter(|t| !(end && **t == self.end)).count(), end }
    }
}

impl<F: Real> Processor<F> for Guard<'_> {
    fn process(&mut self, history: History, logits: &mut [F]) -> Result<(), Error> {
        let chosen = history.chosen();
        let left = self.most.saturating_sub(chosen.len());
        let mut allowed = self.constraint.allowed(chosen, left);
        if self.constraint.complete(chosen) {
            allowed.push(self.end);
        }
        let kept: Vec<(u32, F)> =
            allowed.iter().filter_map(|t| Some((*t, *logits.get(*t as usize)?))).collect();
        logits.fill(F::neg_infinity());
        for (token, logit) in kept {
            logits[token as usize] = logit;
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("constraint of {} states", self.constraint.size())
    }
}

/// More states or tokens than the lab's memory is for.
fn too_large() -> Error {
    Error::input(text("the constraint needs too many states", "约束需要的状态太多")).allowed(text(
        "a shorter pattern, smaller counts such as {1,20}, [a-z] instead of \\w",
        "更短的模式、更小的次数（如 {1,20}）、用 [a-z] 代替 \\w",
    ))
}
