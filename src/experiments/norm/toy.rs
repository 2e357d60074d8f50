//! The deep random stack that the placement experiments share: one forward and one backward pass at
//! initialization, under a real loss.

use clap::ValueEnum;
use ndarray::Array2;
use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::experiments::{Context, params};
use crate::math::linear::xavier;
use crate::math::loss::cross_entropy;
use crate::math::parameters::Parameters;
use crate::model::Placement;
use crate::model::stack::{Branch, Config, NormKind, Stack};
use crate::report::{Error, Text, text};

/// The shape of the stack and how often it is drawn.
#[derive(Debug, Clone, clap::Args)]
pub struct Toy {
    /// Width d of the residual stream; the feed-forward block is 4d wide ‖ 残差流宽度 d；前馈层宽 4d
    #[arg(long, value_name = "D", value_parser = params::count(4, 512), default_value = "32")]
    pub dim: usize,
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", value_parser = params::count(1, 512), default_value = "24")]
    pub tokens: usize,
    /// Attention heads; 0 leaves attention out ‖ 注意力头数；0 表示不要注意力层
    #[arg(long, value_name = "H", value_parser = params::count(0, 64), default_value = "4")]
    pub heads: usize,
    /// How many random stacks are averaged ‖ 对多少个随机网络取平均
    #[arg(long, value_name = "N", value_parser = params::count(1, 64), default_value = "4")]
    pub draws: usize,
    /// Which norm ‖ 用哪种归一化
    #[arg(long, value_enum, default_value = "layernorm")]
    pub norm: Kind,
}

/// Which norm the stack uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// LayerNorm ‖ 层归一化
    #[value(name = "layernorm")]
    LayerNorm,
    /// RMSNorm ‖ 均方根归一化
    #[value(name = "rmsnorm")]
    RmsNorm,
    /// No norm at all ‖ 不归一化
    None,
}

/// Where the norm stands, as a word of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// LN(x + F(x)) ‖ LN(x + F(x))
    Post,
    /// x + F(LN(x)) ‖ x + F(LN(x))
    Pre,
    /// x + LN(F(LN(x))) ‖ x + LN(F(LN(x)))
    Sandwich,
    /// LN(αx + F(x)) ‖ LN(αx + F(x))
    #[value(name = "deepnorm")]
    DeepNorm,
}

impl From<Place> for Placement {
    fn from(place: Place) -> Self {
        match place {
            Place::Post => Self::Post,
            Place::Pre => Self::Pre,
            Place::Sandwich => Self::Sandwich,
            Place::DeepNorm => Self::DeepNorm,
        }
    }
}

/// What one random stack shows at initialization. Lists run over the blocks, first to last; the two
/// of the residual stream begin with the input.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Frobenius norm of the loss's gradient with respect to each feed-forward W₂.
    pub w2_gradient: Vec<f64>,
    /// RMS of the residual stream.
    pub rms: Vec<f64>,
    /// Largest |entry| of the residual stream.
    pub largest: Vec<f64>,
    /// RMS of what each feed-forward branch adds.
    pub added: Vec<f64>,
    /// RMS change of the output after one step of gradient descent, if one was asked for.
    pub change: Option<f64>,
    /// Mean cosine between an input token and the same token at the end.
    pub cosine: f64,
    /// Mean cosine between different tokens at the end: 1 when all tokens have become one.
    pub alike: f64,
    /// Numbers learned.
    pub parameters: usize,
}

impl Toy {
    /// The stack's shape for a placement and a depth.
    ///
    /// # Errors
    /// If the heads do not divide the width, or the arrays would not fit in memory.
    pub fn config(&self, placement: Placement, layers: usize) -> Result<Config, Error> {
        if self.heads > 0 && !self.dim.is_multiple_of(self.heads) {
            return Err(Error::input(text(
                format!("--heads {} does not divide --dim {}", self.heads, self.dim),
                format!("--heads {} 不能整除 --dim {}", self.heads, self.dim),
            ))
            .allowed(text("a divisor of the width, or 0", "宽度的约数，或 0"))
            .example("llm-lab norm placement --dim 32 --heads 4"));
        }
        let (d, t) = (self.dim as f64, self.tokens as f64);
        let per_block = 24.0 * d * d + t * (20.0 * d + t * self.heads as f64);
        params::fits(layers as f64 * per_block, 8, &text("this stack", "这个网络"))?;
        let norm = match self.norm {
            Kind::LayerNorm => NormKind::LayerNorm,
            Kind::RmsNorm => NormKind::RmsNorm,
            Kind::None => NormKind::None,
        };
        let heads = self.heads;
        Ok(Config {
            layers,
            d: self.dim,
            d_ff: 4 * self.dim,
            heads,
            placement,
            norm,
            ..Config::default()
        })
    }

    /// Draws the stack `draws` times and looks at each. Placements that are compared get the same
    /// random weights, inputs and targets.
    ///
    /// # Errors
    /// An interruption.
    pub fn look(
        &self,
        config: &Config,
        step: Option<Step>,
        context: &Context,
        progress: &mut Progress,
    ) -> Result<Vec<Seen>, Error> {
        (0..self.draws)
            .map(|draw| {
                progress.step(context, config.layers)?;
                Ok(self.draw(config, step, &mut context.rng(1 + draw as u64)))
            })
            .collect()
    }

