//! What follows from a configuration by counting. `None` where a detail that it takes is not stated.

use super::{Bias, Model, Position, Stack};
use crate::model::Placement;

impl Model {
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
    /// group of heads, 2·d·(h + h_kv)·d_head; biases included.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// let of = |id| Model::find(id).unwrap().attention_parameters();
    /// assert_eq!(of("llama-7b"), Some(4 * 4096 * 4096));
    /// assert_eq!(of("llama-3-8b"), Some(2 * 4096 * (32 + 8) * 128)); // 8 heads of keys and values
    /// ```
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

    /// Weights of one feed-forward block, d·d_ff for each matrix; biases included.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// let of = |id| Model::find(id).unwrap().ffn_parameters();
    /// assert_eq!(of("llama-7b"), Some(3 * 4096 * 11008));
    /// assert_eq!(of("gpt-2"), Some(2 * 768 * 3072 + 3072 + 768));
    /// ```
    pub fn ffn_parameters(&self) -> Option<usize> {
        let (d, d_ff, matrices) = (self.d_model?, self.d_ff?, self.ffn?.matrices());
        let bias = if self.bias? == Bias::All { (matrices - 1) * d_ff + d } else { 0 };
        Some(matrices * d * d_ff + bias)
    }

    /// Weights that the vocabulary costs, |V|·d: once if the output layer shares the embedding's
    /// table, else twice.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// let of = |id| Model::find(id).unwrap().vocabulary_parameters();
    /// assert_eq!(of("gpt-2"), Some(50_257 * 768));
    /// assert_eq!(of("llama-3-8b"), Some(2 * 128_256 * 4096));
    /// ```
    pub fn vocabulary_parameters(&self) -> Option<usize> {
        let tables = if self.tied? { 1 } else { 2 };
        Some(tables * self.vocab? * self.d_model?)
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
        let positions = match self.position? {
            Position::Learned(rows) => rows * d,
            _ => 0,
        };
        let block = self.attention_parameters()? + self.ffn_parameters()?;
        let blocks = block * self.n_layers?;
        Some(self.vocabulary_parameters()? + positions + blocks + self.norm_parameters()?)
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
}
