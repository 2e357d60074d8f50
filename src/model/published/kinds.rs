//! What the configurations choose among: stacks, norms, positions, biases. The kinds of
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
