//! `cost`: what attention costs in FLOPs, bytes and time, beside the rest of a Transformer.

pub mod precision;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on cost.
    What {
        flops::Flops,
        time::Time,
        window::Window,
    }
}

/// What attention costs against length, beside projections and FFN ‖ 注意力的开销如何随长度增长，与投影、前馈层相比
#[derive(Debug, Clone, clap::Args)]
pub struct Cost {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Cost {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
