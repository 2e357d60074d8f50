//! The training loop: steps, looks at the validation loss, samples on the way, and an end that keeps
//! what was learned.

use std::time::Instant;

use crate::experiments::Context;
use crate::model::{Batch, Diverged, Progress, Trainer};
use crate::report::{Error, Lang, Text, text};

use super::data::{Data, Sample};
use super::recipe::Recipe;

/// Looks at the validation loss in a run.
const LOOKS: u64 = 20;
/// After how many looks the model is asked for a sample.
const SAMPLES: [u64; 3] = [1, 3, 8];
/// Tokens of a sample on the way.
const SHORT: usize = 48;
/// Marks of the curve in the progress line.
const MARKS: usize = 16;

/// A training run as it went.
pub struct Run {
    /// Every step.
    pub steps: Vec<Progress>,
    /// `(step, loss)` on sequences that are never learned from.
    pub validation: Vec<(u64, f64)>,
    /// `(step, sample)` on the way.
    pub samples: Vec<(u64, Sample)>,
    /// Tokens learned from in a second.
    pub tokens_per_s: f64,
    /// Why it ended early, if it did.
    pub ended: Option<Ended>,
}

/// Why a run ended early.
#[derive(Debug, Clone, Copy)]
pub enum Ended {
    /// The learner stopped it.
    Stopped,
    /// It left the finite numbers; the weights are those of the step `kept`.
    Diverged {
        /// Where.
        at: Diverged,
        /// The last look at which the loss was finite.
        kept: u64,
    },
}

/// How a run is shown while it lasts.
pub struct Live<'a> {
    /// What stands before the loss: the variant of a comparison.
    pub name: Text,
    /// Which run this is, counted from 0, of how many.
    pub place: (usize, usize),
    /// Whether samples are drawn on the way.
    pub samples: bool,
    /// Whom to tell.
    pub context: &'a Context<'a>,
}

impl Run {
    /// The validation loss at the end.
    pub fn final_loss(&self) -> f64 {
        self.validation.last().map_or(f64::NAN, |look| look.1)
    }

    /// Whether the loss stopped being a number.
    pub fn diverged(&self) -> bool {
        matches!(self.ended, Some(Ended::Diverged { .. }))
    }
}

/// Trains to the end, or until it diverges, or until the learner stops it; `trainer` then holds what
/// was learned. `seed` draws the batches.
///
/// # Errors
/// If a sample cannot be drawn.
pub fn train(
    recipe: &Recipe,
    trainer: &mut Trainer<f32>,
    data: &Data,
    live: &Live,
) -> Result<Run, Error> {
    let (context, total) = (live.context, recipe.steps as u64);
    let t = trainer.model.config.context;
    let validation = data.validation(t, &mut context.rng(2));
    let mut rng = context.rng(1);
    let mut batches = vec![Batch::new(t); recipe.accumulate];
    let mut run = Run {
        steps: Vec::with_capacity(recipe.steps),
        validation: vec![(0, trainer.evaluate(&validation))],
        samples: Vec::new(),
        tokens_per_s: 0.0,
        ended: None,
    };
    // a copy of the weights from the last look at which all was well
    let (mut good, mut kept) = (trainer.model.weights.clone(), 0);
    let every = (total / LOOKS).max(1);
    let mut seconds = 0.0;
    for step in 1..=total {
        batches.iter_mut().for_each(|batch| data.fill(batch, recipe.batch, &mut rng));
        let start = Instant::now();
        let taken = trainer.step(&batches);
        seconds += start.elapsed().as_secs_f64();
        let mut wrong = taken.err();
        if let Ok(progress) = taken {
            run.steps.push(progress);
            run.tokens_per_s =
                step as f64 * (recipe.batch * recipe.accumulate * t) as f64 / seconds;
            if step.is_multiple_of(every) || step == total {
                let loss = trainer.evaluate(&validation);
                if loss.is_finite() {
                    run.validation.push((step, loss));
                    good.copy_from_slice(&trainer.model.weights);
                    kept = step;
                    run.look(trainer, data, live, step / every)?;
                } else {
                    wrong = Some(trainer.diverged(Progress { loss, ..progress }));
                }
            }
        }
        if let Some(at) = wrong {
            trainer.model.weights.copy_from_slice(&good);
            run.ended = Some(Ended::Diverged { at, kept });
            break;
        }
        let (done, all) =
            (live.place.0 * recipe.steps + step as usize, live.place.1 * recipe.steps);
        if context.step(done, all, &run.words(&live.name)).is_err() {
            run.ended = Some(Ended::Stopped);
            break;
        }
    }
    if run.validation.last().is_none_or(|look| look.0 != trainer.steps()) && !run.diverged() {
        run.validation.push((trainer.steps(), trainer.evaluate(&validation)));
    }
    Ok(run)
}

impl Run {
    /// Draws a sample at some looks, and shows it to whoever reads along.
    fn look(
        &mut self,
        trainer: &Trainer<f32>,
        data: &Data,
        live: &Live,
        look: u64,
    ) -> Result<(), Error> {
        if !live.samples || !SAMPLES.contains(&look) {
            return Ok(());
        }
        let sample = data.sample(&trainer.model, SHORT, &mut live.context.rng(3))?;
        let Some(&(step, loss)) = self.validation.last() else { return Ok(()) };
        let said = sample.words();
        live.context.note(&text(
            format!("step {step}, validation loss {loss:.3}: {}", said.get(Lang::En)),
            format!("第 {step} 步，验证损失 {loss:.3}：{}", said.get(Lang::Zh)),
        ));
        self.samples.push((step, sample));
        Ok(())
    }

    /// The progress line: name, loss, its curve so far, speed.
    fn words(&self, name: &Text) -> Text {
        let loss = self.steps.last().map_or(f64::NAN, |p| p.loss);
        let (curve, speed) = (self.curve(), self.tokens_per_s);
        text(
            format!("{}loss {loss:.3} {curve} {speed:.0} tokens/s", name.get(Lang::En)),
            format!("{}损失 {loss:.3} {curve} {speed:.0} token/s", name.get(Lang::Zh)),
        )
    }

    /// The loss so far as a row of marks, the highest and the lowest of them as high as they can be.
    fn curve(&self) -> String {
        let group = self.steps.len().div_ceil(MARKS).max(1);
        let mean = |part: &[Progress]| part.iter().map(|p| p.loss).sum::<f64>() / part.len() as f64;
        let means: Vec<f64> = self.steps.chunks(group).map(mean).collect();
        let (low, high) =
            means.iter().fold((f64::MAX, f64::MIN), |(low, high), m| (m.min(low), m.max(high)));
        let mark = |m: &f64| {
            let marks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
            let share = if high > low { (m - low) / (high - low) } else { 0.0 };
            marks[(share * 7.0).round().clamp(0.0, 7.0) as usize]
        };
        means.iter().map(mark).collect()
    }
}
