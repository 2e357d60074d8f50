//! Histograms: columns of eighth blocks for one series, steps for several.

use super::super::paint::{Look, Style};
use super::frame::Frame;
use super::{Drawn, curves, legend, no_data};
use crate::render::bins::Bins;
use crate::render::palette;
use crate::render::scale::Span;
use crate::report::{Histogram, Lines, Panel, Series};

/// A cell filled from below by eighths.
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The panel as whole lines.
pub(super) fn draw(panel: &Panel, histogram: &Histogram, rows: usize, style: &Style) -> Drawn {
    let bins = Bins::of(histogram, &panel.x, style.width / 2);
    if bins.most() == 0.0 {
        return no_data(style);
    }
    if bins.counts.len() > 1 {
        return curves::draw(panel, &steps(histogram, &bins), rows, style);
    }
    let y = Span::fit(&panel.y, [0.0, bins.most()].into_iter(), 0.0);
    let mut frame = Frame::new((&panel.x, bins.span), (&panel.y, y), rows, style);
    let counts = &bins.counts[0];
    let look = Look::rgb(palette::series(0));
    for column in 0..frame.w {
        let count = counts[(column * counts.len() / frame.w).min(counts.len() - 1)];
        let eighths = y.place(count).unwrap_or(0.0).clamp(0.0, 1.0) * (rows * 8) as f64;
        let eighths = (eighths.round() as usize).max(usize::from(count > 0.0));
        for row in 0..rows {
            let here = eighths.saturating_sub((rows - 1 - row) * 8).min(8);
            if here > 0 {
                frame.canvas.put(frame.left + column, frame.top + row, EIGHTHS[here - 1], look);
            }
        }
    }
    let label = histogram.series[0].0.as_str();
    let key = legend(&[("█".to_string(), look, label)], style);
    Drawn { plot: frame.canvas.lines(style), key }
}

/// The counts as curves that go by steps.
fn steps(histogram: &Histogram, bins: &Bins) -> Lines {
    let number = bins.number();
    let edge = |i: usize| bins.span.value(i as f64 / number as f64);
    let series = histogram.series.iter().zip(&bins.counts).map(|((label, _), counts)| {
        let mut points = vec![(edge(0), 0.0)];
        for (i, count) in counts.iter().enumerate() {
            points.extend([(edge(i), *count), (edge(i + 1), *count)]);
        }
        points.push((edge(number), 0.0));
        Series::new(label.as_str(), points)
    });
    Lines { series: series.collect(), markers: Vec::new() }
}
