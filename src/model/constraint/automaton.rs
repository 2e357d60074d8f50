//! A regular expression as an automaton over bytes, and which of its states can still reach a match.

use std::collections::HashMap;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::report::{Error, text};

/// The most memory of an automaton, and of the work to make it, in bytes.
const MEMORY: usize = 32 << 20;

/// An automaton that reads whole texts.
#[derive(Debug, Clone)]
pub struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
    /// The states from which a match can be reached, and whether the text may end there.
    alive: HashMap<StateID, bool>,
}

impl Automaton {
    /// # Errors
    /// Bad input if the pattern is none, or too large.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        regex_syntax::Parser::new().parse(pattern).map_err(|error| {
            let what = error.to_string();
            let last =
                what.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
            Error::input(text(
                format!("not a regular expression: {last}"),
                format!("不是正则表达式：{last}"),
            ))
            .example("llm-lab constrain --regex \"[0-9]{3}-[0-9]{4}\"")
        })?;
        // all matches, not the leftmost: `a|ab` must also read ab
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(MEMORY))
            .determinize_size_limit(Some(MEMORY));
        let dfa = dense::Builder::new().configure(config).build(pattern);
        let dfa = dfa.map_err(|error| match error.is_size_limit_exceeded() {
            true => super::too_large(),
            false => Error::input(text(
                "the regular expression uses what an automaton over bytes cannot (such as \\b)",
                "正则表达式用到了字节自动机不支持的写法（如 \\b）",
            )),
        })?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes));
        let start = start.map_err(|_| super::too_large())?;
        let alive = alive(&dfa, start);
        if !alive.contains_key(&start) {
            return Err(Error::input(text(
                "no text at all matches the constraint",
                "没有任何文本能满足约束",
            )));
        }
        Ok(Self { dfa, start, alive })
    }

    /// Where every text starts.
    pub fn start(&self) -> StateID {
        self.start
    }

    /// The state after some bytes; nothing if no match can be reached any more.
    pub fn walk(&self, from: StateID, bytes: &[u8]) -> Option<StateID> {
        let step = |state, byte: &u8| {
            let next = self.dfa.next_state(state, *byte);
            self.alive.contains_key(&next).then_some(next)
        };
        bytes.iter().try_fold(from, step)
    }

    /// Whether a text may end here.
    pub fn ends(&self, state: StateID) -> bool {
        self.alive.get(&state).copied().unwrap_or(false)
    }
}

/// The states on the way from the start to an end.
fn alive(dfa: &dense::DFA<Vec<u32>>, start: StateID) -> HashMap<StateID, bool> {
    let bytes: Vec<u8> =
        dfa.byte_classes().representatives(0..=255).filter_map(|unit| unit.as_u8()).collect();
    let mut before: HashMap<StateID, Vec<StateID>> = HashMap::from([(start, Vec::new())]);
    let mut order = vec![start];
    let mut done = 0;
    while let Some(&from) = order.get(done) {
        done += 1;
        if dfa.is_dead_state(from) || dfa.is_quit_state(from) {
            continue;
        }
        for byte in &bytes {
            let to = dfa.next_state(from, *byte);
            before
                .entry(to)
                .or_insert_with(|| {
                    order.push(to);
                    Vec::new()
                })
                .push(from);
        }
    }
    let ends = |state: &StateID| {
        !dfa.is_quit_state(*state) && dfa.is_match_state(dfa.next_eoi_state(*state))
    };
    let mut edge: Vec<StateID> = order.into_iter().filter(ends).collect();
    let mut alive: HashMap<StateID, bool> = edge.iter().map(|state| (*state, true)).collect();
    while let Some(to) = edge.pop() {
        for from in before.get(&to).into_iter().flatten() {
            if !alive.contains_key(from) {
                alive.insert(*from, false);
                edge.push(*from);
            }
        }
    }
    alive
}
