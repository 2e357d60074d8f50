//! The names and orientations of tensors in each family's files.

use super::settings::{activation_word, rope_said};
use crate::math::attention::Mask;
use crate::model::config::{Biases, Config};
use crate::model::layout::{BlockSlot, Layout, LinearSlot, NormSlot, Slot};
use crate::model::stack::NormKind;
use crate::model::{Placement, Position};

/// Whose layout a checkpoint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// LLaMA 1 to 3.
    Llama,
    /// Qwen2 and Qwen2.5: LLaMA's names, biases of queries, keys and values.
    Qwen2,
    /// Mistral: LLaMA's names, a sliding window.
    Mistral,
    /// GPT-2.
    Gpt2,
    /// BERT with its head for masked tokens.
    Bert,
    /// The lab's own: any configuration.
    Lab,
}

impl Family {
    /// The family whose code computes what this configuration says.
    pub fn of(config: &Config) -> Self {
        let known = config.residual && activation_word(config.activation).is_some();
        let llama = known
            && config.placement == Placement::Pre
            && config.score_scale.is_none()
            && config.norm == NormKind::RmsNorm
            && config.gated
            && ends(config) == (0, false, false)
            && matches!(config.position, Position::Rope(r) if rope_said(r, config.context));
        // what GPT-2 and BERT have in common
        let plain = known
            && config.norm == NormKind::LayerNorm
            && !config.gated
            && config.position == Position::Learned
            && config.biases == Biases::ALL
            && config.kv_heads == config.heads
            && config.head_width * config.heads == config.d;
        let attention = config.biases.qkv == config.biases.output;
        match (config.placement, config.mask) {
            (_, Mask::Causal) if llama && config.biases == Biases::QKV => Self::Qwen2,
            (_, Mask::Causal) if llama && attention => Self::Llama,
            (_, Mask::Sliding(_)) if llama && config.biases == Biases::NONE => Self::Mistral,
            (_, Mask::Sliding(_)) if llama && config.biases == Biases::QKV => Self::Qwen2,
            (Placement::Pre, Mask::Causal)
                if plain
                    && ends(config) == (0, false, false)
                    && config.score_scale.is_none_or(|scale| scale == 1.0) =>
            {
                Self::Gpt2
            }
            (Placement::Post, Mask::None)
                if plain
                    && config.types > 0
                    && ends(config) == (config.types, true, true)
                    && config.score_scale.is_none() =>
            {
                Self::Bert
            }
            _ => Self::Lab,
        }
    }

    /// The `model_type` of its `config.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Mistral => "mistral",
            Self::Gpt2 => "gpt2",
            Self::Bert => "bert",
            Self::Lab => "llm-lab",
        }
    }

    /// The class of `transformers` that computes it.
    pub fn architecture(self) -> &'static str {
        match self {
            Self::Llama => "LlamaForCausalLM",
            Self::Qwen2 => "Qwen2ForCausalLM",
            Self::Mistral => "MistralForCausalLM",
            Self::Gpt2 => "GPT2LMHeadModel",
            Self::Bert => "BertForMaskedLM",
            Self::Lab => "LabTransformer",
        }
    }
}

/// What stands at both ends of the blocks: token types, a norm after the embedding, BERT's head.
fn ends(config: &Config) -> (usize, bool, bool) {
    (config.types, config.embedding_norm, config.transform)
}

/// One tensor of a file: which of ours it holds, side by side, and whether as `(d_out, d_in)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name in the file.
    pub name: String,
    /// Our tensors: as a rule one; GPT-2 stores queries, keys and values in one.
    pub parts: Vec<Slot>,
    /// Whether it is stored as our transpose.
    pub transposed: bool,
    /// Whether it has one dimension in the file.
    pub vector: bool,
}

/// Every tensor of a family's file.
pub(super) fn entries(layout: &Layout, family: Family) -> Vec<Entry> {
    match family {
        Family::Llama | Family::Qwen2 | Family::Mistral => llama(layout),
        Family::Gpt2 => gpt2(layout),
        Family::Bert => bert(layout),
        Family::Lab => layout
            .names
            .iter()
            .map(|(name, slot)| {
                let vector =
                    name.ends_with(".bias") || name.ends_with(".gamma") || name.ends_with(".beta");
                Entry { name: name.clone(), parts: vec![*slot], transposed: false, vector }
            })
            .collect(),
    }
}

/// Collects entries.
#[derive(Default)]
struct List(Vec<Entry>);

impl List {
    fn matrix(&mut self, name: String, slot: Slot, transposed: bool) {
        self.0.push(Entry { name, parts: vec![slot], transposed, vector: false });
    }

    fn vector(&mut self, name: String, slots: &[Option<Slot>]) {
        let parts: Option<Vec<Slot>> = slots.iter().copied().collect();
        if let Some(parts) = parts {
            self.0.push(Entry { name, parts, transposed: false, vector: true });
        }
    }

