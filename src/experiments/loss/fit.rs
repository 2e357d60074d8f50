//! `loss fit`: one bell curve has to stand for a mixture of two. Which KL it minimizes decides
//! whether it covers both peaks or picks one.

use crate::experiments::{Context, params};
use crate::math::divergence::{kl_of_logs, log_normal};
use crate::math::search::highest;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Panel, Report, Series, Stroke, Table, Text,
    number, text,
};

/// Fit one Gaussian to two peaks: forward KL covers, reverse KL picks ‖ 用一个高斯拟合双峰：前向 KL 覆盖，反向 KL 选峰
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "loss fit\nloss fit --separation 3\nloss fit --weight 0.9 --spread 1")]
pub struct Fit {
    /// Distance between the two peaks ‖ 两峰间距
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 12.0), default_value = "6")]
    pub separation: f64,
    /// Standard deviation of each peak ‖ 每个峰的标准差
    #[arg(long, value_name = "X", value_parser = params::between(0.3, 3.0), default_value = "0.8")]
    pub spread: f64,
    /// Share of the left peak ‖ 左峰的占比
    #[arg(long, value_name = "W", value_parser = params::between(0.01, 0.99), default_value = "0.4")]
    pub weight: f64,
}

/// Steps of a grid from end to end.
const STEPS: usize = 160;

/// A bell curve, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bell {
    mean: f64,
    std: f64,
    kl: f64,
}

/// Which divergence.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// D(p‖q).
    Forward,
    /// D(q‖p).
    Reverse,
}

/// The mixture on its grid.
struct Target {
    grid: Vec<f64>,
    logs: Vec<f64>,
    /// The range of standard deviations to search.
    stds: (f64, f64),
}

impl Target {
    fn step(&self) -> f64 {
        self.grid[1] - self.grid[0]
    }

    /// The divergence of a bell curve from the mixture.
    fn cost(&self, way: Way, mean: f64, std: f64) -> f64 {
        let bell: Vec<f64> = self.grid.iter().map(|&x| log_normal(x, mean, std)).collect();
        match way {
            Way::Forward => kl_of_logs(&self.logs, &bell, self.step()),
            Way::Reverse => kl_of_logs(&bell, &self.logs, self.step()),
        }
    }

    /// The best bell curve with this mean.
    fn best(&self, way: Way, mean: f64) -> Bell {
        let (low, high) = self.stds;
        let std = highest(|s| -self.cost(way, mean, s.exp()), low.ln(), high.ln()).exp();
        Bell { mean, std, kl: self.cost(way, mean, std) }
    }

    /// The valleys of the divergence over the mean, the deepest first.
    fn valleys(&self, profile: &[Bell], way: Way) -> Vec<Bell> {
        let lowest = |w: &&[Bell]| w[1].kl < w[0].kl && w[1].kl <= w[2].kl;
        let mut found: Vec<Bell> = profile
            .windows(3)
            .filter(lowest)
            .map(|w| {
                let mean = highest(|m| -self.best(way, m).kl, w[0].mean, w[2].mean);
                self.best(way, (mean * 1e6).round() / 1e6) // as many digits as a search by values has
            })
            .collect();
        found.sort_by(|a, b| a.kl.total_cmp(&b.kl));
        found
    }
}

