//! A figure drawn with block characters.

use super::paint::{Look, Span, Style};
use super::wrap;
use crate::report::Figure;

/// The figure as whole lines no wider than the style allows.
pub fn figure(figure: &Figure, style: &Style) -> String {
    wrap::block(&[Span::new(&figure.title, Look::bold())], "", "", style)
}
