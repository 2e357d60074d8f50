//! `attention sqrt-d`: what the division of the scores does to softmax, against the width of a head.

use ndarray::Array2;
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::{Context, params};
use crate::math::divergence::entropy;
use crate::math::softmax::softmax;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number,
    text,
};

/// Why scores are divided by √d_k: their variance, and entropy, top weight and gradient of the softmax ‖ 分数为何除以 √d_k：分数的方差，以及 softmax 的熵、最大权重与梯度
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "attention sqrt-d\nattention sqrt-d --dims 64 128\nattention sqrt-d --by sqrt-d d --aligned 0.5"
)]
pub struct SqrtD {
    /// Widths d_k of a head ‖ 单头宽度 d_k
    #[arg(long, num_args = 1..=12, value_name = "D", value_parser = params::count(1, 65536), default_values = ["4", "16", "64", "128", "256", "512"])]
    pub dims: Vec<usize>,
    /// Keys that a query chooses among ‖ 每个查询面对多少个键
    #[arg(long, value_name = "T", value_parser = params::count(2, 65536), default_value = "64")]
    pub keys: usize,
    /// Queries that are averaged ‖ 对多少个查询取平均
    #[arg(long, value_name = "N", value_parser = params::count(1, 65536), default_value = "256")]
    pub queries: usize,
    /// Heads: d_model is so many times d_k ‖ 头数：d_model 等于它乘 d_k
    #[arg(long, value_name = "H", value_parser = params::count(1, 1024), default_value = "8")]
    pub heads: usize,
    /// What the scores are divided by ‖ 分数除以什么
    #[arg(long, num_args = 1.., value_name = "WHAT", value_enum, default_values = ["nothing", "sqrt-d", "sqrt-model"])]
    pub by: Vec<By>,
    /// Correlation of each query with one key, as training makes it ‖ 每个查询与其中一个键的相关系数，训练会造成这种相关
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "0")]
    pub aligned: f64,
}

/// What the scores are divided by.
#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
pub enum By {
    /// 1: the scores as they are ‖ 不除
    Nothing,
    /// √d_k ‖ 除以 √d_k
    SqrtD,
    /// √d_model, the wrong width ‖ 除以 √d_model：用错了宽度
    SqrtModel,
    /// d_k, as μP does ‖ 除以 d_k：μP 的做法
    D,
}

impl By {
    fn key(self) -> &'static str {
        match self {
            Self::Nothing => "raw",
            Self::SqrtD => "scaled",
            Self::SqrtModel => "model",
            Self::D => "mup",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "q·k",
            Self::SqrtD => "q·k / √d_k",
            Self::SqrtModel => "q·k / √d_model",
            Self::D => "q·k / d_k",
        }
    }

    fn divisor(self, d: usize, heads: usize) -> f64 {
        match self {
            Self::Nothing => 1.0,
            Self::SqrtD => (d as f64).sqrt(),
            Self::SqrtModel => ((d * heads) as f64).sqrt(),
            Self::D => d as f64,
        }
    }
}

/// What softmax makes of the scores, averaged over the queries.
#[derive(Debug, Clone, Copy)]
struct Found {
    variance: f64,
    /// In nats.
    entropy: f64,
    /// The largest weight.
    top: f64,
    /// p(1 − p), the diagonal of softmax's Jacobian, averaged over the keys.
    gradient: f64,
    /// The weight of the key that the query is aligned with.
    aligned: f64,
}

impl Found {
    fn of(scores: &Array2<f64>) -> Self {
        let n = scores.len() as f64;
        let mean = scores.sum() / n;
        let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n;
        let weights = softmax(scores.view()); // (N, T)
        let rows = weights.nrows() as f64;
        let average = |f: &dyn Fn(&[f64]) -> f64| {
            weights.rows().into_iter().map(|row| f(&row.to_vec())).sum::<f64>() / rows
        };
        Self {
            variance,
            entropy: average(&entropy),
            top: average(&|p| p.iter().copied().fold(0.0, f64::max)),
            gradient: average(&|p| p.iter().map(|p| p * (1.0 - p)).sum::<f64>() / p.len() as f64),
            aligned: average(&|p| p[0]),
        }
    }
}

