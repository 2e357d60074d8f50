//! F1: tokenizers. Each scheme trains a vocabulary, encodes text to ids and decodes ids to text:
//! character BPE, byte-level BPE, WordPiece, the unigram model, and SentencePiece's view of text.
//! The room is pure: texts and bytes in, values out; files are the caller's business.
//!
//! Read in this order: [`words`] (what a trainer sees), [`bpe`], [`wordpiece`], [`unigram`],
//! [`pattern`] and [`text`] (before and after the model), [`Tokenizer`] (all of it together),
//! [`files`] (the formats of others), [`trace`] (training and encoding as data to look at).

mod batch;
pub mod bpe;
mod builtin;
pub mod bytes;
mod encode;
pub mod files;
pub mod pattern;
pub mod scheme;
mod table;
pub mod text;
pub mod trace;
mod trie;
pub mod unigram;
mod vocab;
pub mod wordpiece;
pub mod words;

pub use builtin::Builtin;
pub use encode::Encoder;
pub use pattern::Pattern;
pub use scheme::{Plan, Scheme};
pub use vocab::{MAX_ID, Vocab};
pub use words::{Unit, Words};

use crate::report::{Error, text as both};
use bpe::Bpe;
use text::{Added, AddedToken, Decoder, Normalizer, Split};
use unigram::Unigram;
use wordpiece::WordPiece;

/// What turns words into ids.
#[derive(Debug, Clone)]
pub enum Model {
    /// Byte-pair encoding.
    Bpe(Bpe),
    /// WordPiece.
    WordPiece(WordPiece),
    /// The unigram model.
    Unigram(Unigram),
}

impl Model {
    /// The vocabulary.
    pub fn vocab(&self) -> &Vocab {
        match self {
            Self::Bpe(model) => model.vocab(),
            Self::WordPiece(model) => model.vocab(),
            Self::Unigram(model) => model.vocab(),
        }
    }
}

/// A tokenizer: what happens to a text before the model, the model, and the way back.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    normalizers: Vec<Normalizer>,
    splits: Vec<Split>,
    model: Model,
    decoders: Vec<Decoder>,
    added: Added,
    /// Ids that a file asks to put around every text: `[CLS]`, `[SEP]`.
    around: (Vec<u32>, Vec<u32>),
}

impl Tokenizer {
    /// A tokenizer from its parts.
    pub fn new(
        normalizers: Vec<Normalizer>,
        splits: Vec<Split>,
        model: Model,
        decoders: Vec<Decoder>,
        added: Vec<AddedToken>,
    ) -> Self {
        let added = Added::new(added, &normalizers);
        Self { normalizers, splits, model, decoders, added, around: Default::default() }
    }

    /// A byte-level BPE whose ids are its ranks, as tiktoken's are.
    pub(crate) fn of_ranks(vocab: Vocab, pattern: Pattern) -> Self {
        let splits = vec![Split::ByteLevel { prefix_space: false, pattern }];
        let model = Model::Bpe(Bpe::ranks(vocab));
        Self::new(Vec::new(), splits, model, vec![Decoder::ByteLevel], Vec::new())
    }

    /// The same with ids around every text.
    pub fn with_around(mut self, before: Vec<u32>, after: Vec<u32>) -> Self {
        self.around = (before, after);
        self
    }

    /// What changes the text before it is cut.
    pub fn normalizers(&self) -> &[Normalizer] {
        &self.normalizers
    }

    /// How the text is cut into words.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The way back to text.
    pub fn decoders(&self) -> &[Decoder] {
        &self.decoders
    }

    /// Pieces with a meaning of their own.
    pub fn added(&self) -> &[AddedToken] {
        self.added.tokens()
    }

    /// Ids that stand before and after every text.
    pub fn around(&self) -> (&[u32], &[u32]) {
        (&self.around.0, &self.around.1)
    }

    /// How many rows an embedding table for this tokenizer needs.
    pub fn rows(&self) -> usize {
        let added = self.added().iter().map(|t| t.id as usize + 1).max().unwrap_or(0);
        added.max(self.model.vocab().rows())
    }

    /// The bytes of a piece, or what an added piece looks like.
    pub fn piece(&self, id: u32) -> Option<&[u8]> {
        self.model
            .vocab()
            .piece(id)
            .or_else(|| self.added().iter().find(|t| t.id == id).map(|t| t.content.as_bytes()))
    }

    /// Whether pieces are stretches of the text's bytes, so that joining them is decoding.
    pub fn is_byte_level(&self) -> bool {
        matches!(&self.model, Model::Bpe(model) if model.units().is_none())
    }

    /// The ids of a text. Use an [`Encoder`] for many texts.
    ///
    /// # Errors
    /// If the text has a character that the vocabulary lacks and there is no unknown piece.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::new();
        Encoder::new(self, text.len()).encode(text, &mut ids)?;
        Ok(ids)
    }

    /// The ids of many texts, on several threads.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_batch(&self, texts: &[&str], threads: usize) -> Result<Vec<Vec<u32>>, Error> {
        batch::batch(self, texts, threads)
    }

    /// The text behind ids; `�` where the bytes are not UTF-8.
    ///
    /// # Errors
    /// If an id is none of the vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        if self.is_byte_level() {
            let bytes = self.decode_bytes(ids)?;
            return Ok(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
            });
        }
        let mut pieces = Vec::with_capacity(ids.len());
        for id in ids {
            let piece = self.piece(*id).ok_or_else(|| unknown_id(*id, self.rows()))?;
            pieces.push(String::from_utf8_lossy(piece).into_owned());
        }
        if self.decoders.is_empty() {
            return Ok(pieces.join(" "));
        }
        Ok(self.decoders.iter().fold(pieces, |pieces, step| step.apply(pieces)).concat())
    }

    /// The bytes of the pieces of ids, one after the other: at byte level exactly the text's.
    ///
    /// # Errors
    /// If an id is none of the vocabulary.
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(ids.len() * 4);
        for id in ids {
            bytes.extend(self.piece(*id).ok_or_else(|| unknown_id(*id, self.rows()))?);
        }
        Ok(bytes)
    }
}

/// An id outside the vocabulary.
fn unknown_id(id: u32, rows: usize) -> Error {
    Error::input(both(format!("no piece has the id {id}"), format!("没有 id 为 {id} 的 token")))
        .allowed(both(format!("ids below {rows}"), format!("小于 {rows} 的 id")))
}
