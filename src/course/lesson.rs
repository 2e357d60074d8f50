//! The schema of a lesson: one YAML file that teaches one topic.
//!
//! Every word that a learner sees is `{en: "…", zh: "…"}`, both required, in Markdown. Unknown keys
//! are refused. The keys before `steps` stand first in the file, so that the list of lessons can be
//! read without reading the lessons.
//!
//! ```yaml
//! format: 1
//! id: swish                      # the topic's id in the syllabus, and the file's name: swish.yaml
//! track: activations             # the folder
//! title: {en: "Swish and SiLU", zh: "Swish 与 SiLU"}
//! answers: [swish-formula]       # questions of the syllabus, each with its entry under `interview`
//! needs: [gelu]                  # lessons to know first
//! steps: [ … ]                   # Step: say | run + look | predict | ask
//! claims: [ … ]                  # Claim: id, says, run, expect, source?, slow?
//! myths: [ … ]                   # Myth: id, says, truth, and run + expect or source
//! interview: [ … ]               # Interview: question, short, points, follow_ups
//! quiz: [ … ]                    # Item: id and one of the kinds below
//! ```
//!
//! A step has one of four forms:
//!
//! ```yaml
//! - say: {en: "…", zh: "…"}
//! - run: plot swish --beta 1                     # runs, shows the report, then says what to notice
//!   look: {en: "…", zh: "…"}
//! - predict: {ask: …, run: …, metric: minimum.x, within: 0.3, explain: …}
//! - ask: swish-slope                             # an item of this lesson
//! ```
//!
//! `expect` names metrics of the command's report and what each must be: `{is: 0.5, within: 1e-6}`
//! (`within` absolute, or relative as `1%`; without it, equal to nine digits), `{above: 1}`,
//! `{below: 2}`, both together for a range, `{text: yes}`.
//!
//! An item of the quiz has an `id` that never changes, and one kind:
//!
//! ```yaml
//! - id: a
//!   choice: {ask: …, options: [{en: …, zh: …, right: true}, {en: …, zh: …, why: …}], hint: …, explain: …}
//! - id: b
//!   multi:  {ask: …, options: […several right…], hint: …, explain: …}    # "select all" is said aloud
//! - id: c
//!   number: {ask: …, answer: 11008, within: 1%, unit: bytes, hint: …, explain: …}  # within, unit optional
//! - id: d
//!   text:   {ask: …, accept: ["layer norm", "layernorm", "层归一化"], hint: …, explain: …}  # first: the model answer
//! - id: e
//!   order:  {ask: …, items: [{en: …, zh: …}, …in the right order…], hint: …, explain: …}
//! - id: f
//!   drill:  {ask: "… β = {beta}?", draw: {beta: [0.5, 1, 2]}, run: plot swish --beta {beta}, metric: slope.at_0,
//!            within: 1%, unit: …, hint: …, explain: "… {answer} …"}
//! ```
//!
//! Placeholders `{name}` of a drill may stand in `ask`, `run`, `metric`, `hint` and `explain`;
//! `{answer}`, the computed answer, in `explain` only.

use std::collections::BTreeMap;

use serde::Deserialize;

pub use super::expect::Expect;
pub use super::item::{Choice, Drill, Item, Kind, Numeric, Options, Sequence, Words};
pub use super::values::{Drawn, Within};
use crate::report::Text;

/// The version of the schema that this program reads.
pub const FORMAT: u32 = 1;

/// What stands before `steps`: enough for the list of lessons.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the schema, [`FORMAT`].
    pub format: u32,
    /// The topic's id.
    pub id: String,
    /// The track's id.
    pub track: String,
    /// The title.
    pub title: Text,
    /// Ids of the syllabus's questions that the lesson answers.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Ids of lessons to know first.
    #[serde(default)]
    pub needs: Vec<String>,
}

/// A whole lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Who it is.
    pub header: Header,
    /// What is played, in order.
    pub steps: Vec<Step>,
    /// Sentences with the command that shows them.
    pub claims: Vec<Claim>,
    /// Wrong claims with what refutes them.
    pub myths: Vec<Myth>,
    /// Answers to the syllabus's questions.
    pub interview: Vec<Interview>,
    /// Graded questions.
    pub quiz: Vec<Item>,
}

impl Lesson {
    /// An item of this lesson by its id.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.quiz.iter().find(|item| item.id == id)
    }
}

/// One step of a lesson.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "super::raw::RawStep")]
pub enum Step {
    /// Words.
    Say(Text),
    /// A command, and what to notice in its report.
    Run {
        /// The command.
        run: String,
        /// What to notice.
        look: Text,
    },
    /// The learner commits to a number, then the command computes it.
    Predict(Predict),
    /// An item of this lesson, by id.
    Ask(String),
}

/// A number to commit to before it is computed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The question.
    pub ask: Text,
    /// The command that answers it.
    pub run: String,
    /// Which metric is the answer.
    pub metric: String,
    /// How near counts as right.
    pub within: Within,
    /// Why it is so.
    pub explain: Text,
}

/// A sentence with the command that shows it and the metrics it must give.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// An id that never changes.
    pub id: String,
    /// The sentence.
    pub says: Text,
    /// The command.
    pub run: String,
    /// What the metrics must be.
    pub expect: BTreeMap<String, Expect>,
    /// The paper: authors, year, title.
    #[serde(default)]
    pub source: Option<String>,
    /// Runs for longer than a few seconds: only `verify --all` runs it.
    #[serde(default)]
    pub slow: bool,
}

/// A wrong claim that circulates, with what refutes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "super::raw::RawMyth")]
pub struct Myth {
    /// The syllabus's id.
    pub id: String,
    /// The wrong claim.
    pub says: Text,
    /// What is true.
    pub truth: Text,
    /// The experiment that refutes it; without one, a source must be given.
    pub test: Option<Test>,
    /// The paper: authors, year, title.
    pub source: Option<String>,
    /// Runs for longer than a few seconds: only `verify --all` runs it.
    pub slow: bool,
}

/// A command and what its metrics must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The command.
    pub run: String,
    /// What the metrics must be.
    pub expect: BTreeMap<String, Expect>,
}

/// The answer to a question of the syllabus.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interview {
    /// The question's id.
    pub question: String,
    /// The 30-second answer.
    pub short: Text,
    /// What a full answer must mention.
    pub points: Vec<Text>,
    /// What interviewers ask next.
    #[serde(default)]
    pub follow_ups: Vec<Text>,
}
