//! `heads`: what several heads are for, what happens without one, and what it costs to share keys and
//! values.

mod held;
mod learner;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on heads.
    What {
        count::Count,
        groups::Groups,
        budget::Budget,
        ablate::Ablate,
        copy::Copy,
        pool::Pool,
    }
}

/// Attention heads: how many, what each is worth, MHA, GQA and MQA ‖ 注意力头：数量、各自的作用，MHA、GQA 与 MQA
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "heads count --d-model 768 --heads 1 12\nheads groups --heads 8 --kv-heads 8 2 1\nheads budget llama-2-7b llama-2-70b\nheads ablate\nheads pool"
)]
pub struct Heads {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Heads {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
