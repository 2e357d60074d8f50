//! Where a learner's answers come from: the terminal, or a pipe with one line an answer.

use std::io::IsTerminal;

use super::complete::tree;
use super::editor::{Mode, Prompt, Typed};
use super::script::Lines;
use super::voice;
use crate::app::Settings;
use crate::report::Error;

/// Reads answers.
pub enum Ask<'a> {
    /// Someone types.
    Terminal(Box<Prompt>),
    /// A script answers; no prompts are shown.
    Pipe(&'a mut Lines),
}

impl<'a> Ask<'a> {
    /// Answers typed at the terminal.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn terminal(settings: &Settings) -> Result<Self, Error> {
        let color = voice::colored(settings.color, std::io::stdout().is_terminal());
        Ok(Self::Terminal(Box::new(Prompt::new(Mode::Answers, color, tree(settings))?)))
    }

    /// Answers from wherever stdin comes from.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn stdin(lines: &'a mut Lines, settings: &Settings) -> Result<Self, Error> {
        match std::io::stdin().is_terminal() {
            true => Self::terminal(settings),
            false => Ok(Self::Pipe(lines)),
        }
    }

    /// The next line.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&mut self, prompt: &str) -> Result<Typed, Error> {
        match self {
            Self::Terminal(editor) => {
                let typed = editor.read(prompt)?;
                if let Typed::Line(line) = &typed {
                    editor.remember(line, None)?;
                }
                Ok(typed)
            }
            Self::Pipe(lines) => Ok(lines.next_line()?.map_or(Typed::End, Typed::Line)),
        }
    }

    /// Whether a script answers.
    pub fn is_pipe(&self) -> bool {
        matches!(self, Self::Pipe(_))
    }
}
