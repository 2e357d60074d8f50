//! F3: a report as terminal text, PNG, SVG or JSON. Returns strings and bytes; prints nothing.

pub mod bins;
pub mod clip;
pub mod inline;
pub mod json;
pub mod palette;
pub mod picture;
#[cfg(test)]
mod samples;
pub mod scale;
pub mod shade;
pub mod terminal;
