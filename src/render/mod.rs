//! F3: a report as terminal text, PNG, SVG or JSON. Returns strings and bytes; prints nothing.

pub mod inline;
pub mod json;
pub mod palette;
pub mod picture;
pub mod scale;
pub mod terminal;
