//! The one grammar: argv, a line in the REPL, a line of a script and a `run:` line of a lesson are
//! all read by this clap tree.
//!
//! A command's first example stands in its `after_help`, one command a line: help shows it, and so
//! does the line that a learner gets after a mistake.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::aot::Shell;

use super::set::Set;
use super::settings::Globals;
use crate::experiments::{Experiment, params};

/// Learn how large language models work by running things ‖ 动手运行，弄懂大语言模型
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
    Experiment(Box<Experiment>),
    /// Lessons, questions and what has been learned.
    #[command(flatten)]
    Learn(Learn),
    /// What proves the lessons.
    #[command(flatten)]
    Prove(Prove),
    /// What the lab needs around it.
    #[command(flatten)]
    Setup(Setup),
    /// What belongs to the session.
    #[command(flatten)]
    Session(Session),
}

/// Commands for the one who learns; `lesson` and `quiz` wait for answers, so the shell plays them.
#[derive(Debug, Clone, Subcommand)]
pub enum Learn {
    /// Ten minutes from a text to a generated story, the best start ‖ 十分钟从文本走到生成的故事，最好的起点
    #[command(after_help = "tour\ntour --from 3")]
    Tour {
        /// Begin at this step ‖ 从这一步开始
        #[arg(long, value_name = "STEP", value_parser = params::count(1, 10_000))]
        from: Option<usize>,
    },
    /// List the lessons ‖ 列出课程
    Lessons,
    /// Play a lesson step by step, from where you left it ‖ 一步步学一课，从上次停下的地方继续
    #[command(after_help = "lesson swish\nlesson swish --from 3\nlesson swish --print")]
    Lesson {
        /// The lesson; none names the next one ‖ 课程；不写则推荐下一课
        #[arg(value_name = "LESSON")]
        id: Option<String>,
        /// Begin at this step ‖ 从这一步开始
        #[arg(long, value_name = "STEP", value_parser = params::count(1, 10_000))]
        from: Option<usize>,
        /// Print the whole lesson with answers, to keep ‖ 打印整课内容与答案，便于保存
        #[arg(long, conflicts_with = "from", requires = "id")]
        print: bool,
    },
    /// Answer questions as an interviewer asks them ‖ 做面试风格的题目
    #[command(after_help = "quiz activations --count 5\nquiz swish gelu\nquiz")]
    Quiz {
        /// Tracks or lessons; none asks about all ‖ 专题或课程；不写则涵盖全部
        #[arg(value_name = "TOPIC")]
        topics: Vec<String>,
        /// At most so many questions ‖ 最多多少题
        #[arg(long, value_name = "N", value_parser = params::count(1, 10_000))]
        count: Option<usize>,
    },
    /// Show what has been learned ‖ 查看学习进度
    #[command(after_help = "progress\nprogress reset swish")]
    Progress {
        /// Something to do with it.
        #[command(subcommand)]
        action: Option<Progress>,
    },
}

/// Commands that hold a pack to what it says.
#[derive(Debug, Clone, Subcommand)]
pub enum Prove {
    /// Run the claims and myths of the lessons; exit code 1 if one does not hold ‖ 运行课程中的论断与误区；有一条不成立则退出码为 1
    #[command(after_help = "verify\nverify swish\nverify --all")]
    Verify {
        /// Tracks, lessons, claims or myths; none runs all ‖ 专题、课程、论断或误区；不写则全部运行
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// Also the slow ones ‖ 包括耗时较长的
        #[arg(long)]
        all: bool,
    },
    /// Check a folder of lessons as their author; exit code 1 if something is wrong ‖ 替作者检查课程目录；有问题则退出码为 1
    #[command(after_help = "check lessons")]
    Check {
        /// The folder; none checks the pack in use ‖ 课程目录；不写则检查当前课程
        #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

/// Commands for the place where the lab runs.
#[derive(Debug, Clone, Subcommand)]
pub enum Setup {
    /// Look at terminal, folders, processor and lessons; exit code 1 if something is wrong ‖ 检查终端、目录、处理器与课程；有问题则退出码为 1
    Doctor,
    /// Print a script with which your shell completes commands ‖ 输出 shell 的补全脚本
    #[command(after_help = "completions bash\ncompletions zsh\ncompletions fish")]
    Completions {
        /// Your shell ‖ 你使用的 shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page, for `man -l` ‖ 输出手册页，可用 `man -l` 查看
    Man,
}

/// What can be done with the progress besides looking at it.
#[derive(Debug, Clone, Subcommand)]
pub enum Progress {
    /// Forget lessons and the answers to their questions ‖ 清除课程进度与答题记录
    #[command(
        after_help = "progress reset swish\nprogress reset activations\nprogress reset --all"
    )]
    Reset {
        /// Tracks or lessons ‖ 专题或课程
        #[arg(value_name = "TOPIC", required_unless_present = "all")]
        topics: Vec<String>,
        /// Everything ‖ 全部
        #[arg(long, conflicts_with = "topics")]
        all: bool,
    },
}

/// Commands about the session itself; the shell carries them out.
#[derive(Debug, Clone, Subcommand)]
pub enum Session {
    /// Show the settings, or change one for this session ‖ 查看设置，或修改本次会话的设置
    #[command(after_help = "set lang zh\nset seed 3\nset view never")]
    Set(Set),
    /// Explain a command, with examples ‖ 讲解一个命令，附例子
    #[command(after_help = "help plot\nhelp")]
    Help {
        /// The command, such as plot ‖ 命令，例如 plot
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Leave the REPL (also Ctrl-D) ‖ 退出 REPL（也可按 Ctrl-D）
    #[command(visible_alias = "quit")]
    Exit,
}

/// The one tree; it reads words without the program's name.
pub fn tree() -> clap::Command {
    with_negatives(Line::command().no_binary_name(true))
}

/// `-4` is a value everywhere: an option that takes no negative number then says so itself, instead
/// of clap saying that there is no option `-4`.
fn with_negatives(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| match arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        })
        .mut_subcommands(with_negatives)
}
