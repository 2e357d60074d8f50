//! `modes`: what training mode and evaluation mode change, and what neither does.

mod net;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on the two modes.
    What {
        dropout::Dropout,
        layers::Layers,
        forget::Forget,
        gradient::Gradient,
    }
}

/// Training and evaluation mode: dropout, running statistics, gradients ‖ 训练模式与评估模式：dropout、滑动统计量、梯度
#[derive(Debug, Clone, clap::Args)]
pub struct Modes {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Modes {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
