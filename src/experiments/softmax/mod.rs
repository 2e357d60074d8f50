//! `softmax`: where it overflows and underflows, and how that is avoided. One file a subcommand; the
//! mathematics lies in `math::softmax`, `math::rounded` and `math::online`.

mod given;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on softmax.
    What {
        stable::Stable,
        range::Range,
        log::Log,
        online::Online,
    }
}

/// Softmax in real number formats: overflow, underflow, the shift, logarithms, one pass ‖ 真实数值格式下的 softmax：上溢、下溢、减最大值、取对数、单遍计算
#[derive(Debug, Clone, clap::Args)]
pub struct Softmax {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Softmax {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
