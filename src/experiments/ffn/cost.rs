//! `ffn cost`: what the activation takes of a block's FLOPs and of its time.

use std::time::Instant;

use ndarray::Array2;

use super::{affordable, kind, metric, tokens, usual_width};
use crate::experiments::{Context, params};
use crate::math::ffn::{Ffn, Kind, cost};
use crate::report::{
    Axis, Bars, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number,
    text,
};

/// The activation's share of FLOPs and of time ‖ 激活函数占多少 FLOPs、多少时间
#[derive(Debug, Clone, clap::Args)]
pub struct Cost {
    /// Kinds of block ‖ 前馈层的种类
    #[arg(long, num_args = 1..=9, value_name = "KIND", value_parser = kind(), default_values = ["relu", "gelu", "silu", "swiglu"])]
    pub kind: Vec<Kind>,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", value_parser = params::count(1, 8192), default_value = "512")]
    pub d_model: usize,
    /// Width inside the block; without it 4d, and 2/3 of that for a gated block ‖ 层内宽度；不写则为 4d，门控层再乘 2/3
    #[arg(long, value_name = "D", value_parser = params::count(1, 32768))]
    pub d_ff: Option<usize>,
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", value_parser = params::count(1, 256), default_value = "64")]
    pub tokens: usize,
    /// Only count FLOPs: any width, no measurement ‖ 只数 FLOPs，不实测
    #[arg(long)]
    pub count_only: bool,
}

/// Seconds that the parts of a forward pass took.
#[derive(Default, Clone, Copy)]
struct Seconds {
    products: f64,
    activation: f64,
    gate: f64,
}

impl Seconds {
    fn share(self) -> f64 {
        self.activation / (self.products + self.activation + self.gate)
    }
}

impl Cost {
    /// Counts the FLOPs, and measures a forward pass part by part.
    ///
    /// # Errors
    /// Weights that would not fit in memory, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let kinds = params::distinct(&self.kind);
        let mut report = Report::new(text("What an activation costs", "激活函数的开销"));
        report.formula("matrix products: 2 · T · d · d_ff each\nactivation: (a few) · T · d_ff");
        let mut table = Table::new(text("Share of the activation", "激活函数的占比"))
            .words(text("block", "前馈层"))
            .numbers(text("FLOPs of the products", "矩阵乘 FLOPs"))
            .numbers(text("FLOPs of the activation", "激活 FLOPs"))
            .numbers(text("share of FLOPs (%)", "占 FLOPs（%）"))
            .numbers(text("share of time (%)", "占时间（%）"));
        let mut measured = Vec::new();
        for &kind in &kinds {
            let d_ff = self.d_ff.unwrap_or(usual_width(kind, self.d_model));
            let flops = cost::flops(kind, self.tokens, self.d_model, d_ff);
            let share = flops.activation / flops.total();
            report.metric_in(metric(&kinds, kind, "flops.share"), 100.0 * share, "%");
            report.metric_in(metric(&kinds, kind, "flops.activation"), flops.activation, "FLOPs");
            report.metric_in(metric(&kinds, kind, "flops.products"), flops.products, "FLOPs");
            let time = if self.count_only {
                "".into()
            } else {
                let seconds = self.measure(kind, d_ff, context)?;
                measured.push((kind, seconds));
                report.metric_in(metric(&kinds, kind, "time.share"), 100.0 * seconds.share(), "%");
                (100.0 * seconds.share()).into()
            };
            table.row(vec![
                kind.title().into(),
                flops.products.into(),
                flops.activation.into(),
                (100.0 * share).into(),
                time,
            ]);
        }
        report.table(table);
        report.say(self.said(&measured));
        report.figure(figure(&kinds, &measured, self.d_model));
        Ok(report)
    }

    /// The fastest of several forward passes in f32, part by part.
    fn measure(&self, kind: Kind, d_ff: usize, context: &Context) -> Result<Seconds, Error> {
        let d = self.d_model;
        affordable(kind, d, d_ff, 4)?;
        let x = tokens(self.tokens, d, &mut context.rng(0)).mapv(|v| v as f32); // (T, d)
        let block = Ffn::<f32>::xavier(kind, d, d_ff, 1.0, &mut context.rng(1));
        let mut best = Seconds { products: f64::INFINITY, ..Seconds::default() };
        for round in 0..ROUNDS {
            context.step(round, ROUNDS, &Text::same(kind.title()))?;
            let seconds = pass(&block, &x);
            if seconds.products < best.products {
                best.products = seconds.products;
            }
            if round == 0 || seconds.activation < best.activation {
                best.activation = seconds.activation;
            }
            if round == 0 || seconds.gate < best.gate {
                best.gate = seconds.gate;
            }
        }
        Ok(best)
    }

    fn said(&self, measured: &[(Kind, Seconds)]) -> Text {
        let (mut en, mut zh) = (
            "The products grow with d · d_ff, the activation with d_ff alone: its share falls as 1/d. An exp, tanh or erf is counted as 10 FLOPs.".to_string(),
            "矩阵乘随 d · d_ff 增长，激活只随 d_ff 增长：占比按 1/d 下降。每个 exp、tanh 或 erf 计作 10 FLOPs。".to_string(),
        );
        if let Some((kind, seconds)) =
            measured.iter().max_by(|a, b| a.1.share().total_cmp(&b.1.share()))
        {
            let (name, share) = (kind.title(), number(100.0 * seconds.share()));
            en += &format!(
                " Measured here, one element at a time in f32, {name} takes the most: {share} % of the time, more than its FLOPs say, since an element has to be read and written for a few operations, and exp is slow. Accelerators fuse it into the product before it."
            );
            zh += &format!(
                "在这台机器上用 f32 逐元素实测，{name} 占时最多：{share} %，高于它的 FLOPs 占比，因为每个元素读写一次却只做几次运算，而且 exp 较慢。加速器会把它融合进前一个矩阵乘。"
            );
        }
        text(en, zh)
    }
}

