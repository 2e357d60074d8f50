//! `quality`: how good a text is, and what that costs in variety. The judge is the grammar of the
//! stories, [`crate::corpus::judge`].

#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on quality.
    What {
        judge::Judge,
        curve::Curve,
    }
}

/// Quality against diversity, with the story grammar as judge ‖ 质量与多样性：以故事文法为评判
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "quality judge\nquality judge --text \"Once there was a kind fox who lived on the moon . She lost a ball .\"\nquality curve"
)]
pub struct Quality {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Quality {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
