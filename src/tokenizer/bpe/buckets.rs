//! Merging one long word: a heap of its pairs would no longer fit in the cache, so the places of the
//! pairs lie in one list for each rank, and a rank's merges go through the word from left to right.

use super::NONE;
use super::merge::{Rule, Scratch};

/// Lists of places by rank; empty between words.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    /// The first node of each rank.
    heads: Vec<u32>,
    /// A place with the piece that a merge gives there, and the next node.
    nodes: Vec<(u32, u32, u32)>,
    /// The places of the rank whose turn it is.
    turn: Vec<(u32, u32)>,
}

impl Buckets {
    fn push(&mut self, rank: u32, place: u32, new: u32) {
        let rank = rank as usize;
        if rank >= self.heads.len() {
            self.heads.resize(rank + 1, NONE);
        }
        self.nodes.push((place, new, self.heads[rank]));
        self.heads[rank] = self.nodes.len() as u32 - 1;
    }

    /// Takes the places of a rank, from left to right.
    fn take(&mut self, rank: usize) {
        self.turn.clear();
        let mut node = std::mem::replace(&mut self.heads[rank], NONE);
        while node != NONE {
            let (place, new, next) = self.nodes[node as usize];
            self.turn.push((place, new));
            node = next;
        }
        self.turn.reverse(); // nearly in order: the list began with the last
        self.turn.sort_unstable();
    }
}

/// Merges the symbols in `s` and appends what remains. O(n log n) at worst; about n in practice.
pub(super) fn by_buckets<R: Rule>(rule: &R, s: &mut Scratch, out: &mut Vec<u32>) {
    let mut buckets = std::mem::take(&mut s.buckets);
    buckets.nodes.clear();
    s.chain();
    for i in 0..s.ids().len() - 1 {
        if let Some((rank, new)) = s.pair(rule, i) {
            buckets.push(rank, i as u32, new);
        }
    }
    let mut rank = 0;
    while rank < buckets.heads.len() {
        if buckets.heads[rank] == NONE {
            rank += 1;
            continue;
        }
        buckets.take(rank);
        let mut at = 0;
        while at < buckets.turn.len() {
            let (place, new) = buckets.turn[at];
            at += 1;
            if s.pair(rule, place as usize) != Some((rank as u32, new)) {
                continue; // it has been swallowed, or a side has grown
            }
            let mut lowest = u32::MAX;
            for i in s.join(place, new).into_iter().flatten() {
                if let Some((rank, new)) = s.pair(rule, i as usize) {
                    buckets.push(rank, i, new);
                    lowest = lowest.min(rank);
                }
            }
            // a merge that comes before the rest of this rank: its turn is now
            if lowest <= rank as u32 {
                for (place, new) in buckets.turn.split_off(at) {
                    buckets.push(rank as u32, place, new);
                }
                rank = lowest as usize;
            }
        }
    }
    s.rest(out);
    s.buckets = buckets;
}
