//! `look`: inside a model while it reads: embeddings, attention, the residual stream, the logit lens, neurons.
//! What is shown is read from the workspace of an ordinary forward pass ([`crate::model::Trace`]).

mod one_neuron;
pub(in crate::experiments) mod subject;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every way to look inside.
    What {
        embedding::Embedding,
        attention::Attention,
        stream::Stream,
        lens::Lens,
        neurons::Neurons,
    }
}

/// Look inside a model while it reads: embeddings, attention, residual stream, logit lens, neurons ‖ 看模型内部：词嵌入、注意力、残差流、logit lens、神经元
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "look attention --layer 2 --head 1\nlook lens \"One morning , a lazy fox woke up by the sea . It\"\nlook neurons --layer 4 --neuron 17"
)]
pub struct Look {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

impl Look {
    /// Looks.
    ///
    /// # Errors
    /// If there is no such model, or it cannot read the text.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
