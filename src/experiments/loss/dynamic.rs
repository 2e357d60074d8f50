//! `loss dynamic`: a small network trained with its activations and gradients stored in half precision,
//! with no loss scaling, with a fixed factor, and with one that adapts.

use crate::experiments::smooth::running_means;
use crate::experiments::symbols::{Language, Learner, SAMPLE, VOCABULARY};
use crate::experiments::{Context, params};
use crate::math::parameters::Parameters;
use crate::math::precision::Format;
use crate::model::{Adam, LossScale};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// Train in float16 without loss scaling, with a fixed factor, with a dynamic one; and in bfloat16 ‖ 用 float16 训练：不缩放、固定系数、动态系数；以及 bfloat16
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss dynamic\nloss dynamic --tokens 1024\nloss dynamic --start 24 --patience 10"
)]
pub struct Dynamic {
    /// Tokens of the whole batch over which the loss is averaged ‖ 求平均损失的整个批次的 token 数
    #[arg(long, value_name = "N", value_parser = params::count(64, 100_000_000), default_value = "4000000")]
    pub tokens: usize,
    /// Steps ‖ 步数
    #[arg(long, value_name = "N", value_parser = params::count(10, 2000), default_value = "150")]
    pub steps: usize,
    /// The fixed factor, as a power of 2 ‖ 固定系数，2 的几次方
    #[arg(long, value_name = "K", value_parser = params::count(0, 60), default_value = "20")]
    pub fixed: usize,
    /// Where the dynamic factor starts, as a power of 2 ‖ 动态系数的起点，2 的几次方
    #[arg(long, value_name = "K", value_parser = params::count(0, 60), default_value = "40")]
    pub start: usize,
    /// Good steps before the dynamic factor doubles ‖ 连续多少步不溢出后动态系数翻倍
    #[arg(long, value_name = "N", value_parser = params::count(1, 2000), default_value = "25")]
    pub patience: usize,
    /// Adam's learning rate ‖ Adam 的学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 1.0), default_value = "0.02")]
    pub rate: f64,
}

/// How the factor on the loss is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Factor {
    Fixed(f64),
    Dynamic,
}

/// One training run.
struct Run {
    key: &'static str,
    name: String,
    losses: Vec<f64>,
    scales: Vec<f64>,
    skipped: usize,
    lost: f64,
}

impl Run {
    /// Mean loss of the last tenth.
    fn last(&self) -> f64 {
        let tail = &self.losses[self.losses.len() - self.losses.len() / 10..];
        tail.iter().sum::<f64>() / tail.len() as f64
    }
}

