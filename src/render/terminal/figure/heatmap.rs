//! Heatmaps as coloured cells, two rows a line where there are many; without colour as shades.

use super::super::paint::{Look, Span, Style};
use super::super::wrap;
use super::canvas::Canvas;
use super::{Drawn, fit, legend, no_data};
use crate::render::palette;
use crate::render::shade::{Shades, cell_ticks, short, thinned};
use crate::report::{Axis, Heatmap, Palette, Panel};

/// More rows than this share lines in pairs.
const ROWS: usize = 26;
/// The longest name of a row.
const NAME: usize = 14;
/// The most lines for the names of columns that are written downwards.
const DOWN: usize = 10;
/// Light to dark without colour; blank is left for what is not there.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
/// Categories without colour.
const KINDS: [char; 8] = ['·', '█', '░', '▓', 'x', 'o', '+', '#'];
/// Cells of the colour bar.
const BAR: usize = 24;

/// The panel as whole lines.
pub(super) fn draw(
    panel: &Panel,
    map: &Heatmap,
    words: Option<&Vec<Vec<String>>>,
    style: &Style,
) -> Drawn {
    let full = (map.values.len(), map.values.iter().map(Vec::len).min().unwrap_or(0));
    if full.0 * full.1 == 0 {
        return no_data(style);
    }
    let rows = row_labels(&panel.y, full.0);
    let left = rows.iter().map(|r| wrap::width(r)).max().unwrap_or(0) + 1;
    let room = style.width.saturating_sub(left).max(2);
    let pairs = style.color && full.0 > ROWS;
    let values = thinned(
        map,
        if pairs { 2 * ROWS } else { ROWS },
        (room / if pairs { 1 } else { 2 }).max(1),
    );
    let words = (map.show_values && !pairs).then(|| inscriptions(&values, words));
    let cells = Cells::of(map, &values, words, (room, pairs), style);
    let columns = values.first().map_or(0, Vec::len);
    let height = if pairs { values.len().div_ceil(2) } else { values.len() };
    let mut canvas = Canvas::new(left + columns * cells.wide, height);
    for line in 0..height {
        let row = (if pairs { 2 * line } else { line }) * full.0 / values.len();
        let label = rows.get(row).map_or("", String::as_str);
        canvas.text(left - 1 - wrap::width(label), line, label, Look::plain());
        for column in 0..columns {
            cells.draw(&mut canvas, left + column * cells.wide, line, column);
        }
    }
    let mut out = String::new();
    if !panel.y.label.is_empty() {
        out += &(style.paint(&fit(&panel.y.label, style.width), Look::dim()) + "\n");
    }
    out += &canvas.lines(style);
    out += &column_labels(&panel.x, full.1, columns, (left, cells.wide)).lines(style);
    if !panel.x.label.is_empty() {
        let label = fit(&panel.x.label, style.width);
        let before = left + (columns * cells.wide).saturating_sub(wrap::width(&label)) / 2;
        let before = before.min(style.width - wrap::width(&label));
        out += &format!("{}{}\n", " ".repeat(before), style.paint(&label, Look::dim()));
    }
    Drawn { plot: out, key: key(map, &cells, style) }
}

/// A label for each row: its name, or its number where a tick stands.
fn row_labels(axis: &Axis, rows: usize) -> Vec<String> {
    if !axis.names.is_empty() {
        return (0..rows)
            .map(|i| axis.names.get(i).map_or(String::new(), |n| fit(n, NAME)))
            .collect();
    }
    let mut labels = vec![String::new(); rows];
    for (place, label) in cell_ticks(axis, rows, if rows > ROWS { 8 } else { 13 }) {
        labels[((place * rows as f64) as usize).min(rows - 1)] = label;
    }
    labels
}

/// Names or numbers under the columns: across where they fit, downwards where they do not.
fn column_labels(axis: &Axis, full: usize, columns: usize, (left, wide): (usize, usize)) -> Canvas {
    let w = left + columns * wide;
    let at = |place: f64| left + ((place * columns as f64) as usize).min(columns - 1) * wide;
    let center = |x: usize, label: &str| x + wide.saturating_sub(wrap::width(label)) / 2;
    if axis.names.is_empty() {
        let mut canvas = Canvas::new(w, 1);
        let mut free = 0;
        for (place, label) in cell_ticks(axis, full, columns * wide / 4) {
            let x = center(at(place), &label).min(w.saturating_sub(wrap::width(&label)));
            if x >= free {
                canvas.text(x, 0, &label, Look::plain());
                free = x + wrap::width(&label) + 1;
            }
        }
        return canvas;
    }
    let names: Vec<String> = axis.names.iter().take(full).map(|n| fit(n, 2 * NAME)).collect();
    let shown = |i: usize| (i * full / columns, i);
    let across = names.iter().all(|n| wrap::width(n) < wide) && columns == full;
    let down = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).clamp(1, DOWN);
    let mut canvas = Canvas::new(w, if across { 1 } else { down });
    for (index, column) in (0..columns).map(shown) {
        let Some(name) = names.get(index) else { continue };
        let x = left + column * wide;
        if across {
            canvas.text(center(x, name), 0, name, Look::plain());
            continue;
        }
        for (row, c) in name.chars().take(down).enumerate() {
            canvas.text(x, row, &c.to_string(), Look::plain());
        }
    }
    canvas
}

