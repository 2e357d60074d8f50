//! `extrapolate`: small Transformers trained on short texts and tested on longer ones, one for each
//! way of knowing positions.

mod plan;
mod results;
mod score;
#[cfg(test)]
mod tests;
mod ways;
pub mod words;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on length extrapolation.
    What {
        lengths::Lengths,
        shipped::Shipped,
        stream::Stream,
    }
}

/// Length extrapolation: train short, test long, for each kind of positions; streams with attention sinks ‖ 长度外推：短训长测，比较各种位置编码；带注意力汇（sink）的流式读取
#[derive(Debug, Clone, clap::Args)]
pub struct Extrapolate {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Extrapolate {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
