//! `decode`: how the next token is chosen, strategy by strategy, on typed logits or on a model.

mod source;
mod stage;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every view.
    What {
        step::Step,
        temperature::Temperature,
        filters::Filters,
        frequencies::Frequencies,
        mirostat::Mirostat,
        beam::Beam,
        greedy_trap::GreedyTrap,
        score::Score,
        contrastive::Contrastive,
    }
}

/// How the next token is chosen: temperature, filters, penalties, beams, contrastive search ‖ 下一个 token 怎样选出：温度、过滤、惩罚、束搜索、对比搜索
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode step --temperature 0.7 --top-k 4 --top-p 0.9\ndecode step --prompt \"Once there was a\" --top-p 0.9\ndecode temperature\ndecode filters --top-p 0.9\ndecode beam --prompt \"Once there was\" --num-beams 3\ndecode greedy-trap"
)]
pub struct Decode {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Decode {
    /// Looks.
    ///
    /// # Errors
    /// If there is no such model, or no such choice.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
