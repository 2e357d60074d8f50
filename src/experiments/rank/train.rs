//! `rank train`: the same small model trained with a causal mask to say the next token, and without a
//! mask to say hidden ones; how alike its tokens are before and after.

use ndarray_rand::rand::Rng;

use crate::corpus::stories::Stories;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::linalg::singular_values;
use crate::math::rank::{effective_rank, mean_cosine};
use crate::model::{
    Batch, Config, Maker, Noise, Preset, Pretraining, Size, Trace, Trainer, Training, Transformer,
};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// Bytes of stories to learn from; the last tenth is only looked at.
const BYTES: usize = 100_000;
/// Texts that are looked at.
const LOOKED: usize = 8;

/// Train one small model under both masks and see how alike its tokens become ‖ 同一个小模型在两种掩码下训练，看 token 变得多相似
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "rank train\nrank train --steps 1500 --layers 6")]
pub struct Train {
    /// Steps ‖ 训练步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 10_000), default_value = "600")]
    pub steps: usize,
    /// Layers ‖ 层数
    #[arg(long, value_name = "L", value_parser = params::count(1, 24), default_value = "4")]
    pub layers: usize,
    /// Width d, a multiple of 8 ‖ 宽度 d，8 的倍数
    #[arg(long, value_name = "D", value_parser = params::count(8, 128), default_value = "32")]
    pub dim: usize,
    /// Tokens of a sequence ‖ 序列长度
    #[arg(long, value_name = "T", value_parser = params::count(4, 128), default_value = "32")]
    pub tokens: usize,
    /// Sequences of a batch ‖ 每批序列数
    #[arg(long, value_name = "N", value_parser = params::count(1, 64), default_value = "8")]
    pub batch: usize,
}

/// One mask with the objective that goes with it.
struct Way {
    key: &'static str,
    name: Text,
    mask: Mask,
    aim: Pretraining,
}

/// How alike tokens are after each block.
struct Depths {
    cosine: Vec<f64>,
    effective: Vec<f64>,
}

