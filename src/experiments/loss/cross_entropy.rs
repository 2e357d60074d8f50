//! `loss cross-entropy`: from logits to the loss and its gradient, step by step.

use ndarray::{Array1, ArrayView1, Axis as Dimension};

use super::distribution::MOST;
use crate::experiments::{Context, params};
use crate::math::difference;
use crate::math::divergence::{bits, entropy};
use crate::math::objective::{cross_entropy, smoothed};
use crate::math::softmax::{log_softmax, softmax};
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Lines, Marker, Panel, Report, Series, Table, Text,
    number, text,
};

/// Cross-entropy step by step: logits, softmax, −ln p, and the gradient p − y ‖ 逐步计算交叉熵：logits、softmax、−ln p、梯度 p − y
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss cross-entropy --logits 2 1 0 -1 --target 2\nloss cross-entropy --logits 8 0 0 --target 1 --smoothing 0.1"
)]
pub struct CrossEntropy {
    /// The score of each token of the vocabulary ‖ 词表中每个 token 的得分
    #[arg(long, num_args = 2.., value_name = "Z", value_parser = params::between(-300.0, 300.0), allow_negative_numbers = true, default_values = ["2", "1", "0", "-1"])]
    pub logits: Vec<f64>,
    /// Which token came, 1 for the first ‖ 实际出现的是第几个 token，从 1 数起
    #[arg(long, value_name = "N", value_parser = params::count(1, MOST), default_value = "1")]
    pub target: usize,
    /// ε: the share of the target that label smoothing spreads evenly ‖ ε：标签平滑均匀摊开的比例
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "0")]
    pub smoothing: f64,
}

/// The most tokens that the table shows.
const SHOWN: usize = 12;

impl CrossEntropy {
    /// Computes loss and gradient of one position.
    ///
    /// # Errors
    /// If there is no such target, or there are too many logits.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let v = self.logits.len();
        if self.target > v || v > MOST {
            return Err(Error::input(text(
                format!("--target {} of {v} logits", self.target),
                format!("--target {}，logits 有 {v} 个", self.target),
            ))
            .allowed(text(
                format!("a target from 1 to {}", v.min(MOST)),
                format!("target 在 1 到 {} 之间", v.min(MOST)),
            ))
            .example("llm-lab loss cross-entropy --logits 2 1 0 -1 --target 2"));
        }
        let z = Array1::from(self.logits.clone()); // (V)
        let y = smoothed(v, self.target - 1, self.smoothing); // (V)
        let (loss, gradient) = cross_entropy(z.view(), y.view());
        let row = z.view().insert_axis(Dimension(0)); // (1, V)
        let (p, logs) = (softmax(row).row(0).to_owned(), log_softmax(row).row(0).to_owned());
        let numeric =
            difference::gradient(|z: ArrayView1<f64>| cross_entropy(z, y.view()).0, z.view());
        let apart = (&numeric - &gradient).fold(0.0, |m: f64, e| m.max(e.abs()));
        let floor = entropy(&y.to_vec());

        let mut report = Report::new(text("Cross-entropy, step by step", "逐步计算交叉熵"));
        report.formula("p = softmax(z)\nL = −Σ yᵢ ln pᵢ\n∂L/∂z = p − y");
        report.table(self.table([&z, &p, &y, &-logs, &gradient]));
        let at = p[self.target - 1];
        report.say(said(loss, at, v, floor));
        report
            .metric_in("loss", loss, "nats")
            .metric_in("bits", bits(loss), "bits")
            .metric("perplexity", loss.exp())
            .metric("p.target", at)
            .metric("gradient.target", gradient[self.target - 1])
            .metric("gradient.sum", gradient.sum())
            .metric("gradient.error", apart)
            .metric_in("floor", floor, "nats")
            .metric_in("chance", (v as f64).ln(), "nats");
        report.figure(self.picture(&p, &y, &gradient));
        if self.smoothing == 0.0 {
            report.figure(surprise(at, loss));
        }
        Ok(report)
    }

    /// A row for each token: z, p, y, −ln p, p − y.
    fn table(&self, columns: [&Array1<f64>; 5]) -> Table {
        let mut table = Table::new(text(
            format!("One position; token {} came", self.target),
            format!("一个位置；实际出现的是第 {} 个 token", self.target),
        ))
        .numbers(Text::same("token"))
        .numbers(Text::same("z"))
        .numbers(Text::same("p = softmax(z)"))
        .numbers(text("target y", "目标 y"))
        .numbers(Text::same("−ln p"))
        .numbers(Text::same("p − y"));
        for i in 0..self.logits.len().min(SHOWN) {
            let cells = columns.map(|column| column[i]);
            table.row(std::iter::once((i + 1).into()).chain(cells.map(Cell::from)).collect());
        }
        table
    }

    /// What the model says beside what is true, and the gradient.
    fn picture(&self, p: &Array1<f64>, y: &Array1<f64>, gradient: &Array1<f64>) -> Figure {
        let names = || (1..=p.len()).map(|i| i.to_string()).collect();
        let bars = |series: Vec<(&str, &Array1<f64>)>| {
            let series = series.into_iter().map(|(n, a)| (n.to_string(), a.to_vec())).collect();
            Content::Bars(Bars { series })
        };
        let panel = |title: &str, y: &str, content| Panel {
            title: title.to_string(),
            x: Axis::names("token", names()),
            y: Axis::new(y),
            content,
        };
        let panels = vec![
            panel(
                "what the model says, what came",
                "probability",
                bars(vec![("p", p), ("target y", y)]),
            ),
            panel("gradient of the logits", "p − y", bars(vec![("p − y", gradient)])),
        ];
        Figure::grid("gradient", "Cross-entropy: the gradient is p − y", 2, panels)
    }
}

/// The loss against the probability of what came.
fn surprise(p: f64, loss: f64) -> Figure {
    let curve = (1..=400).map(|i| f64::from(i) / 400.0).map(|p| (p, -p.ln())).collect();
    let marker = Marker {
        x: p,
        y: loss,
        label: format!("p = {}, −ln p = {}", number(p), number(loss)),
        series: 0,
    };
    // a probability too small to see would stretch the axis
    let markers = if p > 1.0 / 400.0 { vec![marker] } else { Vec::new() };
    Figure::new(
        "surprise",
        "The price of a token: −ln p",
        Axis::new("probability p of the token that came").between(0.0, 1.0),
        Axis::new("loss −ln p (nats)"),
        Content::Lines(Lines { series: vec![Series::new("−ln p", curve)], markers }),
    )
}

fn said(loss: f64, p: f64, v: usize, floor: f64) -> Text {
    let (loss, p, chance, floor_is) =
        (number(loss), number(p), number((v as f64).ln()), number(floor));
    let (mut en, mut zh) = (
        format!(
            "The token that came had p = {p}; the loss is {loss} nats. Someone who knows nothing pays ln {v} = {chance}."
        ),
        format!(
            "实际出现的 token 概率为 p = {p}，损失 {loss} nats。一无所知者要付 ln {v} = {chance}。"
        ),
    );
    if floor > 0.0 {
        en += &format!(
            " The target itself is a distribution with entropy {floor_is}: no logits can go below that."
        );
        zh += &format!("目标本身是一个分布，熵为 {floor_is}：任何 logits 都低不过它。");
    }
    text(en, zh)
}
