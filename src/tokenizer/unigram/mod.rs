//! The unigram language model (Kudo 2018): every piece has a probability of its own, and a text is
//! cut where the product of its pieces' probabilities is largest.

mod lattice;
mod train;

pub use lattice::{Edge, Lattice};
pub use train::{Round, Settings, Trainer};

use super::bpe::byte_piece;
use super::trie::Trie;
use super::vocab::Vocab;
use crate::report::{Error, text};

/// An unknown character costs this much more than the least likely piece (as in SentencePiece).
const UNKNOWN_PENALTY: f64 = 10.0;

/// A trained or loaded unigram model.
#[derive(Debug, Clone)]
pub struct Unigram {
    vocab: Vocab,
    scores: Vec<f64>,
    trie: Trie,
    lowest: f64,
    unknown: Option<u32>,
    /// The pieces `<0x00>` to `<0xFF>`, if unknown characters shall become bytes and all exist.
    byte_fallback: bool,
    bytes: Vec<Option<u32>>,
}

/// Room for one word.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each place: the best score, where its last piece starts, and that piece.
    best: Vec<(f64, u32, u32)>,
    path: Vec<(u32, u32, u32)>,
}

/// No path ends here.
const NOWHERE: u32 = u32::MAX;

impl Unigram {
    /// A model from its pieces with their log probabilities, ids in order.
    ///
    /// # Errors
    /// If a piece occurs twice, a score is not a number, or the unknown id is none of a piece.
    pub fn new(
        pieces: &[(String, f64)],
        unknown: Option<u32>,
        byte_fallback: bool,
    ) -> Result<Self, Error> {
        let mut vocab = Vocab::default();
        for (id, (piece, score)) in pieces.iter().enumerate() {
            vocab.insert(piece.as_bytes(), id as u32)?;
            if !score.is_finite() {
                return Err(Error::input(text(
                    format!("the score of {piece:?} is not a finite number"),
                    format!("{piece:?} 的分数不是有限的数"),
                )));
            }
        }
        if unknown.is_some_and(|id| id as usize >= pieces.len()) {
            return Err(Error::input(text(
                "the unknown id lies outside the vocabulary",
                "未知 token 的 id 超出词表",
            ))
            .allowed(text(format!("0 to {}", pieces.len()), format!("0 到 {}", pieces.len()))));
        }
        let trie = Trie::new(pieces.iter().enumerate().map(|(i, p)| (p.0.as_bytes(), i as u32)));
        let lowest = pieces.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let bytes = (0..=255u8).map(|b| vocab.id(byte_piece(b).as_bytes())).collect();
        let scores = pieces.iter().map(|p| p.1).collect();
        Ok(Self { vocab, scores, trie, lowest, unknown, byte_fallback, bytes })
    }

    /// The vocabulary.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// The log probability of each piece, by id.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The piece for an unknown character.
    pub fn unknown(&self) -> Option<u32> {
        self.unknown
    }

    /// Whether unknown characters become bytes.
    pub fn byte_fallback(&self) -> bool {
        self.byte_fallback
    }

    /// All segmentations of a text. A character that is no piece is an edge of the unknown piece.
    pub fn lattice(&self, text: &str) -> Lattice {
        let mut edges = Vec::new();
        self.edges(text.as_bytes(), &mut edges);
        Lattice::new(text.len(), edges)
    }

    fn edges(&self, text: &[u8], edges: &mut Vec<Edge>) {
        edges.clear();
        let mut start = 0;
        while start < text.len() {
            let width = width(text, start);
            let mut single = false;
            self.trie.prefixes(&text[start..], |len, id| {
                single |= len == width;
                edges.push(Edge { start, end: start + len, id, score: self.scores[id as usize] });
            });
            if let Some(id) = self.unknown.filter(|_| !single) {
                let score = self.lowest - UNKNOWN_PENALTY;
                edges.push(Edge { start, end: start + width, id, score });
            }
            start += width;
        }
    }

    /// Appends the ids of the best segmentation of one word. Neighbouring unknown characters give
    /// one unknown piece, or their bytes. O(bytes · longest piece).
    ///
    /// # Errors
    /// If a character is unknown and the model has no piece for it.
    pub fn encode_word(
        &self,
        word: &[u8],
        s: &mut Scratch,
        out: &mut Vec<u32>,
    ) -> Result<(), Error> {
        if word.is_empty() {
            return Ok(());
        }
        s.best.clear();
        s.best.resize(word.len() + 1, (0.0, NOWHERE, NOWHERE));
        let mut start = 0;
        while start < word.len() {
            let width = width(word, start);
            let here = s.best[start].0;
            let mut single = false;
            let mut offer = |len: usize, id: u32, score: f64| {
                let there = &mut s.best[start + len];
                if there.1 == NOWHERE || score > there.0 {
                    *there = (score, start as u32, id);
                }
            };
            self.trie.prefixes(&word[start..], |len, id| {
                single |= len == width;
                offer(len, id, self.scores[id as usize] + here);
            });
            if !single {
                let score = self.lowest - UNKNOWN_PENALTY + here;
                offer(width, self.unknown.unwrap_or(NOWHERE), score);
            }
            start += width;
        }
        s.path.clear();
        let mut end = word.len() as u32;
        while end > 0 {
            let (_, start, id) = s.best[end as usize];
            s.path.push((start, end, id));
            end = start;
        }
        self.emit(word, &s.path, out)
    }

    /// Appends the ids of a path that is given from its end to its beginning.
    fn emit(&self, word: &[u8], path: &[(u32, u32, u32)], out: &mut Vec<u32>) -> Result<(), Error> {
        let mut steps = path.iter().rev().peekable();
        while let Some(&(start, mut end, id)) = steps.next() {
            if id == NOWHERE {
                return Err(Error::input(text(
                    "the text has a character that the vocabulary lacks, and there is no unknown piece",
                    "文本中有词表没有的字符，而词表也没有未知 token",
                )));
            }
            if Some(id) != self.unknown {
                out.push(id);
                continue;
            }
            while let Some(next) = steps.next_if(|next| next.2 == id) {
                end = next.1;
            }
            let stretch = &word[start as usize..end as usize];
            // The stretch may happen to be a piece, of which some part scored better as unknown.
            if let Some(piece) = self.vocab.id(stretch) {
                out.push(piece);
            } else if self.byte_fallback
                && stretch.iter().all(|b| self.bytes[*b as usize].is_some())
            {
                out.extend(stretch.iter().filter_map(|b| self.bytes[*b as usize]));
            } else {
                out.push(id);
            }
        }
        Ok(())
    }
}

/// The length of the character at `i`; 1 where the bytes are not UTF-8.
#[inline]
fn width(bytes: &[u8], i: usize) -> usize {
    let wanted = match bytes[i] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    wanted.min(bytes.len() - i)
}
