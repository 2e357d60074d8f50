//! Merging one word: always the neighbours of the lowest rank, the leftmost of equals. Short words
//! keep the rank of every neighbouring pair in an array and look for the smallest; longer words keep a
//! heap over a linked list, the longest ones a list of places for each rank.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::buckets::{Buckets, by_buckets};
use super::{NONE, key};
use crate::tokenizer::vocab::Vocab;

/// Words of more symbols than this go through the heap.
const SHORT: usize = 96;
/// Words of more symbols than this go through lists by rank.
const LONG: usize = 4096;
/// More than any `rank · 128 + place`.
const NEVER: i32 = i32::MAX;
/// Ranks stay below this, so that they fit beside a place.
pub(super) const MOST_RANKS: usize = 1 << 23;

/// How neighbours merge: the rank of the merge, and the piece that it gives.
pub(super) trait Rule {
    /// The merge of two neighbours, the left one of which begins at byte `start` of the word and
    /// the right one ends before byte `end`.
    fn merge(&self, left: u32, right: u32, start: u32, end: u32) -> Option<(u32, u32)>;
}

/// Merges from a list.
pub(super) struct ByPair<'a>(pub &'a HashMap<u64, (u32, u32), FxBuildHasher>);

impl Rule for ByPair<'_> {
    #[inline]
    fn merge(&self, left: u32, right: u32, _: u32, _: u32) -> Option<(u32, u32)> {
        self.0.get(&key(left, right)).copied()
    }
}

/// Merges to any piece of the vocabulary, ranked by its id.
pub(super) struct ByRank<'a> {
    pub vocab: &'a Vocab,
    pub word: &'a [u8],
}

impl Rule for ByRank<'_> {
    #[inline]
    fn merge(&self, _: u32, _: u32, start: u32, end: u32) -> Option<(u32, u32)> {
        self.vocab.id(&self.word[start as usize..end as usize]).map(|id| (id, id))
    }
}

/// Room for one word, kept from word to word so that encoding allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    ids: Vec<u32>,
    /// Where each symbol ends in the word.
    ends: Vec<u32>,
    links: Vec<(u32, u32)>,
    /// The places of a word from which no piece leads on.
    pub(super) closed: Vec<bool>,
    queue: BinaryHeap<Reverse<(u32, u32, u32)>>,
    pub(super) buckets: Buckets,
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.ends.clear();
    }

    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    #[inline]
    pub(super) fn push(&mut self, id: u32, end: u32) {
        self.ids.push(id);
        self.ends.push(end);
    }

    /// The merge of symbol `i` with symbol `next`, by `rule`.
    #[inline]
    fn look<R: Rule>(&self, rule: &R, before: u32, i: usize, next: usize) -> Option<(u32, u32)> {
        rule.merge(self.ids[i], self.ids[next], before, self.ends[next])
    }

    /// Links every symbol with its neighbours.
    pub(super) fn chain(&mut self) {
        self.links.clear();
        self.links.extend((0..self.ids.len() as u32).map(|i| (i.wrapping_sub(1), i + 1)));
    }

    /// The merge of the linked symbol `i` with the one after it; none if it has been swallowed.
    #[inline]
    pub(super) fn pair<R: Rule>(&self, rule: &R, i: usize) -> Option<(u32, u32)> {
        let (prev, next) = self.links[i];
        if self.ids[i] == NONE || next as usize >= self.ids.len() {
            return None;
        }
        let start = if prev == NONE { 0 } else { self.ends[prev as usize] };
        self.look(rule, start, i, next as usize)
    }

    /// Makes one symbol of a linked symbol and the one after it. Returns the places whose pairs are new:
    /// this one and the one before.
    #[inline]
    pub(super) fn join(&mut self, at: u32, new: u32) -> [Option<u32>; 2] {
        let i = at as usize;
        let (prev, next) = self.links[i];
        let after = self.links[next as usize].1;
        self.ids[next as usize] = NONE;
        self.ids[i] = new;
        self.ends[i] = self.ends[next as usize];
        self.links[i].1 = after;
        if let Some(link) = self.links.get_mut(after as usize) {
            link.0 = at;
        }
        [Some(at), (prev != NONE).then_some(prev)]
    }

    /// Appends the symbols that are left.
    pub(super) fn rest(&self, out: &mut Vec<u32>) {
        out.extend(self.ids.iter().filter(|&&id| id != NONE));
    }
}

