//! What well-known models are made of, as their papers and released configurations say: kind and
//! place of the norm, feed-forward block, tokenizer, sizes. Details that no source states are `None`.
//!
//! Whatever can be computed from a configuration is computed here (parameters of the norms, of a
//! block, of the whole model), so that it can be checked against the published totals.

mod config;
mod count;
mod kinds;
mod sizes;
mod table;

pub use kinds::{Bias, Norm, Position, Stack, Subwords};
pub use sizes::SIZES;
pub use table::MODELS;

use super::Placement;
use crate::math::ffn::Kind;

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
    pub ffn: Option<Kind>,
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
    /// How its text is cut.
    pub tokenizer: Option<Subwords>,
    /// Rows of the embedding table.
    pub vocab: Option<usize>,
    /// Whether input and output embeddings are one table.
    pub tied: Option<bool>,
    /// Which matrices have a bias.
    pub bias: Option<Bias>,
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
