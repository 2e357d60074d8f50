//! `norm warmup`: a tiny Transformer trained with and without learning-rate warm-up.

use ndarray::{Array2, Axis as Dimension};
use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::toy::Place;
use crate::experiments::smooth::running_means;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::linear::{Linear, xavier};
use crate::math::loss::cross_entropy;
use crate::math::parameters::{Parameters, in_parts};
use crate::model::stack::{Config, Stack};
use crate::model::{Adam, Placement};
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// Train a tiny Transformer with and without warm-up, Post-LN and Pre-LN ‖ 有无学习率预热，训练一个很小的 Transformer：Post-LN 与 Pre-LN
#[derive(Debug, Clone, clap::Args)]
pub struct Warmup {
    /// Where the norm stands ‖ 归一化的位置
    #[arg(value_enum, value_name = "PLACE", default_values = ["post", "pre"])]
    pub places: Vec<Place>,
    /// Depth, in blocks ‖ 深度（块数）
    #[arg(long, value_name = "L", value_parser = params::count(1, 48), default_value = "6")]
    pub depth: usize,
    /// Adam's learning rate after warm-up ‖ 预热之后 Adam 的学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 1.0), default_value = "0.01")]
    pub rate: f64,
    /// Steps of training ‖ 训练步数
    #[arg(long, value_name = "N", value_parser = params::count(10, 5000), default_value = "600")]
    pub steps: usize,
    /// Steps over which the rate rises from 0 ‖ 学习率从 0 升到位所用的步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 5000), default_value = "300")]
    pub warmup: usize,
}

/// Symbols of the toy language.
const VOCABULARY: usize = 16;
/// Tokens of one sequence.
const TOKENS: usize = 16;
/// Sequences of one step.
const BATCH: usize = 4;
/// Width of the stack.
const WIDTH: usize = 16;

/// The stack with its output head; the embedding of tokens and positions is fixed.
struct Learner {
    stack: Stack<f32>,
    head: Linear<f32>,
}

in_parts!(Learner, f32: stack, head);

impl Learner {
    /// Loss and gradient on one sequence embedded as `x` `(T, d)`.
    fn look(&self, x: Array2<f32>, targets: &[usize]) -> (f32, Self) {
        let (y, tape) = self.stack.forward(x); // (T, d)
        let (loss, d_logits) = cross_entropy(self.head.forward(y.view()).view(), targets); // (T, V)
        let (dy, head) = self.head.backward(y.view(), d_logits.view()); // (T, d)
        (loss, Self { stack: self.stack.backward(&tape, dy.view()).gradient, head })
    }
}

/// One training run.
struct Run {
    placement: Placement,
    warm: bool,
    losses: Vec<f64>,
}

impl Run {
    fn id(&self) -> String {
        format!("{}.{}", self.placement.id(), if self.warm { "warmup" } else { "cold" })
    }

    fn name(&self) -> String {
        format!("{}, {}", self.placement.name(), if self.warm { "warm-up" } else { "no warm-up" })
    }

    /// Mean loss of the last tenth.
    fn last(&self) -> f64 {
        let tail = &self.losses[self.losses.len() - self.losses.len() / 10..];
        tail.iter().sum::<f64>() / tail.len() as f64
    }
}

