//! `speculate`: speculative decoding, on typed distributions and with two models. The algorithm lies
//! in `model::speculative`.

mod duo;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on speculative decoding.
    What {
        typed::Typed,
        expect::Expect,
        run::Run,
        sweep::Sweep,
        frequencies::Frequencies,
    }
}

/// Speculative decoding: a small model drafts, the large one checks, the distribution stays ‖ 投机解码：小模型起草，大模型检查，分布不变
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "speculate typed --target 0.5,0.3,0.2 --draft 0.2,0.3,0.5\nspeculate expect --alpha 0.8 --k 4 --cost 0.1\nspeculate run --k 4\nspeculate sweep\nspeculate frequencies"
)]
pub struct Speculate {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Speculate {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
