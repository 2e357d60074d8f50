//! `model`: what a Transformer is made of, by arithmetic alone: shapes, parameters, FLOPs, memory.

pub mod choices;
mod diagram;
pub mod folder;
mod logits;
mod memory;
pub mod named;
mod new;
mod show;

use crate::experiments::Context;
use crate::report::{Error, Report};

/// What a Transformer is made of: shapes, parameters, FLOPs, memory ‖ Transformer 的组成：形状、参数量、FLOPs、内存
#[derive(Debug, Clone, clap::Args)]
pub struct Model {
    /// What to do ‖ 做什么
    #[command(subcommand)]
    pub what: What,
}

/// Everything that one can ask about a model.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum What {
    /// The block with its shapes, parameters by part, FLOPs per token and memory ‖ 模块结构与形状、各部分参数量、每个 token 的 FLOPs 与内存
    Show(Box<show::Show>),
    /// The logits after each of some tokens ‖ 每个 token 之后的 logits
    Logits(logits::Logits),
    /// Random weights, saved as a checkpoint ‖ 随机权重，存为检查点
    New(Box<new::New>),
}

impl Model {
    /// Computes what was asked.
    ///
    /// # Errors
    /// Bad input.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        match &self.what {
            What::Show(what) => what.run(context),
            What::Logits(what) => what.run(context),
            What::New(what) => what.run(context),
        }
    }
}
