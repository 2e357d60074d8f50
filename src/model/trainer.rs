//! One step of training: forward and backward over shards of the batch in parallel, the gradients
//! summed in a fixed order, clipped, and turned into a step.
//!
//! The batch is cut into a fixed number of shards, each with a gradient of its own; threads only
//! decide who computes which. So one seed gives the same weights, to the bit, on any number of
//! threads.

use rayon::prelude::*;

use crate::math::real::Real;
use crate::math::simd::{sum, vectorized};
use crate::report::{Error, text};

use super::backward::Objective;
use super::batch::Batch;
use super::forward::Pass;
use super::optimizer::{Moments, Rule, Step};
use super::schedule::{Decay, Schedule};
use super::transformer::Transformer;
use super::workspace::Workspace;

/// Numbers that one thread takes at a time when gradients are summed and steps are taken.
const PIECE: usize = 1 << 15;

/// How a model is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// The rule of the steps.
    pub rule: Rule,
    /// The learning rate over time.
    pub schedule: Schedule,
    /// λ: weight decay of the matrices.
    pub decay: f64,
    /// The largest norm of a gradient; `None` does not clip.
    pub clip: Option<f64>,
    /// How much of each target is spread over the vocabulary.
    pub smoothing: f64,
    /// The loss is multiplied by this before the backward pass and the gradient divided by it
    /// after: changes nothing in f32, saves small gradients in half precision.
    pub loss_scale: f64,
    /// Into how many shards a batch is cut.
    pub shards: usize,
    /// Threads.
    pub threads: usize,
    /// The seed of dropout.
    pub seed: u64,
}

impl Training {
    /// How the small models here are trained as a rule: AdamW with a decay of 0.1, a warm-up over a
    /// twentieth of the steps, a cosine to a tenth of the peak, gradients clipped to length 1, two shards
    /// on two threads.
    pub fn usual(peak: f64, steps: usize, seed: u64) -> Self {
        let steps = steps as u64;
        Self {
            rule: Rule::AdamW(Moments::default()),
            schedule: Schedule {
                peak,
                warmup: steps / 20,
                decay: Decay::Cosine,
                steps,
                floor: 0.1,
            },
            decay: 0.1,
            clip: Some(1.0),
            smoothing: 0.0,
            loss_scale: 1.0,
            shards: 2,
            threads: 2,
            seed,
        }
    }
}

/// What one step was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Which step, from 1 on.
    pub step: u64,
    /// The mean loss in nats per target, before the step.
    pub loss: f64,
    /// The length of the gradient before it was clipped.
    pub gradient_norm: f64,
    /// The learning rate.
    pub rate: f64,
}

/// A model in training.
#[derive(Debug)]
pub struct Trainer<F> {
    /// The model.
    pub model: Transformer<F>,
    /// How it is trained.
    pub training: Training,
    m: Vec<F>,
    v: Vec<F>,
    shards: Vec<Shard<F>>,
    pool: rayon::ThreadPool,
    step: u64,
}

/// A part of each batch with its own places.
#[derive(Debug, Default)]
struct Shard<F> {
    workspace: Workspace<F>,
    gradient: Vec<F>,
    loss: f64,
}

