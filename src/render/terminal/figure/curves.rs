//! Curves in braille dots, one colour each. Without colour several curves are told apart by their
//! letters instead.

use unicode_width::UnicodeWidthStr;

use super::super::paint::{Look, Style};
use super::frame::Frame;
use super::{Drawn, legend, no_data};
use crate::render::clip::{Point, clip};
use crate::render::palette;
use crate::render::scale::Span;
use crate::report::{Lines, Panel, Series, Stroke};

/// The letters of curves without colour.
const LETTERS: [char; 10] = ['*', '+', 'o', 'x', '#', '%', '@', '&', '=', '~'];

/// The panel as whole lines.
pub(super) fn draw(panel: &Panel, lines: &Lines, rows: usize, style: &Style) -> Drawn {
    let all = || lines.series.iter().flat_map(|s| s.points.iter().copied());
    if !all().any(|(x, y)| x.is_finite() && y.is_finite()) {
        return no_data(style);
    }
    let x = Span::fit(&panel.x, all().map(|p| p.0), 0.0);
    let marked = lines.markers.iter().map(|m| m.y);
    let y = Span::fit(&panel.y, all().map(|p| p.1).chain(marked), 0.03);
    let letters = !style.color && lines.series.len() > 1;
    let mut plot = Plot { frame: Frame::new((&panel.x, x), (&panel.y, y), rows, style), x, y };
    plot.zero();
    for (i, series) in lines.series.iter().enumerate() {
        if style.color {
            plot.band(series, Look::rgb(palette::series(i)));
        }
    }
    for (i, series) in lines.series.iter().enumerate() {
        plot.curve(
            series,
            letters.then(|| LETTERS[i % LETTERS.len()]),
            Look::rgb(palette::series(i)),
        );
    }
    let unplaced = plot.markers(lines);
    let mut out = plot.frame.canvas.lines(style);
    let entries: Vec<(String, Look, &str)> = lines
        .series
        .iter()
        .enumerate()
        .map(|(i, s)| (sample(s, i, letters), Look::rgb(palette::series(i)), s.label.as_str()))
        .collect();
    let marks: Vec<(String, Look, &str)> = unplaced
        .into_iter()
        .map(|(series, label)| ("●".to_string(), Look::rgb(palette::series(series)), label))
        .collect();
    out += &legend(&marks, style);
    Drawn { plot: out, key: legend(&entries, style) }
}

/// What stands for a curve in the legend.
fn sample(series: &Series, index: usize, letters: bool) -> String {
    match (letters, series.stroke) {
        (true, _) => LETTERS[index % LETTERS.len()].to_string(),
        (false, Stroke::Dashed) => "╍╍".to_string(),
        (false, Stroke::Dotted) => "━●━".to_string(),
        (false, Stroke::Solid) => "━━".to_string(),
    }
}

/// A place on the finer grid.
type Fine = (usize, usize);

struct Plot {
    frame: Frame,
    x: Span,
    y: Span,
}

impl Plot {
    /// A faint line at y = 0.
    fn zero(&mut self) {
        let Some(place) = self.y.place(0.0).filter(|p| (0.02..0.98).contains(p)) else { return };
        let row = self.frame.top + self.frame.row(place);
        for column in 0..self.frame.w {
            self.frame.canvas.put(self.frame.left + column, row, '┈', Look::dim());
        }
    }

