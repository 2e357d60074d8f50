//! `position shuffle`: the same tokens in another order, with and without positions.

use ndarray_rand::rand::Rng;
use ndarray_rand::rand::seq::SliceRandom;

use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::model::position::Position as Kind;
use crate::model::{Config, Pass, Preset, Rope, Size, Transformer, Workspace};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// Tokens of the vocabulary.
const VOCAB: usize = 64;

/// Shuffle the tokens: do the outputs follow, or change? With and without positions, with and without a mask ‖ 打乱 token：输出只是跟着换位，还是会变？有无位置编码、有无掩码
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "position shuffle\nposition shuffle --bag\nposition shuffle --tokens 32 --heads 8"
)]
pub struct Shuffle {
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", default_value = "8", value_parser = params::count(3, 256))]
    pub tokens: usize,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "32", value_parser = params::count(1, 256))]
    pub d_model: usize,
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "4", value_parser = params::count(1, 64))]
    pub heads: usize,
    /// Blocks ‖ 层数
    #[arg(long, value_name = "L", default_value = "2", value_parser = params::count(1, 8))]
    pub layers: usize,
    /// Also: under a causal mask and without positions, reverse all tokens before the last; does its output change? ‖ 另外：无位置编码、因果掩码时，把最后一个 token 之前的全部倒序，它的输出变不变？
    #[arg(long)]
    pub bag: bool,
}

/// What is compared.
fn kinds() -> [(&'static str, Kind, Mask); 7] {
    [
        ("none", Kind::None, Mask::None),
        ("causal", Kind::None, Mask::Causal),
        ("sinusoidal", Kind::Sinusoidal, Mask::None),
        ("learned", Kind::Learned, Mask::None),
        ("t5", Kind::Relative { buckets: 32, farthest: 128 }, Mask::None),
        ("rope", Kind::Rope(Rope::new(10_000.0)), Mask::None),
        ("alibi", Kind::Alibi, Mask::None),
    ]
}

impl Shuffle {
    /// Reads the tokens in two orders with models that differ in their positions only.
    ///
    /// # Errors
    /// Bad input if the sizes do not fit each other, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut rng = context.rng(0);
        let ids: Vec<u32> = (0..self.tokens).map(|_| rng.random_range(0..VOCAB as u32)).collect();
        let mut order: Vec<usize> = (0..self.tokens).collect();
        order.shuffle(&mut rng);
        // a shuffle that moves nothing would show nothing
        let still = order.iter().enumerate().all(|(i, o)| i == *o);
        order.rotate_left(usize::from(still));
        let moved: Vec<u32> = order.iter().map(|i| ids[*i]).collect();
        let mut found = Vec::new();
        for (i, (name, kind, mask)) in kinds().into_iter().enumerate() {
            context.step(i, kinds().len(), &text("reading", "读取中"))?;
            let model = self.model(kind, mask, self.layers, context)?;
            let (y, shuffled) = (outputs(&model, &ids), outputs(&model, &moved)); // (T, d)
            let d = self.d_model;
            let pairs = order.iter().enumerate().flat_map(|(new, old)| {
                let rows = (&shuffled[new * d..(new + 1) * d], &y[old * d..(old + 1) * d]);
                rows.0.iter().zip(rows.1).map(|(a, b)| (a - b).abs())
            });
            found.push((name, pairs.fold(0.0, f64::max) / rms(&y)));
        }
        let mut report = report(&found);
        if self.bag {
            tell(&self.bags(&ids, context)?, &mut report);
        }
        Ok(report)
    }

    fn model(
        &self,
        position: Kind,
        mask: Mask,
        layers: usize,
        context: &Context,
    ) -> Result<Transformer<f64>, Error> {
        let (d, heads) = (self.d_model, self.heads);
        let size = Size {
            vocab: VOCAB,
            context: self.tokens,
            d,
            d_ff: 4 * d,
            layers,
            heads,
            kv_heads: heads,
        };
        let config = Config { position, mask, ..Preset::Llama.config(size)? };
        let mut rng = context.rng(1);
        let mut model = Transformer::new(config, &mut rng)?;
        // T5's biases start at 0, which is no position at all
        if let Some(slot) = model.layout.relative {
            model.weights[slot.range()].iter_mut().for_each(|w| *w = rng.random_range(-1.0..1.0));
        }
        Ok(model)
    }

    /// With a causal mask alone: by how much the last token's output changes when those before it
    /// change places, for 1, 2, … blocks.
    fn bags(&self, ids: &[u32], context: &Context) -> Result<Vec<f64>, Error> {
        let last = ids.len() - 1;
        let mut moved = ids.to_vec();
        moved[..last].reverse();
        let each = |layers: usize| {
            let model = self.model(Kind::None, Mask::Causal, layers, context)?;
            let (y, other) = (outputs(&model, ids), outputs(&model, &moved)); // (T, d)
            let d = self.d_model;
            let apart = y[last * d..].iter().zip(&other[last * d..]).map(|(a, b)| (a - b).abs());
            Ok(apart.fold(0.0, f64::max) / rms(&y))
        };
        (1..=self.layers.max(2)).map(each).collect()
    }
}

