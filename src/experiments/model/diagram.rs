//! The forward pass as a drawing: what happens, in which order, and the shape after each step.

use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::model::stack::NormKind;
use crate::model::{Config, Placement, Position};

/// Where the shapes begin.
const COLUMN: usize = 58;

/// The drawing, line by line; `exact` says that the base of RoPE is the model's own.
pub fn lines(config: &Config, exact: bool) -> Vec<String> {
    let Config { vocab, context, d, layers, types, .. } = config;
    let wide = format!("(T, {d})");
    let norm = norm_name(config);
    let mut all = vec![
        row(" token ids", "(T)"),
        row(&format!("  │  row of the embedding ({vocab}, {d})"), ""),
    ];
    match config.position {
        Position::Learned => {
            all.push(row(&format!("  │  + row of the positions ({context}, {d})"), ""));
        }
        Position::Sinusoidal => all.push(row("  │  · √d, + sines of the position", "")),
        _ => {}
    }
    if *types > 0 {
        all.push(row(&format!("  │  + row of the token types ({types}, {d})"), ""));
    }
    if config.embedding_norm {
        all.push(row(&format!("  │  {norm}"), ""));
    }
    all.push(row("  x", &wide));
    all.push(format!(" ┌┴── block, {layers} times {}", "─".repeat(COLUMN - 22)));
    branch(config, &attention(config, exact), &mut all);
    branch(config, &feed_forward(config), &mut all);
    all.push(format!(" └┬{}", "─".repeat(COLUMN - 3)));
    if config.placement.has_final_norm() {
        all.push(row(&format!("  {norm}"), &wide));
    }
    if config.transform {
        all.push(row(
            &format!("  {norm}({}(xW + b)), W ({d}, {d})", name(config.activation)),
            &wide,
        ));
    }
    let table = if config.tied { "the embedding, transposed" } else { "a matrix of its own" };
    let bias = if config.transform { ", + bias" } else { "" };
    all.push(row(&format!("  logits: · {table} ({d}, {vocab}){bias}"), &format!("(T, {vocab})")));
    all
}

/// One line with the shape after it.
fn row(what: &str, shape: &str) -> String {
    let pad = COLUMN.saturating_sub(what.chars().count()).max(1);
    format!("{what}{}{shape}", " ".repeat(pad)).trim_end().to_string()
}

fn norm_name(config: &Config) -> &'static str {
    match config.norm {
        NormKind::LayerNorm => "LayerNorm",
        NormKind::RmsNorm => "RMSNorm",
        NormKind::None => "no norm",
    }
}

/// A branch of the block with its residual and norms.
fn branch(config: &Config, steps: &[(String, String)], all: &mut Vec<String>) {
    let wide = format!("(T, {})", config.d);
    let norm = norm_name(config);
    let inside = |what: &str, shape: &str| row(&format!(" │{}", ["    ", what].concat()), shape);
    let (fork, join) =
        if config.residual { (" │├─╮", " │⊕─╯") } else { (" ││", " ││") };
    let side = if config.residual { " ││ │  " } else { " ││    " };
    all.push(fork.to_string());
    if matches!(config.placement, Placement::Pre | Placement::Sandwich) {
        all.push(row(&format!("{side}{norm}"), &wide));
    }
    for (what, shape) in steps {
        all.push(row(&format!("{side}{what}"), shape));
    }
    if config.placement == Placement::Sandwich {
        all.push(row(&format!("{side}{norm}"), &wide));
    }
    let alpha = match config.placement {
        Placement::DeepNorm => format!("  x · {:.3} + branch", config.deepnorm().alpha),
        _ if config.residual => "  x + branch".to_string(),
        _ => "  the branch alone: no residual".to_string(),
    };
    all.push(row(&format!("{join}{alpha}"), &wide));
    if matches!(config.placement, Placement::Post | Placement::DeepNorm) {
        all.push(inside(norm, &wide));
    }
}

fn attention(config: &Config, exact: bool) -> Vec<(String, String)> {
    let Config { d, heads, kv_heads, head_width, .. } = config;
    let (wide, narrow) = (heads * head_width, kv_heads * head_width);
    let bias = if config.biases.qkv { " + b" } else { "" };
    let mask = match config.mask {
        Mask::None => "both sides seen".to_string(),
        Mask::Causal => "causal mask".to_string(),
        Mask::Prefix(n) => format!("prefix of {n} seen by all"),
        Mask::Sliding(n) => format!("causal, the last {n} tokens"),
        Mask::Packed(_) => "causal within each document".to_string(),
    };
    let shared = match (kv_heads, heads) {
        (kv, h) if kv == h => format!("{h} heads of {head_width}"),
        (1, h) => format!("{h} heads of {head_width} share one K and V"),
        (kv, h) => format!("{h} heads of {head_width}, {} to each of {kv} K and V", h / kv),
    };
    let mut steps = vec![
        (format!("Q = hW_Q{bias}, W_Q ({d}, {wide})"), format!("(T, {wide})")),
        (
            format!("K, V = hW_K{bias}, hW_V{bias}, each ({d}, {narrow})"),
            format!("2 × (T, {narrow})"),
        ),
    ];
    match config.position {
        Position::Rope(rope) => {
            let width = rope.width(*head_width);
            let part = if width == *head_width {
                String::new()
            } else {
                format!(", {width} of {head_width} features")
            };
            let base = if exact { format!(", base {}", rope.base) } else { String::new() };
            steps.push((format!("RoPE turns Q and K{base}{part}"), String::new()));
        }
        Position::Alibi => {
            steps.push(("ALiBi: scores − slope · distance".to_string(), String::new()))
        }
        Position::Relative { buckets, .. } => {
            steps.push((format!("scores + bias by distance, {buckets} buckets"), String::new()));
        }
        _ => {}
    }
    steps.push((shared, String::new()));
    steps.push((format!("softmax(QKᵀ · {:.4}) V, {mask}", config.scale()), format!("(T, {wide})")));
    let bias = if config.biases.output { " + b" } else { "" };
    steps.push((format!("· W_O{bias}, ({wide}, {d})"), format!("(T, {d})")));
    steps
}

fn feed_forward(config: &Config) -> Vec<(String, String)> {
    let Config { d, d_ff, .. } = config;
    let g = name(config.activation);
    let bias = if config.biases.ffn { " + b" } else { "" };
    let up = match config.gated {
        true => format!("{g}(hW{bias}) ⊙ (hV{bias}), W and V ({d}, {d_ff})"),
        false => format!("{g}(hW₁{bias}), W₁ ({d}, {d_ff})"),
    };
    vec![(up, format!("(T, {d_ff})")), (format!("· W₂{bias}, ({d_ff}, {d})"), format!("(T, {d})"))]
}

fn name(activation: Activation) -> &'static str {
    match activation {
        Activation::Identity => "",
        Activation::Sigmoid => "σ",
        Activation::Tanh => "tanh",
        Activation::Relu => "ReLU",
        Activation::LeakyRelu { .. } => "LeakyReLU",
        Activation::Softplus => "softplus",
        Activation::Gelu => "GELU",
        Activation::GeluTanh => "GELU-tanh",
        Activation::GeluSigmoid => "QuickGELU",
        Activation::Swish { beta: 1.0 } => "SiLU",
        Activation::Swish { .. } => "Swish",
        Activation::HardSwish => "HardSwish",
    }
}
