//! What well-known models are made of, as their papers and released configurations say: kind and
//! place of the norm, feed-forward block, sizes. Details that no source states are `None`.
//!
//! Whatever can be computed from a configuration is computed here (parameters of the norms, of a
//! block, of the whole model), so that it can be checked against the published totals.

mod table;

pub use table::MODELS;

use super::Placement;

/// One published model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// The name that a learner types: `llama-7b`.
    pub id: &'static str,
    /// The name as its authors write it.
    pub name: &'static str,
    /// Year of the paper or of the release.
    pub year: u16,
    /// Who made it.
    pub organization: &'static str,
    /// Where the details come from: authors, year, title.
    pub source: &'static str,
    /// Which stacks it has.
    pub stack: Stack,
    /// The norm of its blocks.
    pub norm: Option<Norm>,
    /// Where the norm stands.
    pub placement: Option<Placement>,
    /// Norms outside the blocks: after the embedding, at the end of a stack.
    pub outer_norms: Option<usize>,
    /// Whether queries and keys are normalized in each head too.
    pub qk_norm: bool,
    /// The feed-forward block.
    pub ffn: Option<Ffn>,
    /// How it knows positions.
    pub position: Option<Position>,
    /// Width of the residual stream.
    pub d_model: Option<usize>,
    /// Width inside the feed-forward block.
    pub d_ff: Option<usize>,
    /// Blocks of one stack; an encoder–decoder has as many on each side.
    pub n_layers: Option<usize>,
    /// Query heads.
    pub n_heads: Option<usize>,
    /// Key and value heads.
    pub n_kv_heads: Option<usize>,
    /// Width of a head; `None` where it is not stated.
    pub d_head: Option<usize>,
    /// Rows of the embedding table.
    pub vocab: Option<usize>,
    /// Whether input and output embeddings are one table.
    pub tied: Option<bool>,
    /// Which matrices have a bias.
    pub bias: Option<Bias>,
}

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

/// The feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ffn {
    /// relu(xW₁)W₂.
    Relu,
    /// gelu(xW₁)W₂.
    Gelu,
    /// (gelu(xW) ⊙ xV)W₂.
    GeGlu,
    /// (silu(xW) ⊙ xV)W₂.
    SwiGlu,
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

