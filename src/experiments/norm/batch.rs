//! `norm batch`: BatchNorm in training and in evaluation, its running averages, and padding.

use ndarray::{Array2, Axis as Dimension, concatenate};

use super::input;
use super::kinds::Kind;
use crate::experiments::{Context, params};
use crate::math::norm::BatchNorm;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

const EPS: f64 = 1e-5;

/// BatchNorm in training and in evaluation: running averages, the gap, padding ‖ BatchNorm 的训练与推理：滑动统计量、两者差距、填充
#[derive(Debug, Clone, clap::Args)]
pub struct Batch {
    /// Tokens in each training batch ‖ 每个训练批次的 token 数
    #[arg(long, value_name = "N", value_parser = params::count(2, 65536), default_value = "16")]
    pub size: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(1, 1024), default_value = "8")]
    pub dim: usize,
    /// Training batches before evaluation ‖ 推理之前训练的批次数
    #[arg(long, value_name = "K", value_parser = params::count(1, 2000), default_value = "100")]
    pub batches: usize,
    /// Weight of the newest batch in the running averages ‖ 滑动平均中最新批次的权重
    #[arg(long, value_name = "M", value_parser = params::between(0.001, 1.0), default_value = "0.1")]
    pub momentum: f64,
    /// Share of padding tokens (zeros) in the padded batch ‖ 含填充的批次中填充 token（全零）的比例
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 0.95), default_value = "0.5")]
    pub padding: f64,
}

/// The tokens' true mean and standard deviation.
const TRUTH: (f64, f64) = (3.0, 2.0);

