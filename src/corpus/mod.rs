//! F1: texts that the lab makes itself. They stand on a floor of their own beside [`crate::model`] and
//! [`crate::tokenizer`], neither of which may import the other: experiments hand the text to both.

pub mod judge;
pub mod stories;
