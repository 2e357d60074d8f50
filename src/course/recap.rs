//! A whole lesson as a report, to read or to print: nothing is run and nothing is asked.

use super::grade::label;
use super::lesson::{Item, Kind, Lesson, Step};
use super::words::{APART, chinese, labelled};
use crate::report::{Report, Table, Text, number, text};

/// The lesson on paper: steps, claims, myths, interview answers, questions, and the answers last.
pub fn recap(lesson: &Lesson) -> Report {
    let mut report = Report::new(lesson.header.title.clone());
    for step in &lesson.steps {
        self::step(&mut report, lesson, step);
    }
    claims(&mut report, lesson);
    interview(&mut report, lesson);
    answers(&mut report, lesson);
    report
}

fn command(run: &str) -> Text {
    Text::same(format!("`llm-lab {run}`"))
}

fn step(report: &mut Report, lesson: &Lesson, step: &Step) {
    match step {
        Step::Say(words) => {
            report.say(words.clone());
        }
        Step::Run { run, look } => {
            report.say(command(run)).say(look.clone());
        }
        Step::Predict(predict) => {
            report.say(predict.ask.clone()).say(command(&predict.run)).say(predict.explain.clone());
        }
        Step::Ask(id) => {
            if let Some(item) = lesson.item(id) {
                question(report, item);
            }
        }
    }
}

/// A question with its options, in the order in which they were written.
fn question(report: &mut Report, item: &Item) {
    report.say(labelled("Question", "问题", item.kind.ask()));
    let list = |options: Vec<(&str, &str)>| {
        let lines = |half: fn(&(&str, &str)) -> String| {
            let each = options.iter().enumerate();
            each.map(|(i, o)| format!("- {}) {}", label(i), half(o))).collect::<Vec<_>>().join("\n")
        };
        text(lines(|o| o.0.to_string()), lines(|o| o.1.to_string()))
    };
    match &item.kind {
        Kind::Choice(k) | Kind::Multi(k) => {
            report.say(list(k.options.iter().map(|o| (o.en.as_str(), o.zh.as_str())).collect()));
        }
        Kind::Order(k) => {
            // As written the order would be the answer: by name it gives nothing away.
            let mut items: Vec<(&str, &str)> =
                k.items.iter().map(|o| (o.en.as_str(), o.zh.as_str())).collect();
            items.sort_unstable();
            report.say(list(items));
        }
        Kind::Number(_) | Kind::Text(_) | Kind::Drill(_) => {}
    }
}

fn claims(report: &mut Report, lesson: &Lesson) {
    if !lesson.claims.is_empty() {
        report.heading(text("What was shown", "验证过的结论"));
        for claim in &lesson.claims {
            report.say(claim.says.clone()).say(command(&claim.run));
            if let Some(source) = &claim.source {
                report.say(Text::same(source));
            }
        }
    }
    if !lesson.myths.is_empty() {
        report.heading(text("What is often said and wrong", "常见的误区"));
        for myth in &lesson.myths {
            report.say(labelled("Myth", "误区", &myth.says)).say(myth.truth.clone());
            if let Some(test) = &myth.test {
                report.say(command(&test.run));
            }
            if let Some(source) = &myth.source {
                report.say(Text::same(source));
            }
        }
    }
}

fn interview(report: &mut Report, lesson: &Lesson) {
    for entry in &lesson.interview {
        report.heading(text(
            format!("In an interview: {}", entry.question),
            format!("面试时：{}", entry.question),
        ));
        report.say(entry.short.clone());
        for (list, en, zh) in [
            (&entry.points, "A full answer mentions:", "完整的回答要提到："),
            (&entry.follow_ups, "What comes next:", "接下来会被追问："),
        ] {
            if !list.is_empty() {
                let lines = |half: fn(&Text) -> &str| {
                    list.iter().map(|t| format!("- {}", half(t))).collect::<Vec<_>>().join("\n")
                };
                report.say(text(
                    format!("{en}\n\n{}", lines(|t| &t.en)),
                    format!("{zh}\n\n{}", lines(|t| &t.zh)),
                ));
            }
        }
    }
}

fn answers(report: &mut Report, lesson: &Lesson) {
    let mut table = Table::new(text("Answers", "答案"))
        .words(text("question", "题目"))
        .words(text("answer", "答案"));
    for item in &lesson.quiz {
        if let Some(answer) = answer(&item.kind) {
            table.row(vec![item.kind.ask().clone().into(), answer.into()]);
        }
    }
    if !table.rows.is_empty() {
        report.table(table);
    }
}

/// The answer as words; a drill has none until its numbers are drawn.
fn answer(kind: &Kind) -> Option<Text> {
    let join = |words: Vec<(&str, &str)>, by: &str| {
        let (en, zh): (Vec<&str>, Vec<&str>) = words.into_iter().unzip();
        text(en.join(by), zh.join(chinese(by)))
    };
    Some(match kind {
        Kind::Choice(k) | Kind::Multi(k) => {
            let right = k.options.iter().filter(|o| o.right);
            join(right.map(|o| (o.en.as_str(), o.zh.as_str())).collect(), APART)
        }
        Kind::Number(k) => {
            let unit = k.unit.as_ref().map(|u| format!(" {u}")).unwrap_or_default();
            Text::same(format!("{}{unit}", number(k.answer)))
        }
        Kind::Text(k) => Text::same(k.accept.first()?),
        Kind::Order(k) => {
            join(k.items.iter().map(|o| (o.en.as_str(), o.zh.as_str())).collect(), " → ")
        }
        Kind::Drill(_) => return None,
    })
}
