//! `ffn`: the feed-forward block. One file a subcommand; the mathematics lies in `math::ffn`.

mod budget;
mod collapse;
mod cost;
mod dead;
mod fit;
mod position;
mod shapes;
#[cfg(test)]
mod tests;
mod variants;

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

/// The feed-forward block: plain and gated, its shapes, cost and purpose ‖ 前馈层：普通与门控，形状、开销与作用
#[derive(Debug, Clone, clap::Args)]
pub struct Ffn {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

/// Every experiment on the feed-forward block.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum What {
    /// Follow the shapes through a block on real arrays ‖ 用真实数组逐步跟踪形状
    Shapes(shapes::Shapes),
    /// Parameters of attention and FFN; the 2/3 rule and its rounding ‖ 注意力与 FFN 的参数量；2/3 规则与取整
    Budget(budget::Budget),
    /// Permute the tokens, change one token: who notices? ‖ 打乱 token、改动一个 token：谁会受影响
    PositionWise(position::PositionWise),
    /// Take the nonlinearity away: two matrices become one ‖ 去掉非线性：两个矩阵塌缩成一个
    Collapse(collapse::Collapse),
    /// The activation's share of FLOPs and of time ‖ 激活函数占多少 FLOPs、多少时间
    Cost(cost::Cost),
    /// Start with every unit switched off: which activations recover? ‖ 一开始就关闭所有单元：哪些激活函数能恢复
    Dead(dead::Dead),
    /// GLU, GEGLU and SwiGLU beside the formulas that circulate for them ‖ GLU、GEGLU、SwiGLU 与网上流传的公式对照
    Variants(variants::Variants),
}

impl Ffn {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        match &self.what {
            What::Shapes(what) => what.run(context),
            What::Budget(what) => what.run(context),
            What::PositionWise(what) => what.run(context),
            What::Collapse(what) => what.run(context),
            What::Cost(what) => what.run(context),
            What::Dead(what) => what.run(context),
            What::Variants(what) => what.run(context),
        }
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
