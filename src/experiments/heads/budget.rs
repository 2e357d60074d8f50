//! `heads budget`: what shared keys and values save in a block, and where the saving goes.

use clap::builder::PossibleValuesParser;

use crate::experiments::{Context, params};
use crate::model::Config;
use crate::model::published::{MODELS, Model, SIZES};
use crate::report::{Axis, Bars, Cell, Content, Error, Figure, Report, Table, Text, number, text};

/// Parameters of one block in units of d², and the KV cache, for published models and by rule ‖ 以 d² 为单位的单层参数量与 KV 缓存：已发表的模型与按规则计算
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "heads budget\nheads budget llama-2-7b llama-2-13b llama-2-70b\nheads budget glm-4-9b --heads 32 --kv-heads 2 --ratio 3.3333"
)]
pub struct Budget {
    /// Published models; without one a selection ‖ 已发表的模型；不写则选几个
    #[arg(value_name = "MODEL", value_parser = PossibleValuesParser::new(known().map(|m| m.id)))]
    pub models: Vec<String>,
    /// Query heads of the rule ‖ 规则中的查询头数
    #[arg(long, value_name = "H", default_value = "32", value_parser = params::count(1, 1000))]
    pub heads: usize,
    /// Key and value heads of the rule ‖ 规则中的 KV 头数
    #[arg(long, value_name = "G", default_value = "2", value_parser = params::count(1, 1000))]
    pub kv_heads: usize,
    /// d_ff / d of the rule, for three matrices; 10/3 if not given ‖ 规则中的 d_ff / d（三个矩阵）；默认 10/3
    #[arg(long, value_name = "X", value_parser = params::between(0.01, 100.0))]
    pub ratio: Option<f64>,
    /// Tokens in the cache ‖ 缓存中的 token 数
    #[arg(long, value_name = "T", default_value = "4096", value_parser = params::count(1, 10_000_000))]
    pub length: usize,
}

/// Shown where no model is named.
const SELECTION: [&str; 8] = [
    "llama-7b",
    "llama-2-7b",
    "llama-2-13b",
    "llama-2-70b",
    "mistral-7b",
    "llama-3-8b",
    "chatglm2-6b",
    "glm-4-9b",
];

/// The models whose blocks are known down to the heads.
fn known() -> impl Iterator<Item = &'static Model> {
    MODELS.iter().chain(SIZES).filter(|m| Block::of(m).is_some())
}

/// What is counted of one model.
struct Block {
    heads: usize,
    kv_heads: usize,
    /// Weights of attention and of the feed-forward block in units of d², without biases.
    attention: f64,
    ffn: f64,
    /// Bytes of one token in the cache of all layers, 16 bits a number.
    cache: f64,
}

impl Block {
    fn of(model: &Model) -> Option<Self> {
        let (d, heads, kv_heads) = (model.d_model? as f64, model.n_heads?, model.n_kv_heads?);
        let width = model.d_head? as f64;
        let matrices = model.ffn?.matrices() as f64;
        let d_ff = model.d_ff? as f64;
        Some(Self {
            heads,
            kv_heads,
            attention: 2.0 * d * (heads + kv_heads) as f64 * width / (d * d),
            ffn: matrices * d * d_ff / (d * d),
            cache: 2.0 * 2.0 * model.n_layers? as f64 * kv_heads as f64 * width,
        })
    }
}

