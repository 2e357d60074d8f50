//! `lr search`: the loss after a short training against the learning rate, and the range test that
//! finds the good ones in a single run.

use crate::experiments::smooth::running_means;
use crate::experiments::symbols::{Language, Learner, VOCABULARY};
use crate::experiments::{Context, params};
use crate::math::parameters::Parameters;
use crate::math::precision::Format;
use crate::model::Adam;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// Choose a learning rate: loss after training against the rate, SGD and Adam; the range test ‖ 选学习率：训练后的损失随学习率的变化（SGD 与 Adam），以及学习率范围测试
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "lr search\nlr search --steps 30\nlr search --lowest 0.001 --highest 1")]
pub struct Search {
    /// The lowest rate ‖ 最低学习率
    #[arg(long, value_name = "η", value_parser = params::between(1e-6, 1.0), default_value = "0.0001")]
    pub lowest: f64,
    /// The highest rate ‖ 最高学习率
    #[arg(long, value_name = "η", value_parser = params::between(1e-5, 1000.0), default_value = "100")]
    pub highest: f64,
    /// Steps of each training ‖ 每次训练的步数
    #[arg(long, value_name = "N", value_parser = params::count(10, 1000), default_value = "60")]
    pub steps: usize,
}

/// Rates for each factor of ten.
const PER_DECADE: f64 = 2.0;
/// Where the picture cuts a loss that has left the range.
const CUT: f64 = 8.0;

/// Who turns the gradient into a step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Sgd,
    Adam,
}

impl Rule {
    const ALL: [(Self, &'static str, &'static str); 2] =
        [(Self::Sgd, "sgd", "SGD"), (Self::Adam, "adam", "Adam")];
}

impl Search {
    /// Trains once for each rate and rule, then once with a rising rate.
    ///
    /// # Errors
    /// A lowest rate that is not the lower; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        if self.lowest >= self.highest {
            return Err(Error::input(text(
                format!("--lowest {} is not below --highest {}", self.lowest, self.highest),
                format!("--lowest {} 不小于 --highest {}", self.lowest, self.highest),
            ))
            .allowed(text("a lower and a higher rate", "前者小于后者"))
            .example("llm-lab lr search --lowest 0.001 --highest 1"));
        }
        let rates = self.rates();
        let chance = (VOCABULARY as f64).ln();
        let total = 2 * rates.len() + 1;
        let mut report = Report::new(text("Choosing a learning rate", "选择学习率"));
        let mut table = Table::new(text(
            format!("Loss after {} steps (mean of the last tenth)", self.steps),
            format!("{} 步之后的损失（最后十分之一的平均）", self.steps),
        ))
        .numbers(Text::same("η"));
        let mut columns = Vec::new();
        for (r, (rule, key, name)) in Rule::ALL.into_iter().enumerate() {
            let mut losses = Vec::new();
            for (i, &rate) in rates.iter().enumerate() {
                context.step(r * rates.len() + i, total, &text("trainings", "训练"))?;
                losses.push(last(&self.train(rule, context, |_| rate)));
            }
            table = table.numbers(Text::same(name));
            metrics(&mut report, key, &rates, &losses, chance);
            columns.push((name, losses));
        }
        for (i, rate) in rates.iter().enumerate() {
            table.row(vec![(*rate).into(), columns[0].1[i].into(), columns[1].1[i].into()]);
        }
        report.table(table);
        let rising = |step: usize| {
            let share = step as f64 / (self.steps - 1) as f64;
            self.lowest * (self.highest / self.lowest).powf(share)
        };
        context.step(total - 1, total, &text("trainings", "训练"))?;
        let test = self.train(Rule::Adam, context, rising);
        let smooth: Vec<(f64, f64)> = running_means(&test, 5)
            .into_iter()
            .map(|(step, loss)| (rising(step as usize - 1), loss.min(CUT)))
            .collect();
        let lowest = smooth.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        report
            .metric("range.lowest.rate", lowest.map_or(f64::NAN, |p| p.0))
            .metric_in("chance", chance, "nats")
            .metric_in("floor", Language::entropy(), "nats");
        report.say(text(
            "Too small: nothing is learned in time. Too large: it diverges, and the step from good to useless is short on that side. \
             Choose a rate somewhat below the best of a short run. Adam's good rates lie lower than SGD's, and say nothing about them.",
            "太小：来不及学到东西。太大：发散，而且这一侧从好到坏只有一步之遥。取比短程试验的最佳值略小的学习率。Adam 的好学习率比 SGD 的小，二者不能互相推断。",
        ));
        report.figure(picture(&rates, &columns, smooth, chance));
        Ok(report)
    }

    /// From the lowest rate up, evenly in ratio.
    fn rates(&self) -> Vec<f64> {
        let steps = ((self.highest / self.lowest).log10() * PER_DECADE).ceil().max(1.0);
        (0..=steps as usize)
            .map(|i| self.lowest * (self.highest / self.lowest).powf(i as f64 / steps))
            .collect()
    }

    /// The loss of each step; the same start and the same samples for every call.
    fn train(&self, rule: Rule, context: &Context, rate: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut rng = context.rng(0);
        let language = Language::draw(&mut rng);
        let mut learner = Learner::new(&mut rng);
        let mut adam = Adam::new(&learner);
        let mut losses = Vec::with_capacity(self.steps);
        for step in 0..self.steps {
            let (x, targets) = language.sample(&mut rng);
            let seen = learner.look(&x, &targets, Format::F32, 1.0);
            losses.push(if seen.loss.is_finite() { seen.loss } else { f64::MAX });
            match rule {
                Rule::Sgd => learner.descend(&seen.gradient, rate(step)),
                Rule::Adam => adam.step(&mut learner, &seen.gradient, rate(step)),
            }
        }
        losses
    }
}

