//! From a published model to the configuration that the lab's Transformer would have.

use super::{Bias, MODELS, Model, Norm, Position as Published, SIZES, Stack};
use crate::math::attention::Mask;
use crate::model::config::{Biases, Config};
use crate::model::position::{Position, Rope};
use crate::model::stack::NormKind;

impl Model {
    /// The model of an id among all sizes; `gpt2-xl` is `gpt-2-xl`.
    pub fn of_any_size(id: &str) -> Option<&'static Model> {
        let plain = |id: &str| id.replace('-', "");
        MODELS.iter().chain(SIZES).find(|m| plain(m.id) == plain(id))
    }

    /// The configuration for `context` positions (a learned table has its own number), where every
    /// part is stated and the lab's Transformer has it; to be counted, seldom to be built.
    ///
    /// ```
    /// use llm_lab::model::published::Model;
    /// let llama = Model::find("llama-2-70b").and_then(|m| m.config(4096)).unwrap();
    /// assert_eq!(llama.parameters(), 68_976_648_192.0);
    /// assert_eq!(Model::find("t5-base").and_then(|m| m.config(512)), None); // two stacks
    /// ```
    pub fn config(&self, context: usize) -> Option<Config> {
        let bert = match self.stack {
            Stack::Encoder => true,
            Stack::Decoder => false,
            Stack::EncoderDecoder => return None,
        };
        if self.qk_norm {
            return None;
        }
        let norm = match self.norm? {
            Norm::LayerNorm => NormKind::LayerNorm,
            Norm::RmsNorm => NormKind::RmsNorm,
            Norm::LayerNormNoBias => return None,
        };
        let kind = self.ffn?;
        let (position, context) = match self.position? {
            Published::Learned(rows) => (Position::Learned, rows),
            Published::Sinusoidal => (Position::Sinusoidal, context),
            Published::Rope => (Position::Rope(Rope::new(10_000.0)), context),
            Published::Alibi => (Position::Alibi, context),
            Published::Relative => return None,
        };
        let placement = self.placement?;
        Some(Config {
            vocab: self.vocab?,
            context,
            d: self.d_model?,
            d_ff: self.d_ff?,
            layers: self.n_layers?,
            heads: self.n_heads?,
            kv_heads: self.n_kv_heads?,
            head_width: self.d_head?,
            norm,
            eps: 1e-5,
            placement,
            residual: true,
            activation: kind.activation(),
            gated: kind.gated(),
            position,
            mask: if bert { Mask::None } else { Mask::Causal },
            biases: match self.bias? {
                Bias::None => Biases::NONE,
                Bias::Qkv => Biases::QKV,
                Bias::All => Biases::ALL,
            },
            tied: self.tied?,
            dropout: 0.0,
            score_scale: None,
            // RoBERTa has one type
            types: if bert { if self.id.starts_with("roberta") { 1 } else { 2 } } else { 0 },
            embedding_norm: self.outer_norms? > usize::from(placement.has_final_norm()),
            transform: bert,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_have_the_parameters_of_the_table() {
        let mut counted = 0;
        for model in MODELS.iter().chain(SIZES) {
            let (Some(total), Some(config)) = (model.parameters(), model.config(64)) else {
                continue;
            };
            assert_eq!(config.parameters(), total as f64, "{}", model.id);
            counted += 1;
        }
        assert!(counted > 20, "{counted}");
    }

    /// The totals that come with the released weights, BERT's with its head for masked tokens.
    #[test]
    fn further_sizes_and_berts_add_up() {
        let known = [
            ("gpt2-medium", 354_823_168),
            ("gpt2-large", 774_030_080),
            ("gpt2", 124_439_808),
            ("bert-base", 109_514_298),
            ("bert-large", 335_174_458),
            ("llama-2-13b", 13_015_864_320),
            ("qwen2-0.5b", 494_032_768),
            ("qwen2-1.5b", 1_543_714_304),
            ("qwen2-72b", 72_706_203_648_u64),
        ];
        for (id, total) in known {
            let config = Model::of_any_size(id).and_then(|m| m.config(64)).unwrap();
            assert_eq!(config.parameters(), total as f64, "{id}");
        }
    }
}
