//! `heads pool`: from multi-head to grouped queries without training anew. Keys and values of each
//! group's heads become one (Ainslie et al. 2023, GQA).

use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

use super::held::{Held, Reading};
use crate::corpus::stories::Stories;
use crate::experiments::{Context, params};
use crate::model::layout::Slot;
use crate::model::{Batch, Config, Trainer, Training, Transformer};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// Sequences of a batch of uptraining.
const BATCH: usize = 8;

/// Pool the keys and values of a trained model's heads: MHA to GQA and MQA ‖ 把训练好的模型的 KV 头合并：从 MHA 到 GQA、MQA
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "heads pool\nheads pool --kv-heads 1 --steps 100")]
pub struct Pool {
    /// Which model reads what ‖ 由哪个模型读什么
    #[command(flatten)]
    pub reading: Reading,
    /// Key and value heads that are left; every divisor of the model's if not given ‖ 剩下的 KV 头数；默认所有因数
    #[arg(long, value_name = "G", num_args = 1.., value_parser = params::count(1, 256))]
    pub kv_heads: Vec<usize>,
    /// Steps of training after pooling the means, on stories ‖ 均值合并之后在故事上继续训练的步数
    #[arg(long, value_name = "N", default_value = "0", value_parser = params::count(0, 10_000))]
    pub steps: usize,
}

/// What becomes of the heads of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Their mean.
    Mean,
    /// The first of them.
    First,
    /// Random numbers of the same size.
    Random,
}

const WAYS: [(How, &str); 3] =
    [(How::Mean, "mean"), (How::First, "first"), (How::Random, "random")];

impl Pool {
    /// Pools, measures, and trains on if that is asked for.
    ///
    /// # Errors
    /// If there is no such model, or the heads do not divide its heads.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let held = self.reading.open(context)?;
        let heads = held.model.config.kv_heads;
        let mut groups = params::distinct(&self.kv_heads);
        if groups.is_empty() {
            groups = (1..heads).rev().filter(|g| heads.is_multiple_of(*g)).collect();
        }
        for kv in &groups {
            Config::groups_of_heads(heads, *kv)?;
        }
        let whole = held.loss(&held.model);
        let mut report = Report::new(text("From MHA to GQA", "从 MHA 到 GQA"));
        report.formula("W_K of a group = mean of its heads' W_K        W_V likewise");
        let mut table = Table::new(text("Loss on fresh text (nats)", "新文本上的损失（nat）"))
            .numbers(text("KV heads", "KV 头"))
            .numbers(text("cache", "缓存"))
            .numbers(text("mean", "取均值"))
            .numbers(text("first head", "取第一个头"))
            .numbers(text("random", "随机"))
            .numbers(text(
                format!("mean, then {} steps", self.steps),
                format!("取均值后训练 {} 步", self.steps),
            ));
        let mut bars: Vec<(String, Vec<f64>)> =
            ["mean", "first head", "random"].map(|name| (name.to_string(), Vec::new())).to_vec();
        if self.steps > 0 {
            bars.push((format!("mean, {} steps", self.steps), Vec::new()));
        }
        report.metric_in("loss", whole, "nats");
        report.metric("kv_heads", heads);
        for (i, kv) in groups.iter().enumerate() {
            context.step(i, groups.len(), &text("pooling", "合并中"))?;
            let mut row = vec![(*kv).into(), (*kv as f64 / heads as f64).into()];
            let mut losses = Vec::new();
            for (how, name) in WAYS {
                let loss = held.loss(&pooled(&held.model, *kv, how, context)?);
                report.metric_in(format!("g{kv}.{name}.loss"), loss, "nats");
                losses.push(loss);
            }
            let further = match self.steps {
                0 => None,
                _ => Some(self.uptrained(&held, *kv, (i, groups.len()), context)?),
            };
            if let Some(loss) = further {
                report.metric_in(format!("g{kv}.trained.loss"), loss, "nats");
            }
            row.extend(losses.iter().map(|loss| (*loss).into()));
            row.push(further.map_or(crate::report::Cell::Empty, Into::into));
            table.row(row);
            bars.iter_mut().zip(losses.into_iter().chain(further)).for_each(|(b, l)| b.1.push(l));
        }
        report.table(table);
        report.say(said(whole, heads));
        report.figure(Figure::new(
            "pool",
            format!(
                "Loss after pooling {heads} key and value heads (whole model: {})",
                number(whole)
            ),
            Axis::names("key and value heads left", groups.iter().map(usize::to_string).collect()),
            Axis::new("loss (nats)"),
            Content::Bars(Bars { series: bars }),
        ));
        Ok(report)
    }

    /// The loss after some training of the pooled means.
    fn uptrained(
        &self,
        held: &Held,
        kv: usize,
        (i, groups): (usize, usize),
        context: &Context,
    ) -> Result<f64, Error> {
        let model = pooled(&held.model, kv, How::Mean, context)?;
        let training = Training::usual(1e-3, self.steps, context.seed);
        let mut trainer = Trainer::new(model, training)?;
        let t = held.batch.length;
        let words = Stories.text(1 << 19, &mut context.rng(18));
        let ids = held.tokenizer.encode_long(&words, 1)?;
        let mut rng = context.rng(19);
        let mut batch = Batch::new(t);
        for step in 0..self.steps {
            context.step(i * self.steps + step, groups * self.steps, &text("training", "训练"))?;
            batch.clear();
            for _ in 0..BATCH {
                let start = rng.random_range(0..ids.len().saturating_sub(t + 1).max(1));
                batch.push_text(&ids[start..start + t + 1]);
            }
            trainer.step(std::slice::from_ref(&batch))?;
        }
        Ok(held.loss(&trainer.model))
    }
}

