//! How the models are made and trained: the flags that the commands share.

use super::words::Words;
use crate::experiments::{Context, params};
use crate::model::{Batch, Config, Position, Preset, Size, Trainer, Training, Transformer};
use crate::report::{Error, Text, text};

/// Tokens of a training step when a model is tuned to longer texts, at least.
const TUNED_BATCH: usize = 4;

/// The flags of the models.
#[derive(Debug, Clone, clap::Args)]
pub struct Plan {
    /// Tokens of a text in training ‖ 训练时的文本长度（token 数）
    #[arg(long, value_name = "T", default_value = "32", value_parser = params::count(8, 512))]
    pub train_length: usize,
    /// Steps of training ‖ 训练步数
    #[arg(long, value_name = "N", default_value = "400", value_parser = params::count(1, 100_000))]
    pub steps: usize,
    /// Texts of a batch ‖ 每批文本数
    #[arg(long, value_name = "N", default_value = "32", value_parser = params::count(1, 512))]
    pub batch: usize,
    /// The highest learning rate ‖ 最高学习率
    #[arg(long, value_name = "η", default_value = "0.004", value_parser = params::between(1e-9, 10.0))]
    pub rate: f64,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(2, 512))]
    pub d_model: usize,
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "4", value_parser = params::count(1, 64))]
    pub heads: usize,
    /// Blocks ‖ 层数
    #[arg(long, value_name = "L", default_value = "2", value_parser = params::count(1, 24))]
    pub layers: usize,
}

/// Where a training is in the whole, for the progress bar.
pub struct Place<'a> {
    /// Steps done before, and of the whole.
    pub done: usize,
    /// Steps of the whole.
    pub total: usize,
    /// What is trained.
    pub name: &'a str,
}

impl Plan {
    /// The configuration for texts of `context` tokens.
    ///
    /// # Errors
    /// Bad input if the sizes do not fit each other.
    pub fn config(
        &self,
        vocab: usize,
        context: usize,
        position: Position,
    ) -> Result<Config, Error> {
        let (d, layers, heads) = (self.d_model, self.layers, self.heads);
        let d_ff = (8 * d).div_ceil(3).next_multiple_of(8);
        let size = Size { vocab, context, d, d_ff, layers, heads, kv_heads: heads };
        let config = Config { position, ..Preset::Llama.config(size)? };
        config.validate()?;
        Ok(config)
    }

    /// Refuses sizes whose activations would not fit, before memory is taken.
    ///
    /// # Errors
    /// Bad input, saying how much it would need.
    pub fn fits(&self, longest: usize) -> Result<(), Error> {
        let rows = (self.batch * self.train_length).max(TUNED_BATCH * longest) as f64;
        let row = (self.layers * 22 * self.d_model + 2 * 256) as f64;
        let wide = longest as f64 * (2 * self.heads + 2 * self.d_model) as f64;
        params::fits(rows * row + wide, 4, &text("training", "训练"))
    }

    /// A model trained on texts of `train_length` tokens; its table of positions, if it learns one,
    /// has `context` rows.
    ///
    /// # Errors
    /// An interruption, or training that leaves the finite numbers.
    pub fn train(
        &self,
        words: &Words,
        (context, position): (usize, Position),
        place: &Place,
        lab: &Context,
    ) -> Result<Transformer<f32>, Error> {
        let config = self.config(words.vocab, context, position)?;
        let model = Transformer::new(config, &mut lab.rng(0))?;
        let recipe = (self.train_length, self.batch, self.steps, self.rate);
        taught(model, words, recipe, place, lab)
    }

    /// The model trained on for a few steps on texts of `length` tokens, as many tokens a step.
    ///
    /// # Errors
    /// As [`Self::train`].
    pub fn tune(
        &self,
        model: Transformer<f32>,
        words: &Words,
        (length, steps): (usize, usize),
        place: &Place,
        lab: &Context,
    ) -> Result<Transformer<f32>, Error> {
        let batch = (self.batch * self.train_length / length).max(TUNED_BATCH);
        taught(model, words, (length, batch, steps, self.rate / 4.0), place, lab)
    }
}

fn taught(
    model: Transformer<f32>,
    words: &Words,
    (length, batch, steps, peak): (usize, usize, usize, f64),
    place: &Place,
    lab: &Context,
) -> Result<Transformer<f32>, Error> {
    let shards = batch.min(2);
    let machine = std::thread::available_parallelism().map_or(1, usize::from);
    let training =
        Training { shards, threads: machine.min(shards), ..Training::usual(peak, steps, lab.seed) };
    let mut trainer = Trainer::new(model, training)?;
    let mut rng = lab.rng(1);
    let mut batches = [Batch::new(length)];
    for step in 0..steps {
        words.fill(&mut batches[0], batch, &mut rng);
        let progress = trainer.step(&batches)?;
        let said = Text::same(format!("{}: loss {:.3}", place.name, progress.loss));
        lab.step(place.done + step + 1, place.total, &said)?;
    }
    Ok(trainer.model)
}
