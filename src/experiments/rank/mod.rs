//! `rank`: of attention matrices, and of tokens that grow alike with depth. One file a subcommand; the
//! mathematics lies in `math::linalg` and `math::rank`.

mod layers;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on rank.
    What {
        attention::Attention,
        collapse::Collapse,
        model::Model,
        train::Train,
    }
}

/// Rank: singular values of attention matrices, and tokens that grow alike with depth ‖ 秩：注意力矩阵的奇异值，以及随深度变得相似的 token
#[derive(Debug, Clone, clap::Args)]
pub struct Rank {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Rank {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