impl Budget {
    /// Counts.
    ///
    /// # Errors
    /// Bad input if the heads of the rule do not divide each other.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let each = Config::groups_of_heads(self.heads, self.kv_heads)?;
        let mut report =
            Report::new(text("What shared keys and values save", "共享 K、V 省下了什么"));
        report.formula("attention (2 + 2·g/h)·d²     gated FFN 3·(d_ff/d)·d²     d_h = d/h");
        self.rule(&mut report, each);
        let named = |m: &&Model| match self.models.is_empty() {
            true => SELECTION.contains(&m.id),
            false => self.models.iter().any(|name| name == m.id),
        };
        let models: Vec<(&Model, Block)> =
            known().filter(named).filter_map(|m| Some((m, Block::of(m)?))).collect();
        report.table(self.table(&models));
        for (model, block) in &models {
            let id = model.id;
            let all = block.cache * self.length as f64;
            report.metric(format!("{id}.heads"), block.heads);
            report.metric(format!("{id}.kv_heads"), block.kv_heads);
            report.metric(format!("{id}.kind"), kind(block));
            report.metric(format!("{id}.attention"), block.attention);
            report.metric(format!("{id}.ffn"), block.ffn);
            report.metric(format!("{id}.layer"), block.attention + block.ffn);
            report.metric_in(format!("{id}.cache.per_token"), block.cache, "bytes");
            report.metric_in(format!("{id}.cache"), all, "bytes");
            let shared = block.heads as f64 / block.kv_heads as f64;
            report.metric(format!("{id}.cache.divisor"), shared);
        }
        report.figure(picture(&models));
        Ok(report)
    }

    /// Attention with all heads and a gated block of 8d/3, against shared keys and values and a wider
    /// block.
    fn rule(&self, report: &mut Report, each: usize) {
        let ratio = self.ratio.unwrap_or(10.0 / 3.0);
        let attention = 2.0 + 2.0 * self.kv_heads as f64 / self.heads as f64;
        let rows = [
            (text("MHA, d_ff = 8d/3", "MHA，d_ff = 8d/3"), 4.0, 8.0),
            (
                text(
                    format!(
                        "{} heads over {} KV heads, d_ff = {} d",
                        self.heads,
                        self.kv_heads,
                        number(ratio)
                    ),
                    format!(
                        "{} 个头共用 {} 个 KV 头，d_ff = {} d",
                        self.heads,
                        self.kv_heads,
                        number(ratio)
                    ),
                ),
                attention,
                3.0 * ratio,
            ),
        ];
        let mut table = Table::new(text("By rule, in units of d²", "按规则计算，单位 d²"))
            .words(text("block", "层"))
            .numbers(text("attention", "注意力"))
            .numbers(text("FFN", "前馈层"))
            .numbers(text("together", "合计"))
            .numbers(text("cache of MHA", "缓存相对 MHA"));
        for (i, (name, attention, ffn)) in rows.into_iter().enumerate() {
            let share = if i == 0 { 1.0 } else { 1.0 / each as f64 };
            table.row(vec![
                name.into(),
                attention.into(),
                ffn.into(),
                (attention + ffn).into(),
                share.into(),
            ]);
        }
        report.table(table);
        report.metric("plain.layer", 12.0);
        report.metric("rule.attention", attention);
        report.metric("rule.ffn", 3.0 * ratio);
        report.metric("rule.layer", attention + 3.0 * ratio);
        report.metric("rule.cache.divisor", each);
        let (saved, spent) = (4.0 - attention, 3.0 * ratio - 8.0);
        report.metric("rule.saved", saved);
        report.metric("rule.spent", spent);
        report.say(text(
            format!(
                "Sharing saves {} d² of attention's 4 d²; the wider FFN spends {} d². The cache is {each} times smaller.",
                number(saved),
                number(spent)
            ),
            format!(
                "共享 K、V 从注意力的 4 d² 中省下 {} d²，加宽的前馈层用掉 {} d²；缓存缩小为 1/{each}。",
                number(saved),
                number(spent)
            ),
        ));
    }

    fn table(&self, models: &[(&Model, Block)]) -> Table {
        let length = self.length;
        let mut table = Table::new(text("Published models, one block", "已发表的模型，单层"))
            .words(text("model", "模型"))
            .words(text("kind", "种类"))
            .numbers(text("heads", "头"))
            .numbers(text("KV heads", "KV 头"))
            .numbers(text("attention (d²)", "注意力（d²）"))
            .numbers(text("FFN (d²)", "前馈层（d²）"))
            .numbers(text("together (d²)", "合计（d²）"))
            .numbers(text(
                format!("cache at {length}, 16 bits (GB)"),
                format!("{length} 个 token 的缓存，16 位（GB）"),
            ));
        for (model, block) in models {
            let numbers = [block.attention, block.ffn, block.attention + block.ffn];
            let mut row: Vec<Cell> = vec![model.name.into(), Text::same(kind(block)).into()];
            row.extend([block.heads.into(), block.kv_heads.into()]);
            row.extend(numbers.map(Cell::from));
            row.push((block.cache * length as f64 / 1e9).into());
            table.row(row);
        }
        table
    }
}

fn kind(block: &Block) -> &'static str {
    match block.kv_heads {
        kv if kv == block.heads => "MHA",
        1 => "MQA",
        _ => "GQA",
    }
}

/// Attention and feed-forward block of each model in units of d².
fn picture(models: &[(&Model, Block)]) -> Figure {
    let series = |value: fn(&Block) -> f64| models.iter().map(|(_, b)| value(b)).collect();
    let bars = vec![
        ("attention".to_string(), series(|b| b.attention)),
        ("FFN".to_string(), series(|b| b.ffn)),
    ];
    Figure::new(
        "budget",
        "Parameters of one block",
        Axis::names("model", models.iter().map(|(m, _)| m.name.to_string()).collect()),
        Axis::new("parameters (d²)"),
        Content::Bars(Bars { series: bars }),
    )
}