impl Dynamic {
    /// Trains the same network five times on the same samples.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let fixed = 2_f64.powi(self.fixed as i32);
        let plans = [
            ("f32", "float32".to_string(), Format::F32, Factor::Fixed(1.0)),
            ("f16", "float16, no scaling".to_string(), Format::F16, Factor::Fixed(1.0)),
            ("fixed", format!("float16, × 2^{}", self.fixed), Format::F16, Factor::Fixed(fixed)),
            ("dynamic", "float16, dynamic".to_string(), Format::F16, Factor::Dynamic),
            ("bf16", "bfloat16, no scaling".to_string(), Format::Bf16, Factor::Fixed(1.0)),
        ];
        let mut runs = Vec::new();
        for (i, (key, name, format, factor)) in plans.into_iter().enumerate() {
            let go_on = |step| {
                context.step(i * self.steps + step, 5 * self.steps, &text("training", "训练"))
            };
            runs.push(self.train((key, name), format, factor, context, go_on)?);
        }
        Ok(self.report(&runs))
    }

    fn train(
        &self,
        (key, name): (&'static str, String),
        format: Format,
        factor: Factor,
        context: &Context,
        go_on: impl Fn(usize) -> Result<(), Error>,
    ) -> Result<Run, Error> {
        let mut rng = context.rng(0);
        let language = Language::draw(&mut rng);
        let mut learner = Learner::new(&mut rng);
        let mut adam = Adam::new(&learner);
        let start = match factor {
            Factor::Fixed(scale) => scale,
            Factor::Dynamic => 2_f64.powi(self.start as i32),
        };
        let mut scale = LossScale::new(start, self.patience as u64);
        // of the batch only a sample is computed; the rest is taken to have the same gradient
        let whole = SAMPLE as f64 / self.tokens as f64;
        let mut run =
            Run { key, name, losses: Vec::new(), scales: Vec::new(), skipped: 0, lost: 0.0 };
        for step in 0..self.steps {
            go_on(step)?;
            let (x, targets) = language.sample(&mut rng);
            run.scales.push(scale.scale);
            let mut seen = learner.look(&x, &targets, format, scale.scale * whole);
            run.losses.push(seen.loss);
            if step == 0 {
                run.lost = seen.lost;
            }
            // in f32 from here on: the factors are taken back, the master weights move
            let back = 1.0 / (scale.scale * whole);
            let arrays = seen.gradient.arrays_mut();
            arrays.into_iter().for_each(|mut a| a.mapv_inplace(|g| g * back));
            let arrays = seen.gradient.arrays();
            let overflowed = arrays.iter().any(|(_, a)| a.iter().any(|g| !g.is_finite()));
            let keep = match factor {
                Factor::Fixed(_) => !overflowed,
                Factor::Dynamic => scale.keep(overflowed),
            };
            if keep {
                adam.step(&mut learner, &seen.gradient, self.rate);
            } else {
                run.skipped += 1;
            }
        }
        Ok(run)
    }

    fn report(&self, runs: &[Run]) -> Report {
        let mut report = Report::new(text("Loss scaling in training", "训练中的损失缩放"));
        let (n, floor) = (number(self.tokens as f64), Language::entropy());
        report.say(text(
            format!(
                "A network of two layers predicts the next of {VOCABULARY} symbols. The loss is the mean over a batch of {n} tokens, so the gradient of each \
                 logit is (p − y)/{n}. Arrays are stored in the format named, products summed and weights kept in full. Chance {}, floor {}.",
                number((VOCABULARY as f64).ln()), number(floor)
            ),
            format!(
                "一个两层网络预测 {VOCABULARY} 种符号中的下一个。损失是一批 {n} 个 token 的平均，因此每个 logit 的梯度是 (p − y)/{n}。\
                 数组按所示格式存储，乘积求和与权重保持全精度。瞎猜 {}，下限 {}。",
                number((VOCABULARY as f64).ln()), number(floor)
            ),
        ));
        let mut table =
            Table::new(text(format!("{} steps", self.steps), format!("{} 步", self.steps)))
                .words(text("stored in", "存储格式"))
                .numbers(text("gradients lost at the start (%)", "起始时丢失的梯度（%）"))
                .numbers(text("steps skipped", "跳过的步数"))
                .numbers(text("factor at the end", "最终系数"))
                .numbers(text("loss, last tenth", "损失（最后十分之一）"));
        for run in runs {
            let scale = run.scales[run.scales.len() - 1];
            let cells = [100.0 * run.lost, run.skipped as f64, scale, run.last()];
            table.row(
                std::iter::once(Text::same(&run.name).into())
                    .chain(cells.map(Into::into))
                    .collect(),
            );
            report
                .metric_in(format!("{}.loss", run.key), run.last(), "nats")
                .metric_in(format!("{}.lost", run.key), 100.0 * run.lost, "%")
                .metric(format!("{}.skipped", run.key), run.skipped)
                .metric(format!("{}.exponent", run.key), scale.log2());
        }
        report.table(table).metric_in("floor", floor, "nats");
        report.figure(self.picture(runs, floor));
        report
    }

    fn picture(&self, runs: &[Run], floor: f64) -> Figure {
        let mut losses: Vec<Series> = runs
            .iter()
            .map(|run| Series::new(run.name.clone(), running_means(&run.losses, 10)))
            .collect();
        let ends = vec![(10.0, floor), (self.steps as f64, floor)];
        losses.push(Series::new("floor", ends).stroke(Stroke::Dashed));
        let scales = runs.iter().filter(|run| run.key == "dynamic").map(|run| {
            let curve = (0..).map(f64::from).zip(run.scales.iter().map(|s| s.log2())).collect();
            Series::new("dynamic factor", curve)
        });
        let panel = |title: &str, y: &str, series| Panel {
            title: title.to_string(),
            x: Axis::new("step"),
            y: Axis::new(y),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        };
        Figure::grid(
            "dynamic",
            "Training in half precision",
            2,
            vec![
                panel("loss, mean of ten steps", "loss (nats)", losses),
                panel("the factor finds its place", "log₂ of the factor", scales.collect()),
            ],
        )
    }
}
