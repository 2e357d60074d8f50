//! The line editor: completion, hints from history, colours, several lines for open quotes.

use std::borrow::Cow;
use std::cell::RefCell;

use clap::Command;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, CompletionType, Config, Context, Editor, EventHandler, Helper, KeyCode, KeyEvent,
    Modifiers,
};

use super::complete::candidates;
use super::highlight::highlight;
use super::words::unfinished;
use crate::report::{Error, text};

/// What the learner did at the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D.
    End,
}

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Commands: an open quote asks for more, an unknown command is red.
    Commands,
    /// Answers in a lesson or a quiz: a line is a line.
    Answers,
}

/// An editor on the terminal.
pub struct Prompt {
    editor: Editor<Assistant, DefaultHistory>,
}

impl Prompt {
    /// An editor that knows the tree.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn new(mode: Mode, color: bool, tree: Command) -> Result<Self, Error> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .history_ignore_space(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(|e| failed(&e))?;
        let forward = EventHandler::Simple(Cmd::CompleteHint);
        editor.bind_sequence(KeyEvent(KeyCode::Right, Modifiers::ALT), forward);
        editor.set_helper(Some(Assistant {
            mode,
            color,
            tree: RefCell::new(tree),
            hinter: HistoryHinter::new(),
        }));
        Ok(Self { editor })
    }

    /// Completes by another tree from now on.
    pub fn know(&mut self, tree: Command) {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.tree.replace(tree);
        }
    }

    /// Reads one line.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn read(&mut self, prompt: &str) -> Result<Typed, Error> {
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Typed::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Typed::Interrupted),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Remembers a line, also on disk where there is a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remember(&mut self, line: &str, file: Option<&std::path::Path>) -> Result<(), Error> {
        if !self.editor.add_history_entry(line).unwrap_or(false) {
            return Ok(());
        }
        match file {
            Some(file) => self.editor.append_history(file).map_err(|e| unsaved(file, &e)),
            None => Ok(()),
        }
    }

    /// Reads the history of earlier sessions; a missing file is an empty one.
    pub fn recall(&mut self, file: &std::path::Path) {
        let _ = self.editor.load_history(file);
    }
}

fn unsaved(file: &std::path::Path, error: &ReadlineError) -> Error {
    let file = file.display();
    Error::Machine(text(
        format!("the history is not saved: cannot write {file}: {error}"),
        format!("历史未保存：无法写入 {file}：{error}"),
    ))
}

fn failed(error: &ReadlineError) -> Error {
    Error::Machine(text(format!("the terminal failed: {error}"), format!("终端出错：{error}")))
}

/// What rustyline asks while a line is typed.
struct Assistant {
    mode: Mode,
    color: bool,
    tree: RefCell<Command>,
    hinter: HistoryHinter,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = candidates(&line[..pos], &mut self.tree.borrow_mut());
        let pair = |replacement: String| Pair { display: replacement.trim().into(), replacement };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<String> {
        let hint = self.hinter.hint(line, pos, context)?;
        (!hint.contains('\n')).then_some(hint)
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.color && self.mode == Mode::Commands {
            true => Cow::Owned(highlight(line, &self.tree.borrow())),
            false => Cow::Borrowed(line),
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.color {
            true => Cow::Owned(format!("\x1b[1;32m{prompt}\x1b[0m")),
            false => Cow::Borrowed(prompt),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.color {
            true => Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")),
            false => Cow::Borrowed(hint),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.color && kind != CmdKind::MoveCursor
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let more = self.mode == Mode::Commands && unfinished(context.input()).wants_more();
        Ok(if more { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}
