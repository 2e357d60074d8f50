//! Encoding by walking through a word instead of merging it. Merging a word is undone piece by piece:
//! a row of pieces is what the merges leave exactly if no two neighbours in it would have merged
//! otherwise, and there is only one such row (Berglund & van der Merwe 2023 treat BPE in this way).
//! So the walk takes the longest piece that stays apart from the one before it, and where none is left
//! it steps back and closes the place. No merge is carried out, and no word is too long.

use super::merge::{ByPair, Rule};
use super::{NONE, Scratch};
use crate::tokenizer::trie::Trie;
use crate::tokenizer::vocab::Vocab;

/// How a piece came about.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// One more than the rank of the merge that makes it; 0 for a byte.
    time: u32,
    left: u32,
    right: u32,
    /// The longest piece that this one begins with, or [`NONE`].
    shorter: u32,
    len: u32,
}

/// No merge makes it: it is never met.
const UNMADE: Part = Part { time: 0, left: NONE, right: NONE, shorter: NONE, len: 0 };

/// While the walk is prepared: the mark of a piece that its own bytes never become.
const NEVER: u32 = u32::MAX - 1;

/// What the walk needs to know of a vocabulary.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    trie: Trie,
    parts: Vec<Part>,
}

impl Walk {
    /// Prepares a byte-level vocabulary. `None` if the theory does not cover it: a byte is missing,
    /// two merges make one piece, or a merge stands before those that make its parts.
    pub fn new(vocab: &Vocab, merges: &[(u32, u32)], rule: &ByPair<'_>) -> Option<Self> {
        let mut parts = vec![UNMADE; vocab.rows()];
        for byte in 0..=255u8 {
            parts[vocab.id(&[byte])? as usize].len = 1;
        }
        let mut made: Vec<u32> = (0..=255u8).filter_map(|b| vocab.id(&[b])).collect();
        let mut walk = Self { trie: Trie::new(std::iter::empty()), parts };
        for (time, &(left, right)) in (1..).zip(merges) {
            let (_, new) = rule.merge(left, right, 0, 0)?;
            let of = |id: u32| walk.parts[id as usize];
            let earlier = |id: u32| of(id).len > 0 && of(id).time < time;
            if of(new).len > 0 || !earlier(left) || !earlier(right) {
                return None;
            }
            let len = of(left).len + of(right).len;
            // If its own bytes would merge otherwise, the piece never comes about.
            let met = of(left).shorter != NEVER && of(right).shorter != NEVER;
            let met = met && walk.apart(rule, left, right, time);
            if met {
                made.push(new);
            }
            let shorter = if met { NONE } else { NEVER };
            walk.parts[new as usize] = Part { time, left, right, shorter, len };
        }
        walk.trie = Trie::new(made.iter().filter_map(|&id| Some((vocab.piece(id)?, id))));
        for &id in &made {
            let mut shorter = NONE;
            walk.trie.prefixes(vocab.piece(id)?, |_, found| {
                if found != id {
                    shorter = found;
                }
            });
            walk.parts[id as usize].shorter = shorter;
        }
        Some(walk)
    }

    /// Whether two neighbouring pieces are still apart after all merges before `time`. Their merges
    /// are undone, the latest first, and at each stage the two that meet must not have been merged
    /// before the stage ended. Of equal merges the left one comes first. O(merges in both pieces).
    #[inline]
    fn apart(&self, rule: &ByPair<'_>, mut left: u32, mut right: u32, mut time: u32) -> bool {
        loop {
            if let Some((rank, _)) = rule.merge(left, right, 0, 0)
                && rank + 1 < time
            {
                return false;
            }
            let (l, r) = (self.parts[left as usize], self.parts[right as usize]);
            if l.time > r.time {
                (time, left) = (l.time, l.right);
            } else if r.time > 0 {
                (time, right) = (r.time + 1, r.left);
            } else {
                return true;
            }
        }
    }