/// Merges the symbols in `s` and appends what remains.
pub(super) fn merge_word<R: Rule>(rule: &R, s: &mut Scratch, out: &mut Vec<u32>) {
    match s.ids.len() {
        0 | 1 => out.extend_from_slice(&s.ids),
        2..=SHORT => by_scan(rule, s, out),
        0..=LONG => by_heap(rule, s, out),
        _ => by_buckets(rule, s, out),
    }
}

/// Each symbol's merge with its right neighbour as one number, `rank · 128 + place`: the smallest is
/// the lowest rank and of equals the leftmost. Symbols stay at their places, linked past the dead.
fn by_scan<R: Rule>(rule: &R, s: &mut Scratch, out: &mut Vec<u32>) {
    let n = s.ids.len();
    let mut keys = [NEVER; SHORT];
    let mut news = [NONE; SHORT];
    let mut links = [(0u8, 0u8); SHORT];
    let keys = &mut keys[..n];
    let look = |s: &Scratch, before: u32, i: usize, next: usize| {
        let found = s.look(rule, before, i, next);
        found.map_or((NEVER, NONE), |(rank, new)| ((rank << 7 | i as u32) as i32, new))
    };
    let mut before = 0;
    for i in 0..n {
        links[i] = (i.wrapping_sub(1) as u8, i as u8 + 1);
        if i + 1 < n {
            (keys[i], news[i]) = look(s, before, i, i + 1);
        }
        before = s.ends[i];
    }
    loop {
        let best = keys.iter().fold(NEVER, |best, &key| if key < best { key } else { best });
        if best == NEVER {
            break;
        }
        let i = best as usize & 127;
        let (prev, next) = links[i];
        let after = links[usize::from(next)].1;
        s.ids[i] = news[i];
        s.ends[i] = s.ends[usize::from(next)];
        keys[usize::from(next)] = NEVER;
        links[i].1 = after;
        let start = if prev == u8::MAX { 0 } else { s.ends[usize::from(prev)] };
        keys[i] = NEVER;
        if usize::from(after) < n {
            links[usize::from(after)].0 = i as u8;
            (keys[i], news[i]) = look(s, start, i, usize::from(after));
        }
        if prev != u8::MAX {
            let p = usize::from(prev);
            let before = links[p].0;
            let start = if before == u8::MAX { 0 } else { s.ends[usize::from(before)] };
            (keys[p], news[p]) = look(s, start, p, i);
        }
    }
    let mut at = 0;
    while at < n {
        out.push(s.ids[at]);
        at = usize::from(links[at].1);
    }
}

fn by_heap<R: Rule>(rule: &R, s: &mut Scratch, out: &mut Vec<u32>) {
    let mut queue = std::mem::take(&mut s.queue);
    queue.clear();
    s.chain();
    for i in 0..s.ids.len() - 1 {
        if let Some((rank, new)) = s.pair(rule, i) {
            queue.push(Reverse((rank, i as u32, new)));
        }
    }
    while let Some(Reverse((rank, at, new))) = queue.pop() {
        // An entry is stale if its left symbol has been swallowed or either side has grown.
        if s.pair(rule, at as usize) != Some((rank, new)) {
            continue;
        }
        for i in s.join(at, new).into_iter().flatten() {
            if let Some((rank, new)) = s.pair(rule, i as usize) {
                queue.push(Reverse((rank, i, new)));
            }
        }
    }
    s.queue = queue;
    s.rest(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Merges that need not have come about by training: any pair, any rank, any piece.
    fn rules() -> impl Strategy<Value = HashMap<u64, (u32, u32), FxBuildHasher>> {
        let merge = ((0u32..8, 0u32..8), (0u32..12, 0u32..8));
        proptest::collection::vec(merge, 0..20).prop_map(|all| {
            all.into_iter().map(|((left, right), to)| (key(left, right), to)).collect()
        })
    }

    /// What one way to merge leaves of a word.
    fn merged<R: Rule>(
        word: &[u32],
        rule: &R,
        way: fn(&R, &mut Scratch, &mut Vec<u32>),
    ) -> Vec<u32> {
        let (mut s, mut out) = (Scratch::default(), Vec::new());
        for (i, id) in word.iter().enumerate() {
            s.push(*id, i as u32 + 1);
        }
        way(rule, &mut s, &mut out);
        out
    }

    proptest! {
        #[test]
        fn all_ways_to_merge_a_word_agree(
            word in proptest::collection::vec(0u32..4, 2..SHORT),
            rules in rules(),
        ) {
            let rule = ByPair(&rules);
            let by_scan = merged(&word, &rule, by_scan);
            prop_assert_eq!(&merged(&word, &rule, by_heap), &by_scan);
            prop_assert_eq!(&merged(&word, &rule, by_buckets), &by_scan);
        }
    }
}