    /// A linear map whose matrix is stored as `(d_out, d_in)`.
    fn linear(&mut self, name: &str, slot: LinearSlot) {
        self.matrix(format!("{name}.weight"), slot.weight, true);
        self.vector(format!("{name}.bias"), &[slot.bias]);
    }

    fn norm(&mut self, name: &str, slot: Option<NormSlot>) {
        self.vector(format!("{name}.weight"), &[slot.map(|s| s.gamma)]);
        self.vector(format!("{name}.bias"), &[slot.and_then(|s| s.beta)]);
    }
}

fn llama(layout: &Layout) -> Vec<Entry> {
    let mut list = List::default();
    list.matrix("model.embed_tokens.weight".to_string(), layout.embedding, false);
    for (l, block) in layout.blocks.iter().enumerate() {
        let name = |part: &str| format!("model.layers.{l}.{part}");
        let BlockSlot { query, key, value, output, gate, up, down, .. } = *block;
        list.norm(&name("input_layernorm"), block.around_attention.before);
        let linears = [
            ("self_attn.q_proj", Some(query)),
            ("self_attn.k_proj", Some(key)),
            ("self_attn.v_proj", Some(value)),
            ("self_attn.o_proj", Some(output)),
            ("mlp.gate_proj", gate),
            ("mlp.up_proj", Some(up)),
            ("mlp.down_proj", Some(down)),
        ];
        for (part, slot) in linears {
            slot.into_iter().for_each(|slot| list.linear(&name(part), slot));
        }
        list.norm(&name("post_attention_layernorm"), block.around_ffn.before);
    }
    list.norm("model.norm", layout.last);
    if let Some(head) = layout.head {
        list.matrix("lm_head.weight".to_string(), head, false);
    }
    list.0
}

fn gpt2(layout: &Layout) -> Vec<Entry> {
    let mut list = List::default();
    list.matrix("transformer.wte.weight".to_string(), layout.embedding, false);
    if let Some(position) = layout.position {
        list.matrix("transformer.wpe.weight".to_string(), position, false);
    }
    for (l, block) in layout.blocks.iter().enumerate() {
        let name = |part: &str| format!("transformer.h.{l}.{part}");
        list.norm(&name("ln_1"), block.around_attention.before);
        let three = [block.query, block.key, block.value];
        list.0.push(Entry {
            name: name("attn.c_attn.weight"),
            parts: three.map(|slot| slot.weight).to_vec(),
            transposed: false,
            vector: false,
        });
        list.vector(name("attn.c_attn.bias"), &three.map(|slot| slot.bias));
        let rest =
            [("attn.c_proj", block.output), ("mlp.c_fc", block.up), ("mlp.c_proj", block.down)];
        for (part, slot) in rest {
            list.matrix(name(&format!("{part}.weight")), slot.weight, false);
            list.vector(name(&format!("{part}.bias")), &[slot.bias]);
        }
        list.norm(&name("ln_2"), block.around_ffn.before);
    }
    list.norm("transformer.ln_f", layout.last);
    if let Some(head) = layout.head {
        list.matrix("lm_head.weight".to_string(), head, false);
    }
    list.0
}

fn bert(layout: &Layout) -> Vec<Entry> {
    let mut list = List::default();
    let tables = [
        ("word_embeddings", Some(layout.embedding)),
        ("position_embeddings", layout.position),
        ("token_type_embeddings", layout.types),
    ];
    for (part, slot) in tables {
        let Some(slot) = slot else { continue };
        list.matrix(format!("bert.embeddings.{part}.weight"), slot, false);
    }
    list.norm("bert.embeddings.LayerNorm", layout.embedding_norm);
    for (l, block) in layout.blocks.iter().enumerate() {
        let name = |part: &str| format!("bert.encoder.layer.{l}.{part}");
        let linears = [
            ("attention.self.query", block.query),
            ("attention.self.key", block.key),
            ("attention.self.value", block.value),
            ("attention.output.dense", block.output),
            ("intermediate.dense", block.up),
            ("output.dense", block.down),
        ];
        for (part, slot) in linears {
            list.linear(&name(part), slot);
        }
        list.norm(&name("attention.output.LayerNorm"), block.around_attention.after);
        list.norm(&name("output.LayerNorm"), block.around_ffn.after);
    }
    if let Some(transform) = layout.transform {
        list.linear("cls.predictions.transform.dense", transform.dense);
        list.norm("cls.predictions.transform.LayerNorm", transform.norm);
        list.vector("cls.predictions.bias".to_string(), &[Some(transform.bias)]);
        if let Some(head) = layout.head {
            list.matrix("cls.predictions.decoder.weight".to_string(), head, false);
            // read last, for this is the one that counts
            list.vector("cls.predictions.decoder.bias".to_string(), &[Some(transform.bias)]);
        }
    }
    list.0
}
