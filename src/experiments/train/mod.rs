//! `train`: a Transformer from scratch, with its loss curve.

mod data;
mod picture;

use std::time::Instant;

use crate::experiments::model::choices::Choices;
use crate::experiments::model::folder;
use crate::experiments::{Context, params};
use crate::model::tasks::Task;
use crate::model::{
    Batch, Config, Decay, Moments, Progress, Rule, Schedule, Trainer, Training, Transformer,
};
use crate::report::{Error, Lang, Report, Table, number, text};
use crate::tokenizer::files;
use data::{Data, Sample};

/// Steps between two looks at the validation loss.
const LOOKS: u64 = 20;

/// Train a Transformer from scratch and watch its loss ‖ 从零训练一个 Transformer，观察损失
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "train\ntrain --task copy --context 16 --steps 200\ntrain --corpus lessons-en --preset gpt2 --layers 2\ntrain --save my-model --steps 500"
)]
pub struct Train {
    /// A task to learn instead of a text ‖ 要学的任务（代替文本）
    #[arg(long, conflicts_with = "corpus", value_parser = ["copy", "reverse", "sort", "addition", "induction"])]
    pub task: Option<String>,
    /// The text to learn: a file, - , lessons-en, lessons-zh or stories ‖ 要学的文本：文件、-、lessons-en、lessons-zh 或 stories
    #[arg(long, value_name = "TEXT", default_value = "stories")]
    pub corpus: String,
    /// The folder to save the model in ‖ 保存模型的文件夹
    #[arg(long, value_name = "DIR")]
    pub save: Option<String>,
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
    #[arg(long, default_value = "cosine", value_parser = ["constant", "linear", "cosine", "inverse-root"])]
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
    /// Threads; the weights do not depend on it ‖ 线程数；不影响训练结果
    #[arg(long, value_name = "N", value_parser = params::count(1, 256))]
    pub threads: Option<usize>,
}

/// A training run as it went.
struct Run {
    steps: Vec<Progress>,
    /// `(step, loss)` on sequences that are never learned from.
    validation: Vec<(u64, f64)>,
    tokens_per_s: f64,
    /// Why it ended early, if it did.
    ended: Option<Error>,
}

