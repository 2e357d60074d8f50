//! `model show`: the block as a table of shapes, and where parameters, FLOPs and memory go.

use super::choices::Choices;
use crate::experiments::Context;
use crate::model::layout::{Layout, Slot};
use crate::model::{Config, Placement, Position};
use crate::report::{Error, Report, Table, Text, number, text};

/// The parts of a model by the flags of `train`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "model show --preset llama\nmodel show --preset gpt2 --vocab-size 50257 --context 1024 --d-model 768 --layers 12 --heads 12"
)]
pub struct Show {
    /// What the model is made of ‖ 模型结构
    #[command(flatten)]
    pub model: Choices,
}

impl Show {
    /// Counts.
    ///
    /// # Errors
    /// Bad input if the choices do not fit each other.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let config = self.model.config(256)?;
        let layout = Layout::new(&config);
        let mut report = Report::new(text("The model and its parts", "模型及其组成"));
        for line in diagram(&config) {
            report.formula(line);
        }
        report.table(parts(&layout));
        let total = layout.total as f64;
        let (d, t) = (config.d as f64, config.context as f64);
        let wide = (config.heads * config.head_width) as f64;
        // two FLOPs for each weight of a matrix that a token meets; the embedding is only looked up
        let looked_up = if config.tied { 0.0 } else { config.vocab as f64 * d };
        let positions = layout.position.map_or(0.0, size);
        let matrices = layout.matrices as f64 - looked_up - positions;
        let attention = 4.0 * config.layers as f64 * t * wide;
        let flops = 2.0 * matrices + attention;
        let narrow = (config.kv_heads * config.head_width) as f64;
        let cache = 2.0 * config.layers as f64 * narrow * 4.0;
        let mut memory = Table::new(text("Memory in f32", "内存（f32）"))
            .words(text("what", "项目"))
            .numbers(text("bytes", "字节"));
        let rows: [(Text, f64); 4] = [
            (text("weights", "权重"), 4.0 * total),
            (text("gradients", "梯度"), 4.0 * total),
            (text("AdamW's two moments", "AdamW 的两个矩"), 8.0 * total),
            (text("KV cache, whole context", "KV 缓存（整个上下文）"), cache * t),
        ];
        for (what, bytes) in rows {
            memory.row(vec![what.into(), bytes.into()]);
        }
        report.table(memory);
        report.say(text(
            format!(
                "{} parameters, {} FLOPs for a token at the end of the context.",
                number(total),
                number(flops)
            ),
            format!(
                "共 {} 个参数；上下文末尾的一个 token 需要 {} FLOPs。",
                number(total),
                number(flops)
            ),
        ));
        report.metric("parameters", total);
        report.metric("flops.per_token", flops);
        report.metric("flops.attention", attention);
        report.metric("memory.weights", 4.0 * total);
        report.metric("memory.training", 16.0 * total);
        report.metric("memory.cache.per_token", cache);
        Ok(report)
    }
}

fn size(slot: Slot) -> f64 {
    slot.range().len() as f64
}

/// Parameters by part, all blocks together.
fn parts(layout: &Layout) -> Table {
    let mut table = Table::new(text("Parameters by part", "各部分参数量"))
        .words(text("part", "部分"))
        .words(text("shape, one block", "形状（单层）"))
        .numbers(text("parameters, all blocks", "参数量（所有层）"))
        .numbers(text("share (%)", "占比（%）"));
    let mut seen: Vec<(String, Slot, f64)> = Vec::new();
    for (name, slot) in &layout.names {
        // blocks.3.attention.query.weight belongs to attention.query.weight
        let part = match name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.')) {
            Some((_, part)) => part,
            None => name,
        };
        match seen.iter_mut().find(|(known, ..)| known == part) {
            Some((.., sum)) => *sum += size(*slot),
            None => seen.push((part.to_string(), *slot, size(*slot))),
        }
    }
    for (part, slot, sum) in seen {
        let shape = format!("({}, {})", slot.rows, slot.columns);
        let share = 100.0 * sum / layout.total as f64;
        table.row(vec![part.into(), shape.into(), sum.into(), share.into()]);
    }
    table
}

/// The forward pass as lines with their shapes.
fn diagram(config: &Config) -> Vec<String> {
    let Config { vocab, d, d_ff, layers, heads, kv_heads, head_width, .. } = config;
    let (wide, narrow) = (heads * head_width, kv_heads * head_width);
    let inside = |branch: &str| match config.placement {
        Placement::Pre => format!("x ← x + {branch}(Norm(x))"),
        Placement::Post => format!("x ← Norm(x + {branch}(x))"),
        Placement::Sandwich => format!("x ← x + Norm({branch}(Norm(x)))"),
        Placement::DeepNorm => format!("x ← Norm({:.3}·x + {branch}(x))", config.deepnorm().alpha),
    };
    let position = match config.position {
        Position::Learned => " + P",
        Position::Sinusoidal => "·√d + sin",
        _ => "",
    };
    let turned = match config.position {
        Position::Rope(_) => "rotated by position",
        Position::Alibi => "scores − slope·distance",
        Position::Relative { .. } => "scores + bias[bucket(distance)]",
        _ => "as they are",
    };
    let neurons = if config.gated { "(g(hW) ⊙ hV) W₂" } else { "g(hW₁) W₂" };
    vec![
        format!("x = E[token]{position}                 (T, {d})   E is ({vocab}, {d})"),
        format!("{} times:", layers),
        format!("  {}   (T, {d})", inside("Attention")),
        format!(
            "    Q = hW_Q (T, {wide}), K = hW_K (T, {narrow}), V = hW_V (T, {narrow}): {heads} heads of {head_width}, {turned}"
        ),
        format!("    softmax({:.4}·QKᵀ + mask)·V W_O   (T, {wide}) → (T, {d})", config.scale()),
        format!("  {}   (T, {d})", inside("FFN")),
        format!("    {neurons}   (T, {d}) → (T, {d_ff}) → (T, {d})"),
        format!(
            "logits = {}   (T, {vocab})",
            if config.placement.has_final_norm() { "Norm(x) Eᵀ" } else { "x Eᵀ" }
        ),
    ]
}
