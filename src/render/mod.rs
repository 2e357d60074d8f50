//! F3: a report as terminal text, PNG, SVG or JSON. Returns strings and bytes; prints nothing.

pub mod terminal;
