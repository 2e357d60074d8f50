//! `lr schedule`: the learning rate over a training run.

use clap::ValueEnum;

use crate::experiments::{Context, params};
use crate::model::{self, Decay};
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// The learning rate over the steps: warm-up, then constant, linear, cosine, inverse root, WSD ‖ 学习率随步数的变化：预热，然后恒定、线性、余弦、平方根倒数、WSD
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "lr schedule\nlr schedule cosine --peak 0.0003 --warmup 2000 --steps 100000 --at 51000\nlr schedule inverse-root --d-model 512 --warmup 4000 --steps 100000"
)]
pub struct Schedule {
    /// What the rate does after the warm-up ‖ 预热之后如何变化
    #[arg(value_enum, value_name = "KIND", default_values = ["constant", "linear", "cosine", "inverse-root", "wsd"])]
    pub kinds: Vec<Kind>,
    /// The highest rate ‖ 最高学习率
    #[arg(long, value_name = "η", value_parser = params::between(1e-12, 1e3), default_value = "0.001")]
    pub peak: f64,
    /// Sets the peak to 1/√(d · warm-up), as the first Transformer did ‖ 按 1/√（d · 预热步数）设定最高学习率，即最初 Transformer 的做法
    #[arg(long, value_name = "D", value_parser = params::count(1, 1_000_000))]
    pub d_model: Option<usize>,
    /// Steps of warm-up ‖ 预热步数
    #[arg(long, value_name = "N", value_parser = params::count(0, 100_000_000), default_value = "100")]
    pub warmup: usize,
    /// All steps ‖ 总步数
    #[arg(long, value_name = "N", value_parser = params::count(2, 100_000_000), default_value = "1000")]
    pub steps: usize,
    /// The last rate as a share of the peak ‖ 末尾学习率占最高值的比例
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "0.1")]
    pub floor: f64,
    /// Steps at which the rate is reported ‖ 报告哪些步的学习率
    #[arg(long, num_args = 1.., value_name = "N", value_parser = params::count(1, 100_000_000))]
    pub at: Vec<usize>,
}

/// A kind of schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// It stays ‖ 保持不变
    Constant,
    /// A straight line down ‖ 直线下降
    Linear,
    /// Half a cosine down ‖ 沿半个余弦下降
    Cosine,
    /// With the inverse root of the step ‖ 按步数平方根的倒数
    InverseRoot,
    /// Warm-up, stable, and a fall over the last tenth ‖ 预热、稳定，最后十分之一下降
    Wsd,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Cosine => "cosine",
            Self::InverseRoot => "inverse-root",
            Self::Wsd => "wsd",
        }
    }

    /// As the model room knows it.
    pub fn decay(self, steps: u64) -> Decay {
        match self {
            Self::Constant => Decay::Constant,
            Self::Linear => Decay::Linear,
            Self::Cosine => Decay::Cosine,
            Self::InverseRoot => Decay::InverseRoot,
            Self::Wsd => Decay::Stable { fall: (steps / 10).max(1) },
        }
    }
}

/// Points of a curve.
const POINTS: u64 = 500;

impl Schedule {
    /// Tabulates and draws.
    ///
    /// # Errors
    /// A warm-up longer than the run, a step outside it.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let steps = self.steps as u64;
        if self.warmup > self.steps {
            return Err(Error::input(text(
                format!("--warmup {} is longer than --steps {}", self.warmup, self.steps),
                format!("--warmup {} 比 --steps {} 还长", self.warmup, self.steps),
            ))
            .allowed(text("a warm-up within the run", "预热不超过总步数"))
            .example("llm-lab lr schedule cosine --warmup 100 --steps 1000"));
        }
        if let Some(beyond) = self.at.iter().find(|at| **at > self.steps) {
            return Err(Error::input(text(
                format!("step {beyond} of {}", self.steps),
                format!("第 {beyond} 步，总共只有 {} 步", self.steps),
            ))
            .allowed(text(format!("1 to {}", self.steps), format!("1 到 {}", self.steps)))
            .example("llm-lab lr schedule cosine --steps 1000 --at 500"));
        }
        let peak =
            self.d_model.map_or(self.peak, |d| 1.0 / (d as f64 * self.warmup.max(1) as f64).sqrt());
        let kinds = params::distinct(&self.kinds);
        let schedules: Vec<(Kind, model::Schedule)> = kinds
            .iter()
            .map(|&kind| {
                let (warmup, decay) = (self.warmup as u64, kind.decay(steps));
                (kind, model::Schedule { peak, warmup, decay, steps, floor: self.floor })
            })
            .collect();

        let mut report = Report::new(text("Learning-rate schedules", "学习率调度"));
        report.formula("warm-up       η s/w for s < w\nlinear        η (1 − (1 − f) t),  t = (s − w)/(S − w)\ncosine        η (f + (1 − f)(1 + cos πt)/2)\ninverse root  η √(w/s)\nWSD           η, then a line to f η over the last S/10 steps");
        let mut at = vec![1, steps / 20, steps / 10, steps / 4, steps / 2, 3 * steps / 4, steps];
        at.extend(self.at.iter().map(|at| *at as u64));
        at.retain(|s| *s > 0);
        at.sort_unstable();
        at.dedup();
        let mut table = Table::new(text(
            format!("Learning rate, peak {}", number(peak)),
            format!("学习率，最高 {}", number(peak)),
        ))
        .numbers(text("step", "步"));
        for (kind, _) in &schedules {
            table = table.numbers(Text::same(kind.key()));
        }
        for s in at {
            let rates = schedules.iter().map(|(_, schedule)| Cell::from(schedule.rate(s)));
            table.row(std::iter::once(Cell::from(s as f64)).chain(rates).collect());
        }
        report.table(table).metric("peak", peak);
        for (kind, schedule) in &schedules {
            let prefix = match schedules.len() {
                1 => String::new(),
                _ => format!("{}.", kind.key()),
            };
            for at in &self.at {
                report.metric(format!("{prefix}rate.at_{at}"), schedule.rate(*at as u64));
            }
            let points = curve(schedule);
            let mean = points.iter().map(|p| p.1).sum::<f64>() / points.len() as f64;
            report
                .metric(format!("{prefix}rate.first"), schedule.rate(1))
                .metric(format!("{prefix}rate.last"), schedule.rate(steps))
                .metric(format!("{prefix}rate.mean"), mean);
        }
        report.say(text(
            "Small at first, while Adam's averages know nothing and the weights are random; then large; then small again, so that the noise of single batches averages out.",
            "开头要小：Adam 的滑动平均还一无所知，权重也是随机的；然后大；最后再变小，让单个批次的噪声被平均掉。",
        ));
        let series = schedules.iter().map(|(kind, schedule)| {
            // WSD runs over the constant rate for most of the way
            let stroke = if *kind == Kind::Wsd { Stroke::Dashed } else { Stroke::Solid };
            Series::new(kind.key(), curve(schedule)).stroke(stroke)
        });
        report.figure(Figure::new(
            "schedule",
            "Learning rate over a training run",
            Axis::new("step"),
            Axis::new("learning rate"),
            Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
        ));
        Ok(report)
    }
}

/// A schedule's rate at up to [`POINTS`] steps, its corners included.
fn curve(schedule: &model::Schedule) -> Vec<(f64, f64)> {
    let steps = schedule.steps;
    let mut at: Vec<u64> = (0..=POINTS).map(|i| (steps * i / POINTS).max(1)).collect();
    at.push(schedule.warmup.clamp(1, steps));
    at.sort_unstable();
    at.dedup();
    at.into_iter().map(|s| (s as f64, schedule.rate(s))).collect()
}