    /// Appends the ids of a word; `false`, with nothing appended, if it took too many steps back.
    pub fn encode(
        &self,
        rule: &ByPair<'_>,
        word: &[u8],
        s: &mut Scratch,
        out: &mut Vec<u32>,
    ) -> bool {
        let from = out.len();
        let (mut at, mut last) = (0, NONE);
        let mut id = self.longest(word);
        let mut steps = 64 + 8 * word.len();
        s.closed.clear();
        loop {
            while id != NONE {
                let end = at + self.parts[id as usize].len as usize;
                let open = s.closed.is_empty() || !s.closed[end];
                if open && (last == NONE || self.apart(rule, last, id, NONE)) {
                    break;
                }
                id = self.parts[id as usize].shorter;
                steps = steps.saturating_sub(1);
            }
            if id != NONE {
                out.push(id);
                at += self.parts[id as usize].len as usize;
                if at == word.len() {
                    return true;
                }
                last = id;
                id = self.longest(&word[at..]);
                continue;
            }
            // No piece leads on from here.
            s.closed.resize(word.len() + 1, false);
            s.closed[at] = true;
            let back = if out.len() > from && steps > 0 { out.pop() } else { None };
            let Some(back) = back else {
                out.truncate(from);
                return false;
            };
            at -= self.parts[back as usize].len as usize;
            last = if out.len() > from { out[out.len() - 1] } else { NONE };
            id = self.parts[back as usize].shorter;
        }
    }

    /// The longest piece that the text begins with.
    #[inline]
    fn longest(&self, text: &[u8]) -> u32 {
        let mut longest = NONE;
        self.trie.prefixes(text, |_, id| longest = id);
        longest
    }
}

#[cfg(test)]
mod tests {
    use crate::tokenizer::bpe::{Bpe, Scratch};
    use crate::tokenizer::{Vocab, trace};
    use proptest::prelude::*;

    /// All bytes, and merges of pieces drawn from the letters a to c and what was merged before. With
    /// `wild`, merges may also give a piece that is already there, and stand in any order.
    fn model(draws: &[(usize, usize)], wild: bool) -> Bpe {
        let mut vocab = Vocab::default();
        (0..=255u8).for_each(|b| vocab.insert(&[b], b.into()).unwrap());
        let mut pool = vec![97, 98, 99];
        let mut merges = Vec::new();
        for &(i, j) in draws {
            let (left, right) = (pool[i % pool.len()], pool[j % pool.len()]);
            let joined = [vocab.piece(left).unwrap(), vocab.piece(right).unwrap()].concat();
            let new = vocab.len() as u32;
            match vocab.id(&joined) {
                None => {
                    vocab.insert(&joined, new).unwrap();
                    pool.push(new);
                }
                Some(_) if !wild => continue,
                Some(_) => {}
            }
            merges.push((left, right));
        }
        if wild {
            merges.sort_by_key(|m| (m.0 * 7 + m.1 * 13) % 5);
        }
        Bpe::bytes(vocab, merges).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn the_walk_ends_where_merging_ends(
            draws in proptest::collection::vec((0usize..40, 0usize..40), 0..40),
            words in proptest::collection::vec("[abc]{1,40}|a{1,200}|(ab){1,60}", 1..20),
            wild: bool,
        ) {
            let model = model(&draws, wild);
            prop_assert!(wild || model.walk.is_some());
            let mut scratch = Scratch::default();
            for word in words {
                let mut ids = Vec::new();
                model.encode_word(word.as_bytes(), &mut scratch, &mut ids);
                prop_assert_eq!(&ids, &trace::word(&model, word.as_bytes()).2, "{}", word);
            }
        }
    }

    #[test]
    fn merges_that_no_training_gives_are_merged_one_by_one() {
        // ab + c stands before a + b; a + bc makes abc a second time.
        let mut vocab = Vocab::default();
        (0..=255u8).for_each(|b| vocab.insert(&[b], b.into()).unwrap());
        for (id, piece) in [(256, "ab"), (257, "abc"), (258, "bc")] {
            vocab.insert(piece.as_bytes(), id).unwrap();
        }
        let (a, b, c) = (97, 98, 99);
        let early = Bpe::bytes(vocab.clone(), vec![(256, c), (a, b)]).unwrap();
        assert!(early.walk.is_none());
        let twice = Bpe::bytes(vocab, vec![(a, b), (b, c), (256, c), (a, 258)]).unwrap();
        assert!(twice.walk.is_none());
    }
}
