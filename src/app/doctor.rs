//! `llm-lab doctor`: what this machine gives the lab, and what stands in its way.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::prove::Proof;
use super::{Settings, pack, store};
use crate::math::simd;
use crate::render::inline::Protocol;
use crate::report::{Cell, Error, Report, Table, Text, text};

/// Looks at the terminal, the folders, the processor and the pack.
///
/// # Errors
/// The folder of lessons cannot be read.
pub fn examined(settings: &Settings) -> Result<Proof, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let vectors = simd::vectors();
    let pack = pack::open(settings)?;
    let unread = pack.lessons().iter().filter(|entry| entry.lesson().is_err()).count();
    let problems = pack.problems().len() + unread;
    let lessons = pack.lessons().len();
    let home = store::home();
    let folders = [
        (text("progress and history", "进度与历史"), home.as_deref()),
        (text("pictures", "图片"), Some(settings.out.as_path())),
    ];

    let mut table = Table::new(text("What was found", "检查结果"))
        .words(text("part", "项目"))
        .words(text("found", "结果"))
        .words(text("fine", "正常"));
    let mut bad = 0;
    let mut row = |part: Text, found: Text, fine: bool| {
        bad += usize::from(!fine);
        table.row(vec![part.into(), found.into(), Cell::from(if fine { "✓" } else { "✗" })]);
    };
    let version = format!(
        "{}, {} {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    row(text("llm-lab", "llm-lab"), Text::same(version), true);
    row(text("terminal", "终端"), terminal(), true);
    for (name, folder) in folders {
        let found = folder.map_or_else(|| Err(text("no home folder", "找不到用户目录")), writable);
        let fine = found.is_ok();
        row(name, found.unwrap_or_else(|why| why), fine);
    }
    row(text("threads", "线程"), Text::same(threads.to_string()), true);
    row(text("vectors", "向量指令"), Text::same(&vectors), true);
    let found = text(
        format!("{lessons} lessons, {problems} problems"),
        format!("{lessons} 课，{problems} 个问题"),
    );
    row(text("lesson pack", "课程包"), found, problems == 0 && lessons > 0);

    let mut report = Report::new(text("Is everything in place?", "一切就绪吗？"));
    report.table(table);
    report
        .metric("problems", bad)
        .metric("threads", threads)
        .metric("vectors", vectors)
        .metric("lessons", lessons)
        .metric("lessons.problems", problems);
    report.say(match bad {
        0 => text(
            "All is well. `llm-lab tour` is a good start.",
            "一切正常。可以从 `llm-lab tour` 开始。",
        ),
        _ => text(
            "What has a ✗ does not work; `llm-lab check` names the problems of a pack.",
            "带 ✗ 的项目不能用；课程包的问题可用 `llm-lab check` 查看。",
        ),
    });
    let fails = text(format!("{bad} parts are not in order"), format!("有 {bad} 项不正常"));
    Ok(Proof { report, fails: (bad > 0).then_some(fails) })
}

/// The terminal's width, its pictures, its name.
fn terminal() -> Text {
    if !io::stdout().is_terminal() {
        return text("none: the output is a file or a pipe", "无：输出到文件或管道");
    }
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| width.0);
    let pictures = match Protocol::detect(|name| std::env::var(name).ok()) {
        Protocol::Kitty => "kitty",
        Protocol::Iterm => "iTerm2",
        Protocol::Sixel => "sixel",
        Protocol::Blocks => "▀▄█",
    };
    let name = std::env::var("TERM").unwrap_or_default();
    text(
        format!("{name}, {width} columns, pictures as {pictures}"),
        format!("{name}，{width} 列，图片显示方式：{pictures}"),
    )
}

/// Whether a file can be written in a folder, or in the first folder above it that exists. What is
/// tried leaves nothing behind.
fn writable(folder: &Path) -> Result<Text, Text> {
    let shown = folder.display();
    let here = |dir: &&Path| !dir.as_os_str().is_empty() && fs::metadata(dir).is_ok();
    let exists = folder.ancestors().find(here).unwrap_or(Path::new("."));
    match tempfile::tempfile_in(exists) {
        Ok(_) => Ok(text(format!("{shown}, writable"), format!("{shown}，可写"))),
        Err(e) => Err(text(format!("{shown}: {e}"), format!("{shown}：{e}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_way_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let settings = |out| Settings { out, ..Settings::default() };
        assert!(writable(&dir.path().join("new/folder")).is_ok());
        assert!(writable(&file.join("below")).is_err());
        let proof = examined(&settings(file)).unwrap();
        assert!(proof.fails.is_some());
        assert!(proof.report.number("problems").is_some_and(|n| n >= 1.0));
        assert!(proof.report.number("lessons").is_some_and(|n| n > 20.0));
    }
}
