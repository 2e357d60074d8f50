//! `mask`: who may look at whom, drawn, counted, and measured on models.

mod grid;
mod setting;
#[cfg(test)]
mod tests;
mod two_stacks;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on masks.
    What {
        show::Show,
        pairs::Pairs,
        leak::Leak,
        families::Families,
        train::Train,
    }
}

/// Attention masks: causal, prefix, bidirectional, sliding, packed, encoder–decoder ‖ 注意力掩码：因果、前缀、双向、滑动窗口、打包、编码器–解码器
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "mask show causal prefix\nmask show encoder-decoder --text \"the cat saw a kite\"\nmask leak causal bidirectional\nmask families\nmask train --task reverse"
)]
pub struct Mask {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Mask {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