impl Batch {
    /// Trains the running averages, then measures the gap and the damage of padding.
    ///
    /// # Errors
    /// Sizes that do not fit in memory; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let floats = 8.0 * self.size as f64 * self.dim as f64;
        params::fits(floats, 8, &text("this batch", "这个批次"))?;
        let mut report =
            Report::new(text("BatchNorm: training and evaluation", "BatchNorm：训练与推理"));
        report.formula(
            "train    y = γ ⊙ (x − μ_B)/√(σ²_B + ε) + β\n\
             running  ← (1 − m) · running + m · batch\n\
             eval     y = γ ⊙ (x − running mean)/√(running variance + ε) + β",
        );
        let norm = self.train(context, &mut report)?;
        self.gap(&norm, context, &mut report)?;
        self.padding(context, &mut report)?;
        Ok(report)
    }

    /// Feeds the batches; shows how the running averages approach the truth.
    fn train(&self, context: &Context, report: &mut Report) -> Result<BatchNorm<f64>, Error> {
        let mut norm = BatchNorm::new(self.dim, EPS, self.momentum);
        let (mut means, mut variances) = (vec![(0.0, 0.0)], vec![(0.0, 1.0)]);
        for k in 1..=self.batches {
            context.step(k, self.batches, &text("training batches", "训练批次"))?;
            let x = input::gaussian((self.size, self.dim), TRUTH.0, TRUTH.1, context, k as u64)?;
            norm.train(x.view(), None);
            means.push((k as f64, norm.running_mean[0]));
            variances.push((k as f64, norm.running_variance[0]));
        }
        let truth = |y: f64| {
            let ends = vec![(0.0, y), (self.batches as f64, y)];
            Series::new("truth", ends).stroke(Stroke::Dashed)
        };
        let average = |v: &ndarray::Array1<f64>| v.sum() / self.dim as f64;
        let (mean, variance) = (average(&norm.running_mean), average(&norm.running_variance));
        report.say(text(
            format!(
                "Tokens of mean {} and variance {}. After {} batches of {} the running mean is {} and the running variance {} (averaged over {} features); they started at 0 and 1.",
                number(TRUTH.0), number(TRUTH.1 * TRUTH.1), self.batches, self.size, number(mean), number(variance), self.dim
            ),
            format!(
                "token 的均值为 {}，方差为 {}。经过 {} 个大小为 {} 的批次，滑动均值为 {}，滑动方差为 {}（对 {} 个特征取平均）；初值分别是 0 和 1。",
                number(TRUTH.0), number(TRUTH.1 * TRUTH.1), self.batches, self.size, number(mean), number(variance), self.dim
            ),
        ));
        report.metric("running.mean", mean).metric("running.variance", variance);
        let panel = |title: &str, points: Vec<(f64, f64)>, true_value: f64| Panel {
            title: title.to_string(),
            x: Axis::new("training batches"),
            y: Axis::new(title),
            content: Content::Lines(Lines {
                series: vec![Series::new("running", points), truth(true_value)],
                markers: Vec::new(),
            }),
        };
        report.figure(Figure::grid(
            "running",
            "Running averages of feature 1",
            2,
            vec![panel("mean", means, TRUTH.0), panel("variance", variances, TRUTH.1 * TRUTH.1)],
        ));
        Ok(norm)
    }

    /// One token among ever more companions: training output against evaluation output.
    fn gap(
        &self,
        norm: &BatchNorm<f64>,
        context: &Context,
        report: &mut Report,
    ) -> Result<(), Error> {
        const SIZES: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];
        const DRAWS: usize = 20;
        let token = input::gaussian((1, self.dim), TRUTH.0, TRUTH.1, context, 10_000)?; // (1, d)
        let alone = norm.eval(token.view()); // (1, d)
        let layer_alone = Kind::Layer.apply(token.view(), EPS);
        let mut table = Table::new(text(
            format!("The same token in {DRAWS} batches: how far its output lies from evaluation (mean |difference|)"),
            format!("同一个 token 放进 {DRAWS} 个批次：输出与推理模式的差距（平均绝对差）"),
        ))
        .numbers(text("batch size", "批次大小"))
        .numbers(Text::same("BatchNorm"))
        .numbers(Text::same("LayerNorm"));
        let mut points = Vec::new();
        for (s, &size) in SIZES.iter().enumerate() {
            let (mut batch, mut layer) = (0.0, 0.0);
            for draw in 0..DRAWS {
                let stream = 20_000 + (s * DRAWS + draw) as u64;
                let others =
                    input::gaussian((size - 1, self.dim), TRUTH.0, TRUTH.1, context, stream)?;
                let x = together(&token, &others); // (size, d)
                let trained = norm.clone().train(x.view(), None).0;
                batch += apart(&trained, &alone) / DRAWS as f64;
                layer += apart(&Kind::Layer.apply(x.view(), EPS), &layer_alone) / DRAWS as f64;
            }
            context.step(s + 1, SIZES.len(), &text("batch sizes", "批次大小"))?;
            table.row(vec![size.into(), batch.into(), layer.into()]);
            report
                .metric(format!("gap.batch.{size}"), batch)
                .metric(format!("gap.layer.{size}"), layer);
            points.push((size as f64, batch));
        }
        report.table(table);
        report.say(text(
            "In training BatchNorm's output for a token depends on its companions; in evaluation it does not. LayerNorm computes one function in both. A batch of one token has no variance at all: x − μ_B is 0 whatever the token is.",
            "训练时，一个 token 的 BatchNorm 输出取决于同批的其他 token；推理时则不然。LayerNorm 在两种模式下是同一个函数。批次里只有一个 token 时根本谈不上方差：不论它是什么，x − μ_B 都是 0。",
        ));
        report.figure(Figure::new(
            "gap",
            "Training against evaluation output of one token",
            Axis::log("batch size (tokens)"),
            Axis::log("mean |train − eval|"),
            Content::Lines(Lines {
                series: vec![Series::new("BatchNorm", points).stroke(Stroke::Dotted)],
                markers: Vec::new(),
            }),
        ));
        Ok(())
    }

    /// What padding does to the statistics, with and without a mask.
    fn padding(&self, context: &Context, report: &mut Report) -> Result<(), Error> {
        let tokens = input::gaussian((self.size, self.dim), TRUTH.0, TRUTH.1, context, 30_000)?;
        let zeros = (self.size as f64 * self.padding / (1.0 - self.padding)).round() as usize;
        let padded = together(&tokens, &Array2::zeros((zeros, self.dim)));
        let real: Vec<bool> = (0..self.size + zeros).map(|row| row < self.size).collect();
        let fresh = || BatchNorm::new(self.dim, EPS, self.momentum);
        let (without, plain) = fresh().train(tokens.view(), None);
        let mut table = Table::new(text(
            format!("{} tokens padded with {zeros} zero tokens", self.size),
            format!("{} 个 token 加上 {zeros} 个全零填充", self.size),
        ))
        .words(text("statistics over", "统计范围"))
        .numbers(text("mean", "均值"))
        .numbers(text("variance", "方差"))
        .numbers(text("largest change of a real token's output", "真实 token 输出的最大变化"));
        let average = |v: &ndarray::Array1<f64>| v.sum() / self.dim as f64;
        let mut row = |name: Text, key: &str, mean: f64, variance: f64, change: f64| {
            table.row(vec![name.into(), mean.into(), variance.into(), change.into()]);
            report
                .metric(format!("padding.{key}.mean"), mean)
                .metric(format!("padding.{key}.variance"), variance)
                .metric(format!("padding.{key}.change"), change);
        };
        row(
            text("the real tokens alone", "只有真实 token"),
            "none",
            average(&plain.mean),
            average(&plain.variance),
            0.0,
        );
        for (name, key, mask) in [
            (text("all rows", "所有行"), "unmasked", None),
            (text("real rows, by a mask", "用掩码只取真实行"), "masked", Some(&real[..])),
        ] {
            let (y, kept) = fresh().train(padded.view(), mask);
            let change = (0..self.size)
                .flat_map(|t| (&y.row(t) - &without.row(t)).to_vec())
                .fold(0.0, |m: f64, v| m.max(v.abs()));
            row(name, key, average(&kept.mean), average(&kept.variance), change);
        }
        report.table(table);
        Ok(())
    }
}

/// Two batches, one under the other.
fn together(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    concatenate(Dimension(0), &[a.view(), b.view()]).unwrap_or_else(|_| a.clone())
}

/// Mean |difference| between the first row of `batch` and the one row of `alone`.
fn apart(batch: &Array2<f64>, alone: &Array2<f64>) -> f64 {
    let difference = &batch.row(0) - &alone.row(0);
    difference.mapv(f64::abs).sum() / alone.len() as f64
}
