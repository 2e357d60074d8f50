//! Merging one word: always the neighbours of the lowest rank, the leftmost of equals. Short words
//! keep the rank of every neighbouring pair in an array and look for the smallest; long words keep a
//! heap over a linked list, so that no word costs more than O(n log n).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::{NONE, key};
use crate::tokenizer::vocab::Vocab;

/// Words of more symbols than this go through the heap.
const SHORT: usize = 96;

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
    /// The rank of each symbol's merge with the next one.
    ranks: Vec<u32>,
    /// The piece that this merge gives.
    news: Vec<u32>,
    links: Vec<(u32, u32)>,
    queue: BinaryHeap<Reverse<(u32, u32, u32)>>,
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
}

/// Merges the symbols in `s` and appends what remains.
pub(super) fn merge_word<R: Rule>(rule: &R, s: &mut Scratch, out: &mut Vec<u32>) {
    match s.ids.len() {
        0 | 1 => {}
        2..=SHORT => by_scan(rule, s),
        _ => by_heap(rule, s),
    }
    out.extend_from_slice(&s.ids);
}

fn by_scan<R: Rule>(rule: &R, s: &mut Scratch) {
    let n = s.ids.len();
    s.ranks.clear();
    s.news.clear();
    let mut start = 0;
    for i in 0..n {
        let found = if i + 1 < n { s.look(rule, start, i, i + 1) } else { None };
        let (rank, new) = found.unwrap_or((NONE, NONE));
        s.ranks.push(rank);
        s.news.push(new);
        start = s.ends[i];
    }
    loop {
        let mut best = NONE;
        for &rank in &s.ranks {
            best = best.min(rank);
        }
        if best == NONE {
            return;
        }
        let Some(i) = s.ranks.iter().position(|&r| r == best) else { return };
        s.ids[i] = s.news[i];
        s.ends[i] = s.ends[i + 1];
        for list in [&mut s.ids, &mut s.ends, &mut s.ranks, &mut s.news] {
            list.copy_within(i + 2.., i + 1);
            list.truncate(list.len() - 1);
        }
        // The merged symbol takes over its right neighbour's place in the arrays of ranks.
        let start = if i == 0 { 0 } else { s.ends[i - 1] };
        let found = if i + 1 < s.ids.len() { s.look(rule, start, i, i + 1) } else { None };
        (s.ranks[i], s.news[i]) = found.unwrap_or((NONE, NONE));
        if i > 0 {
            let start = if i == 1 { 0 } else { s.ends[i - 2] };
            let found = s.look(rule, start, i - 1, i);
            (s.ranks[i - 1], s.news[i - 1]) = found.unwrap_or((NONE, NONE));
        }
    }
}

fn by_heap<R: Rule>(rule: &R, s: &mut Scratch) {
    let n = s.ids.len();
    s.links.clear();
    s.links.extend((0..n as u32).map(|i| (i.wrapping_sub(1), i + 1)));
    s.queue.clear();
    let mut entries = std::mem::take(&mut s.queue).into_vec();
    let mut start = 0;
    for i in 0..n - 1 {
        if let Some((rank, new)) = s.look(rule, start, i, i + 1) {
            entries.push(Reverse((rank, i as u32, new)));
        }
        start = s.ends[i];
    }
    s.queue = BinaryHeap::from(entries);
    while let Some(Reverse((rank, at, new))) = s.queue.pop() {
        let i = at as usize;
        let (prev, next) = s.links[i];
        let start = if prev == NONE { 0 } else { s.ends[prev as usize] };
        // An entry is stale if its left symbol has been swallowed or either side has grown.
        if s.ids[i] == NONE || next as usize >= n {
            continue;
        }
        if s.look(rule, start, i, next as usize) != Some((rank, new)) {
            continue;
        }
        let after = s.links[next as usize].1;
        s.ids[next as usize] = NONE;
        s.ids[i] = new;
        s.ends[i] = s.ends[next as usize];
        s.links[i].1 = after;
        if (after as usize) < n {
            s.links[after as usize].0 = at;
            if let Some((rank, new)) = s.look(rule, start, i, after as usize) {
                s.queue.push(Reverse((rank, at, new)));
            }
        }
        if prev != NONE {
            let p = s.links[prev as usize].0;
            let start = if p == NONE { 0 } else { s.ends[p as usize] };
            if let Some((rank, new)) = s.look(rule, start, prev as usize, i) {
                s.queue.push(Reverse((rank, prev, new)));
            }
        }
    }
    s.ids.retain(|&id| id != NONE);
}
