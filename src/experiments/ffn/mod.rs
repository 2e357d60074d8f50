//! `ffn`: the feed-forward block. One file a subcommand; the mathematics lies in `math::ffn`.

mod fit;
#[cfg(test)]
mod tests;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use ndarray::Array2;
use ndarray_rand::RandomExt;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::Context;
use crate::experiments::params;
use crate::math::ffn::{
    Kind,
    cost::{parameters, two_thirds},
};
use crate::report::{Error, Report, text};

experiments! {
    /// Every experiment on the feed-forward block.
    What {
        shapes::Shapes,
        budget::Budget,
        position::PositionWise,
        collapse::Collapse,
        cost::Cost,
        dead::Dead,
        variants::Variants,
    }
}

/// The feed-forward block: plain and gated, its shapes, cost and purpose ‖ 前馈层：普通与门控，形状、开销与作用
#[derive(Debug, Clone, clap::Args)]
pub struct Ffn {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Ffn {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}

/// Reads the name of a kind of block.
fn kind() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(|name| Kind::find(&name).ok_or("no such kind"))
}

/// The width of a block where none is given: 4d, and two thirds of that where a gate adds a matrix.
fn usual_width(kind: Kind, d: usize) -> usize {
    if kind.gated() { two_thirds(4 * d).max(1) } else { 4 * d }
}

/// Refuses a block whose weights would not fit in memory.
fn affordable(kind: Kind, d: usize, d_ff: usize, bytes_each: usize) -> Result<(), Error> {
    let weights = parameters(kind, d, d_ff) as f64;
    params::fits(weights, bytes_each, &text("the weights", "权重"))
        .map_err(|error| error.example("llm-lab ffn shapes --d-model 512"))
}

/// Tokens as rows of independent standard normal numbers, `(tokens, d)`.
fn tokens(tokens: usize, d: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::random_using((tokens, d), StandardNormal, rng)
}

/// `name` for one kind, `kind.name` for several.
fn metric(kinds: &[Kind], kind: Kind, name: &str) -> String {
    if kinds.len() == 1 { name.to_string() } else { format!("{}.{name}", kind.name()) }
}
