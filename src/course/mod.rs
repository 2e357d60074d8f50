//! F3: the course: lesson schema, pack check, claims, grading, quiz, progress. Pure: it takes text
//! and values, not paths, and reaches experiments only through a [`Runner`].

mod asking;
pub mod check;
mod draw;
mod expect;
pub mod grade;
mod item;
pub mod lesson;
mod once;
pub mod overview;
mod pack;
mod player;
mod posed;
mod problem;
pub mod progress;
mod quiz;
mod raw;
pub mod read;
mod recap;
#[cfg(test)]
mod sample;
mod screen;
mod values;
pub mod verify;
mod words;
pub mod yaml;

pub use asking::Outcome;
pub use once::Step;
pub use pack::{Entry, File, Pack, Track};
pub use player::Player;
pub use posed::Posed;
pub use problem::{Place, Problem, nearest};
pub use quiz::Quiz;
pub use recap::recap;
pub use screen::{Graded, Part, Reply, State};
pub use words::{WORDS, Word};

use crate::report::{Error, Report};

/// Runs one line of the one grammar: how the course reaches experiments without knowing the app.
pub trait Runner {
    /// Whether the line parses, without running it.
    ///
    /// # Errors
    /// What is wrong with the line, as the learner would see it.
    fn check(&self, line: &str) -> Result<(), Error>;

    /// Runs the line and gives its report.
    ///
    /// # Errors
    /// What the command itself gives.
    fn run(&self, line: &str) -> Result<Report, Error>;
}