    /// Where a point lies on a grid of the drawing that is `fine` times as fine as the characters.
    fn at(&self, (x, y): (f64, f64), fine: (usize, usize)) -> Option<Point> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        let (w, h) = ((self.frame.w * fine.0 - 1) as f64, (self.frame.h * fine.1 - 1) as f64);
        Some((x * w, (1.0 - y) * h))
    }

    fn curve(&mut self, series: &Series, letter: Option<char>, look: Look) {
        let fine = if letter.is_some() { (1, 1) } else { (2, 4) };
        let size = (self.frame.w * fine.0, self.frame.h * fine.1);
        let points: Vec<Option<Point>> = series.points.iter().map(|p| self.at(*p, fine)).collect();
        let mut steps = 0;
        for pair in points.windows(2) {
            let (Some(from), Some(to)) = (pair[0], pair[1]) else { continue };
            let corner = ((size.0 - 1) as f64, (size.1 - 1) as f64);
            let Some((from, to)) = clip(from, to, (0.0, 0.0), corner) else { continue };
            for (x, y) in walk(from, to) {
                steps += 1;
                let gap = if letter.is_some() { steps % 2 == 0 } else { steps / 4 % 2 == 1 };
                if series.stroke != Stroke::Dashed || !gap {
                    self.mark(x, y, letter, look);
                }
            }
        }
        let few = points.len() <= self.frame.w / 2;
        for (i, point) in points.iter().enumerate() {
            let near = |j: usize| points.get(j).is_some_and(Option::is_some);
            let alone = !(near(i + 1) || i > 0 && near(i - 1));
            let dot = alone || (series.stroke == Stroke::Dotted && few);
            let Some((x, y)) = point.filter(|_| dot) else { continue };
            if x >= 0.0 && y >= 0.0 && x < size.0 as f64 && y < size.1 as f64 {
                self.spot((x as usize, y as usize), size, letter, look);
            }
        }
    }

    /// A point of its own: its letter, or a thick dot.
    fn spot(&mut self, (x, y): Fine, size: Fine, letter: Option<char>, look: Look) {
        let reach = if letter.is_some() { 0 } else { 1 };
        for x in x.saturating_sub(reach)..=(x + reach).min(size.0 - 1) {
            for y in y.saturating_sub(reach)..=(y + reach).min(size.1 - 1) {
                self.mark(x, y, letter, look);
            }
        }
    }

    fn mark(&mut self, x: usize, y: usize, letter: Option<char>, look: Look) {
        let (left, top) = (self.frame.left, self.frame.top);
        match letter {
            Some(c) => self.frame.canvas.put(left + x, top + y, c, look),
            None => self.frame.canvas.dot(left * 2 + x, top * 4 + y, look),
        }
    }

    /// The spread around a curve, shaded where nothing else stands.
    fn band(&mut self, series: &Series, look: Look) {
        let edges: Vec<Option<(f64, f64, f64)>> = series
            .points
            .iter()
            .zip(&series.band)
            .map(|(point, (low, high))| {
                let place = |y: f64| self.at((point.0, y), (1, 1));
                let (low, high) = (place(*low)?, place(*high)?);
                Some((low.0, high.1, low.1))
            })
            .collect();
        let last = (self.frame.h - 1) as f64;
        for pair in edges.windows(2) {
            let (Some(a), Some(b)) = (pair[0], pair[1]) else { continue };
            let (from, to) = (a.0.max(0.0).ceil(), b.0.min((self.frame.w - 1) as f64).floor());
            for column in from as usize..=(to.max(0.0) as usize) {
                let f = ((column as f64 - a.0) / (b.0 - a.0)).clamp(0.0, 1.0);
                let row = |a: f64, b: f64| (a + (b - a) * f).clamp(0.0, last).round() as usize;
                for row in row(a.1, b.1)..=row(a.2, b.2) {
                    let (x, y) = (self.frame.left + column, self.frame.top + row);
                    self.frame.canvas.put(x, y, '░', look.with(Look::dim()));
                }
            }
        }
    }

    /// Marked points, their labels beside them where there is room; gives back the other labels.
    fn markers<'a>(&mut self, lines: &'a Lines) -> Vec<(usize, &'a str)> {
        let mut unplaced = Vec::new();
        let mut places = Vec::new();
        for marker in &lines.markers {
            let inside = |p: f64| (-1e-9..=1.0 + 1e-9).contains(&p);
            let x = self.x.place(marker.x).filter(|p| inside(*p));
            let y = self.y.place(marker.y).filter(|p| inside(*p));
            let (Some(x), Some(y)) = (x, y) else { continue };
            let (column, row) =
                (self.frame.left + self.frame.column(x), self.frame.top + self.frame.row(y));
            self.frame.canvas.put(column, row, '●', Look::rgb(palette::series(marker.series)));
            places.push((column, row, marker));
        }
        for (column, row, marker) in places {
            if !self.label(column, row, &marker.label) {
                unplaced.push((marker.series, marker.label.as_str()));
            }
        }
        unplaced
    }

    /// Writes a label beside its point if it covers nothing there.
    fn label(&mut self, column: usize, row: usize, label: &str) -> bool {
        let wide = label.width();
        let (left, right) = (self.frame.left, self.frame.left + self.frame.w);
        let middle = column.saturating_sub(wide / 2);
        let beside = column.checked_sub(wide + 1);
        let places = [
            (Some(middle), row.checked_sub(1)),
            (Some(middle), Some(row + 1)),
            (Some(column + 2), Some(row)),
            (beside, Some(row)),
            (Some(column + 1), row.checked_sub(1)),
            (Some(column + 1), Some(row + 1)),
        ];
        for (x, y) in places {
            let (Some(x), Some(y)) = (x, y) else { continue };
            let rows = self.frame.top..self.frame.top + self.frame.h;
            let free = |x: usize| matches!(self.frame.canvas.get(x, y), ' ' | '┈' | '░');
            let apart = x.saturating_sub(1).max(left)..(x + wide + 1).min(right);
            if x >= left && x + wide <= right && rows.contains(&y) && apart.clone().all(free) {
                self.frame.canvas.text(x, y, label, Look::plain());
                return true;
            }
        }
        false
    }
}

/// The grid places from one point to another.
fn walk(from: Point, to: Point) -> impl Iterator<Item = (usize, usize)> {
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0) as usize;
    (0..=steps).map(move |i| {
        let f = i as f64 / steps as f64;
        let at = |a: f64, b: f64| (a + (b - a) * f).round().max(0.0) as usize;
        (at(from.0, to.0), at(from.1, to.1))
    })
}