impl Train {
    /// Trains and reports.
    ///
    /// # Errors
    /// Bad input, or a first step that diverges already.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (vocab, length) = (self.model.vocab_size, self.model.context);
        let data = match self.task.as_deref().and_then(Task::find) {
            Some(task) => Data::task(task, vocab)?,
            None => Data::text(&self.corpus, vocab, length, context)?,
        };
        let config = self.model.config(data.vocab())?;
        self.fits(&config)?;
        let model = Transformer::<f32>::new(config, &mut context.rng(0))?;
        let mut trainer = Trainer::new(model, self.training(context.seed))?;
        let run = self.train(&mut trainer, &data, context)?;
        if let Some(folder) = &self.save {
            folder::save(context, folder, &trainer.model)?;
            if let Data::Text(corpus) = &data {
                let json = files::to_json(&corpus.tokenizer)?;
                context.files().write(&format!("{folder}/tokenizer.json"), json.as_bytes())?;
            }
        }
        let sample = data.sample(&trainer.model, &mut context.rng(3))?;
        Ok(self.report(&trainer.model, &data, &run, sample))
    }

    fn training(&self, seed: u64) -> Training {
        let steps = self.steps as u64;
        let decay = match self.schedule.as_str() {
            "constant" => Decay::Constant,
            "linear" => Decay::Linear,
            "inverse-root" => Decay::InverseRoot,
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
            loss_scale: 1.0,
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

    fn train(
        &self,
        trainer: &mut Trainer<f32>,
        data: &Data,
        context: &Context,
    ) -> Result<Run, Error> {
        let t = trainer.model.config.context;
        let validation = data.validation(t, &mut context.rng(2));
        let mut rng = context.rng(1);
        let mut batches = vec![Batch::new(t); self.accumulate];
        let mut run =
            Run { steps: Vec::new(), validation: Vec::new(), tokens_per_s: 0.0, ended: None };
        run.validation.push((0, trainer.evaluate(&validation)));
        let (mut seconds, total) = (0.0, self.steps);
        for step in 1..=total as u64 {
            batches.iter_mut().for_each(|batch| data.fill(batch, self.batch, &mut rng));
            let start = Instant::now();
            match trainer.step(&batches) {
                Ok(progress) => run.steps.push(progress),
                Err(diverged) if step == 1 => return Err(diverged.into()),
                Err(diverged) => {
                    run.ended = Some(diverged.into());
                    break;
                }
            }
            seconds += start.elapsed().as_secs_f64();
            let tokens = step as f64 * (self.batch * self.accumulate * t) as f64;
            run.tokens_per_s = tokens / seconds;
            if step.is_multiple_of((total as u64 / LOOKS).max(1)) || step == total as u64 {
                run.validation.push((step, trainer.evaluate(&validation)));
            }
            let loss = run.steps.last().map_or(0.0, |p| p.loss);
            let speed = run.tokens_per_s;
            let what = text(
                format!("loss {loss:.3}, {speed:.0} tokens/s"),
                format!("损失 {loss:.3}，{speed:.0} token/s"),
            );
            if let Err(stop) = context.step(step as usize, total, &what) {
                // what was learned is kept
                run.ended = Some(stop);
                break;
            }
        }
        Ok(run)
    }

    fn report(&self, model: &Transformer<f32>, data: &Data, run: &Run, sample: Sample) -> Report {
        let config = &model.config;
        let mut report = Report::new(text("Training", "训练"));
        let last = run.steps.last();
        let chance = (config.vocab as f64).ln();
        let what = self.task.as_deref().unwrap_or(&self.corpus);
        report.say(text(
            format!(
                "{} learns **{}** with {} parameters: {} steps of {} sequences of {} tokens.",
                config_name(&self.model.preset),
                what,
                number(config.parameters()),
                run.steps.len(),
                self.batch * self.accumulate,
                config.context
            ),
            format!(
                "{} 用 {} 个参数学习任务 **{}**：{} 步，每步 {} 条序列，每条 {} 个 token。",
                config_name(&self.model.preset),
                number(config.parameters()),
                what,
                run.steps.len(),
                self.batch * self.accumulate,
                config.context
            ),
        ));
        match &run.ended {
            Some(Error::Interrupted) => {
                report.say(text(
                    "You stopped it; what was learned until then is kept.",
                    "你中止了训练；到此为止学到的都保留。",
                ));
            }
            Some(error) => {
                report.say(text(error.line(Lang::En), error.line(Lang::Zh)));
            }
            None => {}
        }
        report.figure(picture::curves(&run.steps, &run.validation, chance, data.floor()));
        let mut table = Table::new(text("Loss", "损失"))
            .words(text("when", "时刻"))
            .numbers(text("validation loss (nats)", "验证损失（nat）"));
        for (step, loss) in &run.validation {
            let when = text(format!("step {step}"), format!("第 {step} 步"));
            table.row(vec![when.into(), (*loss).into()]);
        }
        report.table(table);
        match sample {
            Sample::Right(share) => {
                let percent = 100.0 * share;
                report.say(text(
                    format!("Of fresh questions, {percent:.0}% are answered without a mistake."),
                    format!("新题中有 {percent:.0}% 的答案完全正确。"),
                ));
                report.metric("answers.right", share);
            }
            Sample::Text(said) => {
                report.heading(text("A sample", "样例"));
                report.say(text(said.clone(), said));
            }
        }
        if let Some(floor) = data.floor() {
            report.metric("loss.floor", floor);
        }
        if let Some(folder) = &self.save {
            report.say(text(format!("Saved in `{folder}`."), format!("已存入 `{folder}`。")));
        }
        report.metric("parameters", config.parameters());
        report.metric("steps", run.steps.len() as f64);
        report.metric("loss.chance", chance);
        report.metric("loss.start", run.steps.first().map_or(f64::NAN, |p| p.loss));
        report.metric("loss.train", last.map_or(f64::NAN, |p| p.loss));
        report.metric("loss.validation", run.validation.last().map_or(f64::NAN, |v| v.1));
        let norms = run.steps.iter().map(|p| p.gradient_norm);
        report.metric("gradient.norm.max", norms.fold(0.0, f64::max));
        report.metric("throughput.tokens_per_s", run.tokens_per_s);
        report
    }
}

/// The preset's name as its authors write it.
fn config_name(preset: &str) -> &'static str {
    match preset {
        "gpt2" => "GPT-2",
        "qwen2" => "Qwen2",
        "glm4" => "GLM-4",
        "bert" => "BERT",
        _ => "LLaMA",
    }
}
