//! The one grammar: argv, a line in the REPL, a line of a script and a `run:` line of a lesson are
//! all read by this clap tree.

use clap::{Parser, Subcommand};

use super::settings::Globals;
use crate::experiments::Experiment;

/// Learn how large language models work by running things ‖ 动手运行,弄懂大语言模型
#[derive(Debug, Clone, Parser)]
#[command(name = "llm-lab", version)]
pub struct Line {
    /// The options that every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do; nothing opens the REPL.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Everything that one can ask of the lab.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// One of the experiments.
    #[command(flatten)]
    Experiment(Experiment),
}
