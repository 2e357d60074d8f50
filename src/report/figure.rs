//! Plots as data: one or more panels under one title. How they look is `render`'s business.
//! Axis text is English and the field's symbols (β, √d, tokens), so it is a plain string.

/// A picture: a title over a grid of panels.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// A short lower-case name that tells two figures of a report apart: `curves`, `gradient`.
    pub name: String,
    /// The heading in the picture.
    pub title: String,
    /// How many panels stand side by side.
    pub columns: usize,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// One plot with its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The heading over this panel; empty for a figure of one panel.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn.
    pub content: Content,
}

/// An axis: its label with the unit in parentheses, its scale, and its ends where they are fixed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// `depth (layers)`.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// The ends; `None` fits the data.
    pub range: Option<(f64, f64)>,
    /// Names for the places 0, 1, 2, … of a categorical axis (tokens, models); empty for numbers.
    pub names: Vec<String>,
}

/// How an axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal ratios; the data must be positive.
    Log,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Curves.
    Lines(Lines),
    /// A grid of coloured cells.
    Heatmap(Heatmap),
    /// The same with a word in each cell, `words[row][column]`, in place of its number.
    Words(Heatmap, Vec<Vec<String>>),
    /// Bars side by side.
    Bars(Bars),
    /// How often each value occurs.
    Histogram(Histogram),
}

/// Curves over a common x axis, with marked points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// The curves, in the order of the legend.
    pub series: Vec<Series>,
    /// Points worth a label: minima, crossings.
    pub markers: Vec<Marker>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// `(x, y)`, x ascending; a NaN y breaks the line.
    pub points: Vec<(f64, f64)>,
    /// The spread around the curve, `(low, high)` for each point; empty for none.
    pub band: Vec<(f64, f64)>,
    /// How the line is drawn.
    pub stroke: Stroke,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// A line.
    #[default]
    Solid,
    /// Dashes, for a reference.
    Dashed,
    /// A line with a dot at each point, for few points.
    Dotted,
}

/// A labelled point.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Where.
    pub x: f64,
    /// Where.
    pub y: f64,
    /// What it says: `(-1.278, -0.278)`.
    pub label: String,
    /// Which series it belongs to, for the colour.
    pub series: usize,
}

/// A grid of cells; row 0 is drawn at the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// `values[row][column]`; NaN cells are left empty. All rows have the same length.
    pub values: Vec<Vec<f64>>,
    /// The colours.
    pub palette: Palette,
    /// What the colour bar measures; unused by [`Palette::Categories`].
    pub unit: String,
    /// Whether each cell also shows its number (for small grids).
    pub show_values: bool,
}

/// How values become colours.
#[derive(Debug, Clone, PartialEq)]
pub enum Palette {
    /// Light to dark.
    Sequential,
    /// Two colours around zero.
    Diverging,
    /// One colour for each whole number 0, 1, 2, …; names for a legend, which may be empty.
    Categories(Vec<String>),
}

/// Bars at the places of the categorical x axis, one group for each series.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// `(legend name, one value a place)`.
    pub series: Vec<(String, Vec<f64>)>,
}

/// How often each value occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// `(legend name, samples)`.
    pub series: Vec<(String, Vec<f64>)>,
    /// How many bins over the common range.
    pub bins: usize,
}

impl Axis {
    /// A linear axis that fits the data.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A logarithmic axis that fits the data.
    pub fn log(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Log, ..Self::default() }
    }

    /// A categorical axis.
    pub fn names(label: impl Into<String>, names: Vec<String>) -> Self {
        Self { label: label.into(), names, ..Self::default() }
    }

    /// The same axis with fixed ends.
    pub fn between(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }
}

impl Series {
    /// A solid curve.
    pub fn new(label: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self { label: label.into(), points, band: Vec::new(), stroke: Stroke::Solid }
    }

    /// The same curve drawn otherwise.
    pub fn stroke(mut self, stroke: Stroke) -> Self {
        self.stroke = stroke;
        self
    }
}

impl Figure {
    /// A figure of one panel.
    pub fn new(name: &str, title: impl Into<String>, x: Axis, y: Axis, content: Content) -> Self {
        let panel = Panel { title: String::new(), x, y, content };
        Self { name: name.to_string(), title: title.into(), columns: 1, panels: vec![panel] }
    }

    /// A grid of panels, `columns` side by side.
    pub fn grid(name: &str, title: impl Into<String>, columns: usize, panels: Vec<Panel>) -> Self {
        Self { name: name.to_string(), title: title.into(), columns, panels }
    }
}
