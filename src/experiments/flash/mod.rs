//! `flash`: exact attention by blocks, which never holds the T × T scores.

mod mask;
#[cfg(test)]
mod tests;

pub use mask::Sight;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on blockwise attention.
    What {
        compare::Compare,
        schedule::Schedule,
    }
}

/// Blockwise attention (FlashAttention): the same numbers without the T × T matrix ‖ 分块注意力（FlashAttention）：结果相同，却不需要 T × T 矩阵
#[derive(Debug, Clone, clap::Args)]
pub struct Flash {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Flash {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
