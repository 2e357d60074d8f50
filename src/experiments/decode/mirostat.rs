//! `decode mirostat`: how Mirostat finds its target.

use super::source::Source;
use super::stage::{softmax, stages};
use crate::experiments::{Context, params};
use crate::math::divergence::{bits, entropy};
use crate::model::decoding::{History, Mirostat as Sampler, Sampler as _, surprise};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Text, number, text,
};

/// Mirostat on its way to a target surprise ‖ Mirostat 如何逼近目标惊奇度
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode mirostat\ndecode mirostat --mirostat-tau 5 --mirostat-eta 0.02\ndecode mirostat --version 1"
)]
pub struct Mirostat {
    /// Which distribution; Zipf's over 200 tokens if none is given ‖ 哪个分布；默认为 200 个 token 的 Zipf 分布
    #[command(flatten)]
    pub source: Source,
    /// Version 1 or 2 ‖ 第 1 版或第 2 版
    #[arg(long, value_name = "VERSION", default_value = "2", value_parser = params::count(1, 2))]
    pub version: usize,
    /// The target in bits ‖ 目标惊奇度（bit）
    #[arg(long, value_name = "BITS", default_value = "3", value_parser = params::between(0.01, 30.0))]
    pub mirostat_tau: f64,
    /// How fast it corrects itself ‖ 学习率
    #[arg(long, value_name = "X", default_value = "0.1", value_parser = params::between(0.0, 1.0))]
    pub mirostat_eta: f64,
    /// How many tokens are drawn ‖ 抽多少个 token
    #[arg(long, value_name = "N", default_value = "500", value_parser = params::count(20, 100_000))]
    pub draws: usize,
}

impl Mirostat {
    /// Draws again and again from one distribution.
    ///
    /// # Errors
    /// If there is no such distribution.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let given = self.source.is_model()
            || self.source.logits.is_some()
            || self.source.probabilities.is_some();
        let logits: Vec<f32> = match given {
            true => self.source.open(context)?.logits()?,
            false => (1..=200).map(|rank| -(rank as f32).ln()).collect(),
        };
        stages(&mut [], History::default(), &logits)?; // refuses what is no distribution
        let mut rng = context.rng(0);
        let (tau, eta) = (self.mirostat_tau, self.mirostat_eta);
        let mut sampler: Sampler<f32> = match self.version {
            1 => Sampler::zipf(tau, eta, &mut rng),
            _ => Sampler::new(tau, eta, &mut rng),
        };
        let (mut mean, mut mu, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for i in 0..self.draws {
            if i.is_multiple_of(64) {
                context.step(i, self.draws, &text("drawing", "抽样中"))?;
            }
            mu.push(((i + 1) as f64, sampler.mu));
            let token = sampler.choose(History::default(), &mut logits.clone())?;
            sum += bits(surprise(&logits, token));
            mean.push(((i + 1) as f64, sum / (i + 1) as f64));
        }
        let own = bits(entropy(&softmax(&logits, 1.0)));
        let reached = sum / self.draws as f64;
        let mut report = Report::new(text("Mirostat", "Mirostat"));
        report.formula("a token may be chosen if −log₂ p ≤ μ   ·   μ ← μ − η (S − τ)");
        report.metric_in("surprise.mean", reached, "bits");
        report.metric_in("surprise.target", tau, "bits");
        report.metric_in("surprise.error", (reached - tau).abs(), "bits");
        report.metric_in("entropy", own, "bits");
        report.metric_in("mu", sampler.mu, "bits");
        report.say(said(reached, tau, own, self.draws));
        let flat = |y: f64| vec![(1.0, y), (self.draws as f64, y)];
        let series = vec![
            Series::new("mean surprise so far", mean),
            Series::new("μ", mu),
            Series::new("target τ", flat(tau)).stroke(Stroke::Dashed),
            Series::new("entropy of the model", flat(own)).stroke(Stroke::Dashed),
        ];
        let content = Content::Lines(Lines { series, markers: Vec::new() });
        let axes = (Axis::new("token"), Axis::new("surprise (bits)"));
        report.figure(Figure::new(
            "mirostat",
            "Mirostat finds its target",
            axes.0,
            axes.1,
            content,
        ));
        Ok(report)
    }
}

fn said(reached: f64, tau: f64, own: f64, draws: usize) -> Text {
    let (reached, tau, entropy) = (number(reached), number(tau), number(own));
    text(
        format!(
            "Over {draws} tokens the mean surprise is {reached} bits; the target was {tau}, and drawing without a filter gives the entropy, {entropy}, on average."
        ),
        format!(
            "{draws} 个 token 的平均惊奇度为 {reached} bit；目标是 {tau}；不加过滤地采样，平均惊奇度就是熵，即 {entropy}。"
        ),
    )
}
