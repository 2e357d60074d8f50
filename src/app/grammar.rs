//! The one grammar: argv, a line in the REPL, a line of a script and a `run:` line of a lesson are
//! all read by this clap tree.
//!
//! A command's first example stands in its `after_help`, one command a line: help shows it, and so
//! does the line that a learner gets after a mistake.

use clap::{Parser, Subcommand};

use super::set::Set;
use super::settings::Globals;
use crate::experiments::Experiment;

/// Learn how large language models work by running things ‖ 动手运行,弄懂大语言模型
#[derive(Debug, Clone, Parser)]
#[command(
    name = "llm-lab",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    after_help = "llm-lab plot swish --beta 0.5\nllm-lab lessons\nllm-lab quiz"
)]
pub struct Line {
    /// The options that every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// Show the version ‖ 显示版本
    #[arg(long, short = 'V', action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// What to do; nothing opens the REPL.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Everything that one can ask of the lab, in the groups in which help shows it.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// One of the experiments.
    #[command(flatten)]
    Experiment(Experiment),
    /// What belongs to the session.
    #[command(flatten)]
    Session(Session),
}

/// Commands about the session itself; the shell carries them out.
#[derive(Debug, Clone, Subcommand)]
pub enum Session {
    /// Show the settings, or change one for this session ‖ 查看设置,或修改本次会话的设置
    #[command(after_help = "set lang zh\nset seed 3\nset view never")]
    Set(Set),
    /// Explain a command, with examples ‖ 讲解一个命令,附例子
    #[command(after_help = "help plot\nhelp")]
    Help {
        /// The command, such as plot ‖ 命令,例如 plot
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Leave the REPL (also Ctrl-D) ‖ 退出 REPL(也可按 Ctrl-D)
    #[command(visible_alias = "quit")]
    Exit,
}
