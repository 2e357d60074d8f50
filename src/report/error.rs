//! The one error type of the lab: what a learner sees when something cannot be done.

use super::{Lang, Text};

/// Why a command gave no report.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Bad input: exit code 2.
    Input(Box<Mistake>),
    /// A claim or a check does not hold, as the report before says: exit code 1.
    Fails(Text),
    /// The machine failed us (disk, permission): exit code 3.
    Machine(Text),
    /// The learner pressed Ctrl-C.
    Interrupted,
    /// Whoever read our output has gone: `llm-lab lessons | head -1`.
    ClosedPipe,
}

/// What was wrong, what is allowed, and a command that works.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// What was wrong, with the value that was given.
    pub wrong: Text,
    /// What is allowed instead.
    pub allowed: Option<Text>,
    /// A command that works, as one types it: `llm-lab plot swish --beta 0.5`.
    pub example: Option<String>,
}

impl Error {
    /// Bad input, with only what was wrong.
    pub fn input(wrong: Text) -> Self {
        Self::Input(Box::new(Mistake { wrong, allowed: None, example: None }))
    }

    /// Adds what is allowed.
    pub fn allowed(mut self, allowed: Text) -> Self {
        if let Self::Input(mistake) = &mut self {
            mistake.allowed = Some(allowed);
        }
        self
    }

    /// Adds a command that works.
    pub fn example(mut self, command: impl Into<String>) -> Self {
        if let Self::Input(mistake) = &mut self {
            mistake.example = Some(command.into());
        }
        self
    }

    /// Adds an example to bad input that has none.
    pub fn or_example(mut self, command: impl FnOnce() -> String) -> Self {
        if let Self::Input(mistake) = &mut self {
            mistake.example.get_or_insert_with(command);
        }
        self
    }

    /// The error as the one line that a learner reads (without a prefix such as `error:`).
    ///
    /// ```
    /// use llm_lab::report::{Error, Lang, text};
    /// let e = Error::input(text("β is NaN", "β 是 NaN")).allowed(text("a finite number", "有限的数"));
    /// assert_eq!(e.line(Lang::En), "β is NaN; allowed: a finite number");
    /// ```
    pub fn line(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            Self::Input(m) => {
                let mut line = m.wrong.get(lang).to_string();
                let parts = [
                    ("allowed", "可用", m.allowed.as_ref().map(|a| a.get(lang))),
                    ("example", "例如", m.example.as_deref()),
                ];
                for (en, label, words) in parts {
                    let Some(words) = words else { continue };
                    // A question ("did you mean …?") needs no semicolon after it.
                    let asked = line.ends_with(['?', '？']);
                    let name = if zh { label } else { en };
                    line += &match (zh, asked) {
                        (true, true) => format!("{name}：{words}"),
                        (true, false) => format!("；{name}：{words}"),
                        (false, true) => format!(" ({name}: {words})"),
                        (false, false) => format!("; {name}: {words}"),
                    };
                }
                // It may quote a stranger's file, which must not command the terminal.
                line.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
            }
            Self::Fails(what) | Self::Machine(what) => what.get(lang).to_string(),
            Self::Interrupted => if zh { "已中断" } else { "interrupted" }.to_string(),
            Self::ClosedPipe => {
                if zh { "输出管道已关闭" } else { "the output pipe is closed" }.to_string()
            }
        }
    }

    /// The process's exit code for this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Fails(_) => 1,
            Self::Machine(_) => 3,
            Self::Interrupted => 130,
            Self::ClosedPipe => 0,
        }
    }
}
