//! `mask train`: a task learned under a causal and under a prefix mask, and how many tokens of a
//! batch have a loss.

use crate::experiments::train::compare::spread;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::loss::IGNORED;
use crate::model::tasks::Task;
use crate::model::{Batch, Config, Preset, Size, Trainer, Training, Transformer};
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Report, Series, Table, Text, number, text,
};

/// Tokens of the task.
const VOCAB: usize = 16;
/// Looks at the loss of fresh answers.
const LOOKS: usize = 20;

/// Learn to copy or reverse under a causal and under a prefix mask ‖ 在因果与前缀掩码下学习复制或反转
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "mask train\nmask train --task copy\nmask train --symbols 12 --steps 600\nmask train --seeds 5"
)]
pub struct Train {
    /// What is learned ‖ 学什么
    #[arg(long, default_value = "reverse", value_parser = ["copy", "reverse", "sort"])]
    pub task: String,
    /// Symbols of a question ‖ 每道题的符号数
    #[arg(long, value_name = "N", default_value = "6", value_parser = params::count(2, 64))]
    pub symbols: usize,
    /// Steps ‖ 训练步数
    #[arg(long, value_name = "N", default_value = "200", value_parser = params::count(1, 10_000))]
    pub steps: usize,
    /// Sequences of a batch ‖ 每批序列数
    #[arg(long, value_name = "N", default_value = "16", value_parser = params::count(1, 256))]
    pub batch: usize,
    /// Runs of each, with seeds of their own ‖ 每种方式训练几次（种子不同）
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 20))]
    pub seeds: usize,
}

/// One way to learn it.
struct Way {
    key: &'static str,
    title: Text,
    mask: Mask,
    /// Whether the question has a loss too.
    question: bool,
}

/// How it went.
struct Learned {
    /// Losses of a batch.
    targets: usize,
    /// Visible pairs of a sequence.
    pairs: usize,
    /// `(step, loss on fresh answers)`.
    curve: Vec<(f64, f64)>,
}

impl Learned {
    fn last(&self) -> f64 {
        self.curve.last().map_or(f64::NAN, |point| point.1)
    }
}

/// The mean of some curves that look at the same steps.
fn mean_curve(runs: &[Learned]) -> Vec<(f64, f64)> {
    let Some(first) = runs.first() else { return Vec::new() };
    let mean = |i: usize| runs.iter().map(|run| run.curve[i].1).sum::<f64>() / runs.len() as f64;
    first.curve.iter().enumerate().map(|(i, point)| (point.0, mean(i))).collect()
}

