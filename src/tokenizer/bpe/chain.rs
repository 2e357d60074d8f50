//! The corpus while it is merged: each symbol knows its neighbours, and each pair of neighbours its
//! count and where it stands. One merge touches only the places of its pair.
//!
//! Memory decides how large a corpus can be, so a symbol takes twelve bytes. A merged symbol leaves
//! free cells behind, and these say how wide it is: its neighbours need no pointers. The places of a
//! pair are a list through the symbols themselves.

use std::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::report::{Error, text};

/// A corpus with more symbols in its distinct words is refused: with their pairs they take up to
/// some 30 bytes each.
const MOST: usize = 40_000_000;
/// Nothing: no neighbour, no place, no pair.
const NONE: u32 = u32::MAX;
/// A cell with this bit belongs to a symbol that begins further left; the other bits are its width.
const WIDTH: u32 = 1 << 31;

/// A pair of neighbouring symbols.
pub type Pair = (u32, u32);

/// A cell: a symbol of the alphabet at first.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// The symbol that begins here, or in the second and in the last cell of a wider one its width.
    id: u32,
    /// The place before this one in the list of its pair.
    before: u32,
    /// The place after this one.
    after: u32,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    pair: Pair,
    count: i64,
    first: u32,
    last: u32,
}

/// The words of a corpus as chains of symbols.
#[derive(Debug, Default)]
pub struct Chain {
    cells: Vec<Cell>,
    /// Where each word begins, and the end of the last one.
    starts: Vec<u32>,
    counts: Vec<i64>,
    /// For every 64th cell the word that it belongs to.
    word_at: Vec<u32>,
    seen: Vec<Seen>,
    /// The numbers of the pairs in `seen`.
    pairs: HashTable<u32>,
    /// Numbers that no pair has any longer.
    spare: Vec<u32>,
    /// Which pairs have places that [`Chain::take_new`] has not yet told of, and their numbers.
    fresh: Vec<bool>,
    touched: Vec<u32>,
    /// Room for the places of one merge.
    places: Vec<u32>,
}

#[inline]
fn hash(pair: Pair) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(u64::from(pair.0) << 32 | u64::from(pair.1))
}

impl Chain {
    /// A chain with room for words of so many bytes, which is more than their symbols.
    pub fn with_room(words: usize, symbols: usize) -> Self {
        let mut chain = Self::default();
        chain.cells.reserve_exact(symbols.min(MOST));
        chain.starts.reserve_exact(words + 1);
        chain.counts.reserve_exact(words);
        chain
    }

    /// Adds a word that occurs `count` times.
    ///
    /// # Errors
    /// If the corpus has too many symbols.
    pub fn add(&mut self, ids: &[u32], count: u64) -> Result<(), Error> {
        let start = self.cells.len();
        if start + ids.len() > MOST {
            let wrong =
                text("the distinct words of the corpus are too long", "语料中不同的词总长太大");
            return Err(Error::input(wrong).allowed(text(
                format!("up to {MOST} symbols: less text, or a pattern that cuts it"),
                format!("不超过 {MOST} 个符号：减少文本，或使用会切分的模式"),
            )));
        }
        let word = self.counts.len() as u32;
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.cells.extend(ids.iter().map(|&id| Cell { id, before: NONE, after: NONE }));
        self.starts.push(self.cells.len() as u32);
        self.word_at.resize(self.cells.len().div_ceil(64), word);
        self.counts.push(count.min(i64::MAX as u64) as i64);
        for (i, pair) in ids.windows(2).enumerate() {
            self.link((pair[0], pair[1]), word, (start + i) as u32);
        }
        Ok(())
    }

    /// How often a pair stands in the corpus.
    pub fn count(&self, pair: Pair) -> u64 {
        self.number(pair).map_or(0, |n| self.seen[n as usize].count.max(0) as u64)
    }

    /// The pairs that came up since the last call, with their counts.
    pub fn take_new(&mut self, mut each: impl FnMut(Pair, u64)) {
        for number in std::mem::take(&mut self.touched) {
            self.fresh[number as usize] = false;
            let Seen { pair, count, .. } = self.seen[number as usize];
            if count > 0 {
                each(pair, count as u64);
            } else {
                self.forget(number);
            }
        }
    }

    /// Merges a pair into `new` wherever it stands, left to right. Returns how many symbols vanished,
    /// weighted by their words' counts. O(places · log of the words within 64 cells).
    pub fn merge(&mut self, pair: Pair, new: u32) -> i64 {
        let mut places = std::mem::take(&mut self.places);
        places.clear();
        let mut at = self.number(pair).map_or(NONE, |n| self.seen[n as usize].first);
        while at != NONE {
            places.push(at);
            at = self.cells[at as usize].after;
        }
        // A list is in order unless its pair came up twice; leftmost first matters in "aaa".
        if !places.is_sorted() {
            places.sort_unstable();
        }
        let mut merged = 0;
        for &at in &places {
            merged += self.merge_at(at, pair, new);
        }
        self.places = places;
        merged
    }

