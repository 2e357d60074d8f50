//! What a learner has done, as data: lessons with their position, every attempt at every item with
//! its date. Keyed by authored ids, so that a lesson may be rewritten without losing anything; no
//! lesson text is in it. Dates are given by the caller, as RFC 3339.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Graded;
use crate::report::{Error, text};

/// The version of the file that this program writes.
pub const FORMAT: u32 = 1;

/// Everything that is remembered about a learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The version of the file.
    pub format: u32,
    /// Lessons that were opened, by id.
    #[serde(default)]
    pub lessons: BTreeMap<String, Visit>,
    /// Every attempt at every item, oldest first, by the item's id.
    #[serde(default)]
    pub items: BTreeMap<String, Vec<Attempt>>,
}

/// How far a learner came in a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The step at which to go on, counted from 0.
    pub step: usize,
    /// When it was last open.
    pub at: String,
    /// When it was first played to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: String,
    /// Right.
    pub right: bool,
    /// After a hint, or on a second try.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub helped: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { format: FORMAT, lessons: BTreeMap::new(), items: BTreeMap::new() }
    }
}

impl Progress {
    /// Reads a progress file.
    ///
    /// # Errors
    /// What is damaged, with its line and column; or that a newer program wrote it.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let progress: Self = serde_json::from_str(json).map_err(|e| {
            Error::input(text(
                format!("the progress is damaged: {e}"),
                format!("进度数据已损坏：{e}"),
            ))
        })?;
        if progress.format != FORMAT {
            return Err(Error::input(text(
                format!("the progress has format {}", progress.format),
                format!("进度数据的格式版本为 {}", progress.format),
            ))
            .allowed(text(
                format!("format {FORMAT}: a newer llm-lab wrote it, use that one"),
                format!("版本 {FORMAT}：该文件由更新的 llm-lab 写成，请用新版打开"),
            )));
        }
        Ok(progress)
    }

    /// Writes the progress as JSON that a person can read.
    pub fn to_json(&self) -> String {
        // Maps with string keys, numbers and strings: serialization has nothing to fail at.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Remembers an answer.
    pub fn answer(&mut self, graded: &Graded, at: &str) {
        let attempt = Attempt { at: at.into(), right: graded.right, helped: graded.helped };
        self.items.entry(graded.item.clone()).or_default().push(attempt);
    }

    /// Remembers the step at which a lesson stands.
    pub fn visit(&mut self, lesson: &str, step: usize, at: &str) {
        let new = Visit { step, at: at.into(), done: None };
        let visit = self.lessons.entry(lesson.into()).or_insert(new);
        (visit.step, visit.at) = (step, at.into());
    }

    /// Remembers that a lesson was played to its end; it begins anew next time.
    pub fn finish(&mut self, lesson: &str, at: &str) {
        self.visit(lesson, 0, at);
        if let Some(visit) = self.lessons.get_mut(lesson) {
            visit.done.get_or_insert_with(|| at.into());
        }
    }

    /// The step at which to resume a lesson.
    pub fn step(&self, lesson: &str) -> usize {
        self.lessons.get(lesson).map_or(0, |visit| visit.step)
    }

    /// Whether a lesson was played to its end.
    pub fn done(&self, lesson: &str) -> bool {
        self.lessons.get(lesson).is_some_and(|visit| visit.done.is_some())
    }

    /// Whether the last answer to an item was right; nothing if it was never tried.
    pub fn last(&self, item: &str) -> Option<bool> {
        self.items.get(item).and_then(|attempts| attempts.last()).map(|a| a.right)
    }

    /// Forgets a lesson and its items; says whether there was anything to forget.
    pub fn forget<'a>(&mut self, lesson: &str, items: impl IntoIterator<Item = &'a str>) -> bool {
        let mut found = self.lessons.remove(lesson).is_some();
        for item in items {
            found |= self.items.remove(item).is_some();
        }
        found
    }

    /// Takes in what another machine remembered: attempts of both, and the later visits. Taking in
    /// the same twice changes nothing.
    pub fn merge(&mut self, other: Self) {
        for (id, theirs) in other.items {
            let ours = self.items.entry(id).or_default();
            for attempt in theirs {
                if !ours.contains(&attempt) {
                    ours.push(attempt);
                }
            }
            ours.sort_by(|a, b| a.at.cmp(&b.at));
        }
        for (id, theirs) in other.lessons {
            let ours = self.lessons.entry(id).or_insert_with(|| theirs.clone());
            let done = [ours.done.take(), theirs.done.clone()].into_iter().flatten().min();
            if theirs.at > ours.at {
                *ours = theirs;
            }
            ours.done = done;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lang;

    fn graded(item: &str, right: bool) -> Graded {
        Graded { item: item.into(), right, helped: false }
    }

    #[test]
    fn it_survives_a_round_trip() {
        let mut progress = Progress::default();
        progress.answer(&graded("a", false), "2026-01-01T00:00:00Z");
        progress.answer(&graded("a", true), "2026-01-02T00:00:00Z");
        progress.visit("swish", 3, "2026-01-02T00:00:00Z");
        progress.finish("gelu", "2026-01-03T00:00:00Z");
        let back = Progress::from_json(&progress.to_json()).unwrap();
        assert_eq!(back, progress);
        assert_eq!((back.last("a"), back.step("swish"), back.done("gelu")), (Some(true), 3, true));
    }

    #[test]
    fn damage_is_named_with_its_place() {
        let json = Progress::default().to_json();
        let line = Progress::from_json(&json[..json.len() / 2]).unwrap_err().line(Lang::En);
        assert!(line.starts_with("the progress is damaged: "), "{line}");
        let newer = Progress::from_json(r#"{"format": 9}"#).unwrap_err().line(Lang::En);
        assert!(newer.contains("a newer llm-lab wrote it"), "{newer}");
    }

    #[test]
    fn merging_twice_changes_nothing_and_keeps_both() {
        let mut ours = Progress::default();
        ours.answer(&graded("a", false), "2026-01-02T00:00:00Z");
        ours.visit("swish", 3, "2026-01-02T00:00:00Z");
        let mut theirs = Progress::default();
        theirs.answer(&graded("a", true), "2026-01-01T00:00:00Z");
        theirs.finish("swish", "2026-01-01T00:00:00Z");
        ours.merge(theirs.clone());
        let once = ours.clone();
        ours.merge(theirs);
        assert_eq!(ours, once);
        assert_eq!(
            (ours.last("a"), ours.step("swish"), ours.done("swish")),
            (Some(false), 3, true)
        );
        assert!(ours.forget("swish", ["a"]) && ours == Progress::default());
    }
}
