//! `lr adam`: how long Adam's first steps are, with and without bias correction, on noisy gradients.

use ndarray_rand::rand_distr::{Distribution, StandardNormal};

use crate::experiments::{Context, params};
use crate::model::{Moments, Rule, Step};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// Adam's first steps: bias correction, and why it does not replace warm-up ‖ Adam 的最初几步：偏差修正，以及它为何替代不了预热
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "lr adam\nlr adam --signal 1\nlr adam --beta2 0.95")]
pub struct Adam {
    /// β₁: memory of the gradient ‖ β₁：梯度的记忆
    #[arg(long, value_name = "β₁", value_parser = params::between(0.0, 0.999), default_value = "0.9")]
    pub beta1: f64,
    /// β₂: memory of its square ‖ β₂：梯度平方的记忆
    #[arg(long, value_name = "β₂", value_parser = params::between(0.5, 0.99999), default_value = "0.999")]
    pub beta2: f64,
    /// Mean of the gradient; its noise has standard deviation 1 ‖ 梯度的均值（噪声标准差为 1）
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 100.0), default_value = "0")]
    pub signal: f64,
    /// Steps ‖ 步数
    #[arg(long, value_name = "N", value_parser = params::count(2, 5000), default_value = "200")]
    pub steps: usize,
    /// Weights with gradients of their own ‖ 各有独立梯度的权重个数
    #[arg(long, value_name = "N", value_parser = params::count(1, 20_000), default_value = "1000")]
    pub weights: usize,
}

/// A step number so late that the corrections are gone.
const LATE: u64 = 1 << 40;

impl Adam {
    /// Measures the root mean square of the steps, in units of the learning rate.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let corrected = self.steps(context, |number| number)?;
        let raw = self.steps(context, |_| LATE)?;
        // a running mean of independent numbers of variance 1
        let limit = ((1.0 - self.beta1) / (1.0 + self.beta1)).sqrt();
        let mut report = Report::new(text("Adam's first steps", "Adam 的最初几步"));
        report.formula("m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ),  Δθ = η m̂/(√v̂ + ε)");
        let mut table = Table::new(text(
            "Length of a step in units of η (root mean square)",
            "以 η 为单位的步长（均方根）",
        ))
        .numbers(text("step", "步"))
        .numbers(text("with bias correction", "有偏差修正"))
        .numbers(text("without", "无"));
        for s in [1, 2, 5, 10, 50, 200, 1000].into_iter().filter(|s| *s <= self.steps) {
            table.row(vec![s.into(), corrected[s - 1].into(), raw[s - 1].into()]);
        }
        report.table(table);
        let last = self.steps - 1;
        report
            .metric("corrected.first", corrected[0])
            .metric("corrected.last", corrected[last])
            .metric("raw.first", raw[0])
            .metric("raw.largest", raw.iter().fold(0.0, |m: f64, s| m.max(*s)))
            .metric("raw.last", raw[last])
            .metric("noise.limit", limit);
        report.say(said(corrected[0], raw[0], limit));
        let curve = |steps: &[f64]| (1..).map(f64::from).zip(steps.iter().copied()).collect();
        let ends = vec![(1.0, limit), (self.steps as f64, limit)];
        report.figure(Figure::new(
            "steps",
            "How far Adam moves on pure noise",
            Axis::log("step"),
            Axis::new("root mean square of the step / η"),
            Content::Lines(Lines {
                series: vec![
                    Series::new("with bias correction", curve(&corrected)),
                    Series::new("without", curve(&raw)),
                    Series::new("√((1 − β₁)/(1 + β₁))", ends).stroke(Stroke::Dashed),
                ],
                markers: Vec::new(),
            }),
        ));
        Ok(report)
    }

    /// The root mean square over the weights, step by step; `number` is what Adam is told.
    fn steps(&self, context: &Context, number: impl Fn(u64) -> u64) -> Result<Vec<f64>, Error> {
        let rule = Rule::Adam(Moments { beta1: self.beta1, beta2: self.beta2, eps: 1e-12 });
        let n = self.weights;
        let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
        let mut rng = context.rng(0);
        let mut lengths = Vec::with_capacity(self.steps);
        for s in 1..=self.steps as u64 {
            if s % 50 == 1 {
                context.step(s as usize, self.steps, &text("steps", "步"))?;
            }
            let mut moved = vec![0.0_f64; n];
            let g: Vec<f64> = (0..n)
                .map(|_| {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    self.signal + z
                })
                .collect();
            let step = Step { rate: 1.0, decay: 0.0, factor: 1.0, number: number(s) };
            rule.step(step, &mut moved, &g, &mut m, &mut v);
            lengths.push((moved.iter().map(|d| d * d).sum::<f64>() / n as f64).sqrt());
        }
        Ok(lengths)
    }
}

fn said(first: f64, raw: f64, limit: f64) -> Text {
    let [first, raw, limit] = [first, raw, limit].map(number);
    text(
        format!(
            "Without correction the first step is {raw} η long, because √v is even more biased to 0 than m. With it the first step is {first} η: the sign of one noisy gradient, \
             taken in full. Later the noise averages out, down to {limit} η for a gradient that is nothing but noise. So correction cures the bias and not the ignorance: that is what warm-up is for."
        ),
        format!(
            "不修正时第一步长达 {raw} η，因为 √v 比 m 更偏向 0。修正后第一步是 {first} η：单独一个带噪梯度的符号，照单全收。之后噪声逐渐被平均掉，纯噪声的梯度只剩 {limit} η。\
             可见修正治的是偏差，治不了无知：那要靠预热。"
        ),
    )
}