impl SqrtD {
    /// Draws queries and keys of each width, and divides their products.
    ///
    /// # Errors
    /// Sizes that would not fit in memory, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (mut dims, by) = (params::distinct(&self.dims), params::distinct(&self.by));
        dims.sort_unstable();
        self.affordable(&dims)?;
        let mut found = Vec::with_capacity(dims.len());
        for (i, &d) in dims.iter().enumerate() {
            context.step(i, dims.len(), &text("widths", "宽度"))?;
            let scores = self.scores(d, context); // (N, T)
            let one = |by: &By| Found::of(&(&scores / by.divisor(d, self.heads)));
            found.push(by.iter().map(one).collect::<Vec<_>>());
        }
        let mut report = Report::new(text("Why √d_k", "为什么除以 √d_k"));
        report.formula(
            "q·k = Σᵢ qᵢkᵢ,  qᵢ, kᵢ ~ N(0, 1) independent  ⇒  Var(q·k) = d_k,  std = √d_k",
        );
        report.table(self.table(&dims, &by, &found));
        report.say(self.said(&dims, &by, &found));
        report.figure(self.picture(&dims, &by, &found));
        report.metric_in("entropy.most", (self.keys as f64).ln(), "nats");
        for (d, row) in dims.iter().zip(&found) {
            for (by, f) in by.iter().zip(row) {
                let name = |what: &str| format!("{}.{what}.at_{d}", by.key());
                report.metric(name("variance"), f.variance);
                report.metric_in(name("entropy"), f.entropy, "nats");
                report.metric(name("top"), f.top).metric(name("gradient"), f.gradient);
                if self.aligned > 0.0 {
                    report.metric(name("aligned"), f.aligned);
                }
            }
        }
        Ok(report)
    }

    /// Refuses what would not fit: queries, keys, and scores with their weights.
    fn affordable(&self, dims: &[usize]) -> Result<(), Error> {
        let (n, t) = (self.queries as f64, self.keys as f64);
        let d = dims.last().map_or(0.0, |d| *d as f64);
        params::fits(
            (n + t) * d + 4.0 * n * t,
            8,
            &text("queries, keys and scores", "查询、键和分数"),
        )
        .map_err(|error| error.example("llm-lab attention sqrt-d --keys 64 --queries 256"))
    }

    /// The products of random queries and keys, `(N, T)`; the first key is aligned with each query.
    fn scores(&self, d: usize, context: &Context) -> Array2<f64> {
        let mut rng = context.rng(d as u64);
        let q: Array2<f64> = Array2::random_using((self.queries, d), StandardNormal, &mut rng); // (N, d)
        let k: Array2<f64> = Array2::random_using((self.keys, d), StandardNormal, &mut rng); // (T, d)
        let mut scores = q.dot(&k.t()); // (N, T)
        let rest = (1.0 - self.aligned * self.aligned).sqrt();
        for (mut row, q) in scores.rows_mut().into_iter().zip(q.rows()) {
            row[0] = self.aligned * q.dot(&q) + rest * row[0];
        }
        scores
    }

    fn table(&self, dims: &[usize], by: &[By], found: &[Vec<Found>]) -> Table {
        let mut table = Table::new(text(
            format!(
                "{} queries, {} keys each, {} heads",
                number(self.queries as f64),
                number(self.keys as f64),
                self.heads
            ),
            format!(
                "{} 个查询，各面对 {} 个键，{} 个头",
                number(self.queries as f64),
                number(self.keys as f64),
                self.heads
            ),
        ))
        .numbers(Text::same("d_k"))
        .words(text("score", "分数"))
        .numbers(text("variance", "方差"))
        .numbers(text("entropy (nats)", "熵（nats）"))
        .numbers(text("largest weight", "最大权重"))
        .numbers(text("mean p(1 − p)", "p(1 − p) 的均值"));
        if self.aligned > 0.0 {
            table = table.numbers(text("weight of the aligned key", "与查询相关的那个键的权重"));
        }
        for (d, row) in dims.iter().zip(found) {
            for (by, f) in by.iter().zip(row) {
                let mut cells: Vec<Cell> = vec![(*d).into(), by.name().into()];
                cells.extend([f.variance, f.entropy, f.top, f.gradient].map(Cell::from));
                cells.extend((self.aligned > 0.0).then(|| Cell::from(f.aligned)));
                table.row(cells);
            }
        }
        table
    }

    /// What came out at the widest head.
    fn said(&self, dims: &[usize], by: &[By], found: &[Vec<Found>]) -> Text {
        let (Some(d), Some(row)) = (dims.last(), found.last()) else { return Text::default() };
        let most = number((self.keys as f64).ln());
        let (mut en, mut zh) = (
            format!(
                "At d_k = {d}, beside an entropy of ln {} = {most} nats for equal weights:",
                self.keys
            ),
            format!("d_k = {d} 时（权重均匀时熵为 ln {} = {most} nats）：", self.keys),
        );
        for (i, (by, f)) in by.iter().zip(row).enumerate() {
            let (name, h, top) = (by.name(), number(f.entropy), number(f.top));
            let (comma, stop) = if i == 0 { ("", "") } else { (";", "；") };
            en += &format!("{comma} {name} leaves {h} nats, the largest weight {top}");
            zh += &format!("{stop}{name} 的熵为 {h}，最大权重 {top}");
        }
        text(en + ".", zh + "。")
    }

    fn picture(&self, dims: &[usize], by: &[By], found: &[Vec<Found>]) -> Figure {
        let panel = |title: &str, y: Axis, value: fn(&Found) -> f64| {
            let curve = |i: usize| {
                let points = dims.iter().zip(found).map(|(d, row)| (*d as f64, value(&row[i])));
                Series::new(by[i].name(), points.collect()).stroke(Stroke::Dotted)
            };
            Panel {
                title: title.to_string(),
                x: Axis::log("d_k"),
                y,
                content: Content::Lines(Lines {
                    series: (0..by.len()).map(curve).collect(),
                    markers: Vec::new(),
                }),
            }
        };
        let most = (self.keys as f64).ln() * 1.02;
        let panels = vec![
            panel("spread of the scores", Axis::log("standard deviation"), |f| f.variance.sqrt()),
            panel("entropy of the weights", Axis::new("entropy (nats)").between(0.0, most), |f| {
                f.entropy
            }),
            panel("largest weight", Axis::new("weight").between(0.0, 1.0), |f| f.top),
            panel("gradient of softmax", Axis::log("mean p(1 − p)"), |f| f.gradient.max(1e-12)),
        ];
        Figure::grid("scale", "Softmax of scores against the width of a head", 2, panels)
    }
}
