//! Everything that a training run is made of: its flags, and the trainer that they give.

use crate::experiments::model::choices::Choices;
use crate::experiments::{Context, params};
use crate::model::tasks::Task;
use crate::model::{
    Config, Decay, Moments, Position, Pretraining, Rule, Schedule, Trainer, Training, Transformer,
};
use crate::report::{Error, text};

use super::data::Data;

/// The flags of a training run.
#[derive(Debug, Clone, clap::Args)]
pub struct Recipe {
    /// A task to learn instead of a text ‖ 要学的任务（代替文本）
    #[arg(long, conflicts_with = "corpus", value_parser = ["copy", "reverse", "sort", "addition", "induction"])]
    pub task: Option<String>,
    /// The text to learn: a file, - , lessons-en, lessons-zh or stories ‖ 要学的文本：文件、-、lessons-en、lessons-zh 或 stories
    #[arg(long, value_name = "TEXT", default_value = "stories")]
    pub corpus: String,
    /// What is asked about the text ‖ 训练目标
    #[arg(long, default_value = "next-token", conflicts_with = "task", value_parser = ["next-token", "prefix-lm", "masked-lm", "span-corruption", "blank-infilling"])]
    pub objective: String,
    /// What the model is made of ‖ 模型结构
    #[command(flatten)]
    pub model: Choices,
    /// Steps ‖ 训练步数
    #[arg(long, default_value = "300", value_parser = params::count(1, 1_000_000))]
    pub steps: usize,
    /// Sequences of a batch ‖ 每批序列数
    #[arg(long, value_name = "N", default_value = "16", value_parser = params::count(1, 4096))]
    pub batch: usize,
    /// Batches whose gradients are added before a step ‖ 梯度累积的批数
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 1024))]
    pub accumulate: usize,
    /// The highest learning rate ‖ 最高学习率
    #[arg(long, value_name = "η", default_value = "0.003", value_parser = params::between(0.0, 1e3))]
    pub rate: f64,
    /// Steps of warm-up; a twentieth of all if not given ‖ 预热步数；默认为总步数的 1/20
    #[arg(long, value_name = "N", value_parser = params::count(0, 1_000_000))]
    pub warmup: Option<usize>,
    /// What the rate does after the warm-up ‖ 预热后学习率如何变化
    #[arg(long, default_value = "cosine", value_parser = ["constant", "linear", "cosine", "inverse-root", "wsd"])]
    pub schedule: String,
    /// The rule of the steps ‖ 优化器
    #[arg(long, default_value = "adamw", value_parser = ["sgd", "momentum", "adam", "adamw"])]
    pub optimizer: String,
    /// Weight decay of the matrices ‖ 矩阵的权重衰减
    #[arg(long, value_name = "λ", default_value = "0.1", value_parser = params::between(0.0, 100.0))]
    pub decay: f64,
    /// The largest gradient norm; 0 does not clip ‖ 梯度范数上限；0 表示不裁剪
    #[arg(long, value_name = "NORM", default_value = "1", value_parser = params::between(0.0, 1e9))]
    pub clip: f64,
    /// How much of each target is spread over the vocabulary ‖ 标签平滑
    #[arg(long, value_name = "ε", default_value = "0", value_parser = params::between(0.0, 0.9))]
    pub smoothing: f64,
    /// What the loss is multiplied by before the backward pass, and the gradient divided by after ‖ 损失缩放：反向传播前损失乘以它，之后梯度除以它
    #[arg(long, value_name = "S", default_value = "1", value_parser = params::between(1e-30, 1e30))]
    pub loss_scale: f64,
    /// Threads; the weights do not depend on it ‖ 线程数；不影响训练结果
    #[arg(long, value_name = "N", value_parser = params::count(1, 256))]
    pub threads: Option<usize>,
}

