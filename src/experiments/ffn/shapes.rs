//! `ffn shapes`: the arrays of a block, step by step.

use ndarray::Array2;

use super::{affordable, kind, metric, tokens, usual_width};
use crate::experiments::{Context, params};
use crate::math::ffn::{Ffn, Gated, Kind, Trace, cost};
use crate::math::linalg::rms;
use crate::math::parameters::Parameters;
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, Text, text,
};

/// Follow the shapes through a block on real arrays ‖ 用真实数组逐步跟踪形状
#[derive(Debug, Clone, clap::Args)]
pub struct Shapes {
    /// Kinds of block ‖ 前馈层的种类
    #[arg(long, num_args = 1.., value_name = "KIND", value_parser = kind(), default_value = "swiglu")]
    pub kind: Vec<Kind>,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", value_parser = params::count(1, 4096), default_value = "12")]
    pub d_model: usize,
    /// Width inside the block; without it 4d, and 2/3 of that for a gated block ‖ 层内宽度；不写则为 4d，门控层再乘 2/3
    #[arg(long, value_name = "D", value_parser = params::count(1, 16384))]
    pub d_ff: Option<usize>,
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", value_parser = params::count(1, 256), default_value = "4")]
    pub tokens: usize,
}

impl Shapes {
    /// Runs each block once and writes down what it made.
    ///
    /// # Errors
    /// Weights that would not fit in memory.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let kinds = params::distinct(&self.kind);
        let mut report = Report::new(text("Shapes of the feed-forward block", "前馈层的形状"));
        for (i, &kind) in kinds.iter().enumerate() {
            context.step(i, kinds.len(), &Text::same(kind.title()))?;
            let (d, d_ff) = (self.d_model, self.d_ff.unwrap_or(usual_width(kind, self.d_model)));
            affordable(kind, d, d_ff, 8)?;
            let x = tokens(self.tokens, d, &mut context.rng(0)); // (T, d)
            let block = Ffn::xavier(kind, d, d_ff, 1.0, &mut context.rng(1));
            let (y, trace) = block.forward(x.view());
            report.formula(kind.formula());
            report.table(steps(kind, &x, &trace, &y));
            if kinds.len() == 1 {
                report.figure(inside(kind, &trace));
            }
            let flops = cost::flops(kind, self.tokens, d, d_ff);
            let per_square = block.count() as f64 / (d * d) as f64;
            for (name, value) in [
                ("matrices", kind.matrices() as f64),
                ("parameters", block.count() as f64),
                ("parameters_per_d2", per_square),
                ("d_ff", d_ff as f64),
                ("output.rows", y.nrows() as f64),
                ("output.columns", y.ncols() as f64),
            ] {
                report.metric(metric(&kinds, kind, name), value);
            }
            report.metric_in(metric(&kinds, kind, "flops"), flops.total(), "FLOPs");
            report.metric_in(metric(&kinds, kind, "flops.products"), flops.products, "FLOPs");
        }
        if kinds.len() > 1 {
            report.figure(self.compared(&kinds));
        }
        report.say(said(&kinds, self.d_ff.is_none()));
        Ok(report)
    }

    /// Weights by matrix, one group of bars a kind.
    fn compared(&self, kinds: &[Kind]) -> Figure {
        let each = |kind: Kind| {
            (self.d_model * self.d_ff.unwrap_or(usual_width(kind, self.d_model))) as f64
        };
        let of = |has: fn(Kind) -> bool| {
            kinds.iter().map(|&k| if has(k) { each(k) } else { 0.0 }).collect::<Vec<_>>()
        };
        let series = vec![
            ("W₁ or W".to_string(), of(|_| true)),
            ("V".to_string(), of(Kind::gated)),
            ("W₂".to_string(), of(|_| true)),
            ("all".to_string(), kinds.iter().map(|&k| each(k) * k.matrices() as f64).collect()),
        ];
        let names = kinds.iter().map(|k| k.title().to_string()).collect();
        Figure::new(
            "parameters",
            format!("Parameters of a feed-forward block, d = {}", self.d_model),
            Axis::names("kind", names),
            Axis::new("parameters"),
            Content::Bars(Bars { series }),
        )
    }
}