impl<F: Real> Trainer<F> {
    /// A model at the beginning of its training.
    ///
    /// # Errors
    /// If the machine gives no threads.
    pub fn new(model: Transformer<F>, training: Training) -> Result<Self, Error> {
        let n = model.layout.total;
        let moments = |k: usize| vec![F::zero(); if training.rule.moments() >= k { n } else { 0 }];
        let shard = || Shard { gradient: vec![F::zero(); n], ..Shard::default() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(training.threads.max(1)).build();
        let pool = pool.map_err(|error| {
            Error::Machine(text(
                format!("no {} threads: {error}", training.threads),
                format!("无法启动 {} 个线程：{error}", training.threads),
            ))
        })?;
        let shards = (0..training.shards.max(1)).map(|_| shard()).collect();
        Ok(Self { model, training, m: moments(1), v: moments(2), shards, pool, step: 0 })
    }

    /// How many steps have been taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// One step on the mean loss over all targets of `batches`: more than one is gradient
    /// accumulation.
    ///
    /// # Errors
    /// [`Diverged`] if the loss or the gradient is not finite; the weights are then still those
    /// before the step.
    pub fn step(&mut self, batches: &[Batch]) -> Result<Progress, Diverged> {
        let asked: usize = batches.iter().map(Batch::asked).sum();
        let share = 1.0 / asked.max(1) as f64;
        let number = self.step + 1;
        let rate = self.training.schedule.rate(number);
        self.shards.iter_mut().for_each(|shard| shard.loss = 0.0);
        for (i, batch) in batches.iter().enumerate() {
            self.accumulate(batch, i == 0, share * self.training.loss_scale, number);
        }
        let loss = self.shards.iter().map(|shard| shard.loss).sum::<f64>() * share;
        let gradient_norm = self.reduce().sqrt() / self.training.loss_scale;
        let progress = Progress { step: number, loss, gradient_norm, rate };
        if !(loss.is_finite() && gradient_norm.is_finite()) {
            return Err(self.diverged(progress));
        }
        let clip = self.training.clip.map_or(1.0, |most| (most / gradient_norm).min(1.0));
        self.update(Step { rate, decay: 0.0, factor: clip / self.training.loss_scale, number });
        self.step = number;
        Ok(progress)
    }

    /// That a step, or a look at the loss after it, has left the finite numbers.
    pub fn diverged(&self, progress: Progress) -> Diverged {
        Diverged { progress, loss_scale: self.training.loss_scale }
    }

    /// The mean loss over the targets of a batch, without dropout and without learning.
    pub fn evaluate(&mut self, batch: &Batch) -> f64 {
        self.look(batch);
        let Self { model, shards, pool, .. } = self;
        let (model, count) = (&*model, shards.len());
        let t = batch.length;
        let run = |(i, shard): (usize, &mut Shard<F>)| {
            shard.loss = 0.0;
            let (from, to) = (batch.sequences * i / count, batch.sequences * (i + 1) / count);
            if from == to {
                return;
            }
            let ws = &mut shard.workspace;
            ws.prepare(&model.config, to - from, t);
            let pass = Pass { places: batch.places(from * t..to * t), ..Pass::default() };
            model.forward(&batch.tokens[from * t..to * t], ws, None, pass);
            shard.loss = model.loss(&batch.targets[from * t..to * t], ws);
        };
        pool.install(|| shards.par_iter_mut().enumerate().with_max_len(1).for_each(run));
        let loss: f64 = shards.iter().map(|shard| shard.loss).sum();
        loss / batch.asked().max(1) as f64
    }

    /// Lets the batch decide who may look at whom, where its objective does.
    fn look(&mut self, batch: &Batch) {
        self.model.config.mask = batch.mask.unwrap_or(self.model.config.mask);
    }

    /// Adds the gradient of one batch to the shards', or begins them anew.
    fn accumulate(&mut self, batch: &Batch, anew: bool, scale: f64, number: u64) {
        self.look(batch);
        let Self { model, training, shards, pool, .. } = self;
        let (model, training) = (&*model, *training);
        let (n, t) = (batch.sequences, batch.length);
        let count = shards.len();
        let objective = Objective { smoothing: training.smoothing, scale };
        let dropout = (model.config.dropout > 0.0)
            .then(|| training.seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let run = |(i, shard): (usize, &mut Shard<F>)| {
            if anew {
                shard.gradient.fill(F::zero());
            }
            let (from, to) = (n * i / count, n * (i + 1) / count);
            if from == to {
                return;
            }
            let (tokens, targets) =
                (&batch.tokens[from * t..to * t], &batch.targets[from * t..to * t]);
            let ws = &mut shard.workspace;
            let places = batch.places(from * t..to * t);
            let pass = Pass { dropout, first_sequence: from, types: &[], places };
            ws.prepare(&model.config, to - from, t);
            model.forward(tokens, ws, None, pass);
            let g = &mut shard.gradient;
            shard.loss += model.backward(tokens, targets, objective, ws, pass, g);
        };
        pool.install(|| shards.par_iter_mut().enumerate().with_max_len(1).for_each(run));
    }

    /// Sums the shards' gradients into the first one's; returns the squared length of the sum.
    fn reduce(&mut self) -> f64 {
        let Some((first, others)) = self.shards.split_first_mut() else { return 0.0 };
        let others = &*others;
        let add = |(i, piece): (usize, &mut [F])| {
            let place = i * PIECE..i * PIECE + piece.len();
            for other in others {
                let from = &other.gradient[place.clone()];
                vectorized!(|| piece.iter_mut().zip(from).for_each(|(a, b)| *a += *b));
            }
            vectorized!(|| sum(piece, |g| g * g)).to_f64().unwrap_or(f64::NAN)
        };
        let pieces = first.gradient.par_chunks_mut(PIECE).enumerate();
        let squares: Vec<f64> = self.pool.install(|| pieces.map(add).collect());
        squares.into_iter().sum()
    }

    /// Takes a step with the first shard's gradient: matrices with weight decay, vectors without.
    fn update(&mut self, step: Step) {
        let Self { model, training, m, v, shards, pool, .. } = self;
        let Some(first) = shards.first() else { return };
        let matrices = model.layout.matrices;
        let decaying = Step { decay: training.decay, ..step };
        let rule = training.rule;
        let theta = model.weights.split_at_mut(matrices);
        let g = first.gradient.split_at(matrices);
        // a rule without moments has none to split
        let (in_m, in_v) = (matrices.min(m.len()), matrices.min(v.len()));
        let (m, v) = (m.split_at_mut(in_m), v.split_at_mut(in_v));
        let parts = [(decaying, theta.0, g.0, m.0, v.0), (step, theta.1, g.1, m.1, v.1)];
        for (step, theta, g, m, v) in parts {
            pieces(pool, rule, step, theta, g, m, v);
        }
    }
}

/// Takes a step in pieces, side by side.
fn pieces<F: Real>(
    pool: &rayon::ThreadPool,
    rule: Rule,
    step: Step,
    theta: &mut [F],
    g: &[F],
    m: &mut [F],
    v: &mut [F],
) {
    if theta.len() <= PIECE {
        return rule.step(step, theta, g, m, v);
    }
    let half = (theta.len() / 2).next_multiple_of(PIECE);
    let (theta, g) = (theta.split_at_mut(half), g.split_at(half));
    let (in_m, in_v) = (half.min(m.len()), half.min(v.len()));
    let (m, v) = (m.split_at_mut(in_m), v.split_at_mut(in_v));
    pool.join(
        || pieces(pool, rule, step, theta.0, g.0, m.0, v.0),
        || pieces(pool, rule, step, theta.1, g.1, m.1, v.1),
    );
}

/// Training has left the finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diverged {
    /// The step that failed, its loss and its gradient.
    pub progress: Progress,
    /// What the loss was multiplied by: too large a number overflows where the loss itself would not.
    pub loss_scale: f64,
}

impl From<Diverged> for Error {
    fn from(diverged: Diverged) -> Self {
        let Progress { step, loss, gradient_norm, rate } = diverged.progress;
        let norm = gradient_norm;
        let wrong = text(
            format!("training diverged at step {step}: loss {loss}, gradient norm {norm}"),
            format!("训练在第 {step} 步发散：损失 {loss}，梯度范数 {norm}"),
        );
        let (mut en, mut zh) = (String::new(), String::new());
        if diverged.loss_scale > 1.0 {
            en += &format!("a loss scale below {:e}, ", diverged.loss_scale);
            zh += &format!("小于 {:e} 的损失缩放、", diverged.loss_scale);
        }
        Error::input(wrong).allowed(text(
            format!("{en}a learning rate below {rate:.1e}, a longer warm-up, clipping, a norm"),
            format!("{zh}小于 {rate:.1e} 的学习率、更长的预热、梯度裁剪、归一化"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tasks::Task;
    use crate::model::{Preset, Size};
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn training(threads: usize) -> Training {
        let usual = Training::usual(3e-3, 60, 1);
        Training { schedule: Schedule { warmup: 5, ..usual.schedule }, shards: 3, threads, ..usual }
    }

    fn trainer(training: Training) -> Trainer<f32> {
        let size =
            Size { vocab: 12, context: 12, d: 32, d_ff: 64, layers: 2, heads: 4, kv_heads: 2 };
        let config = Preset::Llama.config(size).unwrap();
        let config = super::super::Config { dropout: 0.1, ..config };
        let model = Transformer::new(config, &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
        Trainer::new(model, training).unwrap()
    }

    fn batch(seed: u64) -> Batch {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut batch = Batch::new(12);
        (0..8).for_each(|_| Task::Copy.push(&mut batch, 12, &mut rng));
        batch
    }

    #[test]
    fn one_seed_gives_the_same_bits_on_any_number_of_threads() {
        let run = |threads| {
            let mut trainer = trainer(training(threads));
            for i in 0..5 {
                trainer.step(&[batch(i)]).unwrap();
            }
            trainer.model.weights
        };
        let one = run(1);
        assert_eq!(one, run(2));
        assert_eq!(one, run(3));
    }

    #[test]
    fn one_batch_is_learned_by_heart() {
        let mut trainer = trainer(Training { decay: 0.0, ..training(1) });
        trainer.model.config.dropout = 0.0;
        let first = trainer.step(&[batch(0)]).unwrap().loss;
        assert!((first - 12.0_f64.ln()).abs() < 0.2, "it starts at ln V, not at {first}");
        trainer.training.schedule.decay = Decay::Constant;
        let last = (0..150).map(|_| trainer.step(&[batch(0)]).unwrap().loss).last().unwrap();
        assert!(last < 0.05, "{last}");
    }

    #[test]
    fn accumulated_halves_are_the_whole() {
        let gradients = |parts: &[Batch]| {
            let rule = Rule::Sgd;
            let mut trainer = trainer(Training { rule, clip: None, decay: 0.0, ..training(1) });
            trainer.model.config.dropout = 0.0;
            trainer.step(parts).unwrap();
            trainer.model.weights
        };
        let (a, b) = (batch(1), batch(2));
        let mut both = a.clone();
        for (tokens, targets) in b.tokens.chunks(12).zip(b.targets.chunks(12)) {
            both.push(tokens, targets);
        }
        let (parts, whole) = (gradients(&[a, b]), gradients(&[both]));
        assert!(parts.iter().zip(whole).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn a_loss_that_is_not_finite_stops_before_the_weights_are_touched() {
        let mut trainer = trainer(training(1));
        trainer.step(&[batch(0)]).unwrap();
        let slot = trainer.model.layout.blocks[1].down.weight;
        trainer.model.weights[slot.start] = f32::NAN;
        let before: Vec<u32> = trainer.model.weights.iter().map(|w| w.to_bits()).collect();
        let diverged = trainer.step(&[batch(1)]).unwrap_err();
        assert_eq!(diverged.progress.step, 2);
        let after: Vec<u32> = trainer.model.weights.iter().map(|w| w.to_bits()).collect();
        assert_eq!(before, after);
    }
}
