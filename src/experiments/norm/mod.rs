//! `norm`: normalization. One file a subcommand; the mathematics lies in `math::norm`.

mod input;
mod kinds;
mod seen;
mod source;
mod task;
#[cfg(test)]
mod tests;
mod toy;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on normalization.
    What {
        layer::Layer,
        rms::Rms,
        invariance::Invariance,
        independence::Independence,
        gradcheck::Gradcheck,
        rms_vs_std::RmsVsStd,
        axes::Axes,
        batch::Batch,
        time::Time,
        length::Length,
        half::Half,
        statistics::Statistics,
        directions::Directions,
        placement::Placement,
        deepnorm::Deepnorm,
        update::Update,
        growth::Growth,
        signal::Signal,
        init::Init,
        lookalike::Lookalike,
        warmup::Warmup,
    }
}

/// Normalization: LayerNorm, RMSNorm, BatchNorm, what they do and where they stand ‖ 归一化：LayerNorm、RMSNorm、BatchNorm 的算法、性质与位置
#[derive(Debug, Clone, clap::Args)]
pub struct Norm {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Norm {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
