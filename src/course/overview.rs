//! The list of lessons, and what has been learned, as reports.

use std::collections::BTreeMap;

use super::lesson::{Item, Lesson};
use super::pack::{Entry, Pack};
use super::progress::Progress;
use crate::report::{Axis, Bars, Cell, Content, Figure, Report, Table, Text, text};

/// The lessons by track, with how far the learner has come. Reads headers only.
pub fn lessons(pack: &Pack, progress: &Progress) -> Report {
    let mut report = Report::new(pack.title().clone());
    for track in pack.tracks() {
        let mut table = Table::new(track.title.clone())
            .words(text("lesson", "课程"))
            .words(text("title", "标题"))
            .words(text("state", "进度"));
        for entry in pack.of_track(&track.id) {
            let (id, title) = (entry.header.id.as_str(), entry.header.title.clone());
            table.row(vec![id.into(), title.into(), state(entry, progress).into()]);
        }
        if !table.rows.is_empty() {
            report.table(table);
        }
    }
    if pack.lessons().is_empty() {
        report.say(text("The pack has no lessons.", "这套课程里还没有课。"));
    } else {
        report.say(text(
            "`lesson ID` plays one; `quiz ID` asks its questions.",
            "`lesson ID` 开始一课；`quiz ID` 做它的题目。",
        ));
    }
    let done = pack.lessons().iter().filter(|e| progress.done(&e.header.id)).count();
    report.metric("lessons", pack.lessons().len()).metric("lessons.done", done);
    report
}

fn state(entry: &Entry, progress: &Progress) -> Text {
    let id = &entry.header.id;
    match (progress.done(id), progress.step(id)) {
        (true, 0) => text("done", "已完成"),
        (true, n) => {
            text(format!("done; at step {}", n + 1), format!("已完成；再学到第 {} 步", n + 1))
        }
        (false, 0) => text("new", "未开始"),
        (false, n) => text(format!("at step {}", n + 1), format!("学到第 {} 步", n + 1)),
    }
}

/// How the items of a track stand, by their last answers.
#[derive(Default)]
struct Tally {
    lessons: usize,
    done: usize,
    right: usize,
    wrong: usize,
    open: usize,
}

/// What has been learned, by track, and what to repeat.
pub fn progress(pack: &Pack, lessons: &[Lesson], progress: &Progress) -> Report {
    let mut report = Report::new(text("What you have learned", "学习进度"));
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for lesson in lessons {
        let tally = tallies.entry(&lesson.header.track).or_default();
        tally.lessons += 1;
        tally.done += usize::from(progress.done(&lesson.header.id));
        for item in &lesson.quiz {
            match progress.last(&item.id) {
                Some(true) => tally.right += 1,
                Some(false) => tally.wrong += 1,
                None => tally.open += 1,
            }
        }
    }
    let tracks: Vec<(&str, &Text, &Tally)> = pack
        .tracks()
        .iter()
        .filter_map(|t| tallies.get(t.id.as_str()).map(|tally| (t.id.as_str(), &t.title, tally)))
        .collect();
    let mut table = Table::new(text("By track", "按专题"))
        .words(text("track", "专题"))
        .words(text("lessons done", "已完成的课"))
        .numbers(text("right", "答对"))
        .numbers(text("wrong", "答错"))
        .numbers(text("not tried", "未做"));
    for (id, title, t) in &tracks {
        let done = Cell::from(format!("{} / {}", t.done, t.lessons));
        table.row(vec![
            (*title).clone().into(),
            done,
            t.right.into(),
            t.wrong.into(),
            t.open.into(),
        ]);
        report.metric(format!("{id}.lessons.done"), t.done);
        report.metric(format!("{id}.items.right"), t.right);
        report.metric(format!("{id}.items.wrong"), t.wrong);
        report.metric(format!("{id}.items.open"), t.open);
    }
    report.table(table);
    let total = |f: fn(&Tally) -> usize| tracks.iter().map(|(.., t)| f(t)).sum::<usize>();
    report.metric("lessons.done", total(|t| t.done)).metric("items.right", total(|t| t.right));
    report.metric("items.wrong", total(|t| t.wrong)).metric("items.open", total(|t| t.open));
    if !tracks.is_empty() {
        report.figure(bars(&tracks));
    }
    repeat(&mut report, lessons, progress);
    report
}

fn bars(tracks: &[(&str, &Text, &Tally)]) -> Figure {
    let values = |f: fn(&Tally) -> usize| tracks.iter().map(|(.., t)| f(t) as f64).collect();
    let series = vec![
        ("right".to_string(), values(|t| t.right)),
        ("wrong".to_string(), values(|t| t.wrong)),
        ("not tried".to_string(), values(|t| t.open)),
    ];
    let names = tracks.iter().map(|(id, ..)| (*id).to_string()).collect();
    Figure::new(
        "progress",
        "Questions by their last answer",
        Axis::names("track", names),
        Axis::new("questions"),
        Content::Bars(Bars { series }),
    )
}

/// The items whose last answer was wrong.
fn repeat(report: &mut Report, lessons: &[Lesson], progress: &Progress) {
    let mut table = Table::new(text("To repeat", "需要复习"))
        .words(text("question", "题目"))
        .words(text("lesson", "课程"))
        .numbers(text("tries", "作答次数"));
    let wrong = |item: &&Item| progress.last(&item.id) == Some(false);
    for lesson in lessons {
        for item in lesson.quiz.iter().filter(wrong) {
            let tries = progress.items.get(&item.id).map_or(0, Vec::len);
            table.row(vec![
                item.id.as_str().into(),
                lesson.header.id.as_str().into(),
                tries.into(),
            ]);
        }
    }
    if !table.rows.is_empty() {
        report.table(table);
        return;
    }
    let words = if progress.items.is_empty() {
        text(
            "Nothing is answered yet; `quiz --count 5` asks five questions.",
            "还没有答过题；`quiz --count 5` 先做五道。",
        )
    } else {
        text(
            "Nothing to repeat: every last answer was right.",
            "没有需要复习的题目：每道题最近一次都答对了。",
        )
    };
    report.say(words);
}
