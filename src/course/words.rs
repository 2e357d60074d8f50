//! The words that the player and the quiz understand besides answers, in both languages.

use super::grade::fold;
use crate::report::{Text, text};

/// What a learner can ask of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// On (also an empty line).
    Next,
    /// One step back.
    Back,
    /// Past this one.
    Skip,
    /// Show this one again.
    Repeat,
    /// To a step, counted from 1.
    Jump(usize),
    /// A hint.
    Hint,
    /// The answer.
    Answer,
    /// What can be typed.
    Help,
    /// Leave.
    Quit,
}

/// Every word with its short form and its Chinese ones, for help and completion.
pub const WORDS: [(&str, &str, &[&str]); 9] = [
    ("next", "n", &["下一步", "继续"]),
    ("back", "b", &["上一步", "返回"]),
    ("skip", "s", &["跳过"]),
    ("repeat", "r", &["重复", "重来"]),
    ("jump", "j", &["跳到", "跳转"]),
    ("hint", "h", &["提示"]),
    ("answer", "a", &["答案"]),
    ("help", "?", &["帮助"]),
    ("quit", "q", &["退出", "exit"]),
];

impl Word {
    /// The word that a line is, if it is one.
    ///
    /// ```
    /// use llm_lab::course::Word;
    /// assert_eq!(Word::read(" Skip "), Some(Word::Skip));
    /// assert_eq!(Word::read("跳到 5"), Some(Word::Jump(5)));
    /// assert_eq!(Word::read("jump"), None);
    /// ```
    pub fn read(line: &str) -> Option<Self> {
        let line = fold(line).to_lowercase();
        let mut words = line.split_whitespace();
        let (first, second) = (words.next(), words.next());
        let Some(first) = first else { return Some(Self::Next) };
        let known = |(long, short, others): &&(&str, &str, &[&str])| {
            *long == first || *short == first || others.contains(&first)
        };
        let name = WORDS.iter().find(known).map(|(long, ..)| *long)?;
        if name == "jump" {
            return second
                .and_then(|n| n.parse().ok())
                .filter(|_| words.next().is_none())
                .map(Self::Jump);
        }
        if second.is_some() {
            return None;
        }
        Some(match name {
            "next" => Self::Next,
            "back" => Self::Back,
            "skip" => Self::Skip,
            "repeat" => Self::Repeat,
            "hint" => Self::Hint,
            "answer" => Self::Answer,
            "help" => Self::Help,
            _ => Self::Quit,
        })
    }
}

/// What can be typed in a lesson.
pub(super) fn help() -> Text {
    text(
        "Enter goes on; `back`, `skip`, `repeat`, `jump 5`, `hint`, `answer`, `quit` (your place is \
         kept). Any command, such as `plot relu`, can be tried in between; `:` before it makes sure \
         that it is not taken for an answer.",
        "回车继续；`back` 上一步，`skip` 跳过，`repeat` 再看一遍，`jump 5` 跳到第 5 步，`hint` 提示，\
         `answer` 看答案，`quit` 退出（进度会保留）。中途可以随时试任何命令，例如 `plot relu`；\
         前面加 `:` 就不会被当作答案。",
    )
}

/// `**Hint:** …`: words under a label.
pub(super) fn labelled(en: &str, zh: &str, words: &Text) -> Text {
    text(format!("**{en}:** {}", words.en), format!("**{zh}：**{}", words.zh))
}

/// Between the parts of an answer.
pub(super) const APART: &str = "; ";

/// What Chinese writes for a separator.
pub(super) fn chinese(by: &str) -> &str {
    if by == APART { "；" } else { by }
}
