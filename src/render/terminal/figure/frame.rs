//! The axes around a plot in characters: numbers, ticks, labels.

use super::super::paint::{Look, Style};
use super::super::wrap;
use super::canvas::Canvas;
use super::fit;
use crate::render::scale::Span;
use crate::report::Axis;

/// A plot's canvas with the place of the drawing in it.
pub(super) struct Frame {
    /// Everything: axes, labels and the drawing.
    pub canvas: Canvas,
    /// The column where the drawing begins.
    pub left: usize,
    /// The row where it begins.
    pub top: usize,
    /// Its columns.
    pub w: usize,
    /// Its rows.
    pub h: usize,
}

/// The longest number or name at the y axis.
const LABEL: usize = 12;

impl Frame {
    /// Axes for a drawing `h` rows high and as wide as the style allows.
    pub fn new(
        (x_axis, x): (&Axis, Span),
        (y_axis, y): (&Axis, Span),
        h: usize,
        style: &Style,
    ) -> Self {
        let y_ticks = ticks(y_axis, y, h / 3);
        let widest = y_ticks.iter().map(|t| wrap::width(&t.1)).max().unwrap_or(0);
        let left = widest + 2;
        let w = style.width.saturating_sub(left + 2).max(8);
        let top = usize::from(!y_axis.label.is_empty());
        let below = 2 + usize::from(!x_axis.label.is_empty());
        let mut frame =
            Self { canvas: Canvas::new(left + w + 2, top + h + below), left, top, w, h };
        frame.canvas.text(0, 0, &fit(&y_axis.label, left + w), Look::dim());
        frame.y_side(&y_ticks);
        frame.x_side(&ticks(x_axis, x, w / 10));
        let label = fit(&x_axis.label, w);
        let middle = left + (w.saturating_sub(wrap::width(&label))) / 2;
        frame.canvas.text(middle, top + h + 2, &label, Look::dim());
        frame
    }

    fn y_side(&mut self, ticks: &[(f64, String)]) {
        for row in 0..self.h {
            self.canvas.put(self.left - 1, self.top + row, '│', Look::dim());
        }
        self.canvas.put(self.left - 1, self.top + self.h, '└', Look::dim());
        for (place, label) in ticks {
            let row = self.top + self.row(*place);
            let x = (self.left - 2).saturating_sub(wrap::width(label));
            self.canvas.text(x, row, label, Look::plain());
            self.canvas.put(self.left - 1, row, '┤', Look::dim());
        }
    }

    fn x_side(&mut self, ticks: &[(f64, String)]) {
        let row = self.top + self.h;
        for column in 0..self.w {
            self.canvas.put(self.left + column, row, '─', Look::dim());
        }
        let mut free = 0;
        for (place, label) in ticks {
            let column = self.left + self.column(*place);
            let wide = wrap::width(label);
            let last = (self.left + self.w + 2).saturating_sub(wide);
            let start = column.saturating_sub(wide / 2).min(last);
            if start < free {
                continue;
            }
            self.canvas.put(column, row, '┬', Look::dim());
            self.canvas.text(start, row + 1, label, Look::plain());
            free = start + wide + 1;
        }
    }

    /// The column of a place along the x axis, 0 to 1.
    pub fn column(&self, place: f64) -> usize {
        (place.clamp(0.0, 1.0) * (self.w - 1) as f64).round() as usize
    }

    /// The row of a place along the y axis, 0 (at the bottom) to 1.
    pub fn row(&self, place: f64) -> usize {
        ((1.0 - place.clamp(0.0, 1.0)) * (self.h - 1) as f64).round() as usize
    }
}

/// Places with their labels: names, or round numbers.
fn ticks(axis: &Axis, span: Span, most: usize) -> Vec<(f64, String)> {
    if !axis.names.is_empty() {
        let every = axis.names.len().div_ceil(most.max(1)).max(1);
        let named = axis.names.iter().enumerate().step_by(every);
        return named.filter_map(|(i, n)| Some((span.place(i as f64)?, fit(n, LABEL)))).collect();
    }
    let ticks = span.ticks(most.clamp(2, 10)).into_iter();
    ticks.filter_map(|t| Some((span.place(t.value)?, t.label))).collect()
}
