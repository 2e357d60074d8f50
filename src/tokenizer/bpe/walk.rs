//! Encoding by walking through a word instead of merging it. Merging a word is undone piece by piece:
//! a row of pieces is what the merges leave exactly if no two neighbours in it would have merged
//! otherwise, and there is only one such row (Berglund & van der Merwe 2023 treat BPE in this way).
//! So the walk takes the longest piece that stays apart from the one before it, and where none is left
//! it steps back and closes the place. No merge is carried out, and no word is too long.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::{NONE, Scratch, key};
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

/// A piece that no bytes become.
const UNMADE: Part = Part { time: 0, left: NONE, right: NONE, shorter: NONE, len: 0 };

/// What the walk needs to know of a vocabulary.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    trie: Trie,
    parts: Vec<Part>,
    /// When two neighbours merge: one more than the rank.
    times: HashMap<u64, u32, FxBuildHasher>,
}

impl Walk {
    /// Nothing but the 256 bytes; `None` if the vocabulary lacks one.
    fn bytes(vocab: &Vocab) -> Option<Self> {
        let mut parts = vec![UNMADE; vocab.rows()];
        for byte in 0..=255u8 {
            parts[vocab.id(&[byte])? as usize].len = 1;
        }
        Some(Self { trie: Trie::new(std::iter::empty()), parts, times: HashMap::default() })
    }

    /// Prepares a byte-level vocabulary with its merges, each with the piece that it gives. `None` if
    /// the theory does not cover it: a byte is missing, two merges give one piece, or a merge stands
    /// before those that make its parts. O(bytes · log pieces).
    pub fn of_merges(vocab: &Vocab, merges: impl Iterator<Item = (u32, u32, u32)>) -> Option<Self> {
        let mut walk = Self::bytes(vocab)?;
        // A piece that its own bytes never become is known, but left out.
        let mut known: Vec<bool> = walk.parts.iter().map(|p| p.len > 0).collect();
        for (time, (left, right, new)) in (1..).zip(merges) {
            let earlier = |id: u32| known[id as usize] && walk.parts[id as usize].time < time;
            if known[new as usize] || !earlier(left) || !earlier(right) {
                return None;
            }
            known[new as usize] = true;
            walk.add(time, left, right, new);
        }
        Some(walk.with_trie(vocab))
    }

    /// Prepares a vocabulary in which every pair merges that makes a piece, the smallest id first. For
    /// each piece there is one pair at most from which its own bytes make it. `None` if a byte is
    /// missing or a piece is made of later ones; `alone` tells whether bytes become one piece.
    pub fn of_ranks(vocab: &Vocab, alone: impl Fn(&[u8]) -> bool) -> Option<Self> {
        let mut walk = Self::bytes(vocab)?;
        let all = Trie::new(vocab.iter().map(|(id, piece)| (piece, id)));
        for (id, piece) in vocab.iter().filter(|(_, piece)| piece.len() > 1) {
            all.prefixes(piece, |len, left| {
                let right = if left < id { vocab.id(&piece[len..]) } else { None };
                if let Some(right) = right.filter(|&right| right < id)
                    && walk.parts[id as usize].len == 0
                {
                    walk.add(id + 1, left, right, id);
                }
            });
            if walk.parts[id as usize].len == 0 && alone(piece) {
                return None;
            }
        }
        Some(walk.with_trie(vocab))
    }

    /// Takes in a piece, if its own bytes become it: its parts do, and they stay apart until then.
    fn add(&mut self, time: u32, left: u32, right: u32, new: u32) {
        let (l, r) = (self.parts[left as usize].len, self.parts[right as usize].len);
        if l > 0 && r > 0 && self.apart(left, right, time) {
            self.parts[new as usize] = Part { time, left, right, shorter: NONE, len: l + r };
            self.times.insert(key(left, right), time);
        }
    }

    /// The same with the pieces in a trie, each with the longest one that it begins with.
    fn with_trie(mut self, vocab: &Vocab) -> Self {
        let met = |&(id, _): &(u32, &[u8])| self.parts[id as usize].len > 0;
        self.trie = Trie::new(vocab.iter().filter(met).map(|(id, piece)| (piece, id)));
        for (id, piece) in vocab.iter() {
            let part = &mut self.parts[id as usize];
            self.trie.prefixes(piece, |_, found| {
                if found != id {
                    part.shorter = found;
                }
            });
        }
        self
    }

    /// Whether two neighbouring pieces are still apart after all merges before `time`. Their merges
    /// are undone, the latest first, and at each stage the two that meet must not have been merged
    /// before the stage ended. Of equal merges the left one comes first. O(merges in both pieces).
    #[inline]
    fn apart(&self, mut left: u32, mut right: u32, mut time: u32) -> bool {
        loop {
            if self.times.get(&key(left, right)).is_some_and(|&met| met < time) {
                return false;
            }
            let (l, r) = (&self.parts[left as usize], &self.parts[right as usize]);
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
    pub fn encode(&self, word: &[u8], s: &mut Scratch, out: &mut Vec<u32>) -> bool {
        let from = out.len();
        let (mut at, mut last) = (0, NONE);
        let mut id = self.longest(word);
        let mut steps = 64 + 8 * word.len();
        s.closed.clear();
        loop {
            while id != NONE {
                let end = at + self.parts[id as usize].len as usize;
                let open = s.closed.is_empty() || !s.closed[end];
                if open && (last == NONE || self.apart(last, id, NONE)) {
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
            ranks: bool,
            words in proptest::collection::vec("[abc]{1,40}|a{1,200}|(ab){1,60}", 1..20),
            wild: bool,
        ) {
            let model = model(&draws, wild);
            prop_assert!(model.prepare() || wild);
            let model = if ranks { Bpe::ranks(model.vocab().clone()) } else { model };
            model.prepare();
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
        assert!(!early.prepare());
        let twice = Bpe::bytes(vocab, vec![(a, b), (b, c), (256, c), (a, 258)]).unwrap();
        assert!(!twice.prepare());
    }
}