impl Recipe {
    /// What is learned from.
    ///
    /// # Errors
    /// Bad input, or an interruption while a tokenizer is trained.
    pub fn data(&self, context: &Context) -> Result<Data, Error> {
        let (vocab, length) = (self.model.vocab_size, self.model.context);
        let aim = self.aim();
        if aim != Pretraining::NextToken && self.model.mask.is_some() {
            return Err(Error::input(text(
                format!("the objective {} decides the mask itself", aim.name()),
                format!("训练目标 {} 自带掩码", aim.name()),
            ))
            .allowed(text("--mask with next-token only", "--mask 只能与 next-token 一起用")));
        }
        match self.task.as_deref().and_then(Task::find) {
            Some(task) => Data::task(task, vocab),
            None => Data::text(&self.corpus, vocab, (aim, length), context),
        }
    }

    /// What the data depend on: recipes with the same answer learn from the same sequences.
    pub fn source(&self) -> (&Option<String>, &str, &str, Option<usize>, usize) {
        (&self.task, &self.corpus, &self.objective, self.model.vocab_size, self.model.context)
    }

    /// What is asked.
    pub fn aim(&self) -> Pretraining {
        Pretraining::find(&self.objective).unwrap_or_default()
    }

    /// What is learned, by its name.
    pub fn subject(&self) -> &str {
        self.task.as_deref().unwrap_or(&self.corpus)
    }

    /// The model's configuration.
    ///
    /// # Errors
    /// Bad input if the choices do not fit each other, or the batch would not fit into memory.
    pub fn config(&self, data: &Data) -> Result<Config, Error> {
        let mut config = self.model.config(data.vocab())?;
        if self.aim() == Pretraining::BlankInfilling && self.model.position.is_none() {
            config.position = Position::TwoRows;
        }
        config.validate()?;
        self.fits(&config)?;
        Ok(config)
    }

    /// A fresh model, ready to be trained.
    ///
    /// # Errors
    /// As [`config`](Self::config), or if the machine gives no threads.
    pub fn trainer(&self, data: &Data, context: &Context) -> Result<Trainer<f32>, Error> {
        let model = Transformer::new(self.config(data)?, &mut context.rng(0))?;
        Trainer::new(model, self.training(context.seed))
    }

    fn training(&self, seed: u64) -> Training {
        let steps = self.steps as u64;
        let decay = match self.schedule.as_str() {
            "constant" => Decay::Constant,
            "linear" => Decay::Linear,
            "inverse-root" => Decay::InverseRoot,
            "wsd" => Decay::Stable { fall: (steps / 10).max(1) },
            _ => Decay::Cosine,
        };
        let rule = match self.optimizer.as_str() {
            "sgd" => Rule::Sgd,
            "momentum" => Rule::Momentum { mu: 0.9 },
            "adam" => Rule::Adam(Moments::default()),
            _ => Rule::AdamW(Moments::default()),
        };
        let warmup = self.warmup.map_or(steps / 20, |n| n as u64);
        let machine = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = self.batch.min(2);
        Training {
            rule,
            schedule: Schedule { peak: self.rate, warmup, decay, steps, floor: 0.1 },
            decay: self.decay,
            clip: (self.clip > 0.0).then_some(self.clip),
            smoothing: self.smoothing,
            loss_scale: self.loss_scale,
            shards,
            threads: self.threads.unwrap_or(machine.min(shards)),
            seed,
        }
    }

    /// Refuses a batch whose activations would not fit.
    fn fits(&self, config: &Config) -> Result<(), Error> {
        let rows = (self.batch * config.context) as f64;
        let wide = (config.heads + config.kv_heads) as f64 * config.head_width as f64;
        let row = 7.0 * config.d as f64 + 2.0 * wide + 3.0 * config.d_ff as f64;
        let logits = 2.0 * 256.0 * config.vocab as f64;
        let moments = 5.0 * config.parameters();
        let numbers = rows * row * config.layers as f64 + logits + moments;
        params::fits(numbers, 4, &text("training", "训练"))
    }
}