impl Ffn {
    /// The name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "ReLU",
            Self::Gelu => "GELU",
            Self::GeGlu => "GEGLU",
            Self::SwiGlu => "SwiGLU",
        }
    }

    /// Weight matrices of the block: a gate adds a third.
    pub fn matrices(self) -> usize {
        if matches!(self, Self::Relu | Self::Gelu) { 2 } else { 3 }
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

impl Model {
    /// The model of an id.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// assert_eq!(Model::find("llama-7b").and_then(|m| m.d_ff), Some(11008));
    /// assert_eq!(Model::find("llama-8b"), None);
    /// ```
    pub fn find(id: &str) -> Option<&'static Model> {
        MODELS.iter().find(|m| m.id == id)
    }

    /// How many norm layers it has, counted over all stacks: two a block (four in a sandwich, three
    /// in a decoder block with cross-attention) and those outside the blocks.
    pub fn norm_layers(&self) -> Option<usize> {
        let sides = match self.stack {
            Stack::EncoderDecoder => 2 + 3,
            Stack::Encoder | Stack::Decoder => 2,
        };
        let each = if self.placement? == Placement::Sandwich { 2 } else { 1 };
        Some(sides * each * self.n_layers? + self.outer_norms?)
    }

    /// Learned numbers in all its norms.
    ///
    /// LLaMA 7B: (2·32 + 1)·4096.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// let llama = Model::find("llama-7b").unwrap();
    /// assert_eq!(llama.norm_parameters(), Some(266_240));
    /// ```
    pub fn norm_parameters(&self) -> Option<usize> {
        let qk = if self.qk_norm { 2 * self.d_head? * self.n_layers? } else { 0 };
        Some(self.norm_layers()? * self.d_model? * self.norm?.vectors() + qk)
    }

    /// Weights of one attention layer: queries and output for each head, keys and values for each
    /// group of heads; biases included.
    pub fn attention_parameters(&self) -> Option<usize> {
        let d = self.d_model?;
        let queries = self.n_heads? * self.d_head?;
        let keys = self.n_kv_heads? * self.d_head?;
        let bias = match self.bias? {
            Bias::None => 0,
            Bias::Qkv => queries + 2 * keys,
            Bias::All => queries + 2 * keys + d,
        };
        Some(2 * d * queries + 2 * d * keys + bias)
    }

    /// Weights of one feed-forward block, biases included.
    pub fn ffn_parameters(&self) -> Option<usize> {
        let (d, d_ff, matrices) = (self.d_model?, self.d_ff?, self.ffn?.matrices());
        let bias = if self.bias? == Bias::All { (matrices - 1) * d_ff + d } else { 0 };
        Some(matrices * d * d_ff + bias)
    }

    /// Parameters of a decoder-only model: embeddings, blocks and norms.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// let llama = Model::find("llama-7b").unwrap();
    /// assert_eq!(llama.parameters(), Some(6_738_415_616));
    /// ```
    pub fn parameters(&self) -> Option<usize> {
        if self.stack != Stack::Decoder {
            return None;
        }
        let d = self.d_model?;
        let tables = if self.tied? { 1 } else { 2 };
        let positions = match self.position? {
            Position::Learned(rows) => rows * d,
            _ => 0,
        };
        let block = self.attention_parameters()? + self.ffn_parameters()?;
        let blocks = block * self.n_layers?;
        Some(tables * self.vocab? * d + positions + blocks + self.norm_parameters()?)
    }

    /// The width at which a gated block of three matrices has the weights of a plain one of width
    /// 4d: two thirds of it, 8d/3 (Shazeer 2020).
    pub fn two_thirds_width(&self) -> Option<f64> {
        Some(8.0 * self.d_model? as f64 / 3.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The totals that come with the released weights.
    #[test]
    fn configurations_add_up_to_the_published_totals() {
        let known = [
            ("gpt-1", 116_534_784),
            ("gpt-2", 124_439_808),
            ("gpt-2-xl", 1_557_611_200),
            ("bloom-176b", 176_247_271_424),
            ("llama-7b", 6_738_415_616),
            ("llama-13b", 13_015_864_320),
            ("llama-65b", 65_285_660_672),
            ("llama-2-70b", 68_976_648_192),
            ("llama-3-8b", 8_030_261_248),
            ("llama-3-70b", 70_553_706_496),
            ("mistral-7b", 7_241_732_096),
            ("qwen2-7b", 7_615_616_512),
            ("qwen3-8b", 8_190_735_360),
            ("gemma-2-9b", 9_241_705_984),
            ("chatglm2-6b", 6_243_584_000),
            ("glm-4-9b", 9_399_951_360),
        ];
        for (id, total) in known {
            assert_eq!(Model::find(id).and_then(Model::parameters), Some(total), "{id}");
        }
    }

    #[test]
    fn ids_are_unique_and_typable() {
        for (i, model) in MODELS.iter().enumerate() {
            assert!(MODELS[..i].iter().all(|m| m.id != model.id), "{} twice", model.id);
            assert!(model.id.chars().all(|c| c.is_ascii_lowercase() || "-.0123456789".contains(c)));
        }
    }

    #[test]
    fn sizes_agree_with_each_other() {
        for m in MODELS {
            if let (Some(d), Some(heads)) = (m.d_model, m.n_heads) {
                assert!(m.d_head.is_some() || d % heads == 0, "{}", m.id);
            }
            if let (Some(heads), Some(kv)) = (m.n_heads, m.n_kv_heads) {
                assert_eq!(heads % kv, 0, "{}", m.id);
            }
        }
    }
}
