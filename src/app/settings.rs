//! The options that every command takes, and the session's settings that they change.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::report::Lang;

/// Global options; what is not given leaves the session's setting as it is.
#[derive(Debug, Clone, Default, Args)]
pub struct Globals {
    /// Seed of every random number ‖ 随机数种子
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
    /// Folder for pictures, or one file ending in .png or .svg ‖ 图片目录,或以 .png / .svg 结尾的文件
    #[arg(long, global = true, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// How the report is written ‖ 报告格式
    #[arg(long, global = true, value_enum)]
    pub format: Option<Format>,
    /// Language ‖ 语言
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    /// Folder of another lesson pack ‖ 另一套课程的目录
    #[arg(long, global = true, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
    /// Colour ‖ 颜色
    #[arg(long, global = true, value_enum)]
    pub color: Option<clap::ColorChoice>,
    /// The picture inside the terminal ‖ 在终端里显示图片
    #[arg(long, global = true, value_enum)]
    pub view: Option<View>,
    /// No progress bars, hints or notes ‖ 不显示进度条与提示
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Whether the picture is shown inside the terminal, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum View {
    /// On a terminal, in the best way that it is known to understand.
    #[default]
    Auto,
    /// Also in a pipe.
    Always,
    /// Never.
    Never,
}

/// What holds for a session: the defaults, changed by `set` and by global options.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Seed of every random number.
    pub seed: u64,
    /// Folder for pictures, or one file.
    pub out: PathBuf,
    /// Text or JSON.
    pub format: Format,
    /// English or Chinese.
    pub lang: Lang,
    /// Another pack than the embedded one.
    pub lessons: Option<PathBuf>,
    /// When to colour.
    pub color: clap::ColorChoice,
    /// When to show pictures in the terminal.
    pub view: View,
    /// No progress bars, hints or notes.
    pub quiet: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            out: PathBuf::from("llm-lab-out"),
            format: Format::default(),
            lang: Lang::default(),
            lessons: None,
            color: clap::ColorChoice::Auto,
            view: View::default(),
            quiet: false,
        }
    }
}

impl Settings {
    /// The settings with the options of one line applied.
    pub fn with(&self, globals: &Globals) -> Self {
        let mut new = self.clone();
        new.seed = globals.seed.unwrap_or(new.seed);
        new.out = globals.out.clone().unwrap_or(new.out);
        new.format = globals.format.unwrap_or(new.format);
        new.lang = globals.lang.unwrap_or(new.lang);
        new.lessons = globals.lessons.clone().or(new.lessons);
        new.color = globals.color.unwrap_or(new.color);
        new.view = globals.view.unwrap_or(new.view);
        new.quiet |= globals.quiet;
        new
    }
}
