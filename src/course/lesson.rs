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

pub use super::values::{Drawn, Expect, Within};
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
#[serde(try_from = "super::values::RawStep")]
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
#[serde(try_from = "super::values::RawMyth")]
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

/// One graded question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "super::values::RawItem")]
pub struct Item {
    /// An id that never changes.
    pub id: String,
    /// What is asked.
    pub kind: Kind,
}

/// The kinds of items.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One option is right.
    Choice(Options),
    /// Several options may be right: select all.
    Multi(Options),
    /// A number.
    Number(Numeric),
    /// A word or a few.
    Text(Words),
    /// Things to put in order.
    Order(Sequence),
    /// Fresh numbers at each try, answered by a command.
    Drill(Drill),
}

/// A question with options.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The question.
    pub ask: Text,
    /// The options, shuffled when asked.
    pub options: Vec<Choice>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why the right answer is right.
    pub explain: Text,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The option in English.
    pub en: String,
    /// The option in Chinese.
    pub zh: String,
    /// Whether it is right.
    #[serde(default)]
    pub right: bool,
    /// Why it is wrong; every wrong option has a reason.
    #[serde(default)]
    pub why: Option<Text>,
}

/// A question whose answer is a number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numeric {
    /// The question.
    pub ask: Text,
    /// The answer.
    pub answer: f64,
    /// How near counts as right; without it, equal to nine digits.
    #[serde(default)]
    pub within: Within,
    /// The unit of the answer.
    #[serde(default)]
    pub unit: Option<String>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so.
    pub explain: Text,
}

/// A question whose answer is a word or a few.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The question.
    pub ask: Text,
    /// Accepted forms; the first is the model answer.
    pub accept: Vec<String>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so.
    pub explain: Text,
}

/// A question whose answer is an order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The question.
    pub ask: Text,
    /// The things in their right order; shuffled when asked.
    pub items: Vec<Text>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so.
    pub explain: Text,
}

/// A question whose numbers are drawn afresh and whose answer a command computes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// The question, with placeholders such as `{beta}`.
    pub ask: Text,
    /// For each placeholder, the values to draw from.
    pub draw: BTreeMap<String, Vec<Drawn>>,
    /// The command, with placeholders.
    pub run: String,
    /// Which metric is the answer; may have placeholders.
    pub metric: String,
    /// How near counts as right; without it, equal to nine digits.
    #[serde(default)]
    pub within: Within,
    /// The unit of the answer.
    #[serde(default)]
    pub unit: Option<String>,
    /// Helps without giving away.
    pub hint: Text,
    /// Why it is so; `{answer}` is the computed answer.
    pub explain: Text,
}

impl Kind {
    /// The question.
    pub fn ask(&self) -> &Text {
        match self {
            Self::Choice(k) | Self::Multi(k) => &k.ask,
            Self::Number(k) => &k.ask,
            Self::Text(k) => &k.ask,
            Self::Order(k) => &k.ask,
            Self::Drill(k) => &k.ask,
        }
    }

    /// The hint.
    pub fn hint(&self) -> &Text {
        match self {
            Self::Choice(k) | Self::Multi(k) => &k.hint,
            Self::Number(k) => &k.hint,
            Self::Text(k) => &k.hint,
            Self::Order(k) => &k.hint,
            Self::Drill(k) => &k.hint,
        }
    }

    /// Why the answer is so.
    pub fn explain(&self) -> &Text {
        match self {
            Self::Choice(k) | Self::Multi(k) => &k.explain,
            Self::Number(k) => &k.explain,
            Self::Text(k) => &k.explain,
            Self::Order(k) => &k.explain,
            Self::Drill(k) => &k.explain,
        }
    }

    /// The key that names the kind in the file.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Choice(_) => "choice",
            Self::Multi(_) => "multi",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Order(_) => "order",
            Self::Drill(_) => "drill",
        }
    }
}
