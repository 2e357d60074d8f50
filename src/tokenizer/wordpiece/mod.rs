//! WordPiece (Schuster & Nakajima 2012; the encoder as in BERT, Devlin et al. 2019): merges chosen
//! by count(ab) / (count(a) · count(b)), words encoded by the longest match.

mod train;

pub use train::{Merge, Score, Trainer};

use super::vocab::Vocab;
use crate::report::{Error, text};

/// A trained or loaded WordPiece.
#[derive(Debug, Clone)]
pub struct WordPiece {
    vocab: Vocab,
    unknown: u32,
    unknown_piece: String,
    prefix: String,
    max_chars: usize,
}

/// One try of the longest match: a stretch of the word, and whether it is a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// The first byte of the stretch in the word.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// The piece that was looked up, with its `##`.
    pub piece: String,
    /// Its id, if it is one.
    pub id: Option<u32>,
}

impl WordPiece {
    /// A WordPiece from its vocabulary.
    ///
    /// # Errors
    /// If the vocabulary lacks the unknown piece.
    pub fn new(vocab: Vocab, unknown: &str, prefix: &str, max_chars: usize) -> Result<Self, Error> {
        let Some(id) = vocab.id(unknown.as_bytes()) else {
            return Err(Error::input(text(
                format!("the vocabulary lacks the unknown piece {unknown:?}"),
                format!("词表里没有未知 token {unknown:?}"),
            )));
        };
        let (unknown_piece, prefix) = (unknown.to_string(), prefix.to_string());
        Ok(Self { vocab, unknown: id, unknown_piece, prefix, max_chars })
    }

    /// The vocabulary.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// The piece for a word that cannot be covered: `[UNK]`.
    pub fn unknown(&self) -> &str {
        &self.unknown_piece
    }

    /// What stands before a piece that continues a word: `##`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Words of more characters are unknown.
    pub fn max_chars(&self) -> usize {
        self.max_chars
    }

    /// Appends the ids of one word: from the left, always the longest piece; a word that no sequence
    /// of pieces covers this way is one unknown piece. O(n²) with n up to `max_chars`.
    pub fn encode_word(&self, word: &[u8], out: &mut Vec<u32>) {
        let from = out.len();
        let covered = self.walk(word, |id| out.push(id), |_, _| ());
        if !covered {
            out.truncate(from);
            out.push(self.unknown);
        }
    }

    /// The tries of the longest match, one after the other, and whether they cover the word.
    ///
    /// ```
    /// use llm_lab::tokenizer::{Vocab, wordpiece::WordPiece};
    /// let mut vocab = Vocab::default();
    /// for (id, piece) in ["[UNK]", "un", "##aff", "##able"].iter().enumerate() {
    ///     vocab.insert(piece.as_bytes(), id as u32).unwrap();
    /// }
    /// let bert = WordPiece::new(vocab, "[UNK]", "##", 100).unwrap();
    /// let (tries, covered) = bert.tries("unaffable");
    /// let hits: Vec<_> = tries.iter().filter(|t| t.id.is_some()).map(|t| &t.piece[..]).collect();
    /// assert_eq!((hits, covered), (vec!["un", "##aff", "##able"], true));
    /// assert!(!bert.tries("unwanted").1);
    /// ```
    pub fn tries(&self, word: &str) -> (Vec<Try>, bool) {
        let mut tries = Vec::new();
        let covered = self.walk(
            word.as_bytes(),
            |_| (),
            |start, end| {
                let prefix = if start > 0 { self.prefix.as_str() } else { "" };
                let piece = format!("{prefix}{}", &word[start..end]);
                let id = self.vocab.id(piece.as_bytes());
                tries.push(Try { start, end, piece, id });
            },
        );
        (tries, covered)
    }

    /// Walks through a word, calling `hit` for every piece found and `tried` for every stretch.
    fn walk(
        &self,
        word: &[u8],
        mut hit: impl FnMut(u32),
        mut tried: impl FnMut(usize, usize),
    ) -> bool {
        let begins = |i: usize| word.get(i).is_none_or(|b| b & 0xC0 != 0x80);
        let letters = word.iter().filter(|b| **b & 0xC0 != 0x80).count();
        if letters > self.max_chars {
            return false;
        }
        let mut key = Vec::with_capacity(self.prefix.len() + word.len());
        let mut start = 0;
        while start < word.len() {
            key.clear();
            key.extend_from_slice(if start > 0 { self.prefix.as_bytes() } else { b"" });
            let prefix = key.len();
            key.extend_from_slice(&word[start..]);
            let found = (start + 1..=word.len()).rev().filter(|&end| begins(end)).find_map(|end| {
                tried(start, end);
                let id = self.vocab.id(&key[..prefix + end - start]);
                id.map(|id| (end, id))
            });
            let Some((end, id)) = found else { return false };
            hit(id);
            start = end;
        }
        true
    }
}
