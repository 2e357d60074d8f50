//! The tokenizer room's choices as words of the command line.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::tokenizer::scheme::Ranking;
use crate::tokenizer::{Builtin, Scheme};

impl ValueEnum for Scheme {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::ByteBpe, Self::CharBpe, Self::Wordpiece, Self::Unigram, Self::SpBpe]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::ByteBpe => ("byte-bpe", "BPE over bytes (GPT-2) ‖ 字节级 BPE（GPT-2）"),
            Self::CharBpe => {
                ("char-bpe", "BPE over characters, an end-of-word marker ‖ 字符级 BPE，带词尾标记")
            }
            Self::Wordpiece => ("wordpiece", "WordPiece (BERT) ‖ WordPiece（BERT）"),
            Self::Unigram => ("unigram", "Unigram language model (T5) ‖ Unigram 语言模型（T5）"),
            Self::SpBpe => (
                "sp-bpe",
                "SentencePiece's BPE: raw text, ▁, byte fallback (Llama 2) ‖ SentencePiece 的 BPE：原始文本、▁、字节回退（Llama 2）",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

impl ValueEnum for Ranking {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Likelihood, Self::Count]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Likelihood => (
                "likelihood",
                "count(ab) / (count(a) · count(b)) ‖ count(ab) / (count(a) · count(b))",
            ),
            Self::Count => (
                "count",
                "count(ab), as Hugging Face's trainer does ‖ count(ab)，与 Hugging Face 的训练器相同",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

impl ValueEnum for Builtin {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
