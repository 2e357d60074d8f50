//! Running every claim and every myth of a pack: does each command give what the lesson says?

use super::Runner;
use super::lesson::{Expect, Lesson};
use super::once::{Once, Step};
use super::problem::unknown;
use crate::report::{Cell, Error, Lang, Report, Table, Text, Value, number, text};

/// One expectation with what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The lesson's id.
    pub lesson: String,
    /// The id of the claim or myth.
    pub id: String,
    /// The metric; empty where none was measured.
    pub metric: String,
    /// What was expected.
    pub expected: String,
    /// How it came out.
    pub verdict: Verdict,
}

/// How an expectation came out.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// As expected.
    Holds(Value),
    /// Otherwise.
    Fails(Value),
    /// The command gives no such metric.
    Missing,
    /// The command itself failed.
    Failed(Error),
    /// Left out because it is slow.
    Slow,
    /// Nothing to compute: it rests on its source.
    Source(String),
}

impl Verdict {
    /// Whether the pack may stand as it is.
    pub fn fine(&self) -> bool {
        matches!(self, Self::Holds(_) | Self::Slow | Self::Source(_))
    }

    fn words(&self) -> Text {
        match self {
            Self::Holds(_) => text("holds", "成立"),
            Self::Fails(_) => text("does not hold", "不成立"),
            Self::Missing => text("no such metric", "没有该指标"),
            Self::Failed(_) => text("the command fails", "命令出错"),
            Self::Slow => text("slow: left out", "较慢：已略过"),
            Self::Source(_) => text("by its source", "依据文献"),
        }
    }

    /// What was measured; in full where it does not hold, so that the difference can be seen.
    fn measured(&self) -> Cell {
        match self {
            Self::Holds(Value::Number(x)) => number(*x).into(),
            Self::Fails(Value::Number(x)) => x.to_string().into(),
            Self::Holds(value) | Self::Fails(value) => value.clone().into(),
            _ => Cell::Empty,
        }
    }
}

/// A claim or a myth, as far as it is verified.
struct Subject<'a> {
    lesson: &'a Lesson,
    id: &'a str,
    test: Option<(&'a str, Vec<(&'a String, &'a Expect)>)>,
    source: Option<&'a str>,
    slow: bool,
}

fn subjects(lesson: &Lesson) -> impl Iterator<Item = Subject<'_>> {
    let claims = lesson.claims.iter().map(move |claim| Subject {
        lesson,
        id: &claim.id,
        test: Some((claim.run.as_str(), claim.expect.iter().collect())),
        source: claim.source.as_deref(),
        slow: claim.slow,
    });
    let myths = lesson.myths.iter().map(move |myth| Subject {
        lesson,
        id: &myth.id,
        test: myth.test.as_ref().map(|test| (test.run.as_str(), test.expect.iter().collect())),
        source: myth.source.as_deref(),
        slow: myth.slow,
    });
    claims.chain(myths)
}

/// Runs the claims and myths of lessons. `ids` names tracks, lessons, claims or myths, nothing all
/// of them; what is slow is left out unless `all` or named itself.
///
/// # Errors
/// An id that names nothing; or the work was interrupted.
pub fn verify(
    lessons: &[Lesson],
    ids: &[String],
    all: bool,
    runner: &dyn Runner,
    step: Step,
) -> Result<Vec<Row>, Error> {
    for id in ids {
        known(lessons, id)?;
    }
    let wanted = |s: &Subject| {
        let header = &s.lesson.header;
        ids.is_empty() || ids.iter().any(|id| *id == header.id || *id == header.track || id == s.id)
    };
    let wanted: Vec<Subject> = lessons.iter().flat_map(subjects).filter(wanted).collect();
    let once = Once::new(runner);
    let mut rows = Vec::new();
    for (done, subject) in wanted.iter().enumerate() {
        step(done, wanted.len(), &Text::same(subject.id))?;
        let named = ids.iter().any(|id| id == subject.id);
        rows.extend(measure(subject, all || named, &once)?);
    }
    Ok(rows)
}

