//! One group of beams: a beam search of its own, which hears what others have chosen.

use std::cmp::Ordering;

use crate::math::real::Real;
use crate::model::decoding::probabilities::entropy;
use crate::model::decoding::{Prefix, Processor, chain, sound};
use crate::report::{Error, text};

use super::{BeamSearch, EarlyStopping, Fate, Hypothesis, Node, Tree};

/// A prefix that goes on.
struct Beam<P> {
    prefix: P,
    /// Its last node, and the sum there.
    node: Option<usize>,
    sum: f64,
}

/// A beam with one more token.
#[derive(Clone, Copy)]
struct Candidate {
    beam: usize,
    token: u32,
    log: f64,
    sum: f64,
}

/// The beams of a group.
pub struct Group<P> {
    running: Vec<Beam<P>>,
    last: Vec<u32>,
    /// Ended texts, best first, as many as beams.
    pub finished: Vec<Hypothesis>,
    /// Whether it searches on.
    pub open: bool,
}

impl<P> Group<P> {
    /// A group before its first step: all beams begin as one.
    pub fn new(start: P) -> Self {
        let running = vec![Beam { prefix: start, node: None, sum: 0.0 }];
        Self { running, last: Vec::new(), finished: Vec::new(), open: true }
    }

    /// The tokens that its beams chose at this step, without one that ends a text.
    pub fn last_tokens(&self) -> impl Iterator<Item = u32> + '_ {
        self.last.iter().copied()
    }

    /// One step: weighs every token after every beam, keeps the best.
    pub fn weigh<F: Real>(
        &mut self,
        search: &BeamSearch,
        processors: &mut [Box<dyn Processor<F> + '_>],
        chosen: &[u32],
        (group, length): (usize, usize),
        tree: &mut Tree,
    ) -> Result<(), Error>
    where
        P: Prefix<F>,
    {
        let width = search.beams / search.groups;
        let candidates = self.candidates(search, processors, chosen, 2 * width)?;
        let mut next: Vec<(Candidate, usize)> = Vec::new();
        self.last.clear();
        for (rank, &candidate) in candidates.iter().enumerate() {
            let ends = search.end == Some(candidate.token) || length == search.most;
            let fate = match ends {
                true if rank < width => Fate::Ended,
                false if next.len() < width => Fate::Kept,
                _ => Fate::Dropped,
            };
            let Candidate { beam, token, log, sum } = candidate;
            let (parent, depth) = (self.running[beam].node, length);
            let node = tree.nodes.len();
            tree.nodes.push(Node { parent, depth, group, token, log_probability: log, sum, fate });
            if fate != Fate::Dropped && search.end != Some(token) {
                self.last.push(token);
            }
            match fate {
                Fate::Kept => next.push((candidate, node)),
                Fate::Ended => self.end(search, tree, node),
                Fate::Dropped => {}
            }
        }
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished.truncate(width);
        self.go_on(&next)?;
        self.open = !self.running.is_empty() && self.may_improve(search, width, length);
        Ok(())
    }

    /// The best candidates, best first; of equals the first beam and token.
    fn candidates<F: Real>(
        &self,
        search: &BeamSearch,
        processors: &mut [Box<dyn Processor<F> + '_>],
        chosen: &[u32],
        most: usize,
    ) -> Result<Vec<Candidate>, Error>
    where
        P: Prefix<F>,
    {
        let (mut all, mut logs) = (Vec::new(), Vec::new());
        for (i, beam) in self.running.iter().enumerate() {
            let logits = beam.prefix.logits();
            sound(logits)?;
            let denominator = F::of(entropy(logits).1);
            logs.clear();
            logs.extend(logits.iter().map(|x| *x - denominator)); // ln p, (V)
            chain::process(processors, beam.prefix.history(), &mut logs)?;
            for (token, log) in logs.iter().enumerate() {
                let (token, log) = (token as u32, log.to_f64().unwrap_or(f64::NEG_INFINITY));
                let times = chosen.iter().filter(|other| **other == token).count();
                let sum = beam.sum + log - search.diversity * times as f64;
                if sum > f64::NEG_INFINITY {
                    all.push(Candidate { beam: i, token, log, sum });
                }
            }
        }
        if all.is_empty() {
            return Err(Error::input(text(
                "every token has been ruled out in every beam: the search cannot go on",
                "每个束中的所有 token 都被排除，搜索无法继续",
            )));
        }
        let order = |a: &Candidate, b: &Candidate| -> Ordering {
            b.sum.total_cmp(&a.sum).then(a.beam.cmp(&b.beam)).then(a.token.cmp(&b.token))
        };
        if all.len() > most {
            all.select_nth_unstable_by(most, order);
            all.truncate(most);
        }
        all.sort_unstable_by(order);
        Ok(all)
    }

    fn end(&mut self, search: &BeamSearch, tree: &Tree, node: usize) {
        let tokens = tree.tokens(node);
        let score = search.score(tree.nodes[node].sum, tokens.len());
        let log_probability = tree.log_probability(node);
        self.finished.push(Hypothesis { tokens, log_probability, score, node });
    }

    /// The beams that go on: the last child of a beam takes it over, the others a copy.
    fn go_on<F>(&mut self, next: &[(Candidate, usize)]) -> Result<(), Error>
    where
        P: Prefix<F>,
    {
        let mut before: Vec<Option<P>> =
            std::mem::take(&mut self.running).into_iter().map(|beam| Some(beam.prefix)).collect();
        for (i, (candidate, node)) in next.iter().enumerate() {
            let again = next[i + 1..].iter().any(|(later, _)| later.beam == candidate.beam);
            let place = &mut before[candidate.beam];
            let prefix = if again { place.clone() } else { place.take() };
            let Some(mut prefix) = prefix else { continue };
            prefix.read(candidate.token)?;
            self.running.push(Beam { prefix, node: Some(*node), sum: candidate.sum });
        }
        Ok(())
    }

    /// Whether a text that still runs could be better than the worst that ended.
    fn may_improve(&self, search: &BeamSearch, width: usize, length: usize) -> bool {
        let (Some(best), Some(worst)) = (self.running.first(), self.finished.last()) else {
            return true;
        };
        if self.finished.len() < width {
            return true;
        }
        let longest = match search.early_stopping {
            EarlyStopping::True => return false,
            EarlyStopping::Never if search.length_penalty > 0.0 => search.most,
            _ => length,
        };
        search.score(best.sum, longest) > worst.score
    }
}
