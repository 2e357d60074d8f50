//! `loss floor`: a table of next-character probabilities learns a text. Its loss falls from ln V to
//! the text's own entropy and no further; what is above the floor is the KL divergence.

use std::collections::BTreeMap;

use ndarray::{Array2, Axis as Dimension};

use crate::experiments::tokenizer::source;
use crate::experiments::{Context, params};
use crate::math::divergence::{cross_entropy, entropy, kl};
use crate::math::linear::Linear;
use crate::math::softmax::softmax;
use crate::model::Adam;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// Train a table of next-character probabilities: from ln V down to the entropy of the text ‖ 训练一张“下一个字符”的概率表：从 ln V 降到文本自身的熵
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss floor\nloss floor --order 0\nloss floor --corpus lessons-en --steps 300"
)]
pub struct Floor {
    /// The text: a file, - , lessons-en, lessons-zh, stories ‖ 文本：文件、-、lessons-en、lessons-zh、stories
    #[arg(long, value_name = "TEXT", default_value = "stories")]
    pub corpus: String,
    /// How many characters before the next one the table sees ‖ 表能看到前面几个字符
    #[arg(long, value_name = "N", value_parser = params::count(0, 1), default_value = "1")]
    pub order: usize,
    /// Steps of Adam on the whole text ‖ 在全文上用 Adam 训练的步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 10_000), default_value = "150")]
    pub steps: usize,
    /// Learning rate ‖ 学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 10.0), default_value = "0.1")]
    pub rate: f64,
}

/// The most different characters of a text: a table has their square.
const MOST: usize = 2000;

/// How often each character follows each context, as shares.
struct Counts {
    /// The share of each context, `(C)`.
    contexts: Vec<f64>,
    /// What follows it, `(C, V)`, rows that sum to 1.
    next: Array2<f64>,
}

impl Counts {
    /// Counts a text.
    fn of(text: &str, order: usize) -> Result<Self, Error> {
        let chars: Vec<char> = text.chars().collect();
        let mut ids = BTreeMap::new();
        for c in &chars {
            ids.insert(*c, 0);
        }
        for (i, id) in ids.values_mut().enumerate() {
            *id = i;
        }
        let v = ids.len();
        if !(2..=MOST).contains(&v) {
            return Err(short(v));
        }
        let contexts = if order == 0 { 1 } else { v };
        let mut next = Array2::zeros((contexts, v)); // (C, V)
        for pair in chars.windows(2) {
            let row = if order == 0 { 0 } else { ids[&pair[0]] };
            next[[row, ids[&pair[1]]]] += 1.0;
        }
        let rows = next.sum_axis(Dimension(1)); // (C)
        let total = rows.sum();
        for (mut row, sum) in next.rows_mut().into_iter().zip(&rows) {
            row /= f64::max(*sum, 1.0); // what only ends the text has no next
        }
        Ok(Self { contexts: rows.iter().map(|r| r / total).collect(), next })
    }

    /// A mean over the contexts of what `f` says of the truth and of the model's row.
    fn mean(&self, model: &Array2<f64>, f: impl Fn(&[f64], &[f64]) -> f64) -> f64 {
        let rows = self.next.rows().into_iter().zip(model.rows());
        let each = rows.zip(&self.contexts).filter(|(_, share)| **share > 0.0);
        each.map(|((y, p), share)| share * f(&y.to_vec(), &p.to_vec())).sum()
    }
}

/// A text with too few characters, or too many kinds.
fn short(v: usize) -> Error {
    Error::input(text(
        format!("the text has {} different characters", number(v as f64)),
        format!("文本中有 {} 种字符", number(v as f64)),
    ))
    .allowed(text(format!("2 to {MOST}"), format!("2 到 {MOST} 种")))
    .example("llm-lab loss floor --corpus stories")
}

