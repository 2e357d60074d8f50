//! `cache size`: the bytes of the cache, for any published model and length.

use crate::experiments::cost::precision::Precision;
use crate::experiments::{Context, params};
use crate::model::cost::cached;
use crate::model::published::{MODELS, Model, SIZES, Stack};
use crate::report::{
    Axis, Bars, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Bytes of the KV cache: any published model, length, precision; MHA, GQA, MQA ‖ KV 缓存的字节数：任意已发表模型、长度、精度；MHA、GQA、MQA
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "cache size llama-2-7b --length 4096\ncache size llama-2-7b llama-2-70b mistral-7b --length 32768\ncache size --layers 32 --heads 32 --kv-heads 8 --head-width 128 --length 8192 --precision int8"
)]
pub struct Size {
    /// Published models; without them the flags below describe one ‖ 已发表的模型；不写则由下列参数描述
    #[arg(value_name = "MODEL")]
    pub models: Vec<String>,
    /// Tokens of each sequence ‖ 每条序列的 token 数
    #[arg(long, value_name = "T", default_value = "4096", value_parser = params::count(1, 100_000_000))]
    pub length: usize,
    /// Sequences at once ‖ 同时处理的序列数
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 1_000_000))]
    pub batch: usize,
    /// How numbers are stored ‖ 数值的存储精度
    #[arg(long, value_enum, default_value = "f16")]
    pub precision: Precision,
    /// Blocks ‖ 层数
    #[arg(long, value_name = "L", default_value = "32", value_parser = params::count(1, 1000))]
    pub layers: usize,
    /// Query heads ‖ 查询头数
    #[arg(long, value_name = "H", default_value = "32", value_parser = params::count(1, 1000))]
    pub heads: usize,
    /// Key and value heads; as many as query heads if not given. For a published model: instead of its own ‖ KV 头数；默认与查询头相同。对已发表模型：代替它自己的
    #[arg(long, value_name = "H", value_parser = params::count(1, 1000))]
    pub kv_heads: Option<usize>,
    /// Width of a head ‖ 头的宽度
    #[arg(long, value_name = "D", default_value = "128", value_parser = params::count(1, 100_000))]
    pub head_width: usize,
}

/// What the size of a cache follows from.
struct Shape {
    key: String,
    name: String,
    layers: usize,
    heads: usize,
    kv_heads: usize,
    width: usize,
    /// Parameters, where they are known.
    parameters: Option<f64>,
}

const GIB: f64 = (1_u64 << 30) as f64;