impl Fit {
    /// Finds the best bell curve for either divergence.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let target = self.target();
        let mut found = Vec::new();
        for (i, way) in [Way::Forward, Way::Reverse].into_iter().enumerate() {
            let mut profile = Vec::new();
            let reach = self.separation / 2.0 + self.spread;
            const MEANS: usize = 31; // odd, so that the middle between the peaks is one of them
            for k in 0..MEANS {
                context.step(i * MEANS + k, 2 * MEANS, &text("means", "均值"))?;
                profile.push(target.best(way, reach * (2.0 * k as f64 / (MEANS - 1) as f64 - 1.0)));
            }
            let valleys = target.valleys(&profile, way);
            found.push((profile, valleys));
        }
        let truth = self.moments();
        let mut report = Report::new(text("One Gaussian for two peaks", "一个高斯对两个峰"));
        report.formula(
            "forward  D(p‖q) = ∫ p ln(p/q)   average over the data p\n\
             reverse  D(q‖p) = ∫ q ln(q/p)   average over the model q",
        );
        let mut table = Table::new(text("Valleys of either divergence", "两种散度的谷底"))
            .words(text("divergence", "散度"))
            .numbers(text("mean of q", "q 的均值"))
            .numbers(text("standard deviation of q", "q 的标准差"))
            .numbers(text("nats", "nats"));
        for ((_, valleys), name) in found
            .iter()
            .zip([text("forward D(p‖q)", "前向 D(p‖q)"), text("reverse D(q‖p)", "反向 D(q‖p)")])
        {
            for bell in valleys {
                table.row(vec![
                    name.clone().into(),
                    bell.mean.into(),
                    bell.std.into(),
                    bell.kl.into(),
                ]);
            }
        }
        report.table(table);
        report.metric("truth.mean", truth.0).metric("truth.std", truth.1);
        let mut best = Vec::new();
        for ((_, valleys), key) in found.iter().zip(["forward", "reverse"]) {
            report.metric(format!("{key}.minima"), valleys.len());
            let Some(bell) = valleys.first() else { continue };
            best.push(*bell);
            report
                .metric(format!("{key}.mean"), bell.mean)
                .metric(format!("{key}.std"), bell.std)
                .metric_in(format!("{key}.kl"), bell.kl, "nats")
                .metric(
                    format!("{key}.between"),
                    (log_normal(0.0, bell.mean, bell.std) - self.log_density(0.0)).exp(),
                );
        }
        report.say(said(&best));
        report.figure(self.picture(&target, &found));
        Ok(report)
    }

    /// Mean and standard deviation of the mixture.
    fn moments(&self) -> (f64, f64) {
        let (w, half) = (self.weight, self.separation / 2.0);
        let variance = self.spread.powi(2) + w * (1.0 - w) * self.separation.powi(2);
        ((1.0 - 2.0 * w) * half, variance.sqrt())
    }

    /// ln p(x).
    fn log_density(&self, x: f64) -> f64 {
        let half = self.separation / 2.0;
        let left = self.weight.ln() + log_normal(x, -half, self.spread);
        let right = (1.0 - self.weight).ln() + log_normal(x, half, self.spread);
        left.max(right) + (-(left - right).abs()).exp().ln_1p()
    }

    fn target(&self) -> Target {
        let (_, std) = self.moments();
        let reach = self.separation / 2.0 + 6.0 * self.spread.max(0.5 * std);
        let grid: Vec<f64> =
            (0..=STEPS).map(|i| reach * (2.0 * i as f64 / STEPS as f64 - 1.0)).collect();
        let logs = grid.iter().map(|&x| self.log_density(x)).collect();
        Target { grid, logs, stds: (0.5 * self.spread, 2.0 * std.max(self.spread)) }
    }

    /// The fits, and either divergence over the mean.
    fn picture(&self, target: &Target, found: &[(Vec<Bell>, Vec<Bell>)]) -> Figure {
        let curve = |f: &dyn Fn(f64) -> f64| target.grid.iter().map(|&x| (x, f(x))).collect();
        let bell = |b: &Bell| curve(&|x| log_normal(x, b.mean, b.std).exp());
        let (mut best, mut others, mut profiles, mut markers) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (i, ((profile, valleys), name)) in
            found.iter().zip(["forward D(p‖q)", "reverse D(q‖p)"]).enumerate()
        {
            for (k, valley) in valleys.iter().enumerate() {
                match k {
                    0 => best.push(Series::new(format!("q: {name}"), bell(valley))),
                    _ => others.push(
                        Series::new(format!("another valley of {name}"), bell(valley))
                            .stroke(Stroke::Dashed),
                    ),
                }
                let label = number(valley.kl);
                markers.push(Marker { x: valley.mean, y: valley.kl, label, series: i });
            }
            let points = profile.iter().map(|b| (b.mean, b.kl)).collect();
            profiles.push(Series::new(name, points));
        }
        // the same colours in both panels: forward, reverse, then the rest
        best.push(Series::new("p: two peaks", curve(&|x| self.log_density(x).exp())));
        best.extend(others);
        let panel = |title: &str, x: &str, y: &str, series, markers| Panel {
            title: title.to_string(),
            x: Axis::new(x),
            y: Axis::new(y),
            content: Content::Lines(Lines { series, markers }),
        };
        Figure::grid(
            "fit",
            "One Gaussian for two peaks: forward KL covers, reverse KL picks",
            2,
            vec![
                panel("the best q", "x", "density", best, Vec::new()),
                panel(
                    "divergence, best width for each mean",
                    "mean of q",
                    "nats",
                    profiles,
                    markers,
                ),
            ],
        )
    }
}

fn said(best: &[Bell]) -> Text {
    let [forward, reverse] = best else { return Text::default() };
    text(
        format!(
            "Forward KL puts q at mean {} with standard deviation {}, the mixture's own: it must give mass to all that p does, \
             even if that means mass between the peaks. Reverse KL puts it at {} with {}: it must not give mass where p has none.",
            number(forward.mean),
            number(forward.std),
            number(reverse.mean),
            number(reverse.std)
        ),
        format!(
            "前向 KL 下，q 的均值为 {}，标准差为 {}，正是混合分布自身的矩：凡是 p 有概率的地方 q 都得有，哪怕因此在两峰之间也放了概率。\
             反向 KL 下，均值为 {}，标准差为 {}：p 没有概率的地方，q 也不能有。",
            number(forward.mean),
            number(forward.std),
            number(reverse.mean),
            number(reverse.std)
        ),
    )
}
