//! `loss`: what a language model minimizes. One file a subcommand; the mathematics lies in
//! `math::divergence`, `math::objective` and `math::precision`.

mod distribution;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on losses.
    What {
        cross_entropy::CrossEntropy,
        perplexity::Perplexity,
        kl::Kl,
        fit::Fit,
        floor::Floor,
        mse::Mse,
        scaling::Scaling,
        half::Half,
        dynamic::Dynamic,
    }
}

/// Losses: cross-entropy, perplexity, KL divergence, scaling, half precision ‖ 损失：交叉熵、困惑度、KL 散度、缩放、半精度
#[derive(Debug, Clone, clap::Args)]
pub struct Loss {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Loss {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
