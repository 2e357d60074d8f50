//! Quiz items: options with reasons, answers that the grader takes, drills whose places are filled.

use std::collections::BTreeSet;

use super::Desk;
use super::runs;
use crate::course::draw::fill;
use crate::course::grade::{Grade, same};
use crate::course::lesson::{Drill, Item, Kind, Options, Within};
use crate::course::once::Once;
use crate::course::posed::Posed;
use crate::course::problem::meant;
use crate::report::{Error, text};

/// The seeds with which each item is put to the grader.
const SEEDS: u64 = 3;

/// Checks every item.
pub fn check(desk: &mut Desk, once: &Once) -> Result<(), Error> {
    for (i, item) in desk.lesson.quiz.iter().enumerate() {
        let path = format!("quiz/{i}/{}", item.kind.key());
        let before = desk.problems.len();
        match &item.kind {
            Kind::Choice(k) => options(desk, &path, k, true),
            Kind::Multi(k) => options(desk, &path, k, false),
            Kind::Number(k) => {
                if !k.answer.is_finite() && k.within != Within::default() {
                    desk.note(
                        &format!("{path}/within"),
                        text("an infinite answer has no distance", "无穷大的答案不能带误差"),
                        text("remove `within`", "请删去 `within`"),
                    );
                }
            }
            Kind::Text(k) => {
                if k.accept.is_empty() || k.accept.iter().any(|form| form.trim().is_empty()) {
                    desk.note_key(
                        &format!("{path}/accept"),
                        text("an empty accepted form", "accept 里有空的写法"),
                        text("list at least the model answer", "请至少写出标准答案"),
                    );
                }
            }
            Kind::Order(k) => {
                let twice = |i: usize| {
                    k.items[..i].iter().any(|o| o.en == k.items[i].en || o.zh == k.items[i].zh)
                };
                if k.items.len() < 2 || k.items.len() > 26 || (0..k.items.len()).any(twice) {
                    desk.note_key(
                        &format!("{path}/items"),
                        text(
                            "an order needs 2 to 26 different things",
                            "排序题需要 2 到 26 个不同的项目",
                        ),
                        text("make them different", "请让各项互不相同"),
                    );
                }
            }
            Kind::Drill(k) => drill(desk, &path, k, once)?,
        }
        if desk.problems.len() == before {
            model_answer(desk, &path, item, once)?;
        }
    }
    Ok(())
}

fn options(desk: &mut Desk, path: &str, k: &Options, one: bool) {
    let right = k.options.iter().filter(|o| o.right).count();
    let key = format!("{path}/options");
    if k.options.len() < 2 || k.options.len() > 26 {
        let what = text("2 to 26 options are needed", "需要 2 到 26 个选项");
        desk.note_key(&key, what, text("add plausible wrong ones", "请补充有迷惑性的错误选项"));
    }
    if right == 0 || (one && right > 1) {
        let what = text(format!("{right} options are right"), format!("有 {right} 个选项是对的"));
        let mend = if one {
            text(
                "mark one with `right: true`, or make it `multi`",
                "请只给一个选项写 `right: true`，或改用 `multi`",
            )
        } else {
            text("mark those that are right with `right: true`", "请给正确的选项写 `right: true`")
        };
        desk.note_key(&key, what, mend);
    }
    for (i, option) in k.options.iter().enumerate() {
        let here = format!("{key}/{i}");
        if !option.right && option.why.is_none() {
            desk.note(
                &here,
                text("a wrong option without its reason", "错误选项没有说明理由"),
                text("add `why: {en: …, zh: …}`", "请补上 `why: {en: …, zh: …}`"),
            );
        }
        if option.en.trim().is_empty() || option.zh.trim().is_empty() {
            let what = text("an empty option", "空的选项");
            desk.note(&here, what, text("write it in both languages", "请用两种语言写出"));
        }
        if k.options[..i].iter().any(|o| same(&o.en, &option.en) || same(&o.zh, &option.zh)) {
            let what = text("the same option twice", "选项重复");
            desk.note(&here, what, text("make it different", "请换一个"));
        }
    }
}

