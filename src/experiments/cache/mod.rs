//! `cache`: the KV cache: the same tokens, the time that it saves, the memory that it takes.

mod subject;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every experiment on the KV cache.
    What {
        size::Size,
        equal::Equal,
        time::Time,
        growth::Growth,
    }
}

/// The KV cache: same tokens, time saved, memory taken ‖ KV 缓存：结果不变、省下的时间、占用的内存
#[derive(Debug, Clone, clap::Args)]
pub struct Cache {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Cache {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
