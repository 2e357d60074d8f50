//! Beam search: the b best prefixes go on side by side.

mod group;
mod tree;

use crate::math::real::Real;
use crate::report::{Error, text};

use super::{Prefix, Processor};
use group::Group;
pub use tree::{Fate, Node, Tree};

/// When a search that has found b ended texts stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EarlyStopping {
    /// At once.
    True,
    /// When the best that still runs, as long as it is now, would score worse than all of them.
    #[default]
    False,
    /// When no text of any length could score better.
    Never,
}

/// Beam search, diverse beam search if there are several groups. The b prefixes with the largest sum
/// of log-probabilities are kept at each step; b = 1 is greedy decoding. An ended text of n tokens
/// scores `Σ ln p / n^α`.
///
/// In groups, each is a beam search of b/g beams, and a token's logarithm is lowered by λ for each
/// time that groups before it have chosen the token at this step.
///
/// Steps and stopping are those of Hugging Face's `generate`. O(steps · (b · model + b·V)).
///
/// Lowerre 1976, The Harpy Speech Recognition System; Wu et al. 2016, Google's Neural Machine
/// Translation System, for the length; Vijayakumar et al. 2018, Diverse Beam Search.
///
/// ```
/// use llm_lab::model::decoding::{BeamSearch, Markov};
/// let logs = |p: &[f64]| p.iter().map(|p| p.ln()).collect::<Vec<f64>>();
/// let rows = vec![logs(&[0.4, 0.3, 0.3]), logs(&[0.9, 0.05, 0.05]), logs(&[0.2, 0.5, 0.3])];
/// let chain = Markov::new(logs(&[0.5, 0.4, 0.1]), rows)?;
/// let best = |beams| {
///     let search = BeamSearch { beams, most: 2, length_penalty: 0.0, ..BeamSearch::default() };
///     let found = search.run(chain.clone(), &mut [], |_| Ok(()))?;
///     Ok::<_, llm_lab::report::Error>(found.best[0].log_probability.exp())
/// };
/// assert!((best(1)? - 0.20).abs() < 1e-12); // greedy takes the larger half first
/// assert!((best(2)? - 0.36).abs() < 1e-12);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeamSearch {
    /// b.
    pub beams: usize,
    /// g, which divides b.
    pub groups: usize,
    /// λ.
    pub diversity: f64,
    /// α: 0 compares sums, 1 means; above 0 favours long texts.
    pub length_penalty: f64,
    /// When to stop.
    pub early_stopping: EarlyStopping,
    /// The token that ends a text.
    pub end: Option<u32>,
    /// The most tokens of a text.
    pub most: usize,
}

impl Default for BeamSearch {
    fn default() -> Self {
        Self {
            beams: 4,
            groups: 1,
            diversity: 0.0,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::False,
            end: None,
            most: 20,
        }
    }
}

/// A text that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// What was chosen, with the token that ends it.
    pub tokens: Vec<u32>,
    /// Σ ln p, after the processors, in nats.
    pub log_probability: f64,
    /// What it is ranked by.
    pub score: f64,
    /// Its last node in the tree.
    pub node: usize,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The b best texts, best first.
    pub best: Vec<Hypothesis>,
    /// Everything that was weighed.
    pub tree: Tree,
}

impl BeamSearch {
    /// Searches on from a prefix. Processors act on log-probabilities; `step` hears how many tokens
    /// have been chosen.
    ///
    /// # Errors
    /// Bad input if there are more beams than tokens, the groups do not divide the beams, or logits
    /// are no numbers; the first error of `step`.
    pub fn run<F: Real, P: Prefix<F>>(
        &self,
        start: P,
        processors: &mut [Box<dyn Processor<F> + '_>],
        mut step: impl FnMut(usize) -> Result<(), Error>,
    ) -> Result<Found, Error> {
        self.check(start.logits().len())?;
        let mut tree = Tree::default();
        let mut groups: Vec<Group<P>> =
            (0..self.groups).map(|_| Group::new(start.clone())).collect();
        for length in 1..=self.most {
            step(length - 1)?;
            let mut chosen: Vec<u32> = Vec::new(); // at this step, by the groups so far
            for (i, group) in groups.iter_mut().enumerate().filter(|(_, group)| group.open) {
                group.weigh(self, processors, &chosen, (i, length), &mut tree)?;
                chosen.extend(group.last_tokens());
            }
            if groups.iter().all(|group| !group.open) {
                break;
            }
        }
        let mut best: Vec<Hypothesis> = groups.into_iter().flat_map(|g| g.finished).collect();
        best.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(Found { best, tree })
    }

    /// What an ended text of `length` tokens scores.
    pub fn score(&self, sum: f64, length: usize) -> f64 {
        sum / (length as f64).powf(self.length_penalty)
    }

    fn check(&self, v: usize) -> Result<(), Error> {
        if self.beams == 0 || self.beams > v {
            return Err(Error::input(text(
                format!("{} beams are more than the vocabulary has tokens", self.beams),
                format!("束宽 {} 超过词表大小", self.beams),
            ))
            .allowed(text(format!("1 to {v} beams"), format!("束宽 1 到 {v}"))));
        }
        if self.groups == 0 || !self.beams.is_multiple_of(self.groups) {
            let divisors: Vec<String> = (1..=self.beams)
                .filter(|g| self.beams.is_multiple_of(*g))
                .map(|g| g.to_string())
                .collect();
            return Err(Error::input(text(
                format!("{} groups do not divide {} beams", self.groups, self.beams),
                format!("{} 组不能整除束宽 {}", self.groups, self.beams),
            ))
            .allowed(text(
                format!("{} groups", divisors.join(", ")),
                format!("组数 {}", divisors.join("、")),
            )));
        }
        Ok(())
    }
}
