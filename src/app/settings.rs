//! The options that every command takes, and the session's settings that they change.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use crate::report::Lang;

/// Global options; what is not given leaves the session's setting as it is.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Globals {
    /// Seed of every random number ‖ 随机数种子
    #[arg(long, global = true, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Folder for pictures, or one file ending in .png or .svg ‖ 图片目录，或以 .png / .svg 结尾的文件
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub out: Option<PathBuf>,
    /// How the report is written ‖ 报告格式
    #[arg(long, global = true, value_enum)]
    pub format: Option<Format>,
    /// Language ‖ 语言
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    /// Folder of another lesson pack ‖ 另一套课程的目录
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub lessons: Option<PathBuf>,
    /// Colour ‖ 颜色
    #[arg(long, global = true, value_enum)]
    pub color: Option<Color>,
    /// The picture inside the terminal ‖ 在终端里显示图片
    #[arg(long, global = true, value_enum)]
    pub view: Option<View>,
    /// No progress bars, hints or notes ‖ 不显示进度条与提示
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Show help ‖ 显示帮助
    #[arg(long, short, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

fn seed(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| {
        "a whole number from 0 to 18446744073709551615 ‖ 0 到 18446744073709551615 之间的整数"
            .to_string()
    })
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people ‖ 供人阅读
    #[default]
    Text,
    /// For programs ‖ 供程序读取
    Json,
}

/// Whether the picture is shown inside the terminal, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum View {
    /// On a terminal, in the best way it understands ‖ 在终端里，用它支持的最好方式
    #[default]
    Auto,
    /// Also in a pipe ‖ 在管道里也显示
    Always,
    /// Never ‖ 从不
    Never,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set ‖ 在终端里，除非设置了 NO_COLOR
    #[default]
    Auto,
    /// Always ‖ 总是
    Always,
    /// Never ‖ 从不
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
    pub color: Color,
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
            color: Color::default(),
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

/// The settings that the environment asks for: Chinese where the locale is Chinese.
///
/// ```
/// use llm_lab::app::settings_from;
/// use llm_lab::report::Lang;
/// let lang = |value: &'static str| settings_from(|name| (name == "LANG").then(|| value.into())).lang;
/// assert_eq!((lang("zh_CN.UTF-8"), lang("C")), (Lang::Zh, Lang::En));
/// ```
pub fn settings_from(lookup: impl Fn(&str) -> Option<String>) -> Settings {
    let locales = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| lookup(name));
    let locale = locales.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let lang = if locale.starts_with("zh") { Lang::Zh } else { Lang::En };
    Settings { lang, ..Settings::default() }
}
