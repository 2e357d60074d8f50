//! Byte-pair encoding: merges learned from pair counts, replayed in the order in which they were
//! learned (Gage 1994 for compression; Sennrich, Haddow & Birch 2016 for translation; Radford et
//! al. 2019 over bytes).

mod buckets;
mod chain;
mod merge;
mod train;
mod walk;

pub use merge::Scratch;
pub use train::{Alphabet, Merge, Settings, Trainer};

use std::sync::OnceLock;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::bytes;
use super::vocab::Vocab;
use crate::report::{Error, text};
use merge::{ByPair, ByRank, MOST_RANKS, merge_word};
use walk::Walk;

/// No symbol.
const NONE: u32 = u32::MAX;

/// What the letters of a word are before the first merge.
#[derive(Debug, Clone)]
enum Units {
    /// Bytes, each with its id ([`NONE`] where the vocabulary lacks it).
    Bytes(Box<[u32; 256]>),
    /// Characters.
    Characters(Characters),
}

/// How characters become symbols.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Characters {
    /// Before each character that does not begin a word.
    pub prefix: Option<String>,
    /// After the character that ends a word.
    pub suffix: Option<String>,
    /// The piece for an unknown character; without one it is dropped.
    pub unknown: Option<String>,
    /// Whether neighbouring unknown characters give one unknown piece.
    pub fuse_unknown: bool,
    /// Whether an unknown character becomes its bytes, `<0xE4>`.
    pub byte_fallback: bool,
}

/// A pair as one number.
#[inline]
fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// A trained or loaded BPE.
#[derive(Debug, Clone)]
pub struct Bpe {
    vocab: Vocab,
    units: Units,
    /// Merges by rank; empty where the ids themselves are the ranks (tiktoken).
    merges: Vec<(u32, u32)>,
    pairs: HashMap<u64, (u32, u32), FxBuildHasher>,
    by_rank: bool,
    /// The short way through a word, once it is prepared; `None` inside where the merges forbid it.
    walk: OnceLock<Option<Walk>>,
    /// Whether a word that is a piece is taken whole, before any merge.
    whole_words: bool,
}

impl Bpe {
    /// Byte-level BPE from its vocabulary of bytes and its merges.
    ///
    /// # Errors
    /// If a merge names a piece that the vocabulary lacks, or its result is not a piece.
    pub fn bytes(vocab: Vocab, merges: Vec<(u32, u32)>) -> Result<Self, Error> {
        let units =
            Units::Bytes(Box::new(std::array::from_fn(|b| vocab.id(&[b as u8]).unwrap_or(NONE))));
        Self::with_merges(vocab, units, merges, b"")
    }

    /// Character BPE from its vocabulary of UTF-8 pieces and its merges.
    ///
    /// # Errors
    /// As [`Bpe::bytes`], or if the unknown piece is not in the vocabulary.
    pub fn characters(
        vocab: Vocab,
        merges: Vec<(u32, u32)>,
        characters: Characters,
    ) -> Result<Self, Error> {
        if let Some(unknown) = &characters.unknown
            && vocab.id(unknown.as_bytes()).is_none()
        {
            return Err(Error::input(text(
                format!("the vocabulary lacks the unknown piece {unknown:?}"),
                format!("词表里没有未知 token {unknown:?}"),
            )));
        }
        let prefix = characters.prefix.clone().unwrap_or_default();
        Self::with_merges(vocab, Units::Characters(characters), merges, prefix.as_bytes())
    }

    /// Byte-level BPE in which the id of a piece is its rank, as tiktoken has it: of all neighbours
    /// that make a piece together, those merge first whose piece has the smallest id, and a word
    /// that is a piece is taken whole.
    pub fn ranks(vocab: Vocab) -> Self {
        let units =
            Units::Bytes(Box::new(std::array::from_fn(|b| vocab.id(&[b as u8]).unwrap_or(NONE))));
        let (merges, pairs) = (Vec::new(), HashMap::default());
        Self {
            vocab,
            units,
            merges,
            pairs,
            by_rank: true,
            walk: OnceLock::new(),
            whole_words: true,
        }
    }

    fn with_merges(
        vocab: Vocab,
        units: Units,
        merges: Vec<(u32, u32)>,
        prefix: &[u8],
    ) -> Result<Self, Error> {
        if merges.len() > MOST_RANKS {
            return Err(Error::input(text("too many merges", "合并条数过多"))
                .allowed(text(format!("up to {MOST_RANKS}"), format!("最多 {MOST_RANKS} 条"))));
        }
        let mut pairs = HashMap::with_capacity_and_hasher(merges.len(), FxBuildHasher);
        for (rank, &(left, right)) in merges.iter().enumerate() {
            let new = match (vocab.piece(left), vocab.piece(right)) {
                (Some(l), Some(r)) => vocab.id(&[l, r.strip_prefix(prefix).unwrap_or(r)].concat()),
                _ => None,
            };
            let Some(new) = new else {
                return Err(Error::input(text(
                    format!("merge {rank} does not give a piece of the vocabulary"),
                    format!("第 {rank} 条合并得不到词表里的 token"),
                )));
            };
            pairs.insert(key(left, right), (rank as u32, new));
        }
        let walk = OnceLock::new();
        Ok(Self { vocab, units, merges, pairs, by_rank: false, walk, whole_words: false })
    }

    /// Takes a word that is a piece whole, before any merge (`ignore_merges` of Llama 3's file).
    pub fn with_whole_words(mut self, yes: bool) -> Self {
        self.whole_words |= yes;
        self
    }

    /// Whether a word that is a piece is taken whole.
    pub fn whole_words(&self) -> bool {
        self.whole_words
    }