    /// A random input with something to predict from it.
    pub fn task(&self, rng: &mut ChaCha8Rng) -> Task {
        let d = self.dim;
        let normal = ((self.tokens + d) as f64 / 2.0).sqrt(); // the gain at which Xavier has variance 1
        let x = xavier(self.tokens, d, normal, rng); // (T, d)
        let head = xavier(d, d, 1.0, rng); // (d, V) with V = d
        let targets = (0..self.tokens).map(|_| rng.random_range(0..d)).collect();
        Task { x, head, targets }
    }

    /// One random stack: Gaussian input, cross-entropy against random targets through a random head.
    fn draw(&self, config: &Config, step: Option<Step>, rng: &mut ChaCha8Rng) -> Seen {
        let task = self.task(rng);
        let mut stack = Stack::<f64>::new(config, rng);

        let x = task.x.clone();
        let (y, tape) = stack.forward(x.clone()); // (T, d)
        let mut back = stack.backward(&tape, task.gradient(&y).view());
        let change = step.map(|step| {
            if !step.norms {
                freeze_norms(&mut back.gradient);
            }
            stack.descend(&back.gradient, step.rate);
            rms(&(stack.forward(x.clone()).0 - &y))
        });
        let each = config.sublayers();
        let blocks = || (each - 1..tape.kept.len()).step_by(each);
        let w2 = |i: usize| match &back.gradient.sublayers[i].branch {
            Branch::FeedForward(block) => frobenius(&block.output.weight),
            Branch::Attention(..) => f64::NAN,
        };
        let stream =
            |f: fn(&Array2<f64>) -> f64| tape.streams.iter().step_by(each).map(f).collect();
        Seen {
            w2_gradient: blocks().map(w2).collect(),
            rms: stream(rms),
            largest: stream(largest),
            added: blocks().map(|i| rms(&tape.kept[i].added)).collect(),
            change,
            cosine: mean_cosine(&x, &y),
            alike: alike(&y),
            parameters: stack.count(),
        }
    }
}

/// A Gaussian input, a random head, and random targets.
pub struct Task {
    /// The input, `(T, d)`, variance 1.
    pub x: Array2<f64>,
    head: Array2<f64>,
    targets: Vec<usize>,
}

impl Task {
    /// The gradient of the cross-entropy at the stack's output `y` `(T, d)`.
    pub fn gradient(&self, y: &Array2<f64>) -> Array2<f64> {
        let (_, d_logits) = cross_entropy(y.dot(&self.head).view(), &self.targets); // (T, V)
        d_logits.dot(&self.head.t())
    }
}

/// One step of gradient descent.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The learning rate.
    pub rate: f64,
    /// Whether the norms' γ and β move too, or only the branches' weights.
    pub norms: bool,
}

/// Leaves the norms' γ and β where they are.
fn freeze_norms(gradient: &mut Stack<f64>) {
    let of_norm = |name: &str| name.ends_with("gamma") || name.ends_with("beta");
    let norms: Vec<bool> = gradient.arrays().iter().map(|(name, _)| of_norm(name)).collect();
    for (mut array, norm) in gradient.arrays_mut().into_iter().zip(norms) {
        if norm {
            array.fill(0.0);
        }
    }
}

/// Counts the work of several stacks, measured in layers, for the progress bar.
pub struct Progress {
    done: usize,
    total: usize,
    what: Text,
}

impl Progress {
    /// `total` layers of work.
    pub fn new(total: usize) -> Self {
        Self { done: 0, total, what: text("random stacks", "随机网络") }
    }

    /// `layers` more are about to be computed.
    ///
    /// # Errors
    /// An interruption.
    pub fn step(&mut self, context: &Context, layers: usize) -> Result<(), Error> {
        context.step(self.done, self.total, &self.what)?;
        self.done += layers;
        Ok(())
    }
}

/// Mean, least and most of one number over the draws.
pub fn spread(seen: &[Seen], number: impl Fn(&Seen) -> f64) -> (f64, f64, f64) {
    let all: Vec<f64> = seen.iter().map(number).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (mean, least, most)
}

/// The slope of ln y over ln x by least squares: the exponent of a power law. NaN for fewer than two
/// points.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let mean =
        (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let along: f64 = logs.iter().map(|p| (p.0 - mean.0) * (p.1 - mean.1)).sum();
    let square: f64 = logs.iter().map(|p| (p.0 - mean.0).powi(2)).sum();
    along / square
}

/// √(mean of squares).
pub fn rms(a: &Array2<f64>) -> f64 {
    (a.iter().map(|v| v * v).sum::<f64>() / a.len() as f64).sqrt()
}

/// √(sum of squares).
pub fn frobenius(a: &Array2<f64>) -> f64 {
    a.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |m, v| f64::max(m, v.abs()))
}

/// Mean over rows of the cosine between rows of `a` and `b`.
pub fn mean_cosine(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let cosine = |(p, q): (ndarray::ArrayView1<f64>, ndarray::ArrayView1<f64>)| {
        p.dot(&q) / (p.dot(&p) * q.dot(&q)).sqrt()
    };
    a.rows().into_iter().zip(b.rows()).map(cosine).sum::<f64>() / a.nrows() as f64
}

/// Mean cosine between different rows; NaN for a single row.
pub fn alike(a: &Array2<f64>) -> f64 {
    let lengths = a.map_axis(ndarray::Axis(1), |row| row.dot(&row).sqrt()); // (T)
    let unit = a / &lengths.insert_axis(ndarray::Axis(1)); // (T, d)
    let n = a.nrows() as f64;
    let sum = unit.sum_axis(ndarray::Axis(0)); // (d); its square counts every pair, and each row with itself
    (sum.dot(&sum) - n) / (n * (n - 1.0))
}