/// How often each block runs; the fastest run of each part counts.
const ROUNDS: usize = 7;

/// One forward pass with a clock around each part: the same steps as [`Ffn::forward`].
fn pass(block: &Ffn<f32>, x: &Array2<f32>) -> Seconds {
    let mut seconds = Seconds::default();
    let started = Instant::now();
    let mut hidden = block.input.forward(x.view()); // (T, d_ff)
    let value = block.value.as_ref().map(|map| map.forward(x.view())); // (T, d_ff)
    seconds.products = started.elapsed().as_secs_f64();

    let started = Instant::now();
    block.activation.forward_inplace(&mut hidden);
    seconds.activation = started.elapsed().as_secs_f64();

    let started = Instant::now();
    if let Some(value) = &value {
        hidden *= value;
    }
    seconds.gate = started.elapsed().as_secs_f64();

    let started = Instant::now();
    let y = block.output.forward(hidden.view()); // (T, d)
    seconds.products += started.elapsed().as_secs_f64();
    std::hint::black_box(y);
    seconds
}

/// The share of FLOPs over d, and the measured milliseconds of each part.
fn figure(kinds: &[Kind], measured: &[(Kind, Seconds)], d_model: usize) -> Figure {
    let widths = (6..=14).map(|power| 1_usize << power); // 64 to 16384
    let shares = kinds.iter().enumerate().map(|(i, &kind)| {
        let cost = |kind: Kind| (kind.activation().operations(), kind.gated());
        let covered = kinds[..i].iter().any(|&earlier| cost(earlier) == cost(kind));
        let points = widths.clone().map(|d| {
            let flops = cost::flops(kind, 1, d, usual_width(kind, d));
            (d as f64, 100.0 * flops.activation / flops.total())
        });
        let stroke = if covered { Stroke::Dashed } else { Stroke::Solid };
        Series::new(kind.title(), points.collect()).stroke(stroke)
    });
    let mut panels = vec![Panel {
        title: "counted".to_string(),
        x: Axis::log("d (width of the residual stream)"),
        y: Axis::log("activation's share of FLOPs (%)"),
        content: Content::Lines(Lines { series: shares.collect(), markers: Vec::new() }),
    }];
    if !measured.is_empty() {
        let part = |name: &str, of: fn(Seconds) -> f64| {
            (name.to_string(), measured.iter().map(|m| 1e3 * of(m.1)).collect())
        };
        panels.push(Panel {
            title: format!("measured, d = {d_model}"),
            x: Axis::names("block", kinds.iter().map(|k| k.title().to_string()).collect()),
            y: Axis::new("time (ms)"),
            content: Content::Bars(Bars {
                series: vec![
                    part("matrix products", |s| s.products),
                    part("activation", |s| s.activation),
                    part("gate ⊙ value", |s| s.gate),
                ],
            }),
        });
    }
    Figure::grid("cost", "The activation's share of a feed-forward block", panels.len(), panels)
}
