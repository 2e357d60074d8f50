//! The corpus while it is merged: every symbol linked to its neighbours, and for each pair of
//! neighbours its count and where it stands. One merge touches only the places of its pair.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::report::{Error, text};

/// A corpus with more symbols in its distinct words is refused: each takes some 50 bytes.
const MOST: usize = 40_000_000;
/// No neighbour on this side.
const END: u32 = u32::MAX;
/// The id of a symbol that a merge has swallowed.
const GONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Symbol {
    id: u32,
    prev: u32,
    next: u32,
    word: u32,
}

/// A pair of neighbouring symbols.
pub type Pair = (u32, u32);

#[derive(Debug, Default)]
struct Seen {
    count: i64,
    /// Where the pair has newly come up since [`Chain::take_new`] was last called.
    new: Vec<u32>,
}

/// The words of a corpus as chains of symbols.
#[derive(Debug, Default)]
pub struct Chain {
    symbols: Vec<Symbol>,
    /// Where each word begins.
    starts: Vec<u32>,
    counts: Vec<i64>,
    pairs: HashMap<Pair, Seen, FxBuildHasher>,
    /// Pairs with new places.
    touched: Vec<Pair>,
}

impl Chain {
    /// Adds a word that occurs `count` times.
    ///
    /// # Errors
    /// If the corpus has too many symbols.
    pub fn add(&mut self, ids: &[u32], count: u64) -> Result<(), Error> {
        let start = self.symbols.len();
        if start + ids.len() > MOST {
            let wrong =
                text("the distinct words of the corpus are too long", "语料中不同的词总长太大");
            return Err(Error::input(wrong).allowed(text(
                format!("up to {MOST} symbols: less text, or a pattern that cuts it"),
                format!("不超过 {MOST} 个符号：减少文本，或使用会切分的模式"),
            )));
        }
        let word = self.counts.len() as u32;
        for (i, &id) in ids.iter().enumerate() {
            let at = (start + i) as u32;
            let prev = if i == 0 { END } else { at - 1 };
            let next = if i + 1 == ids.len() { END } else { at + 1 };
            self.symbols.push(Symbol { id, prev, next, word });
        }
        self.starts.push(start as u32);
        self.counts.push(count.min(i64::MAX as u64) as i64);
        for (i, pair) in ids.windows(2).enumerate() {
            self.change((pair[0], pair[1]), word, 1, Some((start + i) as u32));
        }
        Ok(())
    }

    /// The count with which a pair is ranked. A pair keeps its count after its merge, as in the
    /// `tokenizers` library; only a merge that yields an older piece can meet it again.
    pub fn count(&self, pair: Pair) -> u64 {
        self.pairs.get(&pair).map_or(0, |seen| seen.count.max(0) as u64)
    }

    /// The pairs that came up since the last call, each with where: the work of one queue entry.
    pub fn take_new(&mut self, mut each: impl FnMut(Pair, u64, Vec<u32>)) {
        for pair in std::mem::take(&mut self.touched) {
            if let Some(seen) = self.pairs.get_mut(&pair) {
                let places = std::mem::take(&mut seen.new);
                if seen.count > 0 {
                    each(pair, seen.count as u64, places);
                }
            }
        }
    }

    /// Merges a pair into `new` wherever it still stands among `places`, left to right. Returns how
    /// many symbols vanished, weighted by their words' counts. O(places).
    pub fn merge(&mut self, pair: Pair, new: u32, places: &[u32]) -> i64 {
        let mut merged = 0;
        for &at in places {
            let left = self.symbols[at as usize];
            if left.id != pair.0 || left.next == END {
                continue;
            }
            let right = self.symbols[left.next as usize];
            if right.id != pair.1 {
                continue;
            }
            merged += self.counts[left.word as usize];
            self.symbols[left.next as usize].id = GONE;
            self.symbols[at as usize].id = new;
            self.symbols[at as usize].next = right.next;
            if left.prev != END {
                let before = self.symbols[left.prev as usize].id;
                self.change((before, pair.0), left.word, -1, None);
                self.change((before, new), left.word, 1, Some(left.prev));
            }
            if right.next != END {
                self.symbols[right.next as usize].prev = at;
                let after = self.symbols[right.next as usize].id;
                self.change((pair.1, after), left.word, -1, None);
                self.change((new, after), left.word, 1, Some(at));
            }
        }
        merged
    }

    /// One occurrence of a pair more or less in a word.
    #[inline]
    fn change(&mut self, pair: Pair, word: u32, by: i64, place: Option<u32>) {
        let seen = self.pairs.entry(pair).or_default();
        seen.count += by * self.counts[word as usize];
        if let Some(place) = place {
            if seen.new.is_empty() {
                self.touched.push(pair);
            }
            seen.new.push(place);
        }
    }

    /// Each word as it is split now, with its count.
    pub fn words(&self) -> impl Iterator<Item = (Vec<u32>, u64)> {
        self.starts.iter().zip(&self.counts).enumerate().map(|(w, (&start, &count))| {
            let end = self.starts.get(w + 1).map_or(self.symbols.len(), |&s| s as usize);
            let ids = self.symbols[start as usize..end].iter().map(|s| s.id);
            (ids.filter(|&id| id != GONE).collect(), count as u64)
        })
    }
}
