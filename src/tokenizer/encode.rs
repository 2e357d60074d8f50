//! Encoding: the text through the steps before the model, and each word through a small cache to the
//! model. An [`Encoder`] keeps its room from text to text and allocates nothing for a word.

use std::borrow::Cow;

use super::bpe;
use super::text::Split;
use super::unigram;
use super::{Model, Tokenizer};
use crate::report::{Error, text as both};

/// The longest word that the cache keeps, and the most ids.
const KEY: usize = 24;
const IDS: usize = 9;

/// From so many bytes of text for each piece of the vocabulary on, preparing the model pays.
const WORTH_PREPARING: usize = 4;

/// One place of the cache: a word and its ids, a cache line in size.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Slot {
    key: [u64; 3],
    len: u8,
    count: u8,
    ids: [u32; IDS],
}

const EMPTY: Slot = Slot { key: [0; 3], len: 0, count: 0, ids: [0; IDS] };

/// Encodes texts with one tokenizer. Words come back often, so a table of a fixed size remembers
/// what short ones became; a new word takes the place of an old one.
#[derive(Debug)]
pub struct Encoder<'a> {
    tokenizer: &'a Tokenizer,
    words: WordEncoder<'a>,
}

#[derive(Debug)]
struct WordEncoder<'a> {
    model: &'a Model,
    cache: Vec<Slot>,
    bpe: bpe::Scratch,
    unigram: unigram::Scratch,
    /// The first word that could not be encoded.
    failed: Result<(), Error>,
}

impl<'a> Encoder<'a> {
    /// An encoder for about so many bytes of text, which decide how much to prepare: the model, and
    /// the cache, 1 MB at most.
    pub fn new(tokenizer: &'a Tokenizer, bytes: usize) -> Self {
        tokenizer.prepare(bytes);
        let slots = (bytes / 16).next_power_of_two().clamp(16, 1 << 14);
        let words = WordEncoder {
            model: &tokenizer.model,
            cache: vec![EMPTY; slots],
            bpe: bpe::Scratch::default(),
            unigram: unigram::Scratch::default(),
            failed: Ok(()),
        };
        Self { tokenizer, words }
    }

    /// Appends the ids of a text. O(bytes) but for words that are new.
    ///
    /// # Errors
    /// If the text has a character that the vocabulary lacks and there is no unknown piece, or is
    /// longer than 4 GB.
    pub fn encode(&mut self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        if text.len() >= u32::MAX as usize {
            return Err(Error::input(both("the text is too long", "文本太长"))
                .allowed(both("up to 4 GB at a time", "每次最多 4 GB")));
        }
        let tokenizer = self.tokenizer;
        ids.extend(&tokenizer.around.0);
        if tokenizer.added.is_empty() {
            self.normalize(text, true, ids)?;
        } else {
            tokenizer.added.cut(text, false, &mut |part| match part {
                Ok(id) => {
                    ids.push(id);
                    Ok(())
                }
                Err(stretch) => {
                    let first = std::ptr::eq(stretch.as_ptr(), text.as_ptr());
                    self.normalize(stretch, first, ids)
                }
            })?;
        }
        ids.extend(&tokenizer.around.1);
        Ok(())
    }

    /// A stretch without added pieces, through the normalizers.
    fn normalize(&mut self, text: &str, first: bool, ids: &mut Vec<u32>) -> Result<(), Error> {
        let tokenizer = self.tokenizer;
        let mut text = Cow::Borrowed(text);
        for step in &tokenizer.normalizers {
            text = Cow::Owned(step.apply(&text).into_owned());
        }
        let text = text.as_ref();
        if tokenizer.added.is_empty() {
            return self.stretch(text, first, ids);
        }
        tokenizer.added.cut(text, true, &mut |part| match part {
            Ok(id) => {
                ids.push(id);
                Ok(())
            }
            Err(stretch) => {
                let first = first && std::ptr::eq(stretch.as_ptr(), text.as_ptr());
                self.stretch(stretch, first, ids)
            }
        })
    }

