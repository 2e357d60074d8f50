//! `repetition`: what a text repeats, why models do it, and what each cure costs. One file a
//! subcommand; the counting lies in `math::ngrams`, the judge of stories in `corpus::judge`.

pub(in crate::experiments) mod sampled;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on repetition.
    What {
        measure::Measure,
        bigram::Bigram,
        sentence::Sentence,
        compare::Compare,
        price::Price,
    }
}

/// Repetition: how much, why, and what each cure costs ‖ 复读：程度、原因，以及每种缓解办法的代价
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "repetition measure --text \"the cat saw the cat saw the cat\"\nrepetition bigram\nrepetition sentence --times 8\nrepetition compare\nrepetition price"
)]
pub struct Repetition {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Repetition {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
