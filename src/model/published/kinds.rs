//! What the configurations choose among: stacks, norms, positions,
//! tokenizers, biases. The kinds of
//! feed-forward block are those of [`crate::math::ffn`].

/// Which stacks a Transformer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// Sees the whole text: BERT.
    Encoder,
    /// Sees only what came before: GPT.
    Decoder,
    /// Both, joined by cross-attention: the original Transformer, T5.
    EncoderDecoder,
}

/// The kind of norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// γ·(x − μ)/σ + β.
    LayerNorm,
    /// γ·(x − μ)/σ, as in PaLM.
    LayerNormNoBias,
    /// g·x/rms(x).
    RmsNorm,
}

/// How a model knows positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Sines and cosines added to the embedding.
    Sinusoidal,
    /// A learned table of so many rows, added to the embedding.
    Learned(usize),
    /// A learned bias or encoding of the distance, inside attention.
    Relative,
    /// Rotated queries and keys.
    Rope,
    /// A penalty linear in the distance.
    Alibi,
}

/// How a model's text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subwords {
    /// BPE over the characters of words.
    Bpe,
    /// BPE over bytes: nothing is unknown.
    ByteBpe,
    /// WordPiece: longest match, or `[UNK]`.
    WordPiece,
    /// SentencePiece with its unigram language model.
    SpUnigram,
    /// SentencePiece with BPE.
    SpBpe,
    /// SentencePiece, of which the source does not say the model.
    SentencePiece,
}

/// Which matrices of a block have a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// None.
    None,
    /// Queries, keys and values.
    Qkv,
    /// All.
    All,
}

impl Norm {
    /// The name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::LayerNorm => "LayerNorm",
            Self::LayerNormNoBias => "LayerNorm without bias",
            Self::RmsNorm => "RMSNorm",
        }
    }

    /// Learned numbers for each feature: γ and β, or γ alone.
    pub fn vectors(self) -> usize {
        if self == Self::LayerNorm { 2 } else { 1 }
    }
}

impl Position {
    /// The name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sinusoidal => "sinusoidal",
            Self::Learned(_) => "learned",
            Self::Relative => "relative",
            Self::Rope => "RoPE",
            Self::Alibi => "ALiBi",
        }
    }
}

impl Subwords {
    /// The name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpe => "BPE",
            Self::ByteBpe => "byte-level BPE",
            Self::WordPiece => "WordPiece",
            Self::SpUnigram => "SentencePiece unigram",
            Self::SpBpe => "SentencePiece BPE",
            Self::SentencePiece => "SentencePiece",
        }
    }
}
