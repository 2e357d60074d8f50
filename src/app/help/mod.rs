//! Help in the learner's language, rendered from the clap tree. The first page, for someone who knows
//! nothing yet, is composed here from the same tree.

mod localize;

use std::ffi::OsString;
use std::fmt::Write;

use clap::builder::StyledStr;
use clap::{Arg, Command, Subcommand};

use super::grammar::{self, Learn, Prove, Session, Setup};
use super::mistake;
use super::words::Place;
use crate::experiments::Experiment;
use crate::report::{Lang, Text, text};
use localize::{in_words, localized, pick, styles};

/// Help on what the words ask for; the first page where they name no command.
pub fn render(words: &[OsString], place: Place, lang: Lang) -> String {
    let (mut tree, path) = reached(words, place, lang);
    match page(&mut tree, &path) {
        Some(page) => in_words(&page.ansi().to_string(), lang),
        None => first_page(&tree, place, lang),
    }
}

/// The same without colours, as one types it in a shell.
pub fn plain(words: &[OsString], lang: Lang) -> String {
    let (mut tree, path) = reached(words, Place::Argv, lang);
    page(&mut tree, &path).map_or_else(String::new, |page| in_words(&page.to_string(), lang))
}

/// The tree in one language, for what is made from it.
pub fn tree(lang: Lang) -> Command {
    localized(grammar::tree(), Place::Argv, lang)
}

/// The tree in one language, and the names of the commands that the words reach.
fn reached(words: &[OsString], place: Place, lang: Lang) -> (Command, Vec<String>) {
    let tree = grammar::tree();
    let path = mistake::reached(&tree, words);
    let path = path.iter().skip(1).map(|c| c.get_name().to_string()).collect();
    (localized(tree, place, lang), path)
}

/// The page of the command at the end of a path through this very tree; none for the tree itself.
fn page(tree: &mut Command, path: &[String]) -> Option<StyledStr> {
    let mut command = tree;
    for name in path {
        command = command.find_subcommand_mut(name)?;
    }
    let told = |arg: &Arg| arg.get_possible_values().iter().any(|v| v.get_help().is_some());
    let long = command.get_arguments().any(|arg| !arg.is_hide_set() && told(arg));
    let page = if long { command.render_long_help() } else { command.render_help() };
    (!path.is_empty()).then_some(page)
}

/// The page that teaches: what to try first, then the commands in groups.
fn first_page(tree: &Command, place: Place, lang: Lang) -> String {
    let style = styles();
    let (head, word) = (style.get_header(), style.get_literal());
    let prefix = if place == Place::Argv { "llm-lab " } else { "" };
    let about = tree.get_about().map(ToString::to_string).unwrap_or_default();
    let version = tree.get_version().unwrap_or_default();
    let mut page = format!("llm-lab {version} · {about}\n\n");
    let _ = writeln!(page, "{head}{}{head:#}", pick("Try this first:", "先试试：", lang));
    let width = THREE.iter().map(|(line, ..)| line.len() + prefix.len()).max().unwrap_or(0);
    for (line, en, zh) in THREE {
        let line = format!("{prefix}{line}");
        let _ = writeln!(page, "  {word}{line:width$}{word:#}  {}", pick(en, zh, lang));
    }
    let groups = groups();
    let longest = groups.iter().flat_map(|(_, names)| names).map(String::len).max().unwrap_or(0);
    for (title, names) in groups {
        let _ = writeln!(page, "\n{head}{}{head:#}", title.get(lang));
        for name in names {
            let Some(command) = tree.find_subcommand(&name) else { continue };
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(page, "  {word}{name:longest$}{word:#}  {about}");
        }
    }
    page.push('\n');
    page + &last_words(tree, place, lang)
}

/// What stands below the commands on the first page.
fn last_words(tree: &Command, place: Place, lang: Lang) -> String {
    if place == Place::Line {
        return pick(
            "`help plot` explains one command and shows examples. Tab completes, ↑ recalls, Ctrl-C stops\n\
             a running command, Ctrl-D leaves. `set` shows what holds for the session: language, seed, pictures.\n",
            "`help plot` 讲解一个命令并给出例子。Tab 补全，↑ 调出历史，Ctrl-C 停止正在运行的命令，\n\
             Ctrl-D 退出。`set` 查看本次会话的设置：语言、随机数种子、图片等。\n",
            lang,
        )
        .to_string();
    }
    let options = tree.clone().help_template("{options}").render_help().ansi().to_string();
    let style = styles();
    let head = style.get_header();
    let more = pick(
        "`llm-lab help plot` explains one command. `llm-lab` alone opens the REPL; from a pipe it reads one command a line.",
        "`llm-lab help plot` 讲解一个命令。单独输入 `llm-lab` 打开 REPL；从管道输入时每行一条命令。",
        lang,
    );
    let title = pick("Options of every command:", "所有命令通用的选项：", lang);
    format!("{head}{title}{head:#}\n{}\n\n{more}\n", in_words(options.trim_end(), lang))
}

/// Three lines to try first, and why.
const THREE: [(&str, &str, &str); 3] = [
    ("tour", "ten minutes from a text to a generated story", "十分钟从文本走到生成的故事"),
    (
        "plot swish --beta 0.1 1 10",
        "one activation function, three values of β",
        "同一个激活函数，三个 β",
    ),
    ("lesson swish", "the lesson behind that picture", "讲解这幅图的课程"),
];

/// The commands under the headings of the first page, in the grammar's order.
fn groups() -> Vec<(Text, Vec<String>)> {
    let names = |tree: Command| tree.get_subcommands().map(|c| c.get_name().to_string()).collect();
    let bare = || Command::new("group");
    vec![
        (text("Experiments:", "实验："), names(Experiment::augment_subcommands(bare()))),
        (text("Learn:", "学习："), names(Learn::augment_subcommands(bare()))),
        (text("Prove:", "验证："), names(Prove::augment_subcommands(bare()))),
        (text("Set up:", "环境："), names(Setup::augment_subcommands(bare()))),
        (text("Session:", "会话："), names(Session::augment_subcommands(bare()))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(line: &str, place: Place, lang: Lang) -> String {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        render(&words, place, lang)
    }

    fn everywhere(command: &Command, path: &str, out: &mut Vec<String>) {
        out.push(path.to_string());
        for sub in command.get_subcommands() {
            everywhere(sub, &format!("{path} {}", sub.get_name()), out);
        }
    }

    #[test]
    fn no_page_shows_the_other_half() {
        let mut paths = Vec::new();
        everywhere(&grammar::tree(), "", &mut paths);
        for path in paths {
            for lang in [Lang::En, Lang::Zh] {
                let page = help(&path, Place::Argv, lang);
                assert!(!page.contains('‖'), "help {path}: {page}");
                // an example may well tokenize Chinese
                let mut prose = page.lines().filter(|line| !line.starts_with("  llm-lab "));
                let chinese = prose.any(|line| line.chars().any(|c| ('一'..='鿿').contains(&c)));
                assert_eq!(chinese, lang == Lang::Zh, "help {path}: {page}");
            }
        }
    }

    #[test]
    fn chinese_headings_are_chinese() {
        let page = help("plot", Place::Line, Lang::Zh);
        for word in ["用法：", "参数：", "选项："] {
            assert!(page.contains(word), "{page}");
        }
        assert!(!page.contains("Usage") && !page.contains("Print help"), "{page}");
    }

    #[test]
    fn the_first_page_names_every_command() {
        let page = help("", Place::Line, Lang::En);
        for command in grammar::tree().get_subcommands() {
            assert!(page.contains(command.get_name()), "{page}");
        }
    }
}
