//! Curves: bands, strokes, gaps at what cannot be drawn, and marked points with labels that keep out
//! of each other's way.

use super::font;
use super::frame::{Area, Frame, Side, names, ticks_that_fit};
use super::key::{Entry, Key, Mark};
use super::scene::{GREY, INK, PAPER, Point, Scene, Shape, Words, dashes};
use crate::render::clip::clip;
use crate::render::palette::{self, Rgb};
use crate::render::scale::Span;
use crate::report::{Axis, Lines, Panel, Series, Stroke};

const WIDTH: f64 = 2.4;
const MARKER_LABEL: f64 = 12.0;
/// Curves with more points than this are thinned to what pixels can show.
const MANY: usize = 4000;

/// Curves with their axes fitted.
pub struct Curves<'a> {
    lines: &'a Lines,
    x: Span,
    y: Span,
}

/// Fits the axes and plans what surrounds a drawing of the given size.
pub fn plan<'a>(panel: &Panel, lines: &'a Lines, (w, h): (f64, f64)) -> (Frame, Curves<'a>) {
    let all = || lines.series.iter().flat_map(|s| s.points.iter().copied());
    let dotted = lines.series.iter().any(|s| s.stroke == Stroke::Dotted);
    let x = Span::fit(&panel.x, all().map(|p| p.0), if dotted { 0.03 } else { 0.0 });
    let bands = lines.series.iter().flat_map(|s| s.band.iter().flat_map(|b| [b.0, b.1]));
    let marked = lines.markers.iter().map(|m| m.y);
    // Labels of marked points stand above and below them: they need room.
    let labelled = lines.markers.iter().any(|m| !m.label.is_empty());
    let margin = if labelled { 0.11 } else { 0.06 };
    let y = Span::fit(&panel.y, all().map(|p| p.1).chain(bands).chain(marked), margin);
    let frame = Frame {
        w,
        h,
        title: panel.title.clone(),
        x: side(&panel.x, x, w, true),
        y: side(&panel.y, y, h, false),
        key: Key::legend(lines.series.iter().enumerate().map(|(i, s)| entry(i, s)).collect()),
    };
    (frame, Curves { lines, x, y })
}

/// One axis: names or numbers that fit along it.
pub fn side(axis: &Axis, span: Span, room: f64, horizontal: bool) -> Side {
    let label = axis.label.clone();
    if !axis.names.is_empty() {
        let (mut ticks, upwards) = names(&axis.names, room, horizontal);
        if !horizontal {
            ticks.iter_mut().for_each(|t| t.0 = 1.0 - t.0);
        }
        return Side { label, ticks, grid: true, upwards };
    }
    let ticks = |count: usize| {
        let ticks = span.ticks(count).into_iter();
        ticks.filter_map(|t| Some((span.place(t.value)?.clamp(0.0, 1.0), t.label))).collect()
    };
    let each = if horizontal { 70.0 } else { 45.0 };
    Side { label, ticks: ticks_that_fit(room, each, ticks, horizontal), grid: true, upwards: false }
}

/// The colours repeat after eight curves; the dashes tell the rounds apart.
fn dash(index: usize, stroke: Stroke) -> Option<(f64, f64)> {
    match (stroke, index / palette::COUNT) {
        (Stroke::Dashed, _) => Some((7.0, 5.0)),
        (_, 0) => None,
        (_, 1) => Some((11.0, 4.0)),
        _ => Some((2.5, 4.5)),
    }
}

fn entry(index: usize, series: &Series) -> Entry {
    let mark = Mark::Line {
        dash: dash(index, series.stroke),
        dots: series.stroke == Stroke::Dotted || drawable(series) == 1,
    };
    Entry { label: series.label.clone(), color: palette::series(index), mark }
}

fn drawable(series: &Series) -> usize {
    series.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()).count()
}

