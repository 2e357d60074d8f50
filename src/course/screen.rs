//! What the player and the quiz say to the shell. Both are pure machines: a line goes in, a
//! [`Reply`] comes out, and the shell only prints it, saves the attempts and reads the next line.

use crate::report::{Block, Error, Report, Text};

/// One piece of what a machine shows, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Where the learner is: step (or question) `number` of `of`, under the title of the lesson or
    /// quiz. The shell draws it as a bar.
    Place {
        /// The lesson or the quiz.
        title: Text,
        /// Counted from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// Words, a heading, a formula, a table or a figure.
    Block(Block),
    /// A command that was run, with its report: shown as if it had been typed, pictures and all.
    Report {
        /// The command.
        command: String,
        /// What it gave.
        report: Box<Report>,
    },
    /// Whether an answer was right, said in one line: a check mark or a cross.
    Verdict {
        /// Right.
        right: bool,
        /// What is said.
        words: Text,
    },
    /// What can be typed here, and other asides: dim.
    Note(Text),
    /// Something could not be done; the machine stays where it was.
    Wrong(Error),
}

impl Part {
    /// Markdown words.
    pub fn say(words: Text) -> Self {
        Self::Block(Block::Prose(words))
    }

    /// A heading.
    pub fn heading(words: Text) -> Self {
        Self::Block(Block::Heading(words))
    }
}

/// Whether the machine goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for the next line.
    Waiting,
    /// It has come to its end.
    Finished,
    /// The learner has left; what was done is kept.
    Left,
}

/// A graded answer, for the progress file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graded {
    /// The item's id.
    pub item: String,
    /// Right.
    pub right: bool,
    /// After a hint, or on a second try.
    pub helped: bool,
}

/// What a machine answers to a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What to show, in order; where the machine goes on, the next screen is already among it.
    pub parts: Vec<Part>,
    /// Answers to save before anything is shown.
    pub graded: Vec<Graded>,
    /// Whether it goes on.
    pub state: State,
}

impl Reply {
    /// A reply that only shows something.
    pub fn waiting(parts: Vec<Part>) -> Self {
        Self { parts, graded: Vec::new(), state: State::Waiting }
    }
}