/// One row a step: what is computed, the shape that came out, weights and FLOPs.
fn steps(kind: Kind, x: &Array2<f64>, trace: &Trace<f64>, y: &Array2<f64>) -> Table {
    let mut table = Table::new(Text::same(kind.title()))
        .words(text("step", "步骤"))
        .words(text("shape", "形状"))
        .numbers(text("parameters", "参数量"))
        .numbers(Text::same("FLOPs"))
        .numbers(text("root mean square", "均方根"));
    let (t, d, d_ff) = (x.nrows(), x.ncols(), trace.hidden.ncols());
    let product = 2 * t * d * d_ff;
    let spent = cost::flops(kind, t, d, d_ff);
    let mut row = |step: Text, array: &Array2<f64>, weights: usize, flops: f64| {
        let shape = format!("({}, {})", array.nrows(), array.ncols());
        table.row(vec![
            step.into(),
            Cell::from(shape),
            weights.into(),
            flops.into(),
            rms(array).into(),
        ]);
    };
    let (w, g) = if kind.gated() { ("W", "g(xW)") } else { ("W₁", "g(xW₁)") };
    row(text("x, the tokens", "x，输入的 token"), x, 0, 0.0);
    row(Text::same(format!("x{w}")), &trace.before, d * d_ff, product as f64);
    if let Some(Gated { gate, value }) = &trace.gated {
        row(Text::same(g), gate, 0, spent.activation);
        row(Text::same("xV"), value, d * d_ff, product as f64);
        row(Text::same("g(xW) ⊙ xV"), &trace.hidden, 0, spent.gate);
    } else {
        row(Text::same(g), &trace.hidden, 0, spent.activation);
    }
    row(text("times W₂: y", "乘 W₂：y"), y, d_ff * d, product as f64);
    table
}

/// The most hidden columns that the picture shows.
const SHOWN: usize = 48;

/// The arrays inside the block as heatmaps, tokens down and hidden units across.
fn inside(kind: Kind, trace: &Trace<f64>) -> Figure {
    let (before, hidden) = (&trace.before, &trace.hidden);
    let arrays = match &trace.gated {
        Some(Gated { gate, value }) => {
            vec![("xW", before), ("g(xW)", gate), ("xV", value), ("g(xW) ⊙ xV", hidden)]
        }
        None => vec![("xW₁", before), ("g(xW₁)", hidden)],
    };
    let panels = arrays.into_iter().map(|(title, array)| {
        let rows = array.rows().into_iter().take(16);
        let values = rows.map(|row| row.iter().copied().take(SHOWN).collect()).collect();
        let unit = "value".to_string();
        let map = Heatmap { values, palette: Palette::Diverging, unit, show_values: false };
        Panel {
            title: title.to_string(),
            x: Axis::new("hidden unit"),
            y: Axis::names("token", (0..array.nrows().min(16)).map(|t| t.to_string()).collect()),
            content: Content::Heatmap(map),
        }
    });
    Figure::grid("inside", format!("Inside a {} block", kind.title()), 2, panels.collect())
}

/// What the tables show.
fn said(kinds: &[Kind], usual: bool) -> Text {
    if kinds.len() > 1 && usual {
        return text(
            "The plain blocks are 4d wide, the gated ones 2/3 of that: three matrices then weigh as much as two, 8d².",
            "普通层宽 4d，门控层取其 2/3：三个矩阵的参数量就与两个相同，都是 8d²。",
        );
    }
    match kinds.iter().any(|k| k.gated()) {
        true => text(
            "A gated block projects x twice: once through W into the gate, once through V into what the gate multiplies. With W₂ these are three matrices. Each row of y comes from the same row of x alone.",
            "门控层把 x 投影两次：经 W 得到门，经 V 得到被门相乘的值；加上 W₂，共三个矩阵。y 的每一行只由 x 的同一行得来。",
        ),
        false => text(
            "Up with W₁, the activation, down with W₂: each row of y comes from the same row of x alone.",
            "W₁ 升维、激活、W₂ 降维：y 的每一行只由 x 的同一行得来。",
        ),
    }
}
