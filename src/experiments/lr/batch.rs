//! `lr batch`: the best learning rate for each batch size, when the number of examples is given.

use super::noisy::NoisyBowl;
use crate::experiments::{Context, params};
use crate::model::{Moments, Rule};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// The best learning rate for each batch size, SGD and Adam, on noisy gradients ‖ 各批次大小下的最佳学习率：带噪梯度上的 SGD 与 Adam
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "lr batch\nlr batch --noise 3\nlr batch --examples 1024")]
pub struct Batch {
    /// Examples that each run sees, whatever the batch size ‖ 每次训练看到的样本数（与批次大小无关）
    #[arg(long, value_name = "N", value_parser = params::count(256, 16384), default_value = "2048")]
    pub examples: usize,
    /// Standard deviation of one example's gradient ‖ 单个样本梯度的标准差
    #[arg(long, value_name = "σ", value_parser = params::between(0.1, 100.0), default_value = "10")]
    pub noise: f64,
    /// Weights of the bowl ‖ 权重个数
    #[arg(long, value_name = "N", value_parser = params::count(1, 2000), default_value = "50")]
    pub weights: usize,
}

/// The smallest batch; others are four times the one before.
const SMALLEST: usize = 4;
/// Rates for each factor of ten, and the exponents of ten between which they lie.
const PER_DECADE: i32 = 6;
const DECADES: (i32, i32) = (-4, 1);

/// What one rule makes of the batch sizes.
struct Found {
    key: &'static str,
    name: &'static str,
    /// `(batch size, best rate)`.
    best: Vec<(f64, f64)>,
}

impl Found {
    /// How the best rate grows with the batch size while noise rules: the exponent over the first
    /// two steps from size to size.
    fn exponent(&self) -> f64 {
        let (a, b) = (self.best[0], self.best[2]); // there are at least three sizes: 4, 16, 64
        (b.1 / a.1).ln() / (b.0 / a.0).ln()
    }
}

impl Batch {
    /// Tries every rate with every batch size.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let sizes: Vec<usize> = std::iter::successors(Some(SMALLEST), |b| Some(4 * b))
            .take_while(|b| 2 * b <= self.examples)
            .collect();
        let rates: Vec<f64> = (DECADES.0 * PER_DECADE..=DECADES.1 * PER_DECADE)
            .map(|k| 10_f64.powf(f64::from(k) / f64::from(PER_DECADE)))
            .collect();
        let adam = Rule::Adam(Moments { beta1: 0.9, beta2: 0.99, eps: 1e-12 });
        let what = text("batch sizes", "批次大小");
        let mut found = Vec::new();
        for (r, (key, name, rule)) in
            [("sgd", "SGD", Rule::Sgd), ("adam", "Adam", adam)].into_iter().enumerate()
        {
            let mut best = Vec::new();
            for (i, &size) in sizes.iter().enumerate() {
                let mut heights = Vec::new();
                for &rate in &rates {
                    context.step(r * sizes.len() + i, 2 * sizes.len(), &what)?;
                    heights.push(self.height(rule, rate, size, context));
                }
                let lowest = (0..rates.len()).min_by(|a, b| heights[*a].total_cmp(&heights[*b]));
                best.push((size as f64, lowest.map_or(f64::NAN, |i| rates[i])));
            }
            found.push(Found { key, name, best });
        }
        Ok(self.report(&sizes, &found))
    }

    fn report(&self, sizes: &[usize], found: &[Found]) -> Report {
        let mut report = Report::new(text("Batch size and learning rate", "批次大小与学习率"));
        report.formula("gradient of a batch = true gradient + noise of size σ/√B");
        let mut table = Table::new(text(
            format!(
                "Best learning rate for {} examples, σ = {}",
                self.examples,
                number(self.noise)
            ),
            format!("{} 个样本、σ = {} 时的最佳学习率", self.examples, number(self.noise)),
        ))
        .numbers(text("batch size B", "批次大小 B"))
        .numbers(text("steps", "步数"));
        for one in found {
            table = table.numbers(Text::same(one.name));
        }
        for (i, size) in sizes.iter().enumerate() {
            let mut cells = vec![(*size).into(), (self.examples / size).into()];
            cells.extend(found.iter().map(|f| f.best[i].1.into()));
            table.row(cells);
        }
        report.table(table);
        for one in found {
            report.metric(format!("{}.exponent", one.key), one.exponent());
            for (size, rate) in &one.best {
                report.metric(format!("{}.best.{size}", one.key), *rate);
            }
        }
        let (sgd, adam) = (number(found[0].exponent()), number(found[1].exponent()));
        report.say(text(
            format!(
                "Four times the batch halves the noise and leaves a quarter of the steps. For small batches SGD's best rate grows about in proportion to B \
                 (exponent {sgd}), Adam's more like √B ({adam}). The proportion has to end: beyond 2/λ = 2 no batch is large enough."
            ),
            format!(
                "批次大四倍，噪声减半，步数只剩四分之一。批次小时，SGD 的最佳学习率大致与 B 成正比（指数 {sgd}），Adam 更接近 √B（{adam}）。\
                 这种比例终有尽头：超过 2/λ = 2，批次再大也没用。"
            ),
        ));
        let mut series: Vec<Series> = found
            .iter()
            .map(|f| Series::new(f.name, f.best.clone()).stroke(Stroke::Dotted))
            .collect();
        for (one, power, label) in [(&found[0], 1.0, "∝ B"), (&found[1], 0.5, "∝ √B")] {
            let (b0, r0) = one.best[0];
            let line = one.best.iter().take(3).map(|(b, _)| (*b, r0 * (b / b0).powf(power)));
            series.push(Series::new(label, line.collect()).stroke(Stroke::Dashed));
        }
        report.figure(Figure::new(
            "batch",
            "The best learning rate for each batch size",
            Axis::log("batch size B (examples)"),
            Axis::log("best learning rate"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        report
    }

    /// The mean height after all examples.
    fn height(&self, rule: Rule, rate: f64, size: usize, context: &Context) -> f64 {
        let noise = self.noise / (size as f64).sqrt();
        let bowl = NoisyBowl { weights: self.weights, noise };
        let (steps, mut rng) = (self.examples / size, context.rng(size as u64));
        bowl.descend(rule, |_| rate, steps, &mut rng)[steps]
    }
}
