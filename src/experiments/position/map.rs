//! Square maps by position, as the families on positions draw them.

use crate::report::{Axis, Content, Heatmap, Palette, Panel};

/// What a map shows besides its values.
pub struct Map<'a> {
    /// The heading.
    pub title: &'a str,
    /// The axes: across, down.
    pub axes: (&'a str, &'a str),
    /// What the colours measure.
    pub unit: &'a str,
    /// The colours.
    pub palette: Palette,
}

/// A panel of `rows × columns` cells whose value is `value(row, column)`; NaN stays empty.
pub fn map(
    about: Map,
    (rows, columns): (usize, usize),
    value: impl Fn(usize, usize) -> f64,
) -> Panel {
    Panel {
        title: about.title.to_string(),
        x: Axis::new(about.axes.0),
        y: Axis::new(about.axes.1),
        content: Content::Heatmap(Heatmap {
            values: (0..rows).map(|i| (0..columns).map(|j| value(i, j)).collect()).collect(),
            palette: about.palette,
            unit: about.unit.to_string(),
            show_values: false,
        }),
    }
}
