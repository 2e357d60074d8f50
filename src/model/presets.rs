//! The styles of well-known models at the size that one chooses.

use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::report::Error;

use super::Placement;
use super::config::{Biases, Config};
use super::position::{Position, Rope};
use super::stack::NormKind;

/// The style of a family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// LayerNorm before each branch, GELU, learned positions, biases everywhere, tied embeddings.
    Gpt2,
    /// RMSNorm before each branch, SwiGLU, RoPE, no biases.
    Llama,
    /// As LLaMA, with biases of queries, keys and values, a base of 1,000,000 and tied embeddings.
    Qwen2,
    /// As LLaMA, with biases of queries, keys and values and half of each head turning.
    Glm4,
    /// LayerNorm after the embedding and each branch, GELU, learned positions, token types, biases,
    /// no mask, and a head of its own for masked tokens.
    Bert,
}

/// The sizes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// V.
    pub vocab: usize,
    /// S.
    pub context: usize,
    /// d.
    pub d: usize,
    /// Width inside the feed-forward block.
    pub d_ff: usize,
    /// L.
    pub layers: usize,
    /// H.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gpt2, Self::Llama, Self::Qwen2, Self::Glm4, Self::Bert];

    /// The name that one types.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt2 => "gpt2",
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Glm4 => "glm4",
            Self::Bert => "bert",
        }
    }

    /// The preset of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The configuration of this style in a size.
    ///
    /// ```
    /// use llm_lab::model::{Preset, Size};
    /// let size = Size { vocab: 50257, context: 1024, d: 768, d_ff: 3072, layers: 12, heads: 12, kv_heads: 12 };
    /// assert_eq!(Preset::Gpt2.config(size)?.parameters(), 124_439_808.0);
    /// # Ok::<(), llm_lab::report::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bad input if the heads do not divide the width.
    pub fn config(self, size: Size) -> Result<Config, Error> {
        let Size { vocab, context, d, d_ff, layers, heads, kv_heads } = size;
        let llama = Config {
            vocab,
            context,
            d,
            d_ff,
            layers,
            heads,
            kv_heads,
            head_width: Config::width_of_heads(d, heads)?,
            norm: NormKind::RmsNorm,
            eps: 1e-5,
            placement: Placement::Pre,
            residual: true,
            activation: Activation::SILU,
            gated: true,
            position: Position::Rope(Rope::new(10_000.0)),
            mask: Mask::Causal,
            biases: Biases::NONE,
            tied: false,
            dropout: 0.0,
            score_scale: None,
            types: 0,
            embedding_norm: false,
            transform: false,
        };
        let gpt2 = Config {
            norm: NormKind::LayerNorm,
            activation: Activation::GeluTanh,
            gated: false,
            position: Position::Learned,
            biases: Biases::ALL,
            tied: true,
            ..llama.clone()
        };
        Ok(match self {
            Self::Llama => llama,
            Self::Gpt2 => gpt2,
            Self::Qwen2 => Config {
                eps: 1e-6,
                biases: Biases::QKV,
                tied: true,
                position: Position::Rope(Rope::new(1e6)),
                ..llama
            },
            Self::Glm4 => Config {
                biases: Biases::QKV,
                position: Position::Rope(Rope {
                    fraction: 0.5,
                    interleaved: true,
                    ..Rope::new(10_000.0)
                }),
                ..llama
            },
            Self::Bert => Config {
                eps: 1e-12,
                placement: Placement::Post,
                activation: Activation::Gelu,
                mask: Mask::None,
                types: 2,
                embedding_norm: true,
                transform: true,
                ..gpt2
            },
        })
    }
}