impl Train {
    /// Trains both.
    ///
    /// # Errors
    /// A width that does not fit, an interruption, or a run that leaves the finite numbers.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let ids = words(context);
        let ways = [
            Way {
                key: "bidirectional",
                name: text("bidirectional, hidden tokens", "双向，预测被遮的 token"),
                mask: Mask::None,
                aim: Pretraining::MaskedLm,
            },
            Way {
                key: "causal",
                name: text("causal, next token", "因果，预测下一个 token"),
                mask: Mask::Causal,
                aim: Pretraining::NextToken,
            },
        ];
        let mut report = Report::new(text("Tokens under two masks", "两种掩码下的 token"));
        let mut table = Table::new(text(
            format!("{} layers of width {}, {} steps", self.layers, self.dim, self.steps),
            format!("{} 层，宽度 {}，训练 {} 步", self.layers, self.dim, self.steps),
        ))
        .words(text("model", "模型"))
        .numbers(text("loss (nats)", "损失（nat）"))
        .numbers(text("cosine, random", "余弦，随机权重"))
        .numbers(text("cosine, trained", "余弦，训练后"))
        .numbers(text("effective rank, random", "有效秩，随机权重"))
        .numbers(text("effective rank, trained", "有效秩，训练后"));
        let mut found = Vec::new();
        for (i, way) in ways.iter().enumerate() {
            let (before, after, loss) = self.learn(way, &ids, (i, ways.len()), context)?;
            let (last, key) = (self.layers, way.key);
            let ends = [
                before.cosine[last],
                after.cosine[last],
                before.effective[last],
                after.effective[last],
            ];
            let mut cells = vec![way.name.clone().into(), loss.into()];
            cells.extend(ends.map(Into::into));
            table.row(cells);
            report
                .metric_in(format!("{key}.loss"), loss, "nats")
                .metric(format!("{key}.cosine.random"), ends[0])
                .metric(format!("{key}.cosine.trained"), ends[1])
                .metric(format!("{key}.effective.random"), ends[2])
                .metric(format!("{key}.effective.trained"), ends[3]);
            found.push((before, after));
        }
        report.table(table);
        let at = |i: usize| {
            (number(found[i].0.cosine[self.layers]), number(found[i].1.cosine[self.layers]))
        };
        let ((a, b), (c, d)) = (at(0), at(1));
        report.say(text(
            format!("Mean cosine of two tokens after the last block, random weights → trained: bidirectional {a} → {b}, causal {c} → {d}. The losses are those of different questions and cannot be compared."),
            format!("最后一层之后两个 token 的平均余弦，随机权重 → 训练后：双向 {a} → {b}，因果 {c} → {d}。两者的损失来自不同的题目，不能比较。"),
        ));
        report.figure(picture(&ways, &found));
        Ok(report)
    }

    /// Trains one; how alike its tokens were before and are after, and its last loss.
    fn learn(
        &self,
        way: &Way,
        ids: &[u32],
        (i, ways): (usize, usize),
        context: &Context,
    ) -> Result<(Depths, Depths, f64), Error> {
        let vocab = ids.iter().max().map_or(1, |most| *most as usize + 1);
        let maker = Maker { aim: way.aim, length: self.tokens, vocab, noise: Noise::default() };
        let size = Size {
            vocab: vocab + maker.specials(),
            context: self.tokens,
            d: self.dim,
            d_ff: 4 * self.dim,
            layers: self.layers,
            heads: 4,
            kv_heads: 4,
        };
        let config = Config { mask: way.mask, ..Preset::Llama.config(size)? };
        let model = Transformer::<f32>::new(config, &mut context.rng(0))?;
        let mut trainer = Trainer::new(model, Training::usual(3e-3, self.steps, context.seed))?;
        let (learned, kept) = ids.split_at(ids.len() - ids.len() / 10);
        let before = self.look(&trainer.model, kept)?;
        let (mut rng, mut batch, mut loss) = (context.rng(1), Batch::new(self.tokens), f64::NAN);
        for step in 1..=self.steps {
            context.step(i * self.steps + step, ways * self.steps, &way.name)?;
            maker.begin(&mut batch, 1);
            for _ in 0..self.batch {
                let start = rng.random_range(0..=learned.len() - maker.text());
                maker.push(&mut batch, &learned[start..][..maker.text()], &mut rng);
            }
            loss = trainer.step(std::slice::from_ref(&batch))?.loss;
        }
        Ok((before, self.look(&trainer.model, kept)?, loss))
    }

    /// Looks at texts that were not learned from, as they are: nothing is hidden.
    fn look(&self, model: &Transformer<f32>, kept: &[u32]) -> Result<Depths, Error> {
        let mut depths =
            Depths { cosine: vec![0.0; self.layers + 1], effective: vec![0.0; self.layers + 1] };
        for text in kept.chunks_exact(self.tokens).take(LOOKED) {
            let trace = Trace::of(model, text)?;
            for layer in 0..=self.layers {
                let x = trace.stream(2 * layer).mapv(f64::from); // (T, d)
                depths.cosine[layer] += mean_cosine(x.view()) / LOOKED as f64;
                depths.effective[layer] +=
                    effective_rank(&singular_values(x.view())) / LOOKED as f64;
            }
        }
        Ok(depths)
    }
}

/// Stories, each word a token.
fn words(context: &Context) -> Vec<u32> {
    let text = Stories.text(BYTES, &mut context.rng(2));
    let mut known = std::collections::HashMap::new();
    text.split_whitespace()
        .map(|word| {
            let next = known.len() as u32;
            *known.entry(word.to_string()).or_insert(next)
        })
        .collect()
}

/// Cosine and effective rank by layer, before and after.
fn picture(ways: &[Way], found: &[(Depths, Depths)]) -> Figure {
    let panel = |title: &str, y: Axis, value: fn(&Depths) -> &Vec<f64>| {
        let curve = |depths: &Depths| {
            value(depths).iter().enumerate().map(|(l, v)| (l as f64, *v)).collect::<Vec<_>>()
        };
        let both = ways.iter().zip(found).flat_map(|(way, (before, after))| {
            [
                Series::new(format!("{}, random", way.key), curve(before)).stroke(Stroke::Dashed),
                Series::new(format!("{}, trained", way.key), curve(after)).stroke(Stroke::Dotted),
            ]
        });
        Panel {
            title: title.to_string(),
            x: Axis::new("layers"),
            y,
            content: Content::Lines(Lines { series: both.collect(), markers: Vec::new() }),
        }
    };
    let panels = vec![
        panel("cosine of two tokens", Axis::new("mean cosine"), |d| &d.cosine),
        panel("directions that the tokens use", Axis::new("effective rank"), |d| &d.effective),
    ];
    Figure::grid("masks", "The same model under two masks, before and after training", 2, panels)
}
