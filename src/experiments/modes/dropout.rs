//! `modes dropout`: mean and variance of a dropout layer in both modes, and what the factor 1/(1 − p)
//! is for.

use ndarray::Array2;
use ndarray_rand::rand::Rng;

use super::net::{Mode, drop};
use crate::experiments::{Context, params};
use crate::math::linear::xavier;
use crate::report::{
    Axis, Content, Error, Figure, Histogram, Lines, Panel, Report, Series, Stroke, Table, Text,
    number, text,
};

/// Dropout in training and evaluation: mean, variance, the factor 1/(1 − p) ‖ dropout 的训练与评估：均值、方差、系数 1/(1 − p)
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "modes dropout\nmodes dropout --p 0.5 --width 64")]
pub struct Dropout {
    /// p: how much is dropped ‖ p：丢弃的比例
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 0.95), default_value = "0.1")]
    pub p: f64,
    /// Numbers that one sum runs over ‖ 求和的数有多少个
    #[arg(long, value_name = "N", value_parser = params::count(1, 4096), default_value = "256")]
    pub width: usize,
    /// Passes in training mode ‖ 训练模式下前向多少次
    #[arg(long, value_name = "N", value_parser = params::count(10, 20_000), default_value = "2000")]
    pub draws: usize,
}

impl Dropout {
    /// Passes the same numbers through dropout many times.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut rng = context.rng(0);
        let normal = ((1 + self.width) as f64 / 2.0).sqrt(); // the gain at which Xavier has variance 1
        let x: Array2<f64> = xavier(1, self.width, normal, &mut rng) + 1.0; // (1, n)
        let root = (self.width as f64).sqrt();
        let sum = |y: &Array2<f64>| y.sum() / root;
        let (mut sums, mut evals, mut raw, mut zeros) = (Vec::new(), Vec::new(), 0.0, 0);
        for draw in 0..self.draws {
            if draw % 100 == 0 {
                context.step(draw, self.draws, &text("passes", "前向"))?;
            }
            let (y, factor) = drop(&x, self.p, Mode::Train, rng.random());
            zeros += factor.iter().filter(|f| **f == 0.0).count();
            raw += sum(&y) * (1.0 - self.p) / self.draws as f64;
            sums.push(sum(&y));
            evals.push(sum(&drop(&x, self.p, Mode::Eval, rng.random()).0));
        }
        let n = self.draws as f64;
        let ((mean, variance), (eval, still)) = (moments(&sums), moments(&evals));
        let expected =
            self.p / (1.0 - self.p) * x.iter().map(|v| v * v).sum::<f64>() / self.width as f64;
        let dropped = zeros as f64 / (n * self.width as f64);

        let mut report = Report::new(text("Dropout in both modes", "两种模式下的 dropout"));
        report.formula("train  y = x · m/(1 − p),  m = 0 with probability p, else 1\neval   y = x\nE[y] = x,  Var[y] = x² p/(1 − p)");
        let mut table = Table::new(text(
            format!("Σ y/√n over {} numbers, {} passes of the same input", self.width, self.draws),
            format!("同一输入前向 {} 次，{} 个数的 Σ y/√n", self.draws, self.width),
        ))
        .words(text("mode", "模式"))
        .numbers(text("mean", "均值"))
        .numbers(text("variance", "方差"));
        table.row(vec![text("training", "训练").into(), mean.into(), variance.into()]);
        table.row(vec![
            text("training without 1/(1 − p)", "训练，不除以 1 − p").into(),
            raw.into(),
            (variance * (1.0 - self.p).powi(2)).into(),
        ]);
        table.row(vec![text("evaluation", "评估").into(), eval.into(), still.into()]);
        report.table(table);
        report.say(said(mean, eval, raw));
        report
            .metric("train.mean", mean)
            .metric("train.variance", variance)
            .metric("train.variance.expected", expected)
            .metric("eval.mean", eval)
            .metric("eval.variance", still)
            .metric("mean.ratio", mean / eval)
            .metric("unscaled.ratio", raw / eval)
            .metric("factor", 1.0 / (1.0 - self.p))
            .metric("variance.of_one", self.p / (1.0 - self.p))
            .metric("dropped", dropped);
        report.figure(picture(&sums, eval, self.p));
        Ok(report)
    }
}

/// Mean and variance, around the first so that equal numbers have none.
fn moments(sums: &[f64]) -> (f64, f64) {
    let n = sums.len() as f64;
    let shift = sums.iter().map(|s| s - sums[0]).sum::<f64>() / n;
    let variance = sums.iter().map(|s| (s - sums[0] - shift).powi(2)).sum::<f64>() / n;
    (sums[0] + shift, variance)
}

fn said(mean: f64, eval: f64, raw: f64) -> Text {
    let [mean, eval, raw] = [mean, eval, raw].map(number);
    text(
        format!(
            "Both modes have the same mean ({mean} and {eval}); training mode scatters around it. Without the factor the mean in training would be {raw}, \
             and the next layer would see larger numbers in evaluation than it was trained on."
        ),
        format!(
            "两种模式均值相同（{mean} 与 {eval}）；训练模式在它周围波动。若不乘该系数，训练时的均值会是 {raw}，下一层在评估时看到的数就比训练时大。"
        ),
    )
}

/// The scatter of single passes, and their running mean.
fn picture(sums: &[f64], eval: f64, p: f64) -> Figure {
    let mut total = 0.0;
    let running: Vec<(f64, f64)> = sums
        .iter()
        .enumerate()
        .map(|(i, s)| {
            total += s;
            ((i + 1) as f64, total / (i + 1) as f64)
        })
        .collect();
    let last = sums.len() as f64;
    let level = Series::new("evaluation", vec![(1.0, eval), (last, eval)]).stroke(Stroke::Dashed);
    Figure::grid(
        "dropout",
        format!("Dropout p = {}: training scatters around evaluation", number(p)),
        2,
        vec![
            Panel {
                title: "single passes in training mode".to_string(),
                x: Axis::new("Σ y/√n"),
                y: Axis::new("passes"),
                content: Content::Histogram(Histogram {
                    series: vec![("training".to_string(), sums.to_vec())],
                    bins: 40,
                }),
            },
            Panel {
                title: "their mean".to_string(),
                x: Axis::log("passes"),
                y: Axis::new("mean of Σ y/√n"),
                content: Content::Lines(Lines {
                    series: vec![Series::new("training, mean so far", running), level],
                    markers: Vec::new(),
                }),
            },
        ],
    )
}
