//! `train compare`: the same data and seeds, one choice or two changed.

use crate::experiments::{Context, params};
use crate::report::{Cell, Error, Report, Table, Text, text};

use super::data::{Data, Sample};
use super::grid::{Grid, Variant};
use super::picture;
use super::report::ending;
use super::run::{self, Ended, Live, Run};

/// A comparison.
#[derive(Debug, Clone, clap::Args)]
pub struct Compare {
    /// The flags, each with one value or several.
    #[command(flatten)]
    pub grid: Grid,
    /// Runs of each, with seeds of their own ‖ 每种设置训练几次（种子不同）
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 20))]
    pub seeds: usize,
}

/// The runs of one variant, one a seed.
pub struct Outcome {
    /// What differs.
    pub label: String,
    /// One run a seed.
    pub runs: Vec<Run>,
    /// What the data can tell: `(ln V, true entropy)`.
    pub limits: (f64, Option<f64>),
    /// What the model of the last run says, where that was asked for.
    pub said: Option<Sample>,
}

impl Outcome {
    /// Mean and standard deviation of the final validation losses of the runs that stayed finite;
    /// the deviation of a single run is not known.
    pub fn loss(&self) -> (f64, f64) {
        let finite = self.runs.iter().filter(|run| !run.diverged()).map(Run::final_loss);
        spread(&finite.collect::<Vec<_>>())
    }

    /// How many runs left the finite numbers.
    pub fn diverged(&self) -> usize {
        self.runs.iter().filter(|run| run.diverged()).count()
    }
}

/// Mean and standard deviation (with n − 1); NaN where there are too few.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { f64::NAN })
}

impl Compare {
    /// Trains every combination and reports.
    ///
    /// # Errors
    /// Bad input, found before anything is trained.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let variants = self.grid.variants(2)?;
        let (outcomes, stopped) = outcomes(&variants, self.seeds, false, context)?;
        let mut report = Report::new(text("Comparison", "对比"));
        let (differ, seeds, steps) = (self.grid.differ(), self.seeds, variants[0].recipe.steps);
        report.say(text(
            format!(
                "Only {differ} differs: the same data, the same {seeds} seed(s), {steps} steps."
            ),
            format!("只有 {differ} 不同：数据相同，种子相同（{seeds} 个），训练 {steps} 步。"),
        ));
        show(&mut report, &format!("Only {} differs", differ.replace('`', "")), &outcomes, stopped);
        Ok(report)
    }
}

/// Trains every variant with every seed, and lets each say something if `samples`; also says whether the learner stopped it, which keeps what
/// is done.
///
/// # Errors
/// Bad input, found before anything is trained.
pub fn outcomes(
    variants: &[Variant],
    seeds: usize,
    samples: bool,
    context: &Context,
) -> Result<(Vec<Outcome>, bool), Error> {
    let mut sources: Vec<(usize, Data)> = Vec::new(); // (a variant that has it, data)
    let mut places = Vec::with_capacity(variants.len());
    for (i, Variant { recipe, .. }) in variants.iter().enumerate() {
        let known = |(j, _): &(usize, Data)| variants[*j].recipe.source() == recipe.source();
        let place = match sources.iter().position(known) {
            Some(place) => place,
            None => {
                sources.push((i, recipe.data(context)?));
                sources.len() - 1
            }
        };
        recipe.config(&sources[place].1)?;
        places.push(place);
    }
    let (mut outcomes, total) = (Vec::new(), variants.len() * seeds);
    for (Variant { label, recipe }, place) in variants.iter().zip(places) {
        let data = &sources[place].1;
        let limits = ((recipe.config(data)?.vocab as f64).ln(), data.floor());
        let runs = Vec::with_capacity(seeds);
        outcomes.push(Outcome { label: label.clone(), runs, limits, said: None });
        for seed in 0..seeds {
            let context = context.reseeded(context.seed.wrapping_add(seed as u64));
            let done = outcomes.iter().map(|o: &Outcome| o.runs.len()).sum();
            let name = Text::same(match seeds {
                1 => format!("{label} ({}/{total}): ", done + 1),
                _ => format!("{label}, seed {} ({}/{total}): ", context.seed, done + 1),
            });
            let mut trainer = recipe.trainer(data, &context)?;
            let live = Live { name, place: (done, total), samples: false, context: &context };
            let run = run::train(recipe, &mut trainer, data, &live)?;
            let stopped = matches!(run.ended, Some(Ended::Stopped));
            if let Some(last) = outcomes.last_mut() {
                last.runs.push(run);
                if samples {
                    let model = &trainer.model;
                    let said = data.sample(model, model.config.context, &mut context.rng(3))?;
                    last.said = Some(said);
                }
            }
            if stopped {
                return Ok((outcomes, true));
            }
        }
    }
    Ok((outcomes, false))
}

