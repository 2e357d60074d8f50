//! `position`: what a Transformer knows of order, and the ways of telling it that are added to
//! embeddings or to scores. One file a subcommand.

mod map;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

pub use map::{Map, map};

experiments! {
    /// Every experiment on positions.
    What {
        shuffle::Shuffle,
        sinusoid::Sinusoid,
        learned::Learned,
        t5::T5,
        shaw::Shaw,
    }
}

/// Positions: order without them, sinusoids, learned tables, T5's buckets, Shaw's relative keys ‖ 位置：没有位置编码会怎样、正弦编码、可学习的表、T5 分桶、Shaw 相对位置
#[derive(Debug, Clone, clap::Args)]
pub struct Position {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Position {
    /// Computes the experiment.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