fn known(lessons: &[Lesson], id: &str) -> Result<(), Error> {
    let mut ids: Vec<&str> = Vec::new();
    for lesson in lessons {
        ids.extend([lesson.header.track.as_str(), &lesson.header.id]);
        ids.extend(subjects(lesson).map(|s| s.id));
    }
    if ids.contains(&id) {
        return Ok(());
    }
    let id: String = id.chars().filter(|c| !c.is_control()).take(60).collect();
    let wrong = text(
        format!("no track, lesson, claim or myth `{id}`"),
        format!("没有名为 `{id}` 的单元、课程、论断或误区"),
    );
    Err(unknown(wrong, &id, ids).example("llm-lab verify"))
}

fn measure(subject: &Subject, slow: bool, once: &Once) -> Result<Vec<Row>, Error> {
    let row = |metric: &str, expected: String, verdict| Row {
        lesson: subject.lesson.header.id.clone(),
        id: subject.id.to_string(),
        metric: metric.to_string(),
        expected,
        verdict,
    };
    let Some((run, expect)) = &subject.test else {
        let source = subject.source.unwrap_or_default().to_string();
        return Ok(vec![row("", String::new(), Verdict::Source(source))]);
    };
    if subject.slow && !slow {
        return Ok(vec![row("", String::new(), Verdict::Slow)]);
    }
    let report = match once.report(run) {
        Ok(report) => report,
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => return Ok(vec![row("", String::new(), Verdict::Failed(error))]),
    };
    let each = expect.iter().map(|(metric, expect)| {
        let verdict = match report.value(metric) {
            Some(value) if expect.holds(value) => Verdict::Holds(value.clone()),
            Some(value) => Verdict::Fails(value.clone()),
            None => Verdict::Missing,
        };
        row(metric, expect.to_string(), verdict)
    });
    Ok(each.collect())
}

/// The rows as a report, one table a lesson, and whether all is well.
pub fn report(rows: &[Row]) -> (Report, bool) {
    let count = |f: fn(&Verdict) -> bool| rows.iter().filter(|r| f(&r.verdict)).count();
    let holding = count(|v| matches!(v, Verdict::Holds(_)));
    let sources = count(|v| matches!(v, Verdict::Source(_)));
    let slow = count(|v| matches!(v, Verdict::Slow));
    let bad = count(|v| !v.fine());
    let mut report = Report::new(text("Claims and myths, run", "论断与误区的验证"));
    for of_lesson in rows.chunk_by(|a, b| a.lesson == b.lesson) {
        report.table(table(of_lesson));
    }
    for row in rows {
        if let Verdict::Failed(error) = &row.verdict {
            let (id, en, zh) = (&row.id, error.line(Lang::En), error.line(Lang::Zh));
            report.say(text(format!("`{id}`: {en}"), format!("`{id}`\u{ff1a}{zh}")));
        }
    }
    if bad == 0 {
        report.say(text(
            format!("All {holding} expectations hold."),
            format!("全部 {holding} 项期望成立。"),
        ));
    } else {
        report.say(text(
            format!("**{bad} of {} do not hold.**", holding + bad),
            format!("**{} 项中有 {bad} 项不成立。**", holding + bad),
        ));
    }
    if sources > 0 {
        report.say(text(
            format!("By their sources, with nothing to compute: {sources}."),
            format!("{sources} 个误区依据文献：其中没有可计算的内容。"),
        ));
    }
    if slow > 0 {
        report.say(text(
            format!("Left out as slow: {slow}; `llm-lab verify --all` runs them."),
            format!("略过了 {slow} 项较慢的；用 `llm-lab verify --all` 运行它们。"),
        ));
    }
    report.metric("holding", holding).metric("failing", bad).metric("left_out", slow);
    (report, bad == 0)
}

/// The rows of one lesson.
fn table(rows: &[Row]) -> Table {
    let lesson = rows.first().map(|row| row.lesson.clone()).unwrap_or_default();
    let mut table = Table::new(Text::same(lesson))
        .words(text("claim or myth", "论断或误区"))
        .words(text("metric", "指标"))
        .numbers(text("expected", "期望"))
        .numbers(text("measured", "实测"))
        .words(text("verdict", "结论"));
    for row in rows {
        table.row(vec![
            row.id.as_str().into(),
            row.metric.as_str().into(),
            row.expected.as_str().into(),
            row.verdict.measured(),
            row.verdict.words().into(),
        ]);
    }
    table
}
