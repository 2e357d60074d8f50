//! `lr`: the learning rate, its limits, its schedules, and what it means to each optimizer.

mod noisy;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on learning rates.
    What {
        schedule::Schedule,
        quadratic::Quadratic,
        step::Step,
        adam::Adam,
        search::Search,
        batch::Batch,
        decay::Decay,
    }
}

/// Learning rates: schedules, divergence, steps of Adam, search, batch size ‖ 学习率：调度、发散、Adam 的步长、搜索、批次大小
#[derive(Debug, Clone, clap::Args)]
pub struct Lr {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Lr {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
