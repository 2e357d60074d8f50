//! `rope`: rotary position embedding, computed by the rotations that the model runs. One file a
//! subcommand.

mod common;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on RoPE.
    What {
        rotate::Rotate,
        relative::Relative,
        forms::Forms,
        layouts::Layouts,
        decay::Decay,
        waves::Waves,
        scaling::Scaling,
        blanks::Blanks,
    }
}

/// RoPE: rotated queries and keys, why only distances count, layouts, wavelengths, blanks of GLM ‖ RoPE：旋转 Q 和 K，为什么只看相对距离，两种排列，波长，GLM 的填空位置
#[derive(Debug, Clone, clap::Args)]
pub struct Rope {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Rope {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