    /// Merges the pair at one place, if it still stands there.
    fn merge_at(&mut self, at: u32, pair: Pair, new: u32) -> i64 {
        let word = self.word(at);
        let (start, end) = (self.starts[word as usize], self.starts[word as usize + 1]);
        let middle = self.next(at, end);
        if self.cells[at as usize].id != pair.0
            || middle >= end
            || self.cells[middle as usize].id != pair.1
        {
            return 0;
        }
        let next = self.next(middle, end);
        let prev = self.prev(at, start);
        self.unlink(pair, word, at);
        if next < end {
            self.unlink((pair.1, self.cells[next as usize].id), word, middle);
        }
        if prev != NONE {
            self.unlink((self.cells[prev as usize].id, pair.0), word, prev);
        }
        self.cells[at as usize].id = new;
        // In "aaa" the middle one is still on the list of this merge: it must not look like a symbol.
        self.cells[middle as usize].id = WIDTH;
        let width = WIDTH | (next - at);
        self.cells[at as usize + 1].id = width;
        self.cells[next as usize - 1].id = width;
        if prev != NONE {
            self.link((self.cells[prev as usize].id, new), word, prev);
        }
        if next < end {
            self.link((new, self.cells[next as usize].id), word, at);
        }
        self.counts[word as usize]
    }

    /// Where the symbol after the one at `at` begins; `end`, that of the word, if there is none.
    #[inline]
    fn next(&self, at: u32, end: u32) -> u32 {
        match self.cells.get(at as usize + 1) {
            Some(cell) if at + 1 < end && cell.id & WIDTH != 0 => at + (cell.id & !WIDTH),
            _ => at + 1,
        }
    }

    /// Where the symbol before the one at `at` begins, or [`NONE`] at the word's beginning.
    #[inline]
    fn prev(&self, at: u32, start: u32) -> u32 {
        if at == start {
            return NONE;
        }
        let id = self.cells[at as usize - 1].id;
        if id & WIDTH == 0 { at - 1 } else { at - (id & !WIDTH) }
    }

    /// The word to which a cell belongs.
    #[inline]
    fn word(&self, at: u32) -> u32 {
        let block = at as usize / 64;
        let last = self.word_at.get(block + 1).map_or(self.counts.len(), |w| *w as usize + 1);
        let first = self.word_at[block] as usize;
        (first + self.starts[first + 1..last].partition_point(|&end| end <= at)) as u32
    }

    #[inline]
    fn number(&self, pair: Pair) -> Option<u32> {
        self.pairs.find(hash(pair), |&n| self.seen[n as usize].pair == pair).copied()
    }

    /// A pair has come up at a place.
    #[inline]
    fn link(&mut self, pair: Pair, word: u32, at: u32) {
        let number = self.number(pair).unwrap_or_else(|| self.remember(pair));
        let seen = &mut self.seen[number as usize];
        seen.count = seen.count.saturating_add(self.counts[word as usize]);
        let before = seen.last;
        seen.last = at;
        match self.cells.get_mut(before as usize) {
            Some(cell) => cell.after = at,
            None => seen.first = at,
        }
        let cell = &mut self.cells[at as usize];
        (cell.before, cell.after) = (before, NONE);
        if !self.fresh[number as usize] {
            self.fresh[number as usize] = true;
            self.touched.push(number);
        }
    }

    /// A pair no longer stands at a place where it stood.
    #[inline]
    fn unlink(&mut self, pair: Pair, word: u32, at: u32) {
        let Some(number) = self.number(pair) else { return };
        let Cell { before, after, .. } = self.cells[at as usize];
        let seen = &mut self.seen[number as usize];
        seen.count = seen.count.saturating_sub(self.counts[word as usize]);
        match self.cells.get_mut(before as usize) {
            Some(cell) => cell.after = after,
            None => seen.first = after,
        }
        match self.cells.get_mut(after as usize) {
            Some(cell) => cell.before = before,
            None => seen.last = before,
        }
        if seen.first == NONE && !self.fresh[number as usize] {
            self.forget(number);
        }
    }

    /// A number for a pair that has none.
    fn remember(&mut self, pair: Pair) -> u32 {
        let new = Seen { pair, count: 0, first: NONE, last: NONE };
        let number = match self.spare.pop() {
            Some(number) => {
                self.seen[number as usize] = new;
                number
            }
            None => {
                self.seen.push(new);
                self.fresh.push(false);
                self.seen.len() as u32 - 1
            }
        };
        let seen = &self.seen;
        self.pairs.insert_unique(hash(pair), number, |&n| hash(seen[n as usize].pair));
        number
    }

    /// Gives a number back.
    fn forget(&mut self, number: u32) {
        let pair = self.seen[number as usize].pair;
        if let Ok(entry) = self.pairs.find_entry(hash(pair), |&n| n == number) {
            entry.remove();
            self.spare.push(number);
        }
    }

    /// Each word as it is split now, with its count.
    pub fn words(&self) -> impl Iterator<Item = (Vec<u32>, u64)> {
        self.starts.windows(2).zip(&self.counts).map(|(ends, &count)| {
            let mut ids = Vec::new();
            let mut at = ends[0];
            while at < ends[1] {
                ids.push(self.cells[at as usize].id);
                at = self.next(at, ends[1]);
            }
            (ids, count as u64)
        })
    }
}
