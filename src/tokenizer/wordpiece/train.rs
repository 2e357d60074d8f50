//! Training WordPiece: as BPE from characters upwards, but the pair is chosen by
//! `count(ab) / (count(a) · count(b))`, how much more often the two are neighbours than chance would
//! have it. Google did not publish its trainer. Schuster & Nakajima 2012 choose the unit that raises
//! the likelihood of the corpus most; this score is the form of it that courses teach, not the same
//! thing ([`crate::tokenizer::trace::scores`] computes both).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::report::Error;
use crate::tokenizer::bpe::{Alphabet, Settings, Trainer as BpeTrainer};
use crate::tokenizer::vocab::Vocab;
use crate::tokenizer::words::Words;

/// A pair's score as an exact fraction `pair / (left · right)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// How often the pair occurs.
    pub pair: u64,
    /// How often its left symbol occurs.
    pub left: u64,
    /// How often its right symbol occurs.
    pub right: u64,
}

impl Score {
    /// The score as a number.
    pub fn value(&self) -> f64 {
        self.pair as f64 / (self.left as f64 * self.right as f64)
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        let side = |a: &Self, b: &Self| {
            u128::from(b.left)
                .checked_mul(u128::from(b.right))
                .and_then(|d| d.checked_mul(u128::from(a.pair)))
        };
        match (side(self, other), side(other, self)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // Only counts beyond 2⁴² get here.
            _ => self.value().total_cmp(&other.value()),
        }
        .then(self.pair.cmp(&other.pair))
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The left symbol.
    pub left: u32,
    /// The right symbol.
    pub right: u32,
    /// What they become.
    pub new: u32,
    /// The score with which the pair won.
    pub score: Score,
}

/// Outdated entries that the queue may hold beside as many as it has good ones.
const ROOM: usize = 1 << 16;

/// A training run that can be watched step by step. Equal scores: the more frequent pair, then the
/// one with the smaller ids.
///
/// ```
/// use llm_lab::tokenizer::{Words, wordpiece::Trainer};
/// let words = Words::from_counts([("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)]);
/// let mut trainer = Trainer::new(&words, 100, 0, &["[UNK]".to_string()]).unwrap();
/// let first = trainer.step().unwrap();
/// assert_eq!((trainer.piece(first.left), trainer.piece(first.right)), (&b"##g"[..], &b"##s"[..]));
/// assert_eq!(first.score.value(), 1.0 / 20.0); // 5 / (20 · 5)
/// ```
#[derive(Debug)]
pub struct Trainer {
    /// Alphabet, vocabulary and chain are those of the BPE trainer; its queue stays unused.
    inner: BpeTrainer,
    vocab_size: usize,
    min_frequency: u64,
    /// How often each symbol occurs.
    counts: Vec<u64>,
    /// The pairs in which each symbol takes part.
    pairs_of: Vec<Vec<(u32, u32)>>,
    queue: BinaryHeap<(Score, Reverse<(u32, u32)>)>,
    /// When the queue is this long, it is tidied.
    limit: usize,
}

impl Trainer {
    /// Splits the words into characters, all but the first marked with `##`.
    ///
    /// # Errors
    /// As [`BpeTrainer::new`].
    pub fn new(
        words: &Words,
        vocab_size: usize,
        min_frequency: u64,
        specials: &[String],
    ) -> Result<Self, Error> {
        let settings = Self::alphabet(vocab_size, min_frequency, specials);
        let inner = BpeTrainer::without_queue(words, &settings)?;
        let mut counts = vec![0; inner.vocab_len()];
        for (ids, n) in inner.words() {
            ids.iter().for_each(|id| counts[*id as usize] += n);
        }
        let mut trainer = Self {
            pairs_of: vec![Vec::new(); counts.len()],
            inner,
            vocab_size,
            min_frequency,
            counts,
            queue: BinaryHeap::new(),
            limit: ROOM,
        };
        trainer.take_new();
        Ok(trainer)
    }

    /// The alphabet of WordPiece, for this trainer and for the one by counts.
    pub fn alphabet(vocab_size: usize, min_frequency: u64, specials: &[String]) -> Settings {
        let prefix = Some("##".to_string());
        Settings {
            min_frequency,
            specials: specials.to_vec(),
            alphabet: Alphabet::Characters { prefix, suffix: None, limit: None },
            ..Settings::bytes(vocab_size)
        }
    }

    /// Merges the pair with the best score; `None` when the vocabulary is full or no pair is left.
    pub fn step(&mut self) -> Option<Merge> {
        if self.inner.vocab_len() >= self.vocab_size {
            return None;
        }
        let (score, pair) = loop {
            let (score, Reverse(pair)) = self.queue.pop()?;
            if score.pair >= self.min_frequency.max(1) && self.score(pair) == score {
                break (score, pair);
            }
        };
        let (left, right) = pair;
        let joined = self.inner.joined(pair);
        let new = self.inner.vocab.insert(&joined);
        if new as usize >= self.counts.len() {
            self.counts.push(0);
            self.pairs_of.push(Vec::new());
        }
        let merged = self.inner.chain.merge(pair, new) as u64;
        self.counts[left as usize] -= merged;
        self.counts[right as usize] -= merged;
        self.counts[new as usize] += merged;
        self.take_new();
        // Fewer a and b raise the scores of all their other pairs.
        for symbol in [left, right, new] {
            let mut pairs = std::mem::take(&mut self.pairs_of[symbol as usize]);
            pairs.retain(|&p| p != pair && self.inner.chain.count(p) > 0);
            for &p in &pairs {
                self.queue.push((self.score(p), Reverse(p)));
            }
            self.pairs_of[symbol as usize] = pairs;
        }
        self.tidy();
        Some(Merge { left, right, new, score })
    }

    /// Drops entries whose score no longer holds before they fill the memory.
    fn tidy(&mut self) {
        if self.queue.len() < self.limit {
            return;
        }
        let mut entries = std::mem::take(&mut self.queue).into_vec();
        entries.retain(|&(score, Reverse(pair))| score.pair > 0 && self.score(pair) == score);
        entries.sort_unstable();
        entries.dedup();
        self.limit = 2 * entries.len() + ROOM;
        self.queue = BinaryHeap::from(entries);
    }

    /// The score of a pair by the present counts.
    pub fn score(&self, pair: (u32, u32)) -> Score {
        Score {
            pair: self.inner.chain.count(pair),
            left: self.counts[pair.0 as usize],
            right: self.counts[pair.1 as usize],
        }
    }

    /// The bytes of a piece.
    pub fn piece(&self, id: u32) -> &[u8] {
        self.inner.piece(id)
    }

    /// How many pieces the vocabulary has by now.
    pub fn vocab_len(&self) -> usize {
        self.inner.vocab_len()
    }

    /// Each word as it is split now, with its count.
    pub fn words(&self) -> impl Iterator<Item = (Vec<u32>, u64)> {
        self.inner.words()
    }

    /// The vocabulary.
    pub fn into_vocab(self) -> Vocab {
        self.inner.into_parts().0
    }

    /// Takes in the pairs that have newly come up.
    fn take_new(&mut self) {
        let mut news = Vec::new();
        self.inner.chain.take_new(|pair, _| news.push(pair));
        for pair in news {
            self.pairs_of[pair.0 as usize].push(pair);
            if pair.0 != pair.1 {
                self.pairs_of[pair.1 as usize].push(pair);
            }
            self.queue.push((self.score(pair), Reverse(pair)));
        }
    }
}