/// The end of the residual stream, `(T, d)`.
fn outputs(model: &Transformer<f64>, ids: &[u32]) -> Vec<f64> {
    let mut ws = Workspace::default();
    ws.prepare(&model.config, 1, ids.len());
    model.forward(ids, &mut ws, None, Pass::default());
    ws.last
}

fn rms(y: &[f64]) -> f64 {
    (y.iter().map(|v| v * v).sum::<f64>() / y.len() as f64).sqrt().max(f64::MIN_POSITIVE)
}

fn words(name: &str) -> Text {
    match name {
        "none" => text("no positions, no mask", "无位置编码，无掩码"),
        "causal" => text("no positions, causal mask", "无位置编码，因果掩码"),
        "t5" => text("T5's biases, no mask", "T5 相对偏置，无掩码"),
        "rope" => text("RoPE, no mask", "RoPE，无掩码"),
        "alibi" => text("ALiBi, no mask", "ALiBi，无掩码"),
        "learned" => text("learned table, no mask", "可学习的位置表，无掩码"),
        _ => text("sinusoids, no mask", "正弦编码，无掩码"),
    }
}

fn report(found: &[(&'static str, f64)]) -> Report {
    let mut report =
        Report::new(text("The same tokens in another order", "同样的 token，换个顺序"));
    report.formula("‖f(Px) − P f(x)‖_max / RMS(f(x)),  P a permutation");
    report.say(text(
        "A random Transformer reads some tokens, then the same tokens shuffled. If it knows nothing of \
         order its outputs are shuffled in the same way and the difference is rounding.",
        "随机初始化的 Transformer 先读一串 token，再读打乱后的同一串。若它不知道顺序，输出只会跟着换位，差别就只剩舍入误差。",
    ));
    let mut table = Table::new(text("Do outputs follow the shuffle?", "输出是否只是跟着换位？"))
        .words(text("model", "模型"))
        .numbers(text("difference", "差别"))
        .words(text("order", "顺序"));
    for (name, apart) in found {
        let verdict = match *apart < 1e-9 {
            true => text("not seen", "看不见"),
            false => text("seen", "看得见"),
        };
        table.row(vec![words(name).into(), (*apart).into(), verdict.into()]);
        report.metric(format!("{name}.difference"), *apart);
    }
    report.table(table);
    let points = found.iter().enumerate().map(|(i, (_, y))| (i as f64, y.max(1e-17))).collect();
    let names = found.iter().map(|(name, _)| (*name).to_string()).collect();
    report.figure(Figure::new(
        "shuffle",
        "How much a shuffle changes the outputs",
        Axis::names("positions", names),
        Axis::log("difference / RMS"),
        Content::Lines(Lines {
            series: vec![Series::new("f(Px) against P f(x)", points).stroke(Stroke::Dotted)],
            markers: Vec::new(),
        }),
    ));
    report
}

/// What the last token knows of the order before it, by the number of blocks.
fn tell(bags: &[f64], report: &mut Report) {
    for (i, apart) in bags.iter().enumerate() {
        report.metric(format!("bag.layers{}", i + 1), *apart);
    }
    report.say(text(
        format!(
            "A causal mask leaks order: each token sees its own past and no other. But one block is still a bag of words: \
             the last token's output changes by {} when all before it change places; with two blocks by {}.",
            number(bags[0]), number(bags[1])
        ),
        format!(
            "因果掩码会泄露顺序：每个 token 看到的“过去”各不相同。但只有一层时仍是词袋：前面的 token 全部换位，最后一个 token 的输出只变 {}；两层则变 {}。",
            number(bags[0]), number(bags[1])
        ),
    ));
}