impl Floor {
    /// Counts, trains, compares.
    ///
    /// # Errors
    /// A text that cannot be read or has too few characters; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let counts = Counts::of(&source::corpus(&self.corpus, context)?, self.order)?;
        let v = counts.next.ncols();
        let floor = counts.mean(&counts.next, |y, _| entropy(y));
        let mut table = Linear { weight: Array2::<f64>::zeros(counts.next.raw_dim()), bias: None };
        let mut adam = Adam::new(&table);
        let (mut losses, mut gaps) = (Vec::new(), Vec::new());
        let mut apart: f64 = 0.0;
        for step in 0..=self.steps {
            context.step(step, self.steps + 1, &text("training", "训练"))?;
            let p = softmax(table.weight.view()); // (C, V)
            let (loss, gap) = (counts.mean(&p, cross_entropy), counts.mean(&p, kl));
            apart = apart.max((loss - floor - gap).abs());
            losses.push(loss);
            gaps.push(gap);
            // p − y, each row weighted by the share of its context
            let mut weight = p - &counts.next;
            for (mut row, share) in weight.rows_mut().into_iter().zip(&counts.contexts) {
                row *= *share;
            }
            adam.step(&mut table, &Linear { weight, bias: None }, self.rate);
        }
        let (start, end) = (losses[0], losses[self.steps]);
        let mut report = Report::new(text("The floor of the loss", "损失的下限"));
        report.formula("H(p, q) = H(p) + D(p‖q)\nloss    = floor + what can still be learned");
        let mut steps = Table::new(text("The training run", "训练过程"))
            .numbers(text("step", "步"))
            .numbers(text("loss H(p, q)", "损失 H(p, q)"))
            .numbers(text("D(p‖q)", "D(p‖q)"))
            .numbers(text("perplexity", "困惑度"));
        for k in [0, self.steps / 10, self.steps / 3, self.steps] {
            steps.row(vec![k.into(), losses[k].into(), gaps[k].into(), losses[k].exp().into()]);
        }
        report.table(steps);
        report
            .metric("vocabulary", v)
            .metric_in("start", start, "nats")
            .metric_in("chance", (v as f64).ln(), "nats")
            .metric_in("end", end, "nats")
            .metric_in("floor", floor, "nats")
            .metric_in("kl.start", gaps[0], "nats")
            .metric_in("kl.end", gaps[self.steps], "nats")
            .metric("perplexity.end", end.exp())
            .metric("identity.error", apart);
        report.say(said(v, start, end, floor));
        report.figure(picture(&losses, &gaps, floor, v));
        Ok(report)
    }
}

fn said(v: usize, start: f64, end: f64, floor: f64) -> Text {
    let [start, end, floor] = [start, end, floor].map(number);
    text(
        format!(
            "{v} characters: the loss starts at ln {v} = {start} and ends at {end}. The text's own entropy, given what the table sees, is {floor}: \
             no step can go below, and what lies above it is D(p‖q). The floor does not depend on the model, so both have the same gradient."
        ),
        format!(
            "共 {v} 种字符：损失从 ln {v} = {start} 开始，到 {end} 结束。在表所能看到的范围内，文本自身的熵为 {floor}：\
             怎么训练都低不过它，高出的部分就是 D(p‖q)。下限与模型无关，因此两者的梯度相同。"
        ),
    )
}

fn picture(losses: &[f64], gaps: &[f64], floor: f64, v: usize) -> Figure {
    let curve = |values: &[f64]| (0..).map(f64::from).zip(values.iter().copied()).collect();
    let level = |y: f64| vec![(0.0, y), (losses.len() as f64 - 1.0, y)];
    let series = vec![
        Series::new("loss H(p, q)", curve(losses)),
        Series::new("D(p‖q)", curve(gaps)),
        Series::new(format!("floor H(p) = {}", number(floor)), level(floor)).stroke(Stroke::Dashed),
        Series::new(format!("chance ln {v}"), level((v as f64).ln())).stroke(Stroke::Dashed),
    ];
    Figure::new(
        "floor",
        "The loss falls to the entropy of the text, the divergence to 0",
        Axis::new("step"),
        Axis::new("nats per character"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}
