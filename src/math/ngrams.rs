//! What a text repeats: shares of n-grams and the longest loop.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each n-gram occurs. O(T·n).
pub fn counts<T: Eq + Hash>(tokens: &[T], n: usize) -> HashMap<&[T], usize> {
    let mut counts = HashMap::new();
    for gram in tokens.windows(n.max(1)) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// distinct-n: different n-grams over all n-grams, of several texts together; an n-gram does not reach
/// from one text into the next. 1 says that none occurs twice; NaN if no text has n tokens. O(T·n).
///
/// Li et al. 2016, A Diversity-Promoting Objective Function for Neural Conversation Models.
///
/// ```
/// use llm_lab::math::ngrams::distinct;
/// assert_eq!(distinct(&[&[1, 2, 1, 2, 1][..]], 2), 0.5); // 12, 21 of four
/// ```
pub fn distinct<T: Eq + Hash>(texts: &[&[T]], n: usize) -> f64 {
    let mut all: HashMap<&[T], usize> = HashMap::new();
    for text in texts {
        counts(text, n)
            .into_iter()
            .for_each(|(gram, count)| *all.entry(gram).or_insert(0) += count);
    }
    all.len() as f64 / all.values().sum::<usize>() as f64
}

/// rep-n: the share of n-grams that have occurred before in the text, 1 − distinct-n. O(T·n).
///
/// Welleck et al. 2020, Neural Text Generation with Unlikelihood Training (seq-rep-n).
///
/// ```
/// use llm_lab::math::ngrams::repeated;
/// assert_eq!(repeated(&[1, 2, 3, 1, 2, 3, 1], 3), 0.4); // 123 and 231 of five
/// ```
pub fn repeated<T: Eq + Hash>(tokens: &[T], n: usize) -> f64 {
    1.0 - distinct(&[tokens], n)
}

/// A stretch of a text that repeats itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loop {
    /// Where it starts.
    pub start: usize,
    /// After how many tokens it comes again.
    pub period: usize,
    /// How many tokens it covers, all rounds together.
    pub length: usize,
}

impl Loop {
    /// How often it goes round.
    pub fn rounds(&self) -> f64 {
        if self.period == 0 { 0.0 } else { self.length as f64 / self.period as f64 }
    }
}

/// The longest stretch that goes round at least twice: `xᵢ = xᵢ₋ₚ` all along it but for its first p
/// tokens. Of equally long ones that with the shortest period; the default if there is none. O(T²).
///
/// ```
/// use llm_lab::math::ngrams::longest_loop;
/// let found = longest_loop(&[9, 1, 2, 1, 2, 1, 7]);
/// assert_eq!((found.start, found.period, found.length), (1, 2, 5));
/// ```
pub fn longest_loop<T: Eq>(tokens: &[T]) -> Loop {
    let mut best = Loop::default();
    for period in 1..=tokens.len() / 2 {
        let mut start = 0; // of the stretch that i is in
        for i in period..tokens.len() {
            if tokens[i] != tokens[i - period] {
                start = i + 1 - period;
                continue;
            }
            let length = i + 1 - start;
            if length >= 2 * period && length > best.length {
                best = Loop { start, period, length };
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_longest_loop_is_a_loop_and_none_is_longer(tokens in prop::collection::vec(0..3u8, 0..24)) {
            let is_loop = |start: usize, period: usize, length: usize| {
                (start + period..start + length).all(|i| tokens[i] == tokens[i - period])
            };
            let found = longest_loop(&tokens);
            prop_assert!(found.length == 0 || found.length >= 2 * found.period);
            prop_assert!(is_loop(found.start, found.period, found.length));
            for period in 1..=tokens.len() / 2 {
                for length in (2 * period).max(found.length + 1)..=tokens.len() {
                    for start in 0..=tokens.len() - length {
                        prop_assert!(!is_loop(start, period, length));
                    }
                }
            }
        }

        #[test]
        fn shares_are_shares(tokens in prop::collection::vec(0..4u8, 1..30), n in 1usize..5) {
            prop_assume!(tokens.len() >= n);
            let (fresh, again) = (distinct(&[&tokens], n), repeated(&tokens, n));
            prop_assert!(fresh > 0.0 && fresh <= 1.0 && (fresh + again - 1.0).abs() < 1e-12);
            // the same text twice has half the share
            prop_assert!((distinct(&[&tokens, &tokens], n) - fresh / 2.0).abs() < 1e-12);
        }
    }

    #[test]
    fn texts_without_ngrams_have_no_share() {
        assert!(distinct(&[&[1, 2][..]], 3).is_nan());
        assert_eq!(longest_loop(&[1, 2, 3]), Loop::default());
        assert_eq!(longest_loop(&[1, 1]).rounds(), 2.0);
        assert_eq!(longest_loop::<u8>(&[]).rounds(), 0.0);
    }
}