/// Mean loss of the last tenth, cut where it has left the range.
fn last(losses: &[f64]) -> f64 {
    let tail = &losses[losses.len() - losses.len() / 10..];
    tail.iter().map(|l| l.min(CUT)).sum::<f64>() / tail.len() as f64
}

/// The best rate, its loss, and the lowest rate above it that ends worse than chance.
fn metrics(report: &mut Report, key: &str, rates: &[f64], losses: &[f64], chance: f64) {
    let Some((best, loss)) = losses.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)) else {
        return;
    };
    let beyond = (best..rates.len()).find(|i| losses[*i] > chance);
    report
        .metric(format!("{key}.best"), rates[best])
        .metric_in(format!("{key}.best.loss"), *loss, "nats")
        .metric_in(format!("{key}.lowest.loss"), losses[0], "nats")
        .metric(format!("{key}.limit"), beyond.map_or(f64::INFINITY, |i| rates[i]));
}

fn picture(
    rates: &[f64],
    columns: &[(&'static str, Vec<f64>)],
    test: Vec<(f64, f64)>,
    chance: f64,
) -> Figure {
    let level = || {
        let ends = vec![(rates[0], chance), (rates[rates.len() - 1], chance)];
        Series::new(format!("chance, {}", number(chance)), ends).stroke(Stroke::Dashed)
    };
    let mut ends: Vec<Series> = columns
        .iter()
        .map(|(name, losses)| {
            let points = rates.iter().copied().zip(losses.iter().copied()).collect();
            Series::new(*name, points).stroke(Stroke::Dotted)
        })
        .collect();
    ends.push(level());
    let panel = |title: &str, series| Panel {
        title: title.to_string(),
        x: Axis::log("learning rate η"),
        y: Axis::new(format!("loss (nats, cut at {CUT})")).between(0.0, CUT),
        content: Content::Lines(Lines { series, markers: Vec::new() }),
    };
    Figure::grid(
        "search",
        "How a learning rate is found",
        2,
        vec![
            panel("one training for each rate", ends),
            panel("range test: one run, rising rate", vec![Series::new("Adam", test), level()]),
        ],
    )
}
