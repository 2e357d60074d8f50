//! `attention`: scores, scale and softmax of one head. One file a subcommand; the mathematics lies in
//! `math::attention`.

#[cfg(test)]
mod tests;
mod typed;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on one head of attention.
    What {
        steps::Steps,
        sqrt_d::SqrtD,
        shape_check::ShapeCheck,
    }
}

/// Attention of one head: step by step, its scale, its axes ‖ 单个注意力头：逐步计算、缩放、张量的轴
#[derive(Debug, Clone, clap::Args)]
pub struct Attention {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Attention {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
