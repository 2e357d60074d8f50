//! Bars in groups at the places of the x axis, and histograms.

use super::font;
use super::frame::{Area, Frame, Side, TICK, names};
use super::key::{Entry, Key, Mark};
use super::lines::side;
use super::scene::{GREY, INK, Scene, Words};
use crate::render::bins::Bins;
use crate::render::palette;
use crate::render::scale::Span;
use crate::report::{Axis, Histogram, Panel, Scale, number};

/// The part of a place that its bars fill.
const FILL: f64 = 0.8;
/// The narrowest bar.
const NARROW: f64 = 5.0;

/// Bars with their axis fitted.
pub struct Columns<'a> {
    series: &'a [(String, Vec<f64>)],
    y: Span,
    places: usize,
    numbered: bool,
}

/// Fits the value axis, which holds zero, and plans what surrounds the bars.
pub fn plan<'a>(
    panel: &Panel,
    series: &'a [(String, Vec<f64>)],
    (w, h): (f64, f64),
) -> (Frame, Columns<'a>) {
    let places = series.iter().map(|s| s.1.len()).max().unwrap_or(0).max(panel.x.names.len());
    let w = w.max((places * series.len()) as f64 * NARROW / FILL).min(4.0 * w);
    let y = value_axis(&panel.y, series.iter().flat_map(|s| s.1.iter().copied()));
    let named: Vec<String> = (0..places)
        .map(|i| panel.x.names.get(i).cloned().unwrap_or_else(|| i.to_string()))
        .collect();
    let (ticks, upwards) = names(&named, w, true);
    let bar = w / places.max(1) as f64 * FILL / series.len().max(1) as f64;
    let words = series.iter().flat_map(|s| &s.1).map(|v| font::width(&number(*v), TICK, false));
    let frame = Frame {
        w,
        h,
        title: panel.title.clone(),
        x: Side { label: panel.x.label.clone(), ticks, grid: false, upwards },
        y: side(&panel.y, y, h, false),
        key: swatches(series),
    };
    let numbered = words.fold(0.0, f64::max)
        < bar.max(w / places.max(1) as f64 * FILL * f64::from(u8::from(series.len() == 1)));
    (frame, Columns { series, y, places, numbered })
}

/// An axis for bars and counts: it holds zero, with a little room beyond the longest bar.
fn value_axis(axis: &Axis, values: impl Iterator<Item = f64>) -> Span {
    let finite: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    if axis.range.is_some() || axis.scale == Scale::Log {
        return Span::fit(axis, finite.into_iter(), 0.06);
    }
    let low = finite.iter().fold(0.0f64, |a, b| a.min(*b)).max(-1e300);
    let high = finite.iter().fold(0.0f64, |a, b| a.max(*b)).min(1e300);
    if low == high {
        return Span::fit(&Axis::new("").between(0.0, 1.0), std::iter::empty(), 0.0);
    }
    let room = high * 0.08 - low * 0.08;
    let low = if low < 0.0 { low - room } else { 0.0 };
    let high = if high > 0.0 { high + room } else { 0.0 };
    Span::fit(&Axis::new("").between(low, high), [low, high].into_iter(), 0.0)
}

fn swatches(series: &[(String, Vec<f64>)]) -> Key {
    let entry = |(i, (label, _)): (usize, &(String, Vec<f64>))| Entry {
        label: label.clone(),
        color: palette::series(i),
        mark: Mark::Swatch,
    };
    Key::legend(series.iter().enumerate().map(entry).collect())
}

fn no_data(scene: &mut Scene, area: Area) {
    let (x, y) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
    scene.text(Words::new("no data", x, y).color(GREY).center());
}

impl Columns<'_> {
    /// Draws the bars into their area.
    pub fn draw(&self, scene: &mut Scene, area: Area) {
        if self.series.iter().all(|s| s.1.iter().all(|v| v.is_nan())) {
            return no_data(scene, area);
        }
        let place = area.w / self.places.max(1) as f64;
        let width = place * FILL / self.series.len().max(1) as f64;
        let zero = self.y.place(0.0).unwrap_or(0.0).clamp(0.0, 1.0);
        for (s, (_, values)) in self.series.iter().enumerate() {
            for (i, value) in values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                let x = area.x + (i as f64 + (1.0 - FILL) / 2.0) * place + s as f64 * width;
                let end = self.end(*value);
                let (top, bottom) = (zero.max(end), zero.min(end));
                let gap = (width * 0.08).min(1.5);
                let at = (x + gap, area.y + (1.0 - top) * area.h);
                let size = (width - 2.0 * gap, (top - bottom) * area.h);
                scene.rect(at, size, palette::series(s), 1.0);
                if self.numbered {
                    let y = area.y + (1.0 - end) * area.h + if end >= zero { -9.0 } else { 9.0 };
                    let words = Words::new(&number(*value).replace('-', "−"), x + width / 2.0, y);
                    scene.text(words.size(TICK).color(INK).center());
                }
            }
        }
        let y = area.y + (1.0 - zero) * area.h;
        scene.path(vec![(area.x, y), (area.x + area.w, y)], GREY, 1.2);
    }

    /// Where a bar ends; an infinite one at the end of the axis.
    fn end(&self, value: f64) -> f64 {
        if value.is_infinite() {
            return if value > 0.0 { 1.0 } else { 0.0 };
        }
        self.y.place(value).unwrap_or(0.0).clamp(0.0, 1.0)
    }
}

/// A histogram with its counts.
pub struct Counts {
    bins: Bins,
    y: Span,
}

/// Counts the samples and plans what surrounds the drawing.
pub fn plan_histogram(panel: &Panel, histogram: &Histogram, (w, h): (f64, f64)) -> (Frame, Counts) {
    let bins = Bins::of(histogram, &panel.x, usize::MAX);
    let y = value_axis(&panel.y, bins.counts.iter().flatten().copied());
    let frame = Frame {
        w,
        h,
        title: panel.title.clone(),
        x: side(&panel.x, bins.span, w, true),
        y: side(&panel.y, y, h, false),
        key: swatches(&histogram.series),
    };
    (frame, Counts { bins, y })
}

impl Counts {
    /// Draws the counts: filled lightly where several overlap, under an outline.
    pub fn draw(&self, scene: &mut Scene, area: Area) {
        if self.bins.most() == 0.0 {
            return no_data(scene, area);
        }
        let several = self.bins.counts.len() > 1;
        let width = area.w / self.bins.number() as f64;
        let height = |count: f64| self.y.place(count).unwrap_or(0.0).clamp(0.0, 1.0) * area.h;
        let bottom = area.y + area.h;
        for (s, counts) in self.bins.counts.iter().enumerate() {
            let color = palette::series(s);
            let gap = if several || width < 3.0 { 0.0 } else { 0.5 };
            let mut outline = vec![(area.x, bottom)];
            for (i, count) in counts.iter().enumerate() {
                let (x, tall) = (area.x + i as f64 * width, height(*count));
                let alpha = if several { 0.35 } else { 0.85 };
                if tall > 0.0 {
                    scene.rect((x + gap, bottom - tall), (width - 2.0 * gap, tall), color, alpha);
                }
                outline.extend([(x, bottom - tall), (x + width, bottom - tall)]);
            }
            outline.push((area.x + area.w, bottom));
            if several {
                scene.path(outline, color, 1.6);
            }
        }
    }
}
