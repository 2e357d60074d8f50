//! Tables as data.

use super::{Text, Value};

/// Numbers in rows and columns, under a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub title: Text,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows, each with one cell a column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column's heading, with the unit in it where there is one: `memory (MB)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The heading.
    pub title: Text,
    /// Words stand left, numbers right.
    pub align: Align,
}

/// On which side a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number, written with [`super::number()`].
    Number(f64),
    /// Words.
    Text(Text),
    /// Nothing to say here.
    Empty,
}

impl Table {
    /// An empty table.
    pub fn new(title: Text) -> Self {
        Self { title, columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of words.
    pub fn words(mut self, title: Text) -> Self {
        self.columns.push(Column { title, align: Align::Left });
        self
    }

    /// Adds a column of numbers.
    pub fn numbers(mut self, title: Text) -> Self {
        self.columns.push(Column { title, align: Align::Right });
        self
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If the row has not one cell for each column: a mistake of the experiment's author.
    pub fn row(&mut self, cells: Vec<Cell>) {
        assert_eq!(
            cells.len(),
            self.columns.len(),
            "a row of {:?} has the wrong length",
            self.title.en
        );
        self.rows.push(cells);
    }
}

impl From<f64> for Cell {
    fn from(n: f64) -> Self {
        Self::Number(n)
    }
}

impl From<usize> for Cell {
    fn from(n: usize) -> Self {
        Self::Number(n as f64)
    }
}

impl From<Text> for Cell {
    fn from(words: Text) -> Self {
        Self::Text(words)
    }
}

impl From<&str> for Cell {
    fn from(words: &str) -> Self {
        Self::Text(Text::same(words))
    }
}

impl From<String> for Cell {
    fn from(words: String) -> Self {
        Self::Text(Text::same(words))
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Number(n) => n.into(),
            Value::Text(t) => t.into(),
        }
    }
}
