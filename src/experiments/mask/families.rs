//! `mask families`: what a causal LM, a prefix LM and an encoder–decoder are made of, and what each
//! computes for one example.

use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::report::{Axis, Bars, Content, Error, Figure, Panel, Report, Table, Text, number, text};

/// Parameters and FLOPs of the three families ‖ 三类模型的参数量与 FLOPs
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "mask families\nmask families --input 1024 --output 128\nmask families --d-model 4096 --layers 32 --d-ff 16384"
)]
pub struct Families {
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "768", value_parser = params::count(1, 100_000))]
    pub d_model: usize,
    /// Width inside the feed-forward block ‖ 前馈层内部宽度
    #[arg(long, value_name = "D", default_value = "3072", value_parser = params::count(1, 1_000_000))]
    pub d_ff: usize,
    /// Blocks of a stack ‖ 每个栈的层数
    #[arg(long, value_name = "L", default_value = "12", value_parser = params::count(1, 1000))]
    pub layers: usize,
    /// Rows of the shared embedding ‖ 共享词嵌入的行数
    #[arg(long, value_name = "V", default_value = "32128", value_parser = params::count(1, 1_000_000))]
    pub vocab: usize,
    /// Tokens of the input: the prefix, or the encoder's ‖ 输入的 token 数（前缀，或编码器的输入）
    #[arg(long, value_name = "N", default_value = "512", value_parser = params::count(1, 1_000_000))]
    pub input: usize,
    /// Tokens of the output ‖ 输出的 token 数
    #[arg(long, value_name = "N", default_value = "512", value_parser = params::count(1, 1_000_000))]
    pub output: usize,
}

/// Parameters by part, all blocks together.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// The embedding, which is also the output matrix.
    pub embedding: f64,
    /// Self-attention of one stack.
    attention: f64,
    /// The feed-forward blocks of one stack.
    ffn: f64,
    /// The norms of one stack: two a block and one at its end.
    norms: f64,
    /// One norm for each block.
    cross_norms: f64,
}

impl Parts {
    /// Counts: 4d² a block for attention, 2·d·d_ff for the feed-forward block, d for each norm; no
    /// biases.
    pub fn new(vocab: usize, d: usize, d_ff: usize, layers: usize) -> Self {
        let [v, d, d_ff, l] = [vocab, d, d_ff, layers].map(|n| n as f64);
        Self {
            embedding: v * d,
            attention: 4.0 * d * d * l,
            ffn: 2.0 * d * d_ff * l,
            norms: (2.0 * l + 1.0) * d,
            cross_norms: l * d,
        }
    }

    /// One stack without its embedding.
    pub fn stack(&self) -> f64 {
        self.attention + self.ffn + self.norms
    }

    /// Cross-attention of a decoder: as many weights as self-attention, and a norm.
    pub fn cross(&self) -> f64 {
        self.attention + self.cross_norms
    }
}

/// A family with what it has and what it computes.
struct Family {
    key: &'static str,
    title: Text,
    parameters: f64,
    /// For one example, forward.
    flops: f64,
    /// For one more token at the end, everything before in the cache.
    token: f64,
}

