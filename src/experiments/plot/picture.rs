//! The curves as a figure: valleys, crossings and peaks marked, and the distance from a reference
//! in a panel of its own.

use super::Found;
use super::curve::Curve;
use super::features::{Minimum, window};
use crate::report::{Axis, Content, Figure, Lines, Marker, Panel, Series, Stroke, number};

/// f, f′ or f″ of a curve.
pub fn order(curve: &Curve, order: usize) -> impl Fn(f64) -> f64 + use<> {
    let f = curve.function;
    move |x| match order {
        0 => f.value(x),
        1 => f.slope(x),
        _ => f.curvature(x),
    }
}

/// How the drawn derivative is written.
pub fn symbol(order: usize) -> &'static str {
    ["f(x)", "f′(x)", "f″(x)"][order.min(2)]
}

/// The figure: the curves, and below them their distance from the reference, if there is one.
pub fn figure(
    found: &[Found],
    reference: Option<&Curve>,
    nth: usize,
    (low, high): (f64, f64),
) -> Figure {
    let x = || Axis::new("x").between(low, high);
    let mut series: Vec<Series> = Vec::new();
    for (i, Found { curve, .. }) in found.iter().enumerate() {
        let covered = found[..i].iter().any(|f| f.curve.function == curve.function);
        let stroke = if covered { Stroke::Dashed } else { Stroke::Solid };
        series.push(Series::new(&curve.title, trace(curve, nth, low, high)).stroke(stroke));
    }
    let mut errors = Lines::default();
    if let Some(reference) = reference {
        if found.iter().all(|f| f.curve.label != reference.label) {
            let points = trace(reference, nth, low, high);
            series.push(Series::new(&reference.title, points).stroke(Stroke::Dashed));
        }
        errors = distances(found, reference, nth, low, high);
    }
    let markers = markers(found, nth, (low, high), &series);
    let title = [
        "Activation functions",
        "Slope f′ of activation functions",
        "Curvature f″ of activation functions",
    ];
    let title = title[nth.min(2)];
    let curves = Content::Lines(Lines { series, markers });
    match reference {
        None => Figure::new("curves", title, x(), Axis::new(symbol(nth)), curves),
        Some(reference) => {
            let panel = |title: String, y: String, content| Panel {
                title,
                x: x(),
                y: Axis::new(y),
                content,
            };
            let against = format!("{} − {}", symbol(nth), reference.title);
            let panels = vec![
                panel(String::new(), symbol(nth).to_string(), curves),
                panel(
                    format!("distance from {}", reference.title),
                    against,
                    Content::Lines(errors),
                ),
            ];
            Figure::grid("curves", title, 2, panels)
        }
    }
}

/// The curve's points in the window, broken where a derivative jumps.
fn trace(curve: &Curve, nth: usize, low: f64, high: f64) -> Vec<(f64, f64)> {
    let f = order(curve, nth);
    let mut points: Vec<(f64, f64)> =
        window(low, high, 300).into_iter().map(|x| (x, f(x))).collect();
    if nth > 0 {
        let hair = (high - low) * 1e-9;
        for &kink in curve.function.kinks().iter().filter(|k| (low..high).contains(*k)) {
            points.retain(|p| p.0 != kink);
            points.extend([
                (kink - hair, f(kink - hair)),
                (kink, f64::NAN),
                (kink + hair, f(kink + hair)),
            ]);
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    points
}

/// f − reference for each curve, with the largest distance marked.
fn distances(found: &[Found], reference: &Curve, nth: usize, low: f64, high: f64) -> Lines {
    let g = order(reference, nth);
    let mut lines = Lines::default();
    for (i, one) in found.iter().enumerate() {
        let f = order(&one.curve, nth);
        let points = window(low, high, 300).into_iter().map(|x| (x, f(x) - g(x))).collect();
        lines.series.push(Series::new(&one.curve.title, points));
        if let Some((x, size)) = one.error.filter(|e| e.1 > 0.0) {
            let label = format!("max {}", number(size));
            lines.markers.push(Marker { x, y: f(x) - g(x), label, series: i });
        }
    }
    lines
}

/// What is marked: valleys and zeros of f, zeros of f′, zeros and the highest bend of f″. A place
/// that several curves share, as the zero at the origin, is marked once, and a label is left out
/// where another one already stands.
fn markers(found: &[Found], nth: usize, (low, high): (f64, f64), series: &[Series]) -> Vec<Marker> {
    let mut markers: Vec<Marker> = Vec::new();
    let ys = || series.iter().flat_map(|s| &s.points).map(|p| p.1).filter(|y| y.is_finite());
    let (bottom, top) =
        (ys().fold(f64::INFINITY, f64::min), ys().fold(f64::NEG_INFINITY, f64::max));
    let (dx, dy) = ((high - low) * 0.05, (top - bottom) * 0.05);
    let mut mark = |x: f64, y: f64, label: String, series: usize| {
        if !(low..=high).contains(&x) || markers.iter().any(|m| near(m, x, y, dx * 0.05, dy * 0.05))
        {
            return;
        }
        let crowded = markers.iter().any(|m| !m.label.is_empty() && near(m, x, y, dx, dy));
        let label = if crowded { String::new() } else { label };
        markers.push(Marker { x, y, label, series });
    };
    for (i, one) in found.iter().enumerate() {
        if let (0, Minimum::Valley(x, y)) = (nth, one.features.minimum) {
            mark(x, y, format!("({}, {})", number(x), number(y)), i);
        }
        if let (2, Some((x, y))) = (nth, one.features.bend) {
            mark(x, y, number(y), i);
        }
    }
    for (i, one) in found.iter().enumerate() {
        for &x in &one.features.zeros[nth.min(2)] {
            mark(x, 0.0, number(x), i);
        }
    }
    markers
}

/// Whether a marker lies within (dx, dy) of a point.
fn near(marker: &Marker, x: f64, y: f64, dx: f64, dy: f64) -> bool {
    (marker.x - x).abs() <= dx && (marker.y - y).abs() <= dy
}
