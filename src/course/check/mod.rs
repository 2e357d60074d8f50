//! The pack check: what an author must mend before learners see it. Each problem names file, line,
//! column and the mend.

mod items;
mod pack;
mod runs;
mod words;

use super::lesson::Lesson;
use super::once::{Once, Step};
use super::yaml::Guarded;
use super::{Pack, Problem, Runner};
use crate::report::{Error, Lang, Report, Text, text};

/// A lesson under the check: its file with places, and what was found so far.
struct Desk<'a> {
    guarded: &'a Guarded<'a>,
    lesson: &'a Lesson,
    problems: Vec<Problem>,
}

impl Desk<'_> {
    /// Notes a problem with the value at a path.
    fn note(&mut self, path: &str, what: Text, mend: Text) {
        let place = self.guarded.tree.place(path);
        self.problems.push(Problem::new(self.guarded.file, place, what, mend));
    }

    /// Notes a problem with the key at the end of a path.
    fn note_key(&mut self, path: &str, what: Text, mend: Text) {
        let place = self.guarded.tree.key(path);
        self.problems.push(Problem::new(self.guarded.file, place, what, mend));
    }
}

/// Checks a whole pack; commands are run to see that they give the metrics that lessons name, except
/// those marked slow.
///
/// # Errors
/// Only when the work was interrupted.
pub fn check(pack: &Pack, runner: &dyn Runner, step: Step) -> Result<Vec<Problem>, Error> {
    let once = Once::new(runner);
    let mut problems = pack.problems().to_vec();
    let mut ids = pack::Ids::default();
    problems.extend(pack::check(pack));
    let total = pack.lessons().len();
    for (done, entry) in pack.lessons().iter().enumerate() {
        step(done, total, &Text::same(&entry.file))?;
        let guarded = match entry.guarded() {
            Ok(guarded) => guarded,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        match super::read::lesson(&guarded) {
            Ok(lesson) => {
                let mut desk = Desk { guarded: &guarded, lesson: &lesson, problems: Vec::new() };
                ids.check(&mut desk);
                words::check(&mut desk);
                items::check(&mut desk, &once)?;
                runs::check(&mut desk, &once)?;
                problems.extend(desk.problems);
            }
            Err(found) => problems.extend(found),
        }
    }
    problems.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
    problems.dedup();
    Ok(problems)
}

/// The problems as a report.
pub fn report(pack: &Pack, problems: &[Problem]) -> Report {
    let mut report = Report::new(text("The pack, checked", "课程包检查"));
    let lessons = pack.lessons().len();
    report.metric("lessons", lessons).metric("problems", problems.len());
    if problems.is_empty() {
        report.say(text(
            format!("{lessons} lessons, no problems."),
            format!("共 {lessons} 课，没有发现问题。"),
        ));
        return report;
    }
    for problem in problems {
        let line = |lang| format!("`{}` {}", problem.location(), problem.words(lang));
        report.say(text(line(Lang::En), line(Lang::Zh)));
    }
    report.say(text(
        format!("Problems: {}, in {lessons} lessons.", problems.len()),
        format!("{lessons} 课中有 {} 个问题。", problems.len()),
    ));
    report
}
