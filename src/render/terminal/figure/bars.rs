//! Bars lying on their side, each with its name and its number.

use super::super::paint::{Look, Style};
use super::super::wrap;
use super::canvas::Canvas;
use super::{Drawn, fit, legend, no_data};
use crate::render::palette;
use crate::render::scale::Span;
use crate::report::{Axis, Panel, Scale, number};

/// The longest name.
const NAME: usize = 22;
/// A cell filled from the left by eighths.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Bars of several series without colour.
const FILLS: [char; 6] = ['█', '▒', '░', '▓', '=', '#'];
/// More bars than this are cut, and the rest counted.
const MOST: usize = 60;

/// The panel as whole lines.
pub(super) fn draw(panel: &Panel, series: &[(String, Vec<f64>)], style: &Style) -> Drawn {
    let places = series.iter().map(|s| s.1.len()).max().unwrap_or(0);
    let values = || series.iter().flat_map(|s| s.1.iter().copied());
    if places == 0 || values().all(f64::is_nan) {
        return no_data(style);
    }
    let name = |i: usize| {
        panel.x.names.get(i).map_or(i.to_string(), |n| fit(n, NAME.min(style.width / 3)))
    };
    let left = (0..places).map(|i| wrap::width(&name(i))).max().unwrap_or(0) + 1;
    let numbers = values().map(|v| wrap::width(&number(v))).max().unwrap_or(0);
    let w = style.width.saturating_sub(left + numbers + 2).max(4);
    let shown = places.min((MOST / series.len().max(1)).max(1));
    let gap = usize::from(series.len() > 1);
    let mut canvas = Canvas::new(left + w + numbers + 2, shown * (series.len() + gap));
    let bars = Bars { span: span(&panel.y, values()), left, w, plain: !style.color };
    for i in 0..shown {
        let top = i * (series.len() + gap);
        canvas.text(left - 1 - wrap::width(&name(i)), top, &name(i), Look::plain());
        for (s, (_, values)) in series.iter().enumerate() {
            if let Some(value) = values.get(i).filter(|v| !v.is_nan()) {
                bars.draw(&mut canvas, top + s, s, *value);
            }
        }
    }
    let mut out = canvas.lines(style).trim_end_matches('\n').to_string() + "\n";
    if places > shown {
        out += &style.paint(&format!("  + {}\n", places - shown), Look::dim());
    }
    let label = fit(&panel.y.label, w);
    if !label.is_empty() {
        out += &format!("{}{}\n", " ".repeat(left), style.paint(&label, Look::dim()));
    }
    let entries: Vec<(String, Look, &str)> = series
        .iter()
        .enumerate()
        .map(|(s, (label, _))| {
            (fill(s, bars.plain).to_string(), Look::rgb(palette::series(s)), label.as_str())
        })
        .collect();
    Drawn { plot: out, key: legend(&entries, style) }
}

/// The value axis, which holds zero.
fn span(axis: &Axis, values: impl Iterator<Item = f64>) -> Span {
    if axis.scale == Scale::Log || axis.range.is_some() {
        return Span::fit(axis, values, 0.02);
    }
    let ends =
        values.filter(|v| v.is_finite()).fold((0.0f64, 0.0f64), |e, v| (e.0.min(v), e.1.max(v)));
    let ends = if ends == (0.0, 0.0) { (0.0, 1.0) } else { ends };
    Span::fit(&Axis::new(""), [ends.0, ends.1].into_iter(), 0.0)
}

fn fill(series: usize, plain: bool) -> char {
    if plain { FILLS[series % FILLS.len()] } else { '█' }
}

struct Bars {
    span: Span,
    left: usize,
    w: usize,
    plain: bool,
}

impl Bars {
    fn draw(&self, canvas: &mut Canvas, row: usize, series: usize, value: f64) {
        let look = Look::rgb(palette::series(series));
        let cells = |place: f64| place.clamp(0.0, 1.0) * self.w as f64;
        let zero = cells(self.span.place(0.0).unwrap_or(0.0));
        let end = match value {
            v if v.is_infinite() => cells(f64::from(u8::from(v > 0.0))),
            v => cells(self.span.place(v).unwrap_or(0.0)),
        };
        let (from, to) = (zero.min(end), zero.max(end));
        let (first, last) = (from.round() as usize, to.floor() as usize);
        for column in first..last {
            canvas.put(self.left + column, row, fill(series, self.plain), look);
        }
        let mut after = last.max(first);
        let rest = ((to - last as f64) * 8.0).round() as usize;
        if value > 0.0 && rest > 0 {
            // Only the full block has finer parts; other fills round up.
            let full = fill(series, self.plain);
            let c = if full == '█' { EIGHTHS[(rest - 1).min(7)] } else { full };
            canvas.put(self.left + last, row, c, look);
            after = last + 1;
        }
        canvas.text(self.left + after + usize::from(after > 0), row, &number(value), Look::plain());
    }
}
