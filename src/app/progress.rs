//! What to learn next, and forgetting what was learned.

use super::memory::Memory;
use crate::course::{Pack, progress::Progress};
use crate::report::{Error, Report, text};

/// Names the lesson to go on with.
pub fn suggestion(pack: &Pack, memory: &Memory) -> Report {
    let mut report = Report::new(text("What to learn next", "接下来学什么"));
    match next_lesson(pack, memory.progress()) {
        Some(id) => {
            let step = memory.progress().step(&id) + 1;
            report.say(match step {
                1 => text(
                    format!("`lesson {id}` begins the next lesson; `lessons` lists them all."),
                    format!("输入 `lesson {id}` 开始下一课；`lessons` 列出全部课程。"),
                ),
                step => text(
                    format!("`lesson {id}` goes on at step {step}; `lessons` lists them all."),
                    format!("输入 `lesson {id}` 从第 {step} 步继续；`lessons` 列出全部课程。"),
                ),
            });
            report.metric("next", id);
        }
        None => {
            report.say(text(
                "Every lesson is done; `quiz` asks the questions again.",
                "所有课程都学完了；输入 `quiz` 再做一遍题目。",
            ));
        }
    }
    report
}

/// The lesson that was begun last and is not done, or the first that is not done.
fn next_lesson(pack: &Pack, progress: &Progress) -> Option<String> {
    let open = || pack.lessons().iter().map(|e| &e.header.id).filter(|id| !progress.done(id));
    let begun = open().filter(|id| progress.lessons.contains_key(*id));
    let latest = begun.max_by_key(|id| &progress.lessons[*id].at);
    latest.or_else(|| open().next()).cloned()
}

/// Forgets lessons, or everything; says what was forgotten.
///
/// # Errors
/// A word that names no lesson.
pub fn reset(
    pack: &Pack,
    topics: &[String],
    all: bool,
    memory: &mut Memory,
) -> Result<Report, Error> {
    let lessons = if all { Vec::new() } else { pack.select(topics)? };
    let before = memory.progress().clone();
    memory.change(|progress| {
        if all {
            *progress = Progress::default();
        }
        for lesson in &lessons {
            progress.forget(&lesson.header.id, lesson.quiz.iter().map(|item| item.id.as_str()));
        }
    });
    let after = memory.progress();
    let gone = before.lessons.len().saturating_sub(after.lessons.len());
    let items = before.items.len().saturating_sub(after.items.len());
    let mut report = Report::new(text("Progress reset", "重置进度"));
    report.say(text(
        format!("Forgotten: lessons: {gone}; questions with their answers: {items}."),
        format!("已清除：课程 {gone} 课，题目 {items} 道（含答题记录）。"),
    ));
    report.metric("lessons.forgotten", gone).metric("items.forgotten", items);
    Ok(report)
}