impl Families {
    /// Counts.
    ///
    /// # Errors
    /// None; the arguments are checked when they are read.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let parts = Parts::new(self.vocab, self.d_model, self.d_ff, self.layers);
        let families = self.families(&parts);
        let mut report = Report::new(text("Three families", "三类模型"));
        report.formula(
            "decoder          L(4d² + 2·d·d_ff)\nencoder–decoder  2L(4d² + 2·d·d_ff) + L·4d²\nFLOPs            2·weights·tokens that meet them + 4d·L·visible pairs",
        );
        report.table(listing(&parts));
        report.table(self.table(&families));
        let [causal, prefix, pair, deep] = &families;
        for family in &families {
            let key = family.key;
            report.metric(format!("{key}.parameters"), family.parameters);
            report.metric_in(format!("{key}.flops"), family.flops, "FLOPs");
            report.metric_in(format!("{key}.flops.token"), family.token, "FLOPs");
        }
        let ratios = [
            ("ratio.parameters", pair.parameters / causal.parameters),
            ("ratio.flops", pair.flops / causal.flops),
            ("ratio.flops.token", pair.token / causal.token),
            ("deep.ratio.flops", deep.flops / causal.flops),
            ("prefix.ratio.flops", prefix.flops / causal.flops),
        ];
        for (name, ratio) in ratios {
            report.metric(name, ratio);
        }
        report.metric("cross.parameters", parts.cross());
        report.metric("prefix.extra_parameters", prefix.parameters - causal.parameters);
        let [parameters, flops] = [ratios[0].1, ratios[1].1].map(number);
        let (deep, token) = (number(ratios[3].1), number(ratios[2].1));
        report.say(text(
            format!(
                "Causal and prefix LM have the same tensors: only the mask differs. The encoder–decoder has {parameters} times the parameters and {flops} times the FLOPs, because each token passes through one of its stacks only; a decoder of twice the depth takes {deep} times. A generated token takes {token} times."
            ),
            format!(
                "因果 LM 与 prefix LM 的张量完全相同，只差掩码。编码器–解码器的参数是 {parameters} 倍，FLOPs 却是 {flops} 倍，因为每个 token 只经过其中一个栈；层数加倍的解码器要 {deep} 倍。生成一个 token 的计算量是 {token} 倍。"
            ),
        ));
        report.figure(picture(&families));
        Ok(report)
    }

    fn families(&self, parts: &Parts) -> [Family; 4] {
        let [m, n, d, l, v] =
            [self.input, self.output, self.d_model, self.layers, self.vocab].map(|n| n as f64);
        let pairs = |mask: Mask, tokens: usize| mask.pairs(tokens) as f64;
        let all = self.input + self.output;
        let weights = parts.attention + parts.ffn;
        let logits = 2.0 * v * d; // of one token of the output
        let looks = 4.0 * d * l; // scores and mixing, for a pair of tokens in all blocks
        let decoder = |depth: f64, mask| {
            depth * (2.0 * weights * (m + n) + looks * pairs(mask, all)) + logits * n
        };
        let alone = |depth: f64| depth * (2.0 * weights + looks * (m + n)) + logits;
        let encoder = 2.0 * weights * m + looks * pairs(Mask::None, self.input);
        let own = 2.0 * weights * n + looks * pairs(Mask::Causal, self.output);
        // queries and outputs for the n tokens of the target, keys and values for the m of the input
        let cross = parts.attention * (m + n) + looks * m * n;
        let one = parts.embedding + parts.stack();
        [
            Family {
                key: "causal",
                title: text("causal LM", "因果 LM"),
                parameters: one,
                flops: decoder(1.0, Mask::Causal),
                token: alone(1.0),
            },
            Family {
                key: "prefix",
                title: text("prefix LM", "prefix LM"),
                parameters: one,
                flops: decoder(1.0, Mask::Prefix(self.input)),
                token: alone(1.0),
            },
            Family {
                key: "encoder-decoder",
                title: text("encoder–decoder, L + L blocks", "编码器–解码器，L + L 层"),
                parameters: one + parts.stack() + parts.cross(),
                flops: encoder + own + cross + logits * n,
                token: 2.0 * weights + parts.attention + looks * (m + n) + logits,
            },
            Family {
                key: "deep",
                title: text("causal LM, 2L blocks", "因果 LM，2L 层"),
                parameters: one + parts.attention + parts.ffn + 2.0 * l * d,
                flops: decoder(2.0, Mask::Causal),
                token: alone(2.0),
            },
        ]
    }

    fn table(&self, families: &[Family]) -> Table {
        let (m, n) = (self.input, self.output);
        let mut table = Table::new(text(
            format!("One example of {m} input and {n} output tokens"),
            format!("一个样本：输入 {m}、输出 {n} 个 token"),
        ))
        .words(text("family", "类型"))
        .numbers(text("parameters (M)", "参数（M）"))
        .numbers(text("GFLOPs, forward", "前向 GFLOPs"))
        .numbers(text("times the causal LM", "相对因果 LM"))
        .numbers(text("GFLOPs of one more token", "再生成一个 token 的 GFLOPs"));
        for family in families {
            table.row(vec![
                family.title.clone().into(),
                (family.parameters / 1e6).into(),
                (family.flops / 1e9).into(),
                (family.flops / families[0].flops).into(),
                (family.token / 1e9).into(),
            ]);
        }
        table
    }
}

/// Which part each family has.
fn listing(parts: &Parts) -> Table {
    let mut table =
        Table::new(text("Parameters by part, all blocks (M)", "各部分参数量，所有层（M）"))
            .words(text("part", "部分"))
            .numbers(text("causal LM", "因果 LM"))
            .numbers(text("prefix LM", "prefix LM"))
            .numbers(text("encoder–decoder", "编码器–解码器"));
    let rows = [
        (
            text("embedding, shared with the output", "词嵌入（与输出共享）"),
            parts.embedding,
            parts.embedding,
        ),
        (text("encoder: self-attention", "编码器：自注意力"), 0.0, parts.attention),
        (text("encoder: feed-forward", "编码器：前馈层"), 0.0, parts.ffn),
        (text("decoder: self-attention", "解码器：自注意力"), parts.attention, parts.attention),
        (text("decoder: cross-attention", "解码器：交叉注意力"), 0.0, parts.attention),
        (text("decoder: feed-forward", "解码器：前馈层"), parts.ffn, parts.ffn),
        (text("norms", "归一化"), parts.norms, 2.0 * parts.norms + parts.cross_norms),
    ];
    for (part, one, two) in rows {
        let [one, two] = [one, two].map(|n| n / 1e6);
        table.row(vec![part.into(), one.into(), one.into(), two.into()]);
    }
    table
}

/// Parameters and FLOPs side by side, in multiples of the causal LM.
fn picture(families: &[Family; 4]) -> Figure {
    let names = ["causal", "prefix", "enc–dec", "causal, 2L"].map(str::to_string).to_vec();
    let panel = |title: &str, value: fn(&Family) -> f64| Panel {
        title: title.to_string(),
        x: Axis::names("", names.clone()),
        y: Axis::new("times the causal LM"),
        content: Content::Bars(Bars {
            series: vec![(
                String::new(),
                families.iter().map(|f| value(f) / value(&families[0])).collect(),
            )],
        }),
    };
    let panels =
        vec![panel("parameters", |f| f.parameters), panel("FLOPs, one example", |f| f.flops)];
    Figure::grid(
        "families",
        "An encoder–decoder: twice the parameters, about the same FLOPs",
        2,
        panels,
    )
}