fn said(whole: f64, heads: usize) -> Text {
    text(
        format!(
            "All {heads} key and value heads: {} nats. The mean keeps something of every head; Ainslie et al. (2023) pool so and then train on for 5 % of the original steps.",
            number(whole)
        ),
        format!(
            "保留全部 {heads} 个 KV 头：{} nat。取均值能保留每个头的一部分；Ainslie et al.（2023）就是先取均值，再用原训练步数的 5% 继续训练。",
            number(whole)
        ),
    )
}

/// The model with `kv` key and value heads, each in place of a group.
fn pooled(
    model: &Transformer<f32>,
    kv: usize,
    how: How,
    context: &Context,
) -> Result<Transformer<f32>, Error> {
    let mut small = Transformer::zeros(Config { kv_heads: kv, ..model.config.clone() })?;
    let each = model.config.kv_heads / kv;
    let width = model.config.head_width;
    let mut rng = context.rng(20);
    for ((name, from), (_, to)) in model.layout.names.iter().zip(&small.layout.names) {
        let old = &model.weights[from.range()];
        let new = &mut small.weights[to.range()];
        if name.contains("attention.key") || name.contains("attention.value") {
            share(how, (old, *from), (new, *to), (each, width), &mut rng);
        } else {
            new.copy_from_slice(old);
        }
    }
    Ok(small)
}

/// The columns of each group, `each` heads of `width` columns, become those of one head.
fn share(
    how: How,
    (old, from): (&[f32], Slot),
    (new, to): (&mut [f32], Slot),
    (each, width): (usize, usize),
    rng: &mut impl Rng,
) {
    let square = old.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / old.len() as f64;
    for (i, w) in new.iter_mut().enumerate() {
        let (row, column) = (i / to.columns, i % to.columns);
        let (group, c) = (column / width, column % width);
        let of = |k: usize| old[row * from.columns + (group * each + k) * width + c];
        *w = match how {
            How::Mean => (0..each).map(of).sum::<f32>() / each as f32,
            How::First => of(0),
            How::Random => {
                let z: f64 = StandardNormal.sample(rng);
                (z * square.sqrt()) as f32
            }
        };
    }
}
