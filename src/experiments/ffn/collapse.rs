//! `ffn collapse`: without the nonlinearity, two matrices are one.

use ndarray::Array2;

use super::fit::{self, Fit, Trained, mean_square};
use super::{kind, metric, tokens};
use crate::experiments::{Context, params};
use crate::math::ffn::{Ffn, Kind};
use crate::math::linalg;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// Take the nonlinearity away: two matrices become one ‖ 去掉非线性：两个矩阵塌缩成一个
#[derive(Debug, Clone, clap::Args)]
pub struct Collapse {
    /// Kinds of block to train on y = |x| ‖ 拿来拟合 y = |x| 的前馈层
    #[arg(long, num_args = 1..=6, value_name = "KIND", value_parser = kind(), default_values = ["linear", "relu"])]
    pub kind: Vec<Kind>,
    /// Hidden units ‖ 隐藏单元数
    #[arg(long, value_name = "N", value_parser = params::count(1, 256), default_value = "16")]
    pub hidden: usize,
    /// Steps of gradient descent ‖ 梯度下降步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 20000), default_value = "2000")]
    pub steps: usize,
    /// Learning rate ‖ 学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 1.0), default_value = "0.1")]
    pub rate: f64,
}

impl Collapse {
    /// Multiplies two matrices out, then trains each kind on y = |x|.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut report = Report::new(text("Two layers without a nonlinearity", "没有非线性的两层"));
        report.formula("(x W₁) W₂ = x (W₁ W₂)\nrank(W₁ W₂) ≤ min(d, d_ff)");
        ranks(&mut report, context);

        let (x, target) = fit::points(); // (N, 1) both
        let fit = Fit { hidden: self.hidden, steps: self.steps, rate: self.rate, shift: 0.0 };
        let line = best_line(&x, &target);
        let line_error = mean_square(&(&x.mapv(|x| line.0 + line.1 * x) - &target));
        let kinds = params::distinct(&self.kind);
        let mut trained = Vec::new();
        for &kind in &kinds {
            trained.push(fit.train(kind, context)?);
        }
        report.heading(text("Fitting y = |x|", "拟合 y = |x|"));
        let mut table = Table::new(text("Mean squared error after training", "训练后的均方误差"))
            .words(text("block", "前馈层"))
            .numbers(text("at the start", "训练前"))
            .numbers(text("at the end", "训练后"));
        for one in &trained {
            let (first, last) = (one.losses[0], one.losses[one.losses.len() - 1]);
            table.row(vec![one.kind.title().into(), first.into(), last.into()]);
            report.metric(metric(&kinds, one.kind, "mse"), last);
            let ratio = last / line_error;
            report.metric(metric(&kinds, one.kind, "mse_over_line"), ratio);
        }
        report.metric("best_line.mse", line_error);
        table.row(vec![
            text("best straight line", "最佳直线").into(),
            "".into(),
            line_error.into(),
        ]);
        report.table(table);
        report.say(said(&trained, line, line_error));
        report.figure(figure(&trained, &x, &target, line));
        Ok(report)
    }
}

/// Multiplies random matrices of several inner widths out: the product's rank, and how far it is
/// from the two steps.
fn ranks(report: &mut Report, context: &Context) {
    const D: usize = 8;
    let mut table = Table::new(text("W₁ W₂ as one matrix, d = 8", "把 W₁ W₂ 乘成一个矩阵，d = 8"))
        .numbers(Text::same("d_ff"))
        .numbers(text("rank of W₁ W₂", "W₁ W₂ 的秩"))
        .numbers(text("largest difference of the outputs", "输出的最大差异"))
        .numbers(text("the same with ReLU between", "中间加 ReLU 后的最大差异"));
    let x = tokens(16, D, &mut context.rng(0)); // (T, d)
    for d_ff in [3, 8, 32] {
        let block = Ffn::xavier(Kind::Linear, D, d_ff, 1.0, &mut context.rng(1));
        let bent = Ffn { activation: Kind::Relu.activation(), ..block.clone() };
        let product = block.input.weight.dot(&block.output.weight); // (d, d)
        let once = x.dot(&product); // (T, d)
        let rank = linalg::rank(product.view(), 1e-10);
        let difference = linalg::largest_difference(&block.forward(x.view()).0, &once);
        let with_relu = linalg::largest_difference(&bent.forward(x.view()).0, &once);
        table.row(vec![d_ff.into(), rank.into(), difference.into(), with_relu.into()]);
        report.metric(format!("rank.d_ff_{d_ff}"), rank);
        report.metric(format!("difference.d_ff_{d_ff}"), difference);
        report.metric(format!("difference_with_relu.d_ff_{d_ff}"), with_relu);
    }
    report.table(table);
}

/// Intercept and slope of the least-squares line.
fn best_line(x: &Array2<f64>, y: &Array2<f64>) -> (f64, f64) {
    let n = x.len() as f64;
    let (mx, my) = (x.sum() / n, y.sum() / n);
    let slope = ((x - mx) * (y - my)).sum() / ((x - mx) * (x - mx)).sum();
    (my - slope * mx, slope)
}

/// The fits beside the target, and the losses over the steps.
fn figure(trained: &[Trained], x: &Array2<f64>, target: &Array2<f64>, line: (f64, f64)) -> Figure {
    let points = |y: &Array2<f64>| x.iter().copied().zip(y.iter().copied()).collect::<Vec<_>>();
    let mut fits: Vec<Series> =
        trained.iter().map(|t| Series::new(t.kind.title(), points(&t.y))).collect();
    fits.push(Series::new("y = |x|", points(target)).stroke(Stroke::Dashed));
    let straight = x.mapv(|x| line.0 + line.1 * x);
    fits.push(Series::new("best line", points(&straight)).stroke(Stroke::Dashed));
    let panels = vec![
        Panel {
            title: "after training".to_string(),
            x: Axis::new("x"),
            y: Axis::new("y"),
            content: Content::Lines(Lines { series: fits, markers: Vec::new() }),
        },
        fit::loss_panel(trained),
    ];
    Figure::grid("fit", "A two-layer block learns y = |x|", 2, panels)
}

/// What came out.
fn said(trained: &[Trained], line: (f64, f64), line_error: f64) -> Text {
    let (mut en, mut zh) = (
        format!(
            "The best straight line is y = {} with an error of {}.",
            number(line.0),
            number(line_error)
        ),
        format!("最佳直线是 y = {}，误差 {}。", number(line.0), number(line_error)),
    );
    for one in trained {
        let last = one.losses[one.losses.len() - 1];
        let (name, error) = (one.kind.title(), number(last));
        if !last.is_finite() {
            en += &format!(" {name} diverged: try a smaller --rate.");
            zh += &format!("{name} 发散了：请把 --rate 调小。");
        } else if last > 0.5 * line_error {
            en += &format!(" {name} ends at {error}: no better than the line.");
            zh += &format!("{name} 停在 {error}：并不比直线好。");
        } else {
            en += &format!(" {name} ends at {error}, {} times smaller.", number(line_error / last));
            zh += &format!("{name} 降到 {error}，小了 {} 倍。", number(line_error / last));
        }
    }
    text(en, zh)
}