/// The grader must take the item's own answer.
fn model_answer(desk: &mut Desk, path: &str, item: &Item, once: &Once) -> Result<(), Error> {
    for seed in 0..SEEDS {
        let posed = match Posed::new(item, seed, seed, once) {
            Ok(posed) => posed,
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            // A command that fails has been named where it stands.
            Err(_) => return Ok(()),
        };
        let model = posed.model();
        if posed.grade(&model) != Grade::Right {
            desk.note_key(
                path,
                text(
                    format!("the grader rejects its own answer `{model}`"),
                    format!("评分程序不接受它自己的答案 `{model}`"),
                ),
                text(
                    "write the answer as a learner would type it",
                    "请把答案写成学习者会输入的形式",
                ),
            );
            return Ok(());
        }
    }
    Ok(())
}

fn drill(desk: &mut Desk, path: &str, k: &Drill, once: &Once) -> Result<(), Error> {
    let before = desk.problems.len();
    places(desk, path, k);
    if desk.problems.len() > before {
        return Ok(());
    }
    // Each value once, the others at their first: the commands that a learner may meet.
    let first: Vec<(String, String)> =
        k.draw.iter().map(|(n, v)| (n.clone(), v[0].0.clone())).collect();
    for (i, (_, values)) in k.draw.iter().enumerate() {
        for value in values {
            let mut drawn = first.clone();
            drawn[i].1.clone_from(&value.0);
            let (run, metric) = (fill(&k.run, &drawn), fill(&k.metric, &drawn));
            runs::metric(desk, path, &run, &metric, once)?;
            if desk.problems.len() > before {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The placeholders of a drill and what it draws must fit.
fn places(desk: &mut Desk, path: &str, k: &Drill) {
    let drawn: Vec<&str> = k.draw.keys().map(String::as_str).collect();
    if drawn.is_empty() || k.draw.values().any(Vec::is_empty) {
        let what = text("nothing to draw", "没有可抽取的值");
        desk.note_key(
            &format!("{path}/draw"),
            what,
            text("list values: {beta: [0.5, 1]}", "请列出取值：{beta: [0.5, 1]}"),
        );
        return;
    }
    let fields = [
        ("ask/en", k.ask.en.as_str()),
        ("ask/zh", &k.ask.zh),
        ("run", &k.run),
        ("metric", &k.metric),
        ("hint/en", &k.hint.en),
        ("hint/zh", &k.hint.zh),
        ("explain/en", &k.explain.en),
        ("explain/zh", &k.explain.zh),
    ];
    for (field, words) in fields {
        for name in placeholders(words) {
            let answer = name == "answer" && field.starts_with("explain");
            if !answer && !drawn.contains(&name.as_str()) {
                desk.note(
                    &format!("{path}/{field}"),
                    text(
                        format!("`{{{name}}}` is not drawn"),
                        format!("`{{{name}}}` 没有在 draw 中给出"),
                    ),
                    meant(&name, drawn.iter().copied()),
                );
            }
        }
    }
    let used = placeholders(&format!("{} {}", k.run, k.metric));
    for name in drawn.iter().filter(|name| !used.contains(**name)) {
        desk.note_key(
            &format!("{path}/draw/{name}"),
            text(
                format!("`{name}` is drawn but not used in `run`"),
                format!("`{name}` 在 `run` 中没有用到"),
            ),
            text(
                format!("write `{{{name}}}` in `run`, or remove it"),
                format!("请在 `run` 中写 `{{{name}}}`，或删去"),
            ),
        );
    }
}

/// The names between braces.
fn placeholders(words: &str) -> BTreeSet<String> {
    let after = words.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    after
        .map(|(n, _)| n)
        .filter(|n| !n.is_empty() && n.chars().all(name))
        .map(String::from)
        .collect()
}