/// Puts the picture, the table and the metrics of a comparison into a report.
pub fn show(report: &mut Report, title: &str, outcomes: &[Outcome], stopped: bool) {
    report.figure(picture::overlaid(title, outcomes));
    let mut table = Table::new(text("Final losses (nats)", "最终损失（nat）"))
        .words(text("choice", "选择"))
        .numbers(text("validation loss", "验证损失"))
        .numbers(text("± over seeds", "± 种子间标准差"))
        .numbers(text("training loss", "训练损失"))
        .numbers(text("largest gradient norm", "最大梯度范数"))
        .words(text("", ""));
    outcomes.iter().for_each(|outcome| outcome.measure(report, &mut table));
    report.table(table);
    for outcome in outcomes {
        for ended in outcome.runs.iter().filter(|run| run.diverged()).filter_map(|run| run.ended) {
            let (label, words) = (&outcome.label, ending(ended));
            report.say(text(format!("{label}: {}", words.en), format!("{label}：{}", words.zh)));
        }
    }
    let (chance, floor) = limits(outcomes);
    for (name, limit) in [("loss.chance", chance), ("loss.floor", floor)] {
        if let Some(limit) = limit {
            report.metric_in(name, limit, "nats");
        }
    }
    if stopped {
        report.say(text(
            "You stopped it: the table shows what was trained until then, the last run cut short.",
            "你中止了训练：表中是到此为止的结果，最后一次训练未跑完。",
        ));
    }
}

/// ln V and the true entropy, where all variants have the same.
pub fn limits(outcomes: &[Outcome]) -> (Option<f64>, Option<f64>) {
    let Some(first) = outcomes.first() else { return (None, None) };
    let chance = outcomes.iter().all(|o| o.limits.0 == first.limits.0);
    let floor = outcomes.iter().all(|o| o.limits.1 == first.limits.1);
    (chance.then_some(first.limits.0), first.limits.1.filter(|_| floor))
}

impl Outcome {
    /// A row of the table, and the metrics.
    fn measure(&self, report: &mut Report, table: &mut Table) {
        let (mean, deviation) = self.loss();
        let last = self.runs.iter().filter_map(|run| run.steps.last()).map(|p| p.loss);
        let (train, _) = spread(&last.collect::<Vec<_>>());
        let steps = self.runs.iter().flat_map(|run| &run.steps);
        let norm = steps.map(|p| p.gradient_norm).fold(0.0, f64::max);
        let finite = |x: f64| if x.is_finite() { x.into() } else { Cell::Empty };
        table.row(vec![
            self.label.clone().into(),
            finite(mean),
            finite(deviation),
            finite(train),
            finite(norm),
            remark(self).into(),
        ]);
        let speeds: Vec<f64> = self.runs.iter().map(|run| run.tokens_per_s).collect();
        let label = &self.label;
        if deviation.is_finite() {
            report.metric_in(format!("{label}.loss.spread"), deviation, "nats");
        }
        if mean.is_finite() {
            report.metric_in(format!("{label}.loss.validation"), mean, "nats");
        }
        if train.is_finite() {
            report.metric_in(format!("{label}.loss.train"), train, "nats");
        }
        report.metric(format!("{label}.gradient.norm.max"), norm);
        report.metric(format!("{label}.diverged"), self.diverged());
        report.metric_in(format!("{label}.tokens_per_s"), spread(&speeds).0, "tokens/s");
    }
}

/// What became of a variant's runs, where something did.
fn remark(outcome: &Outcome) -> Text {
    let (n, all) = (outcome.diverged(), outcome.runs.len());
    let stopped = outcome.runs.iter().any(|run| matches!(run.ended, Some(Ended::Stopped)));
    match (n, stopped) {
        (0, false) => Text::default(),
        (0, true) => text("cut short", "未跑完"),
        _ => text(format!("{n} of {all} diverged"), format!("{all} 次中 {n} 次发散")),
    }
}