impl Train {
    /// Learns it in each way.
    ///
    /// # Errors
    /// An interruption, or a run that leaves the finite numbers.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let Some(task) = Task::find(&self.task) else {
            return Err(Error::input(text("no such task", "没有这个任务")));
        };
        let ways = self.ways();
        let mut report = Report::new(text("Causal against prefix", "因果与前缀"));
        report.say(text(
            "The same model, data and seed; the mask and the places with a loss differ. A prefix cannot have a loss: each of its tokens sees the one that it would have to foretell.",
            "模型、数据、种子都相同，只有掩码和计损失的位置不同。前缀部分不能计损失：其中每个 token 都看得见它该预测的下一个。",
        ));
        let mut table = Table::new(text(
            format!("After {} steps", self.steps),
            format!("训练 {} 步之后", self.steps),
        ))
        .words(text("way", "方式"))
        .numbers(text("loss tokens of a batch", "每批计损失的 token 数"))
        .numbers(text("visible pairs of a sequence", "每条序列的可见对数"))
        .numbers(text("loss on fresh answers (nats)", "新答案上的损失（nat）"))
        .numbers(text("± over seeds", "± 种子间标准差"));
        let (mut series, mut losses) = (Vec::new(), Vec::new());
        for (i, way) in ways.iter().enumerate() {
            let runs = (0..self.seeds).map(|seed| {
                let context = context.reseeded(context.seed.wrapping_add(seed as u64));
                self.learn(task, way, (i * self.seeds + seed, ways.len() * self.seeds), &context)
            });
            let runs = runs.collect::<Result<Vec<_>, _>>()?;
            let curve = mean_curve(&runs);
            let (last, deviation) = spread(&runs.iter().map(Learned::last).collect::<Vec<_>>());
            let (targets, pairs) = runs.first().map_or((0, 0), |run| (run.targets, run.pairs));
            let numbers = (targets, pairs, last, deviation);
            measure(&mut report, &mut table, way, numbers);
            series.push(Series::new(way.title.en.clone(), curve));
            losses.push((last, deviation));
        }
        if let ([_, causal, prefix], true) = (losses.as_slice(), self.seeds > 1) {
            let pooled = ((causal.1.powi(2) + prefix.1.powi(2)) / 2.0).sqrt();
            report.metric("difference.in_spreads", (causal.0 - prefix.0).abs() / pooled);
        }
        let chance = ((VOCAB - 1) as f64).ln();
        report.table(table);
        report.metric_in("loss.chance", chance, "nats");
        report.say(text(
            format!("Guessing costs ln {} = {} nats.", VOCAB - 1, number(chance)),
            format!("瞎猜的损失是 ln {} = {} nat。", VOCAB - 1, number(chance)),
        ));
        report.figure(Figure::new(
            "curves",
            format!("Learning to {} under two masks", self.task),
            Axis::new("step"),
            Axis::new("loss on fresh answers (nats)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        Ok(report)
    }

    fn ways(&self) -> [Way; 3] {
        [
            Way {
                key: "causal_all",
                title: text("causal, loss everywhere", "因果，处处有损失"),
                mask: Mask::Causal,
                question: true,
            },
            Way {
                key: "causal",
                title: text("causal, loss on the answer", "因果，只在答案上有损失"),
                mask: Mask::Causal,
                question: false,
            },
            Way {
                key: "prefix",
                title: text("prefix, loss on the answer", "前缀，只在答案上有损失"),
                // the question and its separator
                mask: Mask::Prefix(self.symbols + 1),
                question: false,
            },
        ]
    }

    fn learn(
        &self,
        task: Task,
        way: &Way,
        (i, ways): (usize, usize),
        context: &Context,
    ) -> Result<Learned, Error> {
        let length = 2 * self.symbols;
        let size = Size {
            vocab: VOCAB,
            context: length,
            d: 32,
            d_ff: 88,
            layers: 2,
            heads: 2,
            kv_heads: 2,
        };
        let config = Config { mask: way.mask, ..Preset::Llama.config(size)? };
        let model = Transformer::<f32>::new(config, &mut context.rng(0))?;
        let mut trainer = Trainer::new(model, Training::usual(3e-3, self.steps, context.seed))?;
        let mut rng = context.rng(1);
        let mut batch = Batch::new(length);
        let mut fresh = Batch::new(length);
        let mut fresh_rng = context.rng(2);
        (0..64).for_each(|_| task.push(&mut fresh, VOCAB, &mut fresh_rng));
        let mut curve = vec![(0.0, trainer.evaluate(&fresh))];
        let every = (self.steps / LOOKS).max(1);
        let mut targets = 0;
        for step in 1..=self.steps {
            context.step(i * self.steps + step, ways * self.steps, &way.title)?;
            batch.clear();
            (0..self.batch).for_each(|_| task.push(&mut batch, VOCAB, &mut rng));
            if way.question {
                ask_everything(&mut batch);
            }
            targets = batch.asked();
            trainer.step(std::slice::from_ref(&batch))?;
            if step.is_multiple_of(every) || step == self.steps {
                curve.push((step as f64, trainer.evaluate(&fresh)));
            }
        }
        Ok(Learned { targets, pairs: way.mask.pairs(length), curve })
    }
}

/// A row of the table, and the metrics.
fn measure(
    report: &mut Report,
    table: &mut Table,
    way: &Way,
    (targets, pairs, loss, deviation): (usize, usize, f64, f64),
) {
    let spread = if deviation.is_finite() { deviation.into() } else { Cell::Empty };
    let title = way.title.clone().into();
    table.row(vec![title, targets.into(), pairs.into(), loss.into(), spread]);
    let key = way.key;
    report.metric(format!("{key}.targets"), targets);
    report.metric(format!("{key}.pairs"), pairs);
    report.metric_in(format!("{key}.loss.answer"), loss, "nats");
    if deviation.is_finite() {
        report.metric_in(format!("{key}.loss.spread"), deviation, "nats");
    }
}

/// Each token is the target of the one before it, in the question too.
fn ask_everything(batch: &mut Batch) {
    for (tokens, targets) in
        batch.tokens.chunks(batch.length).zip(batch.targets.chunks_mut(batch.length))
    {
        for (target, next) in targets.iter_mut().zip(&tokens[1..]) {
            if *target == IGNORED {
                *target = *next;
            }
        }
    }
}