impl Size {
    /// Multiplies.
    ///
    /// # Errors
    /// No such model, or one without a cache; key heads that do not divide the heads.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let shapes = self.shapes()?;
        if let Some(bad) = shapes.iter().find(|s| !s.heads.is_multiple_of(s.kv_heads)) {
            let (heads, kv) = (bad.heads, bad.kv_heads);
            return Err(Error::input(text(
                format!("{kv} key and value heads do not divide {heads} query heads"),
                format!("{kv} 个 KV 头不能整除 {heads} 个查询头"),
            ))
            .example(format!("llm-lab cache size --heads {heads} --kv-heads {heads}")));
        }
        let mut report = Report::new(text("The size of the KV cache", "KV 缓存的大小"));
        report.formula(
            "bytes = 2 (K and V) · L · kv heads · d_h · tokens · batch · bytes of a number",
        );
        let mut table = Table::new(text(
            format!(
                "{} tokens × {}, {}",
                number(self.length as f64),
                self.batch,
                self.precision.name()
            ),
            format!(
                "{} 个 token × {}，{}",
                number(self.length as f64),
                self.batch,
                self.precision.name()
            ),
        ))
        .words(text("model", "模型"))
        .numbers(text("L", "L"))
        .words(text("kv heads / heads", "KV 头 / 查询头"))
        .numbers(text("d_h", "d_h"))
        .numbers(text("bytes per token", "每 token 字节数"))
        .numbers(text("GiB", "GiB"))
        .numbers(text("as MHA (GiB)", "若为 MHA（GiB）"))
        .numbers(text("as MQA (GiB)", "若为 MQA（GiB）"))
        .numbers(text("weights (GiB)", "权重（GiB）"));
        for shape in &shapes {
            let weights = shape.parameters.map(|n| n * self.precision.bytes() / GIB);
            table.row(vec![
                shape.name.clone().into(),
                shape.layers.into(),
                format!("{} / {}", shape.kv_heads, shape.heads).into(),
                shape.width.into(),
                self.bytes(shape, shape.kv_heads, 1.0).into(),
                self.gib(shape, shape.kv_heads).into(),
                self.gib(shape, shape.heads).into(),
                self.gib(shape, 1).into(),
                weights.map_or_else(|| "–".into(), Into::into),
            ]);
            self.metrics(shape, shapes.len() == 1, &mut report);
        }
        report.say(text(
            "It grows with every token and every sequence; the number of query heads is not in the formula. Fewer key heads (GQA, MQA), fewer bits, or a window make it smaller; the weights are read from the table of published configurations. A model whose blocks partly look through a window needs less than this.",
            "它随每个 token、每条序列增长；公式里没有查询头数。减少 KV 头（GQA、MQA）、降低精度或加窗口可以缩小它；权重按已公布的配置计算。部分层使用滑动窗口的模型，实际需要的更少。",
        ));
        report.table(table).figure(self.figure(&shapes));
        Ok(report)
    }

    fn shapes(&self) -> Result<Vec<Shape>, Error> {
        if self.models.is_empty() {
            return Ok(vec![Shape {
                key: String::new(),
                name: format!("L = {}, H = {}", self.layers, self.heads),
                layers: self.layers,
                heads: self.heads,
                kv_heads: self.kv_heads.unwrap_or(self.heads),
                width: self.head_width,
                parameters: None,
            }]);
        }
        params::distinct(&self.models).iter().map(|id| self.published(id)).collect()
    }

    fn published(&self, id: &str) -> Result<Shape, Error> {
        let known = |m: &&Model| {
            m.stack == Stack::Decoder
                && m.n_layers.is_some()
                && m.n_kv_heads.is_some()
                && m.d_head.is_some()
        };
        let found = Model::of_any_size(id).filter(known);
        let shape = found.and_then(|m| {
            Some(Shape {
                key: m.id.to_string(),
                name: m.name.to_string(),
                layers: m.n_layers?,
                heads: m.n_heads?,
                kv_heads: self.kv_heads.or(m.n_kv_heads)?,
                width: m.d_head?,
                parameters: m.parameters().map(|n| n as f64),
            })
        });
        shape.ok_or_else(|| {
            let ids: Vec<&str> = MODELS.iter().chain(SIZES).filter(known).map(|m| m.id).collect();
            Error::input(text(
                format!("{id} is no decoder whose sizes are published"),
                format!("{id} 不是已公布尺寸的解码器模型"),
            ))
            .allowed(text(ids.join(", "), ids.join("、")))
            .example("llm-lab cache size llama-2-7b")
        })
    }

    fn bytes(&self, shape: &Shape, kv_heads: usize, tokens: f64) -> f64 {
        cached(shape.layers, kv_heads, shape.width) * tokens * self.precision.bytes()
    }

    fn gib(&self, shape: &Shape, kv_heads: usize) -> f64 {
        self.bytes(shape, kv_heads, self.length as f64 * self.batch as f64) / GIB
    }

    fn metrics(&self, shape: &Shape, alone: bool, report: &mut Report) {
        let name =
            |what: &str| if alone { what.to_string() } else { format!("{}.{what}", shape.key) };
        let all = self.length as f64 * self.batch as f64;
        report
            .metric_in(name("bytes.per_token"), self.bytes(shape, shape.kv_heads, 1.0), "bytes")
            .metric_in(name("bytes"), self.bytes(shape, shape.kv_heads, all), "bytes")
            .metric_in(name("gib"), self.gib(shape, shape.kv_heads), "GiB")
            .metric_in(name("gib.mha"), self.gib(shape, shape.heads), "GiB")
            .metric_in(name("gib.mqa"), self.gib(shape, 1), "GiB")
            .metric(name("saved"), shape.heads as f64 / shape.kv_heads as f64);
        for precision in Precision::SIZES {
            let bytes = cached(shape.layers, shape.kv_heads, shape.width) * all * precision.bytes();
            report.metric_in(name(&format!("gib.{}", precision.name())), bytes / GIB, "GiB");
        }
        if let Some(parameters) = shape.parameters {
            let weights = parameters * self.precision.bytes();
            report.metric_in(name("weights.gib"), weights / GIB, "GiB");
            let token = self.bytes(shape, shape.kv_heads, 1.0);
            report.metric_in(name("tokens.as_weights"), weights / token, "tokens");
        }
    }

    /// One model: its cache by heads and by precision; several: side by side.
    fn figure(&self, shapes: &[Shape]) -> Figure {
        let precision = self.precision.name();
        let lengths: Vec<f64> = (8..=17).map(|power| f64::from(1 << power)).collect();
        let curve = |shape: &Shape, kv: usize| -> Vec<(f64, f64)> {
            let batch = self.batch as f64;
            lengths.iter().map(|t| (*t, self.bytes(shape, kv, t * batch) / GIB)).collect()
        };
        let line = |label: String, points| Series::new(label, points);
        let ends = lengths.first().zip(lengths.last());
        let level = |weights: f64| match ends {
            Some((first, last)) => vec![(*first, weights / GIB), (*last, weights / GIB)],
            None => Vec::new(),
        };
        let mut series = Vec::new();
        let mut bars = Vec::new();
        if let [shape] = shapes {
            let mut kinds = vec![shape.heads, shape.kv_heads, 8, 1];
            kinds.retain(|kv| shape.heads.is_multiple_of(*kv));
            kinds.sort_unstable_by(|a, b| b.cmp(a));
            for kv in params::distinct(&kinds) {
                let label = match kv {
                    kv if kv == shape.heads => format!("MHA, {kv} kv heads"),
                    1 => "MQA, 1 kv head".to_string(),
                    kv => format!("GQA, {kv} kv heads"),
                };
                series.push(line(label.clone(), curve(shape, kv)));
                let each = Precision::SIZES
                    .map(|p| self.gib(shape, kv) * p.bytes() / self.precision.bytes());
                bars.push((label, each.to_vec()));
            }
            if let Some(n) = shape.parameters {
                let points = level(n * self.precision.bytes());
                series.push(line(format!("weights ({precision})"), points).stroke(Stroke::Dashed));
            }
        } else {
            for shape in shapes {
                series.push(line(
                    format!("{}, {} kv heads", shape.name, shape.kv_heads),
                    curve(shape, shape.kv_heads),
                ));
                let each = Precision::SIZES
                    .map(|p| self.gib(shape, shape.kv_heads) * p.bytes() / self.precision.bytes());
                bars.push((shape.name.clone(), each.to_vec()));
            }
        }
        let names: Vec<&str> = shapes.iter().map(|shape| shape.name.as_str()).collect();
        let name =
            if names.len() <= 3 { names.join(", ") } else { format!("{} models", names.len()) };
        let panels = vec![
            Panel {
                title: format!("{precision}, batch {}", self.batch),
                x: Axis::log("tokens of a sequence"),
                y: Axis::log("GiB"),
                content: Content::Lines(Lines { series, markers: Vec::new() }),
            },
            Panel {
                title: format!("at {} tokens", number(self.length as f64)),
                x: Axis::names(
                    "precision",
                    Precision::SIZES.map(|p| p.name().to_string()).to_vec(),
                ),
                y: Axis::new("GiB"),
                content: Content::Bars(Bars { series: bars }),
            },
        ];
        Figure::grid("size", format!("KV cache: {name}"), 2, panels)
    }
}