impl Curves<'_> {
    /// Draws the curves into their area.
    pub fn draw(&self, scene: &mut Scene, area: Area) {
        if self.lines.series.iter().all(|s| drawable(s) == 0) {
            let (x, y) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
            scene.text(Words::new("no data", x, y).color(GREY).center());
        }
        self.zero(scene, area);
        for (i, series) in self.lines.series.iter().enumerate() {
            self.band(scene, area, series, palette::series(i));
        }
        let mut ink: Vec<Point> = Vec::new();
        for (i, series) in self.lines.series.iter().enumerate() {
            for piece in self.pieces(area, &series.points) {
                ink.extend(sampled(&piece));
                for dash in dashes(&piece, dash(i, series.stroke)) {
                    scene.path(dash, palette::series(i), WIDTH);
                }
            }
            self.dots(scene, area, series, palette::series(i));
        }
        self.markers(scene, area, &ink);
    }

    /// A darker line at y = 0, where it lies within the panel.
    fn zero(&self, scene: &mut Scene, area: Area) {
        let inside = self.y.low() < 0.0 && self.y.high() > 0.0;
        if let Some(place) = self.y.place(0.0).filter(|_| inside) {
            let y = area.y + (1.0 - place) * area.h;
            scene.path(vec![(area.x, y), (area.x + area.w, y)], (190, 190, 190), 1.0);
        }
    }

    /// Where a point of the data lies in the picture.
    fn at(&self, area: Area, (x, y): (f64, f64)) -> Option<Point> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        Some((area.x + x * area.w, area.y + (1.0 - y) * area.h))
    }

    /// The curve as unbroken pieces inside the area.
    fn pieces(&self, area: Area, points: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let mut pieces: Vec<Vec<Point>> = vec![Vec::new()];
        let mut last: Option<Point> = None;
        let placed: Vec<Option<Point>> = points.iter().map(|p| self.at(area, *p)).collect();
        for now in thinned(placed) {
            match (last, now) {
                (Some(from), Some(to)) => {
                    match clip(from, to, (area.x, area.y), (area.x + area.w, area.y + area.h)) {
                        Some((a, b)) => {
                            if let Some(piece) = pieces.last_mut().filter(|p| p.last() == Some(&a))
                            {
                                piece.push(b);
                            } else {
                                pieces.push(vec![a, b]);
                            }
                        }
                        None => pieces.push(Vec::new()),
                    }
                }
                _ => pieces.push(Vec::new()),
            }
            last = now;
        }
        pieces.retain(|p| p.len() > 1);
        pieces
    }

    /// Dots at the points of a dotted curve, and at a point that stands alone.
    fn dots(&self, scene: &mut Scene, area: Area, series: &Series, color: Rgb) {
        let points: Vec<Option<Point>> =
            series.points.iter().map(|p| self.at(area, *p).filter(|p| inside(*p, area))).collect();
        for (i, point) in points.iter().enumerate() {
            let near =
                |j: Option<usize>| j.and_then(|j| points.get(j)).is_some_and(Option::is_some);
            let alone = !near(i.checked_sub(1)) && !near(Some(i + 1));
            if let Some(at) = point.filter(|_| alone || series.stroke == Stroke::Dotted) {
                scene.dot(at, 3.6, color);
            }
        }
    }

    /// The spread around a curve.
    fn band(&self, scene: &mut Scene, area: Area, series: &Series, color: Rgb) {
        let both = series.points.iter().zip(&series.band);
        let placed: Vec<Option<(Point, Point)>> = both
            .map(|(p, (low, high))| {
                let edge = |y: f64| {
                    let (x, y) = self.at(area, (p.0, y))?;
                    (x >= area.x - 1e-6 && x <= area.x + area.w + 1e-6)
                        .then_some((x, y.clamp(area.y, area.y + area.h)))
                };
                Some((edge(*low)?, edge(*high)?))
            })
            .collect();
        for run in placed.split(Option::is_none) {
            let run: Vec<(Point, Point)> = run.iter().flatten().copied().collect();
            if run.len() > 1 {
                let mut points: Vec<Point> = run.iter().map(|e| e.0).collect();
                points.extend(run.iter().rev().map(|e| e.1));
                scene.shapes.push(Shape::Area { points, color, alpha: 0.18 });
            }
        }
    }

    /// Marked points; each label stands where it covers least.
    fn markers(&self, scene: &mut Scene, area: Area, ink: &[Point]) {
        let places: Vec<(Point, &crate::report::Marker)> = self
            .lines
            .markers
            .iter()
            .filter_map(|m| Some((self.at(area, (m.x, m.y)).filter(|p| inside(*p, area))?, m)))
            .collect();
        let mut taken: Vec<Area> = places.iter().map(|(p, _)| around(*p, 5.0)).collect();
        for (at, marker) in &places {
            let Some(words) = best_place(*at, &marker.label, area, &taken, ink) else { continue };
            let (left, top, right, bottom) = words.extent();
            let room = Area { x: left, y: top, w: right - left, h: bottom - top };
            scene.rect((room.x - 2.0, room.y), (room.w + 4.0, room.h), PAPER, 0.8);
            taken.push(room);
            scene.text(words);
        }
        for (at, marker) in &places {
            scene.dot(*at, 5.6, PAPER);
            scene.dot(*at, 4.2, palette::series(marker.series));
        }
    }
}

