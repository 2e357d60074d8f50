//! What learners read: nothing empty, both languages, every answer with its interview entry.

use super::Desk;
use crate::course::lesson::{Kind, Lesson, Step};
use crate::course::problem::meant;
use crate::report::{Text, text};

/// Checks the texts, and what names something else in the lesson.
pub fn check(desk: &mut Desk) {
    let lesson = desk.lesson;
    if lesson.steps.is_empty() {
        desk.note(
            "steps",
            text("no steps", "没有步骤"),
            text("begin with a `say`", "请从 `say` 写起"),
        );
    }
    for (path, words) in texts(lesson) {
        one(desk, &path, words);
    }
    asks(desk);
    interview(desk);
}

fn one(desk: &mut Desk, path: &str, words: &Text) {
    for (lang, half) in [("en", &words.en), ("zh", &words.zh)] {
        if half.trim().is_empty() {
            desk.note(
                &format!("{path}/{lang}"),
                text(format!("`{lang}` is empty"), format!("`{lang}` 是空的")),
                text("every text has both languages", "每段文字都要有两种语言"),
            );
        }
    }
    // Names, formulas and citations may stand as they are; ordinary words may not.
    let ordinary = |w: &&str| w.len() > 2 && w.bytes().all(|b| b.is_ascii_lowercase());
    let sentence = words.en.split_whitespace().filter(ordinary).count() >= 4;
    let chinese = |s: &str| s.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    if sentence && !words.zh.trim().is_empty() && !chinese(&words.zh) {
        desk.note(
            &format!("{path}/zh"),
            text("`zh` is not Chinese", "`zh` 不是中文"),
            text("translate it", "请写成中文"),
        );
    }
}

/// Steps that ask name an item of the lesson.
fn asks(desk: &mut Desk) {
    let lesson = desk.lesson;
    for (i, step) in lesson.steps.iter().enumerate() {
        if let Step::Ask(id) = step
            && lesson.item(id).is_none()
        {
            let mend = meant(id, lesson.quiz.iter().map(|item| item.id.as_str()));
            desk.note(
                &format!("steps/{i}/ask"),
                text(format!("no item `{id}` under `quiz`"), format!("`quiz` 里没有题目 `{id}`")),
                mend,
            );
        }
    }
}

/// `answers` and `interview` name the same questions.
fn interview(desk: &mut Desk) {
    let lesson = desk.lesson;
    for (i, question) in lesson.header.answers.iter().enumerate() {
        if !lesson.interview.iter().any(|entry| entry.question == *question) {
            desk.note(
                &format!("answers/{i}"),
                text(
                    format!("`{question}` has no entry under `interview`"),
                    format!("`{question}` 在 `interview` 中没有条目"),
                ),
                text(
                    format!("add `- question: {question}`"),
                    format!("请补上 `- question: {question}`"),
                ),
            );
        }
    }
    for (i, entry) in lesson.interview.iter().enumerate() {
        let path = format!("interview/{i}");
        if !lesson.header.answers.contains(&entry.question) {
            let mend = text("add it to `answers`, or remove it", "请加进 `answers`，或删去");
            desk.note(
                &format!("{path}/question"),
                text(
                    format!("`{}` is not among `answers`", entry.question),
                    format!("`{}` 不在 `answers` 中", entry.question),
                ),
                mend,
            );
        }
        if lesson.interview[..i].iter().any(|other| other.question == entry.question) {
            desk.note(
                &format!("{path}/question"),
                text(format!("`{}` twice", entry.question), format!("`{}` 重复", entry.question)),
                text("keep one of them", "请只保留一个"),
            );
        }
        if entry.points.is_empty() {
            desk.note_key(
                &format!("{path}/points"),
                text("no points", "没有要点"),
                text("list what a full answer must mention", "请列出完整回答必须提到的内容"),
            );
        }
    }
}

/// Every text of a lesson with its path.
fn texts(lesson: &Lesson) -> Vec<(String, &Text)> {
    let mut all = vec![("title".to_string(), &lesson.header.title)];
    for (i, step) in lesson.steps.iter().enumerate() {
        let path = format!("steps/{i}");
        match step {
            Step::Say(words) => all.push((format!("{path}/say"), words)),
            Step::Run { look, .. } => all.push((format!("{path}/look"), look)),
            Step::Predict(predict) => {
                all.push((format!("{path}/predict/ask"), &predict.ask));
                all.push((format!("{path}/predict/explain"), &predict.explain));
            }
            Step::Ask(_) => {}
        }
    }
    for (i, claim) in lesson.claims.iter().enumerate() {
        all.push((format!("claims/{i}/says"), &claim.says));
    }
    for (i, myth) in lesson.myths.iter().enumerate() {
        all.push((format!("myths/{i}/says"), &myth.says));
        all.push((format!("myths/{i}/truth"), &myth.truth));
    }
    for (i, entry) in lesson.interview.iter().enumerate() {
        all.push((format!("interview/{i}/short"), &entry.short));
        let points = entry.points.iter().enumerate();
        all.extend(points.map(|(k, p)| (format!("interview/{i}/points/{k}"), p)));
        let more = entry.follow_ups.iter().enumerate();
        all.extend(more.map(|(k, p)| (format!("interview/{i}/follow_ups/{k}"), p)));
    }
    for (i, item) in lesson.quiz.iter().enumerate() {
        let path = format!("quiz/{i}/{}", item.kind.key());
        all.push((format!("{path}/ask"), item.kind.ask()));
        all.push((format!("{path}/hint"), item.kind.hint()));
        all.push((format!("{path}/explain"), item.kind.explain()));
        match &item.kind {
            Kind::Choice(k) | Kind::Multi(k) => {
                for (o, option) in k.options.iter().enumerate() {
                    let why = option.why.iter();
                    all.extend(why.map(|w| (format!("{path}/options/{o}/why"), w)));
                }
            }
            Kind::Order(k) => {
                let items = k.items.iter().enumerate();
                all.extend(items.map(|(o, words)| (format!("{path}/items/{o}"), words)));
            }
            Kind::Number(_) | Kind::Text(_) | Kind::Drill(_) => {}
        }
    }
    all
}
