//! Grading: takes a right answer by whatever route it is written, says why a wrong one is wrong,
//! and asks again, without counting it, where an answer cannot be read.

mod letters;
mod number;
mod unit;
mod word;

pub use letters::{label, letters};
pub use number::numbers;
pub use word::{fold, same};

use crate::report::Text;

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq)]
pub enum Grade {
    /// Right.
    Right,
    /// Wrong, with reasons that do not give the answer away.
    Wrong(Vec<Text>),
    /// It cannot be read: not counted; what can be typed.
    Unreadable(Text),
}
