//! One item being asked: two tries, a hint and the answer on demand. The quiz and the player both
//! ask through this.

use super::grade::Grade;
use super::lesson::Item;
use super::posed::Posed;
use super::words::{Word, labelled};
use super::{Graded, Part, Runner};
use crate::report::{Error, Text, text};

/// How an item came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Right at once.
    Right,
    /// Right after a hint or at the second try.
    Helped,
    /// Wrong, or the answer was asked for.
    Wrong,
}

/// An item being asked.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    item: Item,
    seed: u64,
    /// Counts the draws of a drill.
    attempt: u64,
    posed: Posed,
    tries: usize,
    hinted: bool,
    outcome: Option<Outcome>,
}

/// What an answer leads to.
pub(super) struct Answered {
    pub parts: Vec<Part>,
    pub graded: Vec<Graded>,
}

impl Asking {
    /// Puts an item.
    pub fn new(item: &Item, seed: u64, runner: &dyn Runner) -> Result<Self, Error> {
        let posed = Posed::new(item, seed, 0, runner)?;
        let item = item.clone();
        Ok(Self { item, seed, attempt: 0, posed, tries: 0, hinted: false, outcome: None })
    }

    /// The question as it stands.
    pub fn parts(&self) -> Vec<Part> {
        self.posed.parts()
    }

    /// How it came out, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Puts the same item once more, a drill with fresh numbers.
    pub fn again(&mut self, runner: &dyn Runner) -> Result<(), Error> {
        self.posed = Posed::new(&self.item, self.seed, self.attempt + 1, runner)?;
        self.attempt += 1;
        (self.tries, self.hinted, self.outcome) = (0, false, None);
        Ok(())
    }

    /// Whether the line is the right answer, whatever else it might mean.
    pub fn right(&self, line: &str) -> bool {
        self.posed.grade(line) == Grade::Right
    }

    /// Which word of the machine a line is, where it is not an answer.
    pub fn word(&self, line: &str) -> Option<Word> {
        let short = line.trim().chars().count() == 1 && line.trim() != "?";
        if self.right(line) || (short && self.posed.takes(line)) { None } else { Word::read(line) }
    }

    /// The hint.
    pub fn hint(&mut self) -> Vec<Part> {
        self.hinted = true;
        vec![Part::say(labelled("Hint", "提示", &self.posed.hint))]
    }

    /// The answer, on demand: the item counts as not known.
    pub fn give_up(&mut self) -> Answered {
        self.outcome = Some(Outcome::Wrong);
        self.hinted = true;
        Answered { parts: self.solution(), graded: vec![self.graded(false)] }
    }

    /// Grades a line.
    pub fn answer(&mut self, line: &str, runner: &dyn Runner) -> Answered {
        match self.posed.grade(line) {
            Grade::Unreadable(allowed) => {
                let words = text(
                    format!("Not counted; type {}", allowed.en),
                    format!("这次不计分；请输入：{}", allowed.zh),
                );
                Answered { parts: vec![Part::Note(words)], graded: Vec::new() }
            }
            Grade::Right => {
                let graded = vec![self.graded(true)];
                let helped = self.hinted || self.tries > 0;
                self.outcome = Some(if helped { Outcome::Helped } else { Outcome::Right });
                let right = Part::Verdict { right: true, words: text("Right.", "正确。") };
                Answered { parts: vec![right, Part::say(self.posed.explain.clone())], graded }
            }
            Grade::Wrong(reasons) => self.wrong(reasons, runner),
        }
    }

    fn wrong(&mut self, reasons: Vec<Text>, runner: &dyn Runner) -> Answered {
        let graded = vec![self.graded(false)];
        let mut parts = vec![Part::Verdict { right: false, words: text("Not so.", "不对。") }];
        parts.extend(reasons.into_iter().map(Part::say));
        self.tries += 1;
        if self.tries > 1 {
            self.outcome = Some(Outcome::Wrong);
            parts.extend(self.solution());
            return Answered { parts, graded };
        }
        let fresh = Posed::new(&self.item, self.seed, self.attempt + 1, runner);
        match fresh {
            Ok(posed) if posed != self.posed => {
                (self.posed, self.attempt) = (posed, self.attempt + 1);
                let words = text("Once more, with other numbers:", "换一组数再试一次：");
                parts.push(Part::Note(words));
                parts.extend(self.posed.parts());
            }
            _ => parts.push(Part::Note(text(
                "Once more; or `hint`, `answer`, `skip`",
                "再试一次；也可以输入 `hint`、`answer` 或 `skip`",
            ))),
        }
        Answered { parts, graded }
    }

    fn solution(&self) -> Vec<Part> {
        vec![
            Part::say(labelled("Answer", "答案", &self.posed.answer())),
            Part::say(self.posed.explain.clone()),
        ]
    }

    fn graded(&self, right: bool) -> Graded {
        let helped = self.hinted || self.tries > 0;
        Graded { item: self.item.id.clone(), right, helped }
    }
}
