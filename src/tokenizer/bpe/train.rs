//! Training BPE: count neighbouring pairs, merge the most frequent, again and again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chain::{Chain, Pair};
use crate::report::{Error, text};
use crate::tokenizer::bytes;
use crate::tokenizer::table::Table;
use crate::tokenizer::vocab::Vocab;
use crate::tokenizer::words::Words;

/// What a word is made of before the first merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alphabet {
    /// All 256 bytes, so that no text is out of vocabulary (Radford et al. 2019).
    Bytes,
    /// The characters of the corpus (Sennrich et al. 2016), with marks at their places in a word.
    Characters {
        /// Before each symbol that does not begin a word: WordPiece's `##`.
        prefix: Option<String>,
        /// After the symbol that ends a word: Sennrich's `</w>`.
        suffix: Option<String>,
        /// The most characters to keep, the most frequent ones; the rest become unknown.
        limit: Option<usize>,
    },
}

/// How a vocabulary is trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many pieces the vocabulary shall have, special ones and alphabet included.
    pub vocab_size: usize,
    /// Pairs that occur less often are not merged.
    pub min_frequency: u64,
    /// Pieces with a meaning of their own, which get the first ids: `<|endoftext|>`, `[UNK]`.
    pub specials: Vec<String>,
    /// The symbols before the first merge.
    pub alphabet: Alphabet,
}

impl Settings {
    /// Byte-level BPE without special pieces.
    pub fn bytes(vocab_size: usize) -> Self {
        Self { vocab_size, min_frequency: 0, specials: Vec::new(), alphabet: Alphabet::Bytes }
    }

    /// Character BPE with Sennrich's end-of-word marker.
    pub fn characters(vocab_size: usize) -> Self {
        let suffix = Some("</w>".to_string());
        let alphabet = Alphabet::Characters { prefix: None, suffix, limit: None };
        Self { alphabet, ..Self::bytes(vocab_size) }
    }
}

/// One merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The left symbol.
    pub left: u32,
    /// The right symbol.
    pub right: u32,
    /// What they become. An older piece if another pair has already given the same string.
    pub new: u32,
    /// How often the pair occurred.
    pub count: u64,
}

/// A training run that can be watched step by step.
///
/// The most frequent pair is merged; among equally frequent ones the pair with the smaller ids, left
/// before right, as the `tokenizers` library does it. Counts are kept up to date at the places that
/// a merge touches, and a heap with lazy updates finds the best pair: O(symbols · log pairs) in all.
///
/// ```
/// use llm_lab::tokenizer::{Words, bpe::{Settings, Trainer}};
/// // The corpus of Sennrich, Haddow & Birch 2016.
/// let words = Words::from_counts([("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)]);
/// let mut trainer = Trainer::new(&words, &Settings::characters(100)).unwrap();
/// let first = trainer.step().unwrap();
/// assert_eq!((trainer.piece(first.left), trainer.piece(first.right)), (&b"e"[..], &b"s"[..]));
/// assert_eq!(first.count, 9);
/// ```
#[derive(Debug)]
pub struct Trainer {
    vocab_size: usize,
    min_frequency: u64,
    prefix: Vec<u8>,
    pub(in crate::tokenizer) vocab: Table,
    pub(in crate::tokenizer) chain: Chain,
    /// `(count when pushed, pair)`: the top is the best pair if its count still holds.
    queue: BinaryHeap<(u64, Reverse<Pair>)>,
    merges: Vec<Merge>,
    base: usize,
}

impl Trainer {
    /// Splits the words into the symbols of the alphabet and counts their pairs.
    ///
    /// # Errors
    /// If the vocabulary could not even hold the special pieces and the alphabet, or the corpus is
    /// empty.
    pub fn new(words: &Words, settings: &Settings) -> Result<Self, Error> {
        let mut trainer = Self::without_queue(words, settings)?;
        trainer.enqueue();
        Ok(trainer)
    }

    /// The same, for a trainer that ranks the pairs in its own way.
    pub(in crate::tokenizer) fn without_queue(
        words: &Words,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let mut vocab = Table::default();
        for special in &settings.specials {
            vocab.insert(special.as_bytes());
        }
        let mut chain = Chain::with_room(words.len(), words.bytes());
        let mut prefix = Vec::new();
        match &settings.alphabet {
            Alphabet::Bytes => fill_bytes(words, &mut vocab, &mut chain)?,
            Alphabet::Characters { prefix: p, suffix, limit } => {
                prefix = p.clone().unwrap_or_default().into_bytes();
                let suffix = suffix.as_deref().unwrap_or("");
                fill_characters(words, &prefix, suffix, *limit, &mut vocab, &mut chain)?;
            }
        }
        if vocab.len() > settings.vocab_size {
            return Err(too_small(settings.vocab_size, vocab.len()));
        }
        Ok(Self {
            vocab_size: settings.vocab_size,
            min_frequency: settings.min_frequency,
            prefix,
            base: vocab.len(),
            vocab,
            chain,
            queue: BinaryHeap::new(),
            merges: Vec::new(),
        })
    }