impl Warmup {
    /// Trains each placement twice on the same sequences.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut runs: Vec<Run> = Vec::new();
        let places = params::distinct(&self.places);
        let total = 2 * places.len() * self.steps;
        for placement in places.into_iter().map(Placement::from) {
            for warm in [false, true] {
                let losses =
                    self.train(placement, warm, context, (runs.len() * self.steps, total))?;
                runs.push(Run { placement, warm, losses });
            }
        }
        Ok(self.report(&runs))
    }

    /// The loss of each step.
    fn train(
        &self,
        placement: Placement,
        warm: bool,
        context: &Context,
        (done, total): (usize, usize),
    ) -> Result<Vec<f64>, Error> {
        let mut rng = context.rng(0);
        let config = Config {
            layers: self.depth,
            d: WIDTH,
            d_ff: 4 * WIDTH,
            heads: 2,
            mask: Mask::Causal,
            placement,
            ..Config::default()
        };
        // embeddings of variance about ½ each, so that the input has variance 1
        let gain = |rows: usize| ((rows + WIDTH) as f64 / 4.0).sqrt();
        let embedding = xavier::<f32>(VOCABULARY, WIDTH, gain(VOCABULARY), &mut rng); // (V, d)
        let positions = xavier::<f32>(TOKENS, WIDTH, gain(TOKENS), &mut rng); // (T, d)
        let stack = Stack::new(&config, &mut rng);
        let head = Linear::xavier(WIDTH, VOCABULARY, 1.0, &mut rng);
        let mut learner = Learner { stack, head };
        let mut adam = Adam::new(&learner);
        let mut losses = Vec::with_capacity(self.steps);
        for step in 0..self.steps {
            context.step(done + step, total, &text("training", "训练"))?;
            let rise = (step + 1) as f64 / self.warmup as f64;
            let rate = if warm { self.rate * rise.min(1.0) } else { self.rate };
            let (loss, gradient) = batch(&learner, &embedding, &positions, &mut rng);
            adam.step(&mut learner, &gradient, rate);
            losses.push(loss);
        }
        Ok(losses)
    }

    fn report(&self, runs: &[Run]) -> Report {
        let mut report = Report::new(text("Warm-up, with and without", "有无学习率预热"));
        report.say(text(
            format!(
                "The task: name the previous token, {VOCABULARY} symbols, {TOKENS} tokens, a causal Transformer of {} blocks, \
                 width {WIDTH}; Adam at {}, the rate rising over {} steps or at once. Without any knowledge the \
                 loss is ln {VOCABULARY} = {}; one seed, the same sequences for all.",
                self.depth,
                number(self.rate),
                self.warmup,
                number((VOCABULARY as f64).ln())
            ),
            format!(
                "任务：说出前一个 token。{VOCABULARY} 种符号，序列长 {TOKENS}，{} 个块的因果 Transformer，宽 {WIDTH}；\
                 Adam 学习率 {}，或在 {} 步内从 0 升上来，或一开始就用满。一无所知时损失为 ln {VOCABULARY} = {}；\
                 同一个种子，所有训练看到相同的序列。",
                self.depth,
                number(self.rate),
                self.warmup,
                number((VOCABULARY as f64).ln())
            ),
        ));
        let mut table = Table::new(text("Loss at the end", "末尾的损失"))
            .words(text("place", "位置"))
            .words(text("warm-up", "预热"))
            .numbers(text("loss, last tenth of the steps", "损失（最后十分之一步）"));
        for run in runs {
            let warm = if run.warm { text("yes", "有") } else { text("no", "无") };
            table.row(vec![run.placement.name().into(), Cell::from(warm), run.last().into()]);
            report.metric(format!("{}.loss", run.id()), run.last());
        }
        report.table(table).metric("chance", (VOCABULARY as f64).ln());
        let series = runs.iter().map(|run| {
            let stroke = if run.warm { Stroke::Solid } else { Stroke::Dashed };
            Series::new(run.name(), running_means(&run.losses, 10)).stroke(stroke)
        });
        let content = Content::Lines(Lines { series: series.collect(), markers: Vec::new() });
        let axes = (Axis::new("step"), Axis::new("loss (nats)"));
        report.figure(Figure::new(
            "warmup",
            "Training with and without warm-up",
            axes.0,
            axes.1,
            content,
        ));
        report
    }
}

/// Mean loss and gradient over a batch of fresh random sequences.
fn batch(
    learner: &Learner,
    embedding: &Array2<f32>,
    positions: &Array2<f32>,
    rng: &mut ChaCha8Rng,
) -> (f64, Learner) {
    let mut one = || {
        let tokens: Vec<usize> = (0..TOKENS).map(|_| rng.random_range(0..VOCABULARY)).collect();
        let targets: Vec<usize> = (0..TOKENS).map(|t| tokens[t.saturating_sub(1)]).collect();
        let x = embedding.select(Dimension(0), &tokens) + positions; // (T, d)
        learner.look(x, &targets)
    };
    let (mut loss, mut gradient) = one();
    for _ in 1..BATCH {
        let (l, g) = one();
        loss += l;
        gradient.accumulate(&g);
    }
    // Adam does not feel the scale of the gradient, so the sum serves as the mean
    (f64::from(loss) / BATCH as f64, gradient)
}
