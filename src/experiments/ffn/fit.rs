//! Training a block on y = |x|, for the subcommands that compare what blocks can learn.

use ndarray::{Array1, Array2};

use crate::experiments::Context;
use crate::math::ffn::{Ffn, Kind};
use crate::math::linear::xavier;
use crate::math::parameters::Parameters;
use crate::report::{Axis, Content, Error, Lines, Panel, Series, Text};

/// How a block is trained.
pub struct Fit {
    /// Hidden units.
    pub hidden: usize,
    /// Steps of gradient descent on all points at once.
    pub steps: usize,
    /// Learning rate.
    pub rate: f64,
    /// Added to every hidden bias before training: far below 0, no unit starts active.
    pub shift: f64,
}

/// A trained block.
pub struct Trained {
    /// Its kind.
    pub kind: Kind,
    /// What it says at the points, `(N, 1)`.
    pub y: Array2<f64>,
    /// The mean squared error before each step, and after the last.
    pub losses: Vec<f64>,
    /// Share of hidden units with slope exactly 0 at every point: at the start, and at the end.
    pub dead: (f64, f64),
}

/// The points of y = |x|, evenly spaced from −1 to 1: x and y, both `(81, 1)`.
pub fn points() -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((81, 1), |(i, _)| i as f64 / 40.0 - 1.0);
    let y = x.mapv(f64::abs);
    (x, y)
}

/// The mean of the squares.
pub fn mean_square(errors: &Array2<f64>) -> f64 {
    errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64
}

impl Fit {
    /// Trains a block of a kind, with biases, by gradient descent.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn train(&self, kind: Kind, context: &Context) -> Result<Trained, Error> {
        let (x, target) = points(); // (N, 1)
        let mut block = self.start(kind, context);
        let dead_at_start = dead(&block, &x);
        let mut losses = Vec::with_capacity(self.steps + 1);
        for step in 0..self.steps {
            if step % 50 == 0 {
                context.step(step, self.steps, &Text::same(kind.title()))?;
            }
            let (y, trace) = block.forward(x.view()); // (N, 1)
            let error = &y - &target;
            losses.push(mean_square(&error));
            let dy = error * (2.0 / target.len() as f64); // (N, 1)
            let (_, gradient) = block.backward(x.view(), &trace, dy.view());
            block.descend(&gradient, self.rate);
        }
        let y = block.forward(x.view()).0;
        losses.push(mean_square(&(&y - &target)));
        Ok(Trained { kind, y, losses, dead: (dead_at_start, dead(&block, &x)) })
    }

    /// A fresh block: random weights, and random hidden biases, so that the units bend at places
    /// spread over the line.
    fn start(&self, kind: Kind, context: &Context) -> Ffn<f64> {
        let mut block = Ffn::xavier(kind, 1, self.hidden, 1.0, &mut context.rng(2));
        let bias = xavier(1, self.hidden, 1.0, &mut context.rng(3)).row(0).to_owned();
        block.input.bias = Some(bias + self.shift);
        if let Some(value) = &mut block.value {
            value.bias = Some(Array1::zeros(self.hidden));
        }
        block.output.bias = Some(Array1::zeros(1));
        block
    }
}

/// The share of hidden units whose activation has slope exactly 0 at every point: no gradient
/// passes through them any more.
fn dead(block: &Ffn<f64>, x: &Array2<f64>) -> f64 {
    let before = block.input.forward(x.view()); // (N, hidden)
    let silent =
        |unit: &ndarray::ArrayView1<f64>| unit.iter().all(|&u| block.activation.slope(u) == 0.0);
    before.columns().into_iter().filter(silent).count() as f64 / before.ncols() as f64
}

/// The losses over the steps, thinned out to what a picture can show.
pub fn loss_panel(trained: &[Trained]) -> Panel {
    let series = trained.iter().map(|t| {
        let every = t.losses.len().div_ceil(400);
        let steps = t.losses.iter().enumerate().step_by(every);
        let shown = steps.filter(|(_, l)| l.is_finite() && **l > 0.0);
        Series::new(t.kind.title(), shown.map(|(i, &l)| (i as f64, l)).collect())
    });
    Panel {
        title: "loss".to_string(),
        x: Axis::new("step"),
        y: Axis::log("mean squared error"),
        content: Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
    }
}
