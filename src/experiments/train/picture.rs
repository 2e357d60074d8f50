//! The curves of a training run.

use crate::model::Progress;
use crate::report::{Axis, Content, Figure, Lines, Panel, Series, Stroke};

use super::compare::{Outcome, limits, spread};
use super::run::Run;

/// Points of a curve at most.
const POINTS: usize = 400;

/// Loss and gradient norm over steps.
pub fn curves(
    steps: &[Progress],
    validation: &[(u64, f64)],
    chance: f64,
    floor: Option<f64>,
) -> Figure {
    let last = steps.len().max(1) as f64;
    let validation = validation.iter().map(|(step, loss)| (*step as f64, *loss)).collect();
    let mut loss = Lines {
        series: vec![
            Series::new("training", thin(steps, |p| p.loss)),
            Series::new("validation", validation).stroke(Stroke::Dotted),
            Series::new("ln V: chance", vec![(0.0, chance), (last, chance)]).stroke(Stroke::Dashed),
        ],
        markers: Vec::new(),
    };
    if let Some(floor) = floor {
        let line = vec![(0.0, floor), (last, floor)];
        loss.series.push(Series::new("true entropy", line).stroke(Stroke::Dashed));
    }
    let norm = Lines {
        series: vec![Series::new("before clipping", thin(steps, |p| p.gradient_norm))],
        markers: Vec::new(),
    };
    let panel = |title: &str, y: Axis, lines: Lines| Panel {
        title: title.to_string(),
        x: Axis::new("step"),
        y,
        content: Content::Lines(lines),
    };
    let panels = vec![
        panel("Loss", Axis::new("cross-entropy (nats)"), loss),
        panel("Gradient norm", Axis::log("L2 norm"), norm),
    ];
    Figure::grid("training", "Training", 2, panels)
}

/// The curve of one number, as the mean of neighbours where there are too many steps to draw.
fn thin(steps: &[Progress], value: impl Fn(&Progress) -> f64) -> Vec<(f64, f64)> {
    let group = steps.len().div_ceil(POINTS).max(1);
    let mean = |part: &[Progress]| {
        let middle = part[part.len() / 2].step as f64;
        (middle, part.iter().map(&value).sum::<f64>() / part.len() as f64)
    };
    steps.chunks(group).map(mean).collect()
}

/// The curves of several variants: the mean over seeds, and a band of one standard deviation.
pub fn overlaid(title: &str, outcomes: &[Outcome]) -> Figure {
    let losses =
        |run: &Run| run.validation.iter().map(|(step, loss)| (*step as f64, *loss)).collect();
    let norms = |run: &Run| thin(&run.steps, |p| p.gradient_norm);
    let draw = |pick: &dyn Fn(&Run) -> Vec<(f64, f64)>| {
        let curve = |o: &Outcome| together(&o.label, o.runs.iter().map(pick).collect());
        Lines { series: outcomes.iter().map(curve).collect(), markers: Vec::new() }
    };
    let (mut loss, norm) = (draw(&losses), draw(&norms));
    let (chance, floor) = limits(outcomes);
    let end = loss.series.iter().flat_map(|s| &s.points).map(|p| p.0).fold(1.0, f64::max);
    for (name, limit) in [("ln V: chance", chance), ("true entropy", floor)] {
        let line = limit.map(|y| Series::new(name, vec![(0.0, y), (end, y)]));
        loss.series.extend(line.map(|line| line.stroke(Stroke::Dashed)));
    }
    let panel = |title: &str, y: Axis, lines: Lines| Panel {
        title: title.to_string(),
        x: Axis::new("step"),
        y,
        content: Content::Lines(lines),
    };
    let panels = vec![
        panel("Validation loss", Axis::new("cross-entropy (nats)"), loss),
        panel("Gradient norm", Axis::log("L2 norm"), norm),
    ];
    Figure::grid("comparison", title, 2, panels)
}

/// The mean of curves at the places that all of them have, with a band of one standard deviation
/// where there is more than one. The first curve gives the places; one that ended earlier drops out.
fn together(label: &str, curves: Vec<Vec<(f64, f64)>>) -> Series {
    let longest = curves.iter().max_by_key(|curve| curve.len());
    let mut series = Series::new(label, Vec::new());
    for (i, &(x, _)) in longest.into_iter().flatten().enumerate() {
        let values = curves.iter().filter_map(|c| c.get(i)).filter(|p| p.0 == x).map(|p| p.1);
        let values: Vec<f64> = values.filter(|y| y.is_finite()).collect();
        if values.is_empty() {
            continue;
        }
        let (mean, deviation) = spread(&values);
        let deviation = if deviation.is_finite() { deviation } else { 0.0 };
        series.points.push((x, mean));
        series.band.push((mean - deviation, mean + deviation));
    }
    if curves.len() < 2 {
        series.band.clear();
    }
    series
}
