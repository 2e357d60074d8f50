//! What is wrong with a pack: where, what, and the mend.

use std::collections::HashSet;

use crate::report::{Error, Lang, Text, text};

/// A place in a file, both counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Place {
    /// The start of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Something wrong in a file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the pack names it.
    pub file: String,
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: Text,
    /// What to write instead; boxed, so that a result with a problem stays small.
    pub mend: Box<Text>,
}

impl Problem {
    /// A problem at a place.
    pub fn new(file: &str, place: Place, what: Text, mend: Text) -> Self {
        Self { file: file.to_string(), place, what, mend: Box::new(mend) }
    }

    /// `file:line:column`.
    pub fn location(&self) -> String {
        format!("{}:{}:{}", self.file, self.place.line, self.place.column)
    }

    /// The problem as one line: `file:line:column: what → mend`.
    pub fn line(&self, lang: Lang) -> String {
        let colon = if lang == Lang::Zh { "\u{ff1a}" } else { ": " };
        format!("{}{colon}{}", self.location(), self.words(lang))
    }

    /// What is wrong, and the mend.
    pub fn words(&self, lang: Lang) -> String {
        format!("{} → {}", self.what.get(lang), self.mend.get(lang))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::input(text(problem.line(Lang::En), problem.line(Lang::Zh)))
    }
}

/// The candidate nearest to `word`, if one is near enough to be meant.
///
/// ```
/// use llm_lab::course::nearest;
/// assert_eq!(nearest("explian", ["ask", "explain"]), Some("explain"));
/// assert_eq!(nearest("zebra", ["ask", "explain"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(64).collect();
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&word, c), c))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// A learner's word that names nothing here: what is near, and what there is.
pub(super) fn unknown<'a>(
    wrong: Text,
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Error {
    let mut seen = HashSet::new();
    let all: Vec<&str> = candidates.into_iter().filter(|c| seen.insert(*c)).collect();
    let wrong = match nearest(word, all.iter().copied()) {
        None => wrong,
        Some(near) => text(
            format!("{}, did you mean `{near}`?", wrong.en),
            format!("{}，是不是“{near}”？", wrong.zh),
        ),
    };
    Error::input(wrong).allowed(match all.is_empty() {
        true => text("nothing: the folder holds no lessons", "没有可选项：目录里没有课程"),
        false => listed(&all),
    })
}

/// The first dozen.
fn listed(all: &[&str]) -> Text {
    let list = all.iter().take(12).map(|c| format!("`{c}`")).collect::<Vec<_>>();
    let more = if all.len() > 12 { ", …" } else { "" };
    text(format!("one of {}{more}", list.join(", ")), format!("可选：{}{more}", list.join("、")))
}

/// "did you mean X?", or the candidates themselves.
pub(super) fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Text {
    let all: Vec<&str> = candidates.into_iter().collect();
    match nearest(word, all.iter().copied()) {
        Some(near) => text(format!("did you mean `{near}`?"), format!("是不是想写 `{near}`？")),
        None if all.is_empty() => text("there is none here: remove it", "这里没有可选项：请删去"),
        None => listed(&all),
    }
}