/// The label beside its point, where it overlaps no other label and the fewest points of curves;
/// `None` if it would stand on another label everywhere.
fn best_place(at: Point, label: &str, area: Area, taken: &[Area], ink: &[Point]) -> Option<Words> {
    let label = font::fit(&minus(label), MARKER_LABEL, false, area.w * 0.6);
    let w = font::width(&label, MARKER_LABEL, false);
    let h = MARKER_LABEL * 1.2;
    let mut best: Option<(usize, Point)> = None;
    for ring in [1.0, 2.2] {
        let (dx, dy) = (8.0 * ring, 14.0 * ring);
        for (x, y) in [
            (at.0 - w / 2.0, at.1 - dy),
            (at.0 - w / 2.0, at.1 + dy),
            (at.0 + dx, at.1 - dy),
            (at.0 - dx - w, at.1 - dy),
            (at.0 + dx, at.1 + dy),
            (at.0 - dx - w, at.1 + dy),
            (at.0 + dx + 2.0, at.1),
            (at.0 - dx - 2.0 - w, at.1),
        ] {
            let room = Area { x: x - 2.0, y: y - h / 2.0, w: w + 4.0, h };
            let fits = room.x >= area.x
                && room.y >= area.y
                && room.x + room.w <= area.x + area.w
                && room.y + room.h <= area.y + area.h;
            if !fits || taken.iter().any(|t| overlap(*t, room)) {
                continue;
            }
            let covered = ink.iter().filter(|p| inside(**p, room)).count();
            if best.is_none_or(|(least, _)| covered < least) {
                best = Some((covered, (x, y)));
            }
        }
    }
    best.map(|(_, (x, y))| Words::new(&label, x, y).size(MARKER_LABEL).color(INK))
}

/// The label with true minus signs before its numbers, as at the axes.
fn minus(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    let mut chars = label.chars().peekable();
    while let Some(c) = chars.next() {
        let after_word = out.chars().last().is_some_and(char::is_alphanumeric);
        let before_digit = chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if c == '-' && before_digit && !after_word { '−' } else { c });
    }
    out
}

fn around((x, y): Point, r: f64) -> Area {
    Area { x: x - r, y: y - r, w: 2.0 * r, h: 2.0 * r }
}

fn overlap(a: Area, b: Area) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

fn inside((x, y): Point, area: Area) -> bool {
    let within = |v: f64, low: f64, size: f64| v >= low - 1e-6 && v <= low + size + 1e-6;
    within(x, area.x, area.w) && within(y, area.y, area.h)
}

/// Points along a line, close enough to tell what a label would cover.
fn sampled(points: &[Point]) -> Vec<Point> {
    let mut out = Vec::new();
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let steps = ((b.0 - a.0).hypot(b.1 - a.1) / 6.0).ceil().clamp(1.0, 500.0) as usize;
        for i in 0..steps {
            let f = i as f64 / steps as f64;
            out.push((a.0 + (b.0 - a.0) * f, a.1 + (b.1 - a.1) * f));
        }
    }
    out
}

/// Of very many points, the first, lowest, highest and last in each half point of width.
fn thinned(points: Vec<Option<Point>>) -> Vec<Option<Point>> {
    if points.len() <= MANY {
        return points;
    }
    let column = |p: &Option<Point>| p.map(|p| (p.0 * 2.0) as i64);
    let mut out = Vec::new();
    for run in points.chunk_by(|a, b| column(a) == column(b)) {
        let by_y = |a: &&Option<Point>, b: &&Option<Point>| {
            a.map_or(0.0, |p| p.1).total_cmp(&b.map_or(0.0, |p| p.1))
        };
        out.extend(run.first());
        out.extend(run.iter().min_by(by_y));
        out.extend(run.iter().max_by(by_y));
        out.extend(run.last());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_signs_only_before_numbers() {
        assert_eq!(minus("(-1.278, -0.5)"), "(−1.278, −0.5)");
        assert_eq!(minus("Pre-LN GPT-2 1e-5"), "Pre-LN GPT-2 1e-5");
    }
}
