//! `lr decay`: what a falling rate is good for, on noisy gradients.

use super::noisy::NoisyBowl;
use super::schedule::Kind;
use crate::experiments::{Context, params};
use crate::model::{Rule, Schedule};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// Why the rate falls at the end: SGD on noisy gradients under every schedule ‖ 学习率末尾为何要降：各种调度下带噪梯度的 SGD
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "lr decay\nlr decay --peak 0.5\nlr decay --noise 0")]
pub struct Decay {
    /// The highest rate ‖ 最高学习率
    #[arg(long, value_name = "η", value_parser = params::between(1e-4, 1.9), default_value = "0.2")]
    pub peak: f64,
    /// Standard deviation of the gradients' noise ‖ 梯度噪声的标准差
    #[arg(long, value_name = "σ", value_parser = params::between(0.0, 100.0), default_value = "1")]
    pub noise: f64,
    /// Steps ‖ 步数
    #[arg(long, value_name = "N", value_parser = params::count(10, 5000), default_value = "400")]
    pub steps: usize,
    /// Weights of the bowl ‖ 权重个数
    #[arg(long, value_name = "N", value_parser = params::count(1, 5000), default_value = "500")]
    pub weights: usize,
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::Constant, "constant"),
    (Kind::Linear, "linear"),
    (Kind::Cosine, "cosine"),
    (Kind::Wsd, "wsd"),
];

impl Decay {
    /// Descends under every schedule with the same noise.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let steps = self.steps as u64;
        let bowl = NoisyBowl { weights: self.weights, noise: self.noise };
        // θ' = (1 − η)θ − ησz has the variance η²σ²/(1 − (1 − η)²) in the long run
        let floor = 0.5 * self.peak * self.noise.powi(2) / (2.0 - self.peak);
        let mut report = Report::new(text("Why the rate falls at the end", "学习率末尾为何要降"));
        report.formula("constant rate: E f → η σ²/(2(2 − η)), never 0");
        let mut table = Table::new(text(
            format!(
                "Height after {steps} steps, peak rate {}, σ = {}",
                number(self.peak),
                number(self.noise)
            ),
            format!(
                "{steps} 步后的高度，最高学习率 {}，σ = {}",
                number(self.peak),
                number(self.noise)
            ),
        ))
        .words(text("schedule", "调度"))
        .numbers(text("at half of the steps", "走到一半时"))
        .numbers(text("at the end", "结束时"));
        let mut series = Vec::new();
        for (i, (kind, key)) in KINDS.into_iter().enumerate() {
            context.step(i, KINDS.len(), &text("schedules", "调度"))?;
            let schedule = Schedule {
                peak: self.peak,
                warmup: steps / 20,
                decay: kind.decay(steps),
                steps,
                floor: 0.0,
            };
            let rate = |s| schedule.rate(s);
            let heights = bowl.descend(Rule::Sgd, rate, self.steps, &mut context.rng(0));
            let end = heights[self.steps];
            table.row(vec![Text::same(key).into(), heights[self.steps / 2].into(), end.into()]);
            report.metric(format!("{key}.end"), end);
            let points = (0..).map(f64::from).zip(heights.iter().map(|h| h.max(1e-12)));
            series.push(Series::new(key, points.collect()));
        }
        report.table(table).metric("floor.exact", floor);
        report.say(text(
            format!(
                "At a constant rate the descent stops coming nearer at {}: each step adds as much noise as it removes. The noise that a step adds goes with η², \
                 so a falling rate lets it average out. WSD stays at the floor until its last tenth, and in that tenth gains most of what the others gained.",
                number(floor)
            ),
            format!(
                "学习率恒定时，下降到 {} 就不再靠近：每步加进来的噪声和消除的一样多。每步加入的噪声正比于 η²，学习率下降后噪声便被平均掉。\
                 WSD 一直停在这个高度，直到最后十分之一，而就在这十分之一里拿到了其他调度的大部分收益。",
                number(floor)
            ),
        ));
        if floor > 0.0 {
            let ends = vec![(0.0, floor), (self.steps as f64, floor)];
            series.push(Series::new("floor of the constant rate", ends).stroke(Stroke::Dashed));
        }
        report.figure(Figure::new(
            "decay",
            "Noise keeps a constant rate from the minimum",
            Axis::new("step"),
            Axis::log("mean height f(θ)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        Ok(report)
    }
}
