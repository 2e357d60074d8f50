//! `alibi`: attention with linear biases. One file a subcommand; the slopes are those that the model
//! runs.

#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on ALiBi.
    What {
        slopes::Slopes,
        bias::Bias,
        reach::Reach,
    }
}

/// ALiBi: slopes for any number of heads, the bias as a picture, how far each head reaches ‖ ALiBi：任意头数的斜率、偏置的热图、每个头能看多远
#[derive(Debug, Clone, clap::Args)]
pub struct Alibi {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Alibi {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
