//! The curves of a training run.

use crate::model::Progress;
use crate::report::{Axis, Content, Figure, Lines, Panel, Series, Stroke};

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
