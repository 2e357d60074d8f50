//! F0: the result of an experiment as plain data. It knows no terminal, no file and no colour, so
//! that one report can become text, a picture or JSON, and so that tests can read it.

mod error;
mod figure;
mod metric;
mod number;
mod piece;
mod table;
mod text;

pub use error::{Error, Mistake};
pub use figure::{
    Axis, Bars, Content, Figure, Heatmap, Histogram, Lines, Marker, Palette, Panel, Scale, Series,
    Stroke,
};
pub use metric::{Metric, Value};
pub use number::number;
pub use piece::{Piece, Pieces};
pub use table::{Align, Cell, Column, Table};
pub use text::{Lang, Text, text};

/// One part of a report, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading of the second level (the report's title is the first).
    Heading(Text),
    /// A paragraph of Markdown.
    Prose(Text),
    /// A formula in the field's symbols, one line or several: `y = x · σ(βx)`.
    Formula(String),
    /// Numbers in rows and columns.
    Table(Table),
    /// A plot as data.
    Figure(Figure),
    /// A text cut into pieces.
    Pieces(Pieces),
}

/// What an experiment found: a title, blocks in reading order, and named numbers.
///
/// ```
/// use llm_lab::report::{Report, text};
/// let mut report = Report::new(text("Two", "二"));
/// report.say(text("One and one.", "一加一。")).metric("sum", 2.0);
/// assert_eq!(report.number("sum"), Some(2.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The heading over everything.
    pub title: Text,
    /// Prose, formulas, tables and figures, in reading order.
    pub blocks: Vec<Block>,
    /// The named numbers, in the order in which they were added; names are unique.
    pub metrics: Vec<Metric>,
    /// What a script reads, for a command whose result is data: shown as text it stands alone.
    pub output: Option<String>,
}

impl Report {
    /// An empty report with a title.
    pub fn new(title: Text) -> Self {
        Self { title, blocks: Vec::new(), metrics: Vec::new(), output: None }
    }

    /// Adds a heading.
    pub fn heading(&mut self, words: Text) -> &mut Self {
        self.push(Block::Heading(words))
    }

    /// Adds a paragraph of Markdown.
    pub fn say(&mut self, words: Text) -> &mut Self {
        self.push(Block::Prose(words))
    }

    /// Adds a formula.
    pub fn formula(&mut self, formula: impl Into<String>) -> &mut Self {
        self.push(Block::Formula(formula.into()))
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.push(Block::Table(table))
    }

    /// Adds a figure.
    pub fn figure(&mut self, figure: Figure) -> &mut Self {
        self.push(Block::Figure(figure))
    }

    /// Adds a text cut into pieces.
    pub fn cut(&mut self, pieces: Pieces) -> &mut Self {
        self.push(Block::Pieces(pieces))
    }

    /// Adds a named value without a unit; a second value of the same name replaces the first.
    pub fn metric(&mut self, name: impl Into<String>, value: impl Into<Value>) -> &mut Self {
        self.put(Metric { name: name.into(), value: value.into(), unit: None })
    }

    /// Adds a named value with its unit: `metric_in("entropy", 1.5, "bits")`.
    pub fn metric_in(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Value>,
        unit: &str,
    ) -> &mut Self {
        self.put(Metric { name: name.into(), value: value.into(), unit: Some(unit.to_string()) })
    }

    /// The value of a metric, if the report has it.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.metrics.iter().find(|m| m.name == name).map(|m| &m.value)
    }

    /// The value of a metric that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.value(name).and_then(Value::number)
    }

    /// The figures, in reading order.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.blocks.iter().filter_map(|b| match b {
            Block::Figure(f) => Some(f),
            _ => None,
        })
    }

    /// The tables, in reading order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(|b| match b {
            Block::Table(t) => Some(t),
            _ => None,
        })
    }

    /// The texts cut into pieces, in reading order.
    pub fn pieces(&self) -> impl Iterator<Item = &Pieces> {
        self.blocks.iter().filter_map(|b| match b {
            Block::Pieces(p) => Some(p),
            _ => None,
        })
    }

    fn push(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }

    fn put(&mut self, metric: Metric) -> &mut Self {
        match self.metrics.iter_mut().find(|m| m.name == metric.name) {
            Some(old) => *old = metric,
            None => self.metrics.push(metric),
        }
        self
    }
}