    /// A normalized stretch: cut into words, each to the model.
    fn stretch(&mut self, text: &str, first: bool, ids: &mut Vec<u32>) -> Result<(), Error> {
        match &self.tokenizer.splits[..] {
            [Split::ByteLevel { prefix_space: false, pattern }] => {
                for piece in pattern.pieces(text.as_bytes()) {
                    self.words.encode(piece, ids);
                }
            }
            splits => {
                let words = &mut self.words;
                chain(splits, text, first, &mut |word| words.encode(word.as_bytes(), ids));
            }
        }
        std::mem::replace(&mut self.words.failed, Ok(()))
    }

    /// Appends the ids of bytes that need not be UTF-8, with a byte-level tokenizer: through the
    /// pattern to the model, nothing else.
    ///
    /// # Errors
    /// If the tokenizer is not a byte-level one.
    pub fn encode_bytes(&mut self, bytes: &[u8], ids: &mut Vec<u32>) -> Result<(), Error> {
        match &self.tokenizer.splits[..] {
            [Split::ByteLevel { pattern, .. }] if self.tokenizer.is_byte_level() => {
                for piece in pattern.pieces(bytes) {
                    self.words.encode(piece, ids);
                }
                Ok(())
            }
            _ => Err(Error::input(both(
                "only a byte-level tokenizer encodes bytes that are not UTF-8",
                "只有字节级分词器能编码非 UTF-8 的字节",
            ))),
        }
    }
}

/// The steps of the cut, one inside the other.
fn chain(splits: &[Split], text: &str, first: bool, emit: &mut dyn FnMut(&str)) {
    match splits {
        [] => emit(text),
        [step] => step.apply(text, first, emit),
        [step, rest @ ..] => {
            let mut first = first;
            step.apply(text, first, &mut |word| {
                chain(rest, word, first, emit);
                first = false;
            });
        }
    }
}

impl WordEncoder<'_> {
    /// Appends the ids of one word.
    #[inline]
    fn encode(&mut self, word: &[u8], ids: &mut Vec<u32>) {
        if word.len() > KEY {
            return self.compute(word, ids);
        }
        let key = load(word);
        let at = place(&key, word.len()) & (self.cache.len() - 1);
        let slot = &self.cache[at];
        if slot.key == key && usize::from(slot.len) == word.len() && slot.count > 0 {
            ids.extend_from_slice(&slot.ids[..usize::from(slot.count)]);
            return;
        }
        let from = ids.len();
        self.compute(word, ids);
        let new = &ids[from..];
        if (1..=IDS).contains(&new.len()) && self.failed.is_ok() {
            let mut slot =
                Slot { key, len: word.len() as u8, count: new.len() as u8, ids: [0; IDS] };
            slot.ids[..new.len()].copy_from_slice(new);
            self.cache[at] = slot;
        }
    }

    fn compute(&mut self, word: &[u8], ids: &mut Vec<u32>) {
        match self.model {
            Model::Bpe(model) => model.encode_word(word, &mut self.bpe, ids),
            Model::WordPiece(model) => model.encode_word(word, ids),
            Model::Unigram(model) => {
                if let Err(e) = model.encode_word(word, &mut self.unigram, ids) {
                    self.failed = Err(e);
                }
            }
        }
    }
}

/// A word of up to 24 bytes as three numbers, filled up with zeros.
#[inline]
fn load(word: &[u8]) -> [u64; 3] {
    let mut key = [0u8; KEY];
    key[..word.len()].copy_from_slice(word);
    let number = |i: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&key[i..i + 8]);
        u64::from_le_bytes(eight)
    };
    [number(0), number(8), number(16)]
}

/// Where a word lives in the cache.
#[inline]
fn place(key: &[u64; 3], len: usize) -> usize {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut h = (key[0] ^ len as u64).wrapping_mul(MIX);
    h = (h.rotate_left(29) ^ key[1]).wrapping_mul(MIX);
    h = (h.rotate_left(29) ^ key[2]).wrapping_mul(MIX);
    (h >> 40) as usize
}

impl Tokenizer {
    /// Prepares for so many bytes of text, if that pays; the first encoder does it otherwise.
    pub fn prepare(&self, bytes: usize) {
        if let Model::Bpe(model) = &self.model
            && bytes >= WORTH_PREPARING * model.vocab().len()
        {
            model.prepare();
        }
    }
}