    /// Merges the best pair; `None` when the vocabulary is full or no pair is left.
    pub fn step(&mut self) -> Option<Merge> {
        if self.vocab.len() >= self.vocab_size {
            return None;
        }
        let (pair, count) = loop {
            let (count, Reverse(pair)) = self.queue.pop()?;
            let now = self.chain.count(pair);
            if now == count {
                break (pair, count);
            }
            if now > 0 {
                self.queue.push((now, Reverse(pair)));
            }
        };
        if count < self.min_frequency {
            self.queue.clear();
            return None;
        }
        let new = self.vocab.insert(&self.joined(pair));
        self.chain.merge(pair, new);
        self.enqueue();
        let merge = Merge { left: pair.0, right: pair.1, new, count };
        self.merges.push(merge);
        Some(merge)
    }

    /// Runs to the end, asking `watch(done, total)` now and then whether to go on.
    ///
    /// # Errors
    /// What `watch` gives.
    pub fn run(
        &mut self,
        watch: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let total = self.vocab_size - self.base;
        watch(0, total)?;
        while self.step().is_some() {
            if self.merges.len().is_multiple_of(64) {
                watch(self.vocab.len() - self.base, total)?;
            }
        }
        Ok(())
    }

    /// What the pair becomes: the two pieces joined, the right one without its `##`.
    pub(in crate::tokenizer) fn joined(&self, (left, right): Pair) -> Vec<u8> {
        let right = self.vocab.get(right as usize);
        let right = right.strip_prefix(&self.prefix[..]).unwrap_or(right);
        [self.vocab.get(left as usize), right].concat()
    }

    /// The bytes of a piece.
    pub fn piece(&self, id: u32) -> &[u8] {
        self.vocab.get(id as usize)
    }

    /// How many pieces the vocabulary has by now.
    pub fn vocab_len(&self) -> usize {
        self.vocab.len()
    }

    /// How many pieces it had before the first merge.
    pub fn base_len(&self) -> usize {
        self.base
    }

    /// The merges so far.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// Each word as it is split now, with its count.
    pub fn words(&self) -> impl Iterator<Item = (Vec<u32>, u64)> {
        self.chain.words()
    }

    /// The vocabulary, and the merges by rank.
    pub fn into_parts(self) -> (Vocab, Vec<(u32, u32)>) {
        let merges = self.merges.iter().map(|m| (m.left, m.right)).collect();
        (Vocab::from_table(self.vocab), merges)
    }

    fn enqueue(&mut self) {
        let queue = &mut self.queue;
        self.chain.take_new(|pair, count| queue.push((count, Reverse(pair))));
    }
}

/// A vocabulary smaller than what it must hold.
fn too_small(size: usize, needed: usize) -> Error {
    Error::input(text(
        format!("a vocabulary of {size} cannot hold the alphabet and the special pieces"),
        format!("大小为 {size} 的词表装不下字母表与特殊 token"),
    ))
    .allowed(text(format!("{needed} or more"), format!("不小于 {needed}")))
}

/// Words as bytes; the 256 bytes get their ids in the order of GPT-2's printable stand-ins.
fn fill_bytes(words: &Words, vocab: &mut Table, chain: &mut Chain) -> Result<(), Error> {
    let ids: Vec<(u8, u32)> = bytes::ordered().map(|b| (b, vocab.insert(&[b]))).collect();
    let mut of_byte = [0u32; 256];
    for (byte, id) in ids {
        of_byte[byte as usize] = id;
    }
    let mut symbols = Vec::new();
    for (word, count) in words.iter() {
        symbols.clear();
        symbols.extend(word.iter().map(|b| of_byte[*b as usize]));
        chain.add(&symbols, count)?;
    }
    Ok(())
}

/// Words as characters. The plain characters come first, by code point; then the marked forms in
/// order of their first occurrence. (The `tokenizers` library orders marked forms by a random hash.)
fn fill_characters(
    words: &Words,
    prefix: &[u8],
    suffix: &str,
    limit: Option<usize>,
    vocab: &mut Table,
    chain: &mut Chain,
) -> Result<(), Error> {
    let mut counts = std::collections::BTreeMap::<char, u64>::new();
    for (word, n) in words.iter() {
        for c in chars(word) {
            *counts.entry(c).or_default() += n;
        }
    }
    let mut kept: Vec<(char, u64)> = counts.into_iter().collect();
    if let Some(limit) = limit {
        kept.sort_by_key(|&(c, n)| (Reverse(n), c));
        kept.truncate(limit);
        kept.sort_by_key(|&(c, _)| c);
    }
    let mut buffer = [0; 4];
    for (c, _) in kept {
        vocab.insert(c.encode_utf8(&mut buffer).as_bytes());
    }
    let (mut symbols, mut marked) = (Vec::new(), Vec::new());
    for (word, count) in words.iter() {
        symbols.clear();
        let mut letters = chars(word).enumerate().peekable();
        while let Some((i, c)) = letters.next() {
            let plain = c.encode_utf8(&mut buffer).as_bytes();
            if vocab.find(plain).is_none() {
                continue;
            }
            marked.clear();
            marked.extend_from_slice(if i > 0 { prefix } else { b"" });
            marked.extend_from_slice(plain);
            marked.extend_from_slice(if letters.peek().is_none() { suffix } else { "" }.as_bytes());
            symbols.push(vocab.insert(&marked));
        }
        chain.add(&symbols, count)?;
    }
    Ok(())
}

/// The characters of a word; what is not UTF-8 becomes U+FFFD.
fn chars(word: &[u8]) -> impl Iterator<Item = char> {
    word.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain((!chunk.invalid().is_empty()).then_some('\u{FFFD}'))
    })
}