struct Cells<'a> {
    values: &'a [Vec<f64>],
    shades: Shades,
    palette: &'a Palette,
    wide: usize,
    pairs: bool,
    /// What each cell says, where that fits.
    words: Option<Vec<Vec<String>>>,
    color: bool,
}

/// What each cell says: its word, or its number.
fn inscriptions(values: &[Vec<f64>], words: Option<&Vec<Vec<String>>>) -> Vec<Vec<String>> {
    let word = |r: usize, c: usize, value: f64| match words {
        Some(words) => {
            words.get(r).and_then(|row| row.get(c)).map_or(String::new(), |w| fit(w, NAME))
        }
        None => short(value),
    };
    let row = |(r, row): (usize, &Vec<f64>)| {
        row.iter().enumerate().map(|(c, value)| word(r, c, *value)).collect()
    };
    values.iter().enumerate().map(row).collect()
}

impl<'a> Cells<'a> {
    fn of(
        map: &'a Heatmap,
        values: &'a [Vec<f64>],
        words: Option<Vec<Vec<String>>>,
        (room, pairs): (usize, bool),
        style: &Style,
    ) -> Self {
        let columns = values.first().map_or(1, Vec::len);
        let widest = words.iter().flatten().flatten().map(|w| wrap::width(w)).max().unwrap_or(0);
        let words = words.filter(|_| columns * (widest + 2) <= room);
        let wide = match (pairs, words.is_some()) {
            (_, true) => widest + 2,
            (true, _) => (room / columns).clamp(1, 2),
            (false, _) => (room / columns).clamp(2, if columns <= 8 { 4 } else { 2 }),
        };
        let shades = Shades::of(map);
        Self { values, shades, palette: &map.palette, wide, pairs, words, color: style.color }
    }

    fn draw(&self, canvas: &mut Canvas, x: usize, line: usize, column: usize) {
        if self.pairs {
            let value = |row: usize| self.values.get(row).map_or(f64::NAN, |r| r[column]);
            let (upper, lower) =
                (self.shades.color(value(2 * line)), self.shades.color(value(2 * line + 1)));
            let (c, look) = match (upper, lower) {
                (None, None) => return,
                (Some(_), _) => ('▀', Look::plain().on(upper, lower)),
                (None, Some(_)) => ('▄', Look::plain().on(lower, None)),
            };
            (0..self.wide).for_each(|i| canvas.put(x + i, line, c, look));
            return;
        }
        let value = self.values[line][column];
        let Some(color) = self.shades.color(value) else { return };
        let ink = if palette::lightness(color) > 0.55 { (0, 0, 0) } else { (255, 255, 255) };
        let words = match (&self.words, self.color) {
            (Some(words), _) => {
                let word = &words[line][column];
                let before = self.wide.saturating_sub(wrap::width(word) + 1);
                format!("{}{word} ", " ".repeat(before))
            }
            (None, true) => " ".repeat(self.wide),
            (None, false) => self.glyph(value).repeat(self.wide).chars().take(self.wide).collect(),
        };
        let look =
            if self.color { Look::plain().on(Some(ink), Some(color)) } else { Look::plain() };
        canvas.text(x, line, &words, look);
    }

    /// A value without colour: its shade, and its sign where that matters.
    fn glyph(&self, value: f64) -> String {
        match self.palette {
            Palette::Categories(_) => {
                KINDS[value.clamp(0.0, 1e6) as usize % KINDS.len()].to_string()
            }
            Palette::Sequential => shade(self.shades.level(value)).to_string(),
            Palette::Diverging => {
                let level = self.shades.level(value);
                let sign = if level < 0.5 { '-' } else { '+' };
                let sign = if (level - 0.5).abs() < 0.01 { ' ' } else { sign };
                format!("{}{sign}", shade((level - 0.5).abs() * 2.0))
            }
        }
    }
}

fn shade(level: f64) -> char {
    SHADES[((level * SHADES.len() as f64) as usize).min(SHADES.len() - 1)]
}

/// The colours with their values, or the categories with their names.
fn key(map: &Heatmap, cells: &Cells, style: &Style) -> String {
    if let Palette::Categories(names) = &map.palette {
        let entries: Vec<(String, Look, &str)> = names
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let sample = if style.color { '█' } else { KINDS[i % KINDS.len()] };
                (sample.to_string(), Look::rgb(palette::series(i)), name.as_str())
            })
            .collect();
        return legend(&entries, style);
    }
    let length = BAR.min(style.width / 3);
    let mut spans = vec![Span::new(&short(cells.shades.span.low()), Look::plain())];
    spans.push(Span::new(" ", Look::plain()));
    for i in 0..length {
        let place = (i as f64 + 0.5) / length as f64;
        let glyph = cells.glyph(cells.shades.span.value(place));
        let c = if style.color { '█' } else { glyph.chars().next().unwrap_or(' ') };
        spans.push(Span::new(&c.to_string(), Look::rgb(cells.shades.at(place))));
    }
    spans.push(Span::new(&format!(" {}", short(cells.shades.span.high())), Look::plain()));
    if !map.unit.is_empty() {
        spans.push(Span::new(&format!("  {}", fit(&map.unit, style.width - 4)), Look::dim()));
    }
    wrap::block(&spans, "  ", "  ", style)
}
