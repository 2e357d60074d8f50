//! One mask as a grid: rows look, columns are looked at.

use std::ops::Range;

use super::setting::{Kind, Setting};
use crate::math::attention::Mask;
use crate::report::{Axis, Content, Heatmap, Palette, Panel};

/// Rows and columns of a mask: those of the sequence that look, and those that may be looked at.
pub struct Grid {
    /// What it is: `causal`, `cross-attention`.
    pub title: String,
    mask: Mask,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Grid {
    /// The grids of a kind: one, or the three of an encoder–decoder.
    pub fn of(kind: Kind, setting: &Setting) -> Vec<Self> {
        let (n, p) = (setting.tokens, setting.prefix);
        let grid = |title: &str, mask, rows, columns| Self {
            title: title.to_string(),
            mask,
            rows,
            columns,
        };
        match kind.mask(setting) {
            Some(mask) => vec![grid(kind.name(), mask, 0..n, 0..n)],
            None => vec![
                grid("encoder", Mask::None, 0..p, 0..p),
                grid("decoder", Mask::Causal, p..n, p..n),
                grid("cross-attention", Mask::None, p..n, 0..p),
            ],
        }
    }

    /// The columns that row `i` of the sequence may look at, as places of the sequence.
    fn seen(&self, i: usize) -> Range<usize> {
        let span = self.mask.span(i - self.rows.start, self.columns.len());
        span.start + self.columns.start..span.end + self.columns.start
    }

    /// Visible pairs whose row and column lie before `end`. O(n).
    pub fn pairs(&self, end: usize) -> usize {
        let rows = self.rows.start..self.rows.end.min(end);
        rows.map(|i| self.seen(i)).map(|seen| seen.end.min(end).saturating_sub(seen.start)).sum()
    }

    /// Visible pairs in which a token looks at a later one. O(n).
    pub fn ahead(&self) -> usize {
        self.rows.clone().map(|i| self.seen(i).end.saturating_sub(i + 1)).sum()
    }

    /// What the first row sees.
    pub fn first(&self) -> usize {
        if self.rows.is_empty() { 0 } else { self.seen(self.rows.start).len() }
    }

    /// 0 where a row sees itself or what came before, 1 where it sees ahead, NaN where nothing.
    fn cell(&self, i: usize, j: usize) -> f64 {
        match self.seen(i).contains(&j) {
            true if j > i => 1.0,
            true => 0.0,
            false => f64::NAN,
        }
    }

    /// The grid in characters, with the names of the rows and the numbers of the columns.
    pub fn lines(&self, names: &[String]) -> Vec<String> {
        let wide = 1 + (self.columns.end).to_string().len();
        let label = |i: usize| format!("{} {}", i + 1, names[i]);
        let left = self.rows.clone().map(|i| label(i).chars().count()).max().unwrap_or(0);
        let numbers = self.columns.clone().map(|j| format!("{:>wide$}", j + 1));
        let mut lines = vec![format!("{:left$}{}", "", numbers.collect::<String>())];
        for i in self.rows.clone() {
            let mark = |j| match self.cell(i, j) {
                1.0 => '◆',
                0.0 => '■',
                _ => '·',
            };
            let cells = self.columns.clone().map(|j| format!("{:>wide$}", mark(j)));
            lines.push(format!("{:left$}{}", label(i), cells.collect::<String>()));
        }
        lines
    }

    /// The grid as a picture. O(n²).
    pub fn panel(&self, names: &[String]) -> Panel {
        let row = |i| self.columns.clone().map(|j| self.cell(i, j)).collect();
        let names = |range: &Range<usize>| names[range.clone()].to_vec();
        let kinds = ["sees itself or earlier", "sees ahead"];
        Panel {
            title: self.title.clone(),
            x: Axis::names("key: looked at", names(&self.columns)),
            y: Axis::names("query: looks", names(&self.rows)),
            content: Content::Heatmap(Heatmap {
                values: self.rows.clone().map(row).collect(),
                palette: Palette::Categories(kinds.map(str::to_string).to_vec()),
                unit: String::new(),
                show_values: false,
            }),
        }
    }
}
