//! The vocabularies of GPT-2, GPT-4 and GPT-4o. The crate `tiktoken-rs` carries their pieces; here
//! the pieces become a tokenizer of this room, once, when it is first asked for.

use std::sync::OnceLock;

use super::text::AddedToken;
use super::{Pattern, Tokenizer, Vocab};
use crate::report::{Error, text as both};

/// A vocabulary that needs no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// GPT-2: 50,257 pieces (Radford et al. 2019).
    Gpt2,
    /// GPT-4: `cl100k_base`.
    Cl100k,
    /// GPT-4o: `o200k_base`.
    O200k,
}

/// Kept once loaded: loading takes some tenths of a second.
static LOADED: [OnceLock<Result<Tokenizer, Error>>; 3] = [const { OnceLock::new() }; 3];

impl Builtin {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gpt2, Self::Cl100k, Self::O200k];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt2 => "gpt2",
            Self::Cl100k => "cl100k",
            Self::O200k => "o200k",
        }
    }

    /// How it cuts text into words.
    pub fn pattern(self) -> Pattern {
        match self {
            Self::Gpt2 => Pattern::Gpt2,
            Self::Cl100k => Pattern::Gpt4,
            Self::O200k => Pattern::O200k,
        }
    }

    /// How many ordinary pieces it has; their ids are 0 to this.
    fn pieces(self) -> u32 {
        match self {
            Self::Gpt2 => 50_256,
            Self::Cl100k => 100_256,
            Self::O200k => 199_998,
        }
    }

    /// Special pieces with their ids.
    fn specials(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Gpt2 => &[("<|endoftext|>", 50_256)],
            Self::Cl100k => &[
                ("<|endoftext|>", 100_257),
                ("<|fim_prefix|>", 100_258),
                ("<|fim_middle|>", 100_259),
                ("<|fim_suffix|>", 100_260),
                ("<|endofprompt|>", 100_276),
            ],
            Self::O200k => &[("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)],
        }
    }

    /// The tokenizer. Text that looks like a special piece is ordinary text, as in tiktoken's
    /// `encode_ordinary`.
    ///
    /// # Errors
    /// If the vocabulary inside the program is damaged.
    pub fn tokenizer(self) -> Result<&'static Tokenizer, Error> {
        LOADED[self as usize].get_or_init(|| self.load()).as_ref().map_err(Clone::clone)
    }

    fn load(self) -> Result<Tokenizer, Error> {
        let source = match self {
            Self::Gpt2 => tiktoken_rs::r50k_base(),
            Self::Cl100k => tiktoken_rs::cl100k_base(),
            Self::O200k => tiktoken_rs::o200k_base(),
        };
        let damaged = || {
            Error::Machine(both(
                format!("the vocabulary {} inside the program is damaged", self.name()),
                format!("程序内置的词表 {} 已损坏", self.name()),
            ))
        };
        let source = source.map_err(|_| damaged())?;
        let mut vocab = Vocab::default();
        for id in 0..self.pieces() {
            vocab.insert(&source.decode_bytes(&[id]).map_err(|_| damaged())?, id)?;
        }
        for (special, id) in self.specials() {
            vocab.insert(special.as_bytes(), *id)?;
        }
        Ok(Tokenizer::of_ranks(vocab, self.pattern()))
    }

    /// The special pieces, for whoever wants to see them.
    pub fn special_tokens(self) -> Vec<AddedToken> {
        self.specials().iter().map(|(content, id)| AddedToken::special(content, *id)).collect()
    }
}