    /// The vocabulary: bytes at byte level, UTF-8 otherwise.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// The merges by rank.
    pub fn merges(&self) -> &[(u32, u32)] {
        &self.merges
    }

    /// Whether ids are ranks and no list of merges exists.
    pub fn by_rank(&self) -> bool {
        self.by_rank
    }

    /// How characters become symbols; `None` at byte level.
    pub fn units(&self) -> Option<&Characters> {
        match &self.units {
            Units::Bytes(_) => None,
            Units::Characters(c) => Some(c),
        }
    }

    /// Prepares for much text: byte-level words are then walked through instead of merged. Costs
    /// about a microsecond a piece, once. Returns whether the merges allow it.
    pub fn prepare(&self) -> bool {
        let walk = self.walk.get_or_init(|| match &self.units {
            Units::Characters(_) => None,
            Units::Bytes(_) if self.by_rank => {
                let alone = |piece: &[u8]| {
                    let mut ids = Vec::new();
                    self.merge_word(piece, &mut Scratch::default(), &mut ids);
                    ids.len() == 1
                };
                Walk::of_ranks(&self.vocab, alone)
            }
            Units::Bytes(_) => {
                let made = |&(left, right): &(u32, u32)| {
                    self.pairs.get(&key(left, right)).map(|&(_, new)| (left, right, new))
                };
                Walk::of_merges(&self.vocab, self.merges.iter().filter_map(made))
            }
        });
        walk.is_some()
    }

    /// Appends the ids of one word of n bytes. Prepared, O(n · longest piece) at worst and about n in
    /// practice; otherwise O(n²) for short words with a tiny constant and O(n log n) for longer ones.
    pub fn encode_word(&self, word: &[u8], scratch: &mut Scratch, out: &mut Vec<u32>) {
        if self.whole_words
            && let Some(id) = self.vocab.id(word)
        {
            out.push(id);
            return;
        }
        if let Some(Some(walk)) = self.walk.get()
            && !word.is_empty()
            && walk.encode(word, scratch, out)
        {
            return;
        }
        self.merge_word(word, scratch, out);
    }

    /// Merges one word, neighbours by neighbours.
    fn merge_word(&self, word: &[u8], scratch: &mut Scratch, out: &mut Vec<u32>) {
        self.split(word, scratch);
        if self.by_rank {
            merge_word(&ByRank { vocab: &self.vocab, word }, scratch, out);
        } else {
            merge_word(&ByPair(&self.pairs), scratch, out);
        }
    }

    /// Fills the scratch with the symbols of a word before the first merge.
    fn split(&self, word: &[u8], scratch: &mut Scratch) {
        scratch.clear();
        match &self.units {
            Units::Bytes(ids) => {
                for (i, b) in word.iter().enumerate() {
                    if ids[*b as usize] != NONE {
                        scratch.push(ids[*b as usize], i as u32 + 1);
                    }
                }
            }
            Units::Characters(units) => self.letters(word, units, scratch),
        }
    }

    /// The symbols of a word before the first merge.
    pub fn symbols(&self, word: &[u8]) -> Vec<u32> {
        let mut scratch = Scratch::default();
        self.split(word, &mut scratch);
        scratch.ids().to_vec()
    }

    /// The merge of two neighbours, if there is one: its rank and the piece that it gives.
    pub fn merge(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        if !self.by_rank {
            return self.pairs.get(&key(left, right)).copied();
        }
        let joined = [self.vocab.piece(left)?, self.vocab.piece(right)?].concat();
        self.vocab.id(&joined).map(|id| (id, id))
    }

    /// The characters of a word as symbols.
    fn letters(&self, word: &[u8], units: &Characters, scratch: &mut Scratch) {
        let word = String::from_utf8_lossy(word);
        let unknown = units.unknown.as_ref().and_then(|u| self.vocab.id(u.as_bytes()));
        let mut last_unknown = false;
        let mut form = String::new();
        let mut letters = word.char_indices().peekable();
        while let Some((i, c)) = letters.next() {
            form.clear();
            if i > 0 {
                form.push_str(units.prefix.as_deref().unwrap_or(""));
            }
            form.push(c);
            if letters.peek().is_none() {
                form.push_str(units.suffix.as_deref().unwrap_or(""));
            }
            let end = (i + c.len_utf8()) as u32;
            if let Some(id) = self.vocab.id(form.as_bytes()) {
                scratch.push(id, end);
                last_unknown = false;
            } else if units.byte_fallback && self.byte_pieces(&form, end, scratch) {
                // As the `tokenizers` library has it, bytes do not end a run of unknowns.
            } else if let Some(id) = unknown {
                if !(last_unknown && units.fuse_unknown) {
                    scratch.push(id, end);
                }
                last_unknown = true;
            }
        }
    }

    /// Pushes the pieces `<0x..>` of a form, if the vocabulary has all of them.
    fn byte_pieces(&self, form: &str, end: u32, scratch: &mut Scratch) -> bool {
        let ids: Option<Vec<u32>> =
            form.bytes().map(|b| self.vocab.id(byte_piece(b).as_bytes())).collect();
        for id in ids.iter().flatten() {
            scratch.push(*id, end);
        }
        ids.is_some()
    }

    /// A piece as vocabulary files write it: byte-level pieces in their printable stand-ins.
    pub fn written(&self, piece: &[u8]) -> String {
        match self.units {
            Units::Bytes(_) => bytes::write(piece),
            Units::Characters(_) => String::from_utf8_lossy(piece).into_owned(),
        }
    }
}

/// The piece that stands for a byte in SentencePiece vocabularies.
pub fn byte_piece(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}
