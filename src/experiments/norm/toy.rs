//! The deep random stack that the placement experiments share: one forward and one backward pass at
//! initialization, under a real loss.

use clap::ValueEnum;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;

use super::seen::{Seen, alike, largest, mean_cosine};
use super::task::{Step, Task, freeze_norms};
use crate::experiments::{Context, params};
use crate::math::linalg::{frobenius, rms};
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

/// One placement: at each depth, what its draws showed.
pub type ByDepth = (Placement, Vec<(usize, Vec<Seen>)>);

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

    /// Looks at every placement at every depth, each once, shallowest first.
    ///
    /// # Errors
    /// As of [`config`](Self::config); an interruption.
    pub fn compare(
        &self,
        places: &[Place],
        depths: &[usize],
        step: Option<Step>,
        context: &Context,
    ) -> Result<Vec<ByDepth>, Error> {
        let places = params::distinct(places);
        let mut depths = params::distinct(depths);
        depths.sort_unstable();
        let work = depths.iter().sum::<usize>() * places.len() * self.draws;
        let mut progress = Progress::new(work);
        let one = |place: Place| {
            let placement = Placement::from(place);
            let looks = depths.iter().map(|&layers| {
                let config = self.config(placement, layers)?;
                Ok((layers, self.look(&config, step, context, &mut progress)?))
            });
            Ok((placement, looks.collect::<Result<_, Error>>()?))
        };
        places.into_iter().map(one).collect()
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
        let mut all = Vec::with_capacity(self.draws);
        for draw in 0..self.draws {
            let rng = &mut context.rng(1 + draw as u64);
            all.push(self.draw(config, step, rng, &|| progress.show(context))?);
            progress.advance(config.layers);
        }
        Ok(all)
    }

    /// One random stack: Gaussian input, cross-entropy against random targets through a random head.
    /// `go_on` is asked before every sub-layer.
    fn draw(
        &self,
        config: &Config,
        step: Option<Step>,
        rng: &mut ChaCha8Rng,
        go_on: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Seen, Error> {
        go_on()?;
        let task = Task::draw(self.tokens, self.dim, rng);
        let mut stack = Stack::<f64>::new(config, rng);

        let x = task.x.clone();
        let (y, tape) = stack.try_forward(x.clone(), go_on)?; // (T, d)
        let mut back = stack.try_backward(&tape, task.gradient(&y).view(), go_on)?;
        let mut change = None;
        if let Some(step) = step {
            if !step.norms {
                freeze_norms(&mut back.gradient);
            }
            stack.descend(&back.gradient, step.rate);
            change = Some(rms(&(stack.try_forward(x.clone(), go_on)?.0 - &y)));
        }
        let each = config.sublayers();
        let blocks = || (each - 1..tape.kept.len()).step_by(each);
        let w2 = |i: usize| match &back.gradient.sublayers[i].branch {
            Branch::FeedForward(block) => frobenius(&block.output.weight),
            Branch::Attention(..) => f64::NAN,
        };
        let stream =
            |f: fn(&Array2<f64>) -> f64| tape.streams.iter().step_by(each).map(f).collect();
        Ok(Seen {
            w2_gradient: blocks().map(w2).collect(),
            rms: stream(rms),
            largest: stream(largest),
            added: blocks().map(|i| rms(&tape.kept[i].added)).collect(),
            change,
            cosine: mean_cosine(&x, &y),
            alike: alike(&y),
            parameters: stack.count(),
        })
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

    /// Shows how far the work is.
    ///
    /// # Errors
    /// An interruption.
    pub fn show(&self, context: &Context) -> Result<(), Error> {
        context.step(self.done, self.total, &self.what)
    }

    /// `layers` more have been computed.
    pub fn advance(&mut self, layers: usize) {
        self.done += layers;
    }
}
