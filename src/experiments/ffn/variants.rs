//! `ffn variants`: the gated units beside the formulas that circulate for them.

use ndarray::{Array1, Array2};

use super::tokens;
use crate::experiments::{Context, params};
use crate::math::activation::Activation;
use crate::math::ffn::{Ffn, Kind};
use crate::math::linear::xavier;
use crate::math::parameters::Parameters;
use crate::report::{Axis, Bars, Cell, Content, Error, Figure, Report, Table, Text, number, text};

/// GLU, GEGLU and SwiGLU beside the formulas that circulate for them ‖ GLU、GEGLU、SwiGLU 与网上流传的公式对照
#[derive(Debug, Clone, clap::Args)]
pub struct Variants {
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", value_parser = params::count(2, 64), default_value = "6")]
    pub d_model: usize,
    /// Width inside the block ‖ 层内宽度
    #[arg(long, value_name = "D", value_parser = params::count(1, 256), default_value = "16")]
    pub d_ff: usize,
}

/// The blocks, each with the activation of the formula `g(W₁x) ⊙ x` that circulates in its name.
const PAIRS: [(Kind, Activation, &str); 3] = [
    (Kind::Glu, Activation::Sigmoid, "σ(xW) ⊙ x"),
    (Kind::Geglu, Activation::Gelu, "GELU(xW) ⊙ x"),
    (Kind::Swiglu, Activation::Sigmoid, "σ(xW) ⊙ x"),
];

/// How many random weights are tried for the bounds.
const DRAWS: u64 = 200;

impl Variants {
    /// Feeds one x, whose first feature is 0, to both formulas of each name.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let d = self.d_model;
        let mut x = tokens(1, d, &mut context.rng(0)); // (1, d)
        x[[0, 0]] = 0.0;
        let mut report =
            Report::new(text("The gate multiplies a second projection", "门乘的是另一个投影"));
        report.formula("GLU family: y = (g(xW) ⊙ xV) W₂\nself-gate:  y = g(xW) ⊙ x");
        let mut table = Table::new(text("The same x through both", "同一个 x 分别代入"))
            .words(text("formula", "公式"))
            .numbers(text("parameters", "参数量"))
            .numbers(text("hidden width", "中间宽度"))
            .numbers(text("y where x is 0", "x 为 0 处的 y"))
            .words(Text::same("y"));
        let mut bars = vec![("x".to_string(), x.row(0).to_vec())];
        for (i, (kind, gate, formula)) in PAIRS.into_iter().enumerate() {
            context.step(i, PAIRS.len(), &Text::same(kind.title()))?;
            let block = Ffn::xavier(kind, d, self.d_ff, 1.0, &mut context.rng(1));
            let y = block.forward(x.view()).0.row(0).to_owned(); // (d)
            let folk = folklore(&x, &xavier(d, d, 1.0, &mut context.rng(1)), gate); // (d)
            let name = kind.name();
            report.metric(format!("{name}.parameters"), block.count());
            report.metric(format!("{name}.matrices"), kind.matrices());
            report.metric(format!("{name}.at_zero"), y[0].abs());
            report.metric(format!("{name}.folklore.parameters"), d * d);
            report.metric(format!("{name}.folklore.at_zero"), folk[0].abs());
            let apart = (&y - &folk).mapv(f64::abs).fold(0.0, |a, &b| f64::max(a, b));
            report.metric(format!("{name}.difference"), apart);
            table.row(row(Text::same(kind.formula()), block.count(), self.d_ff, &y));
            let said = text(
                format!("said to be {}: {formula}", kind.title()),
                format!("流传的“{}”：{formula}", kind.title()),
            );
            table.row(row(said, d * d, d, &folk));
            if kind != Kind::Swiglu {
                bars.push((format!("self-gate {formula}"), folk.to_vec()));
            }
            bars.push((kind.title().to_string(), y.to_vec()));
        }
        report.table(table);
        let (held, opened) = self.bounds(context)?;
        report.metric("self_gate.largest_ratio", held);
        report.metric("glu.largest_ratio", opened);
        let reached = number(opened);
        report.say(text(
            format!("A self-gate scales each feature of x by itself: where x is 0, y is 0 whatever W is, and under σ no |yᵢ| exceeds |xᵢ| (over {DRAWS} random weights the largest ratio is {held:.6}). GLU's second projection V brings other features in: its |yᵢ| reaches {reached} times |xᵢ|. Different formulas, different functions: σ(xW) ⊙ x is neither GLU nor SwiGLU."),
            format!("自门控只是逐个缩放 x 的特征：x 为 0 的地方，不论 W 取什么，y 都是 0；用 σ 作门时 |yᵢ| 不会超过 |xᵢ|（试 {DRAWS} 组随机权重，比值最大为 {held:.6}）。GLU 的第二个投影 V 会引入其他特征，|yᵢ| 可达 |xᵢ| 的 {reached} 倍。公式不同，函数也不同：σ(xW) ⊙ x 既不是 GLU，也不是 SwiGLU。"),
        ));
        report.figure(Figure::new(
            "outputs",
            "One x through the gated units and the self-gates",
            Axis::names("feature", (0..d).map(|i| i.to_string()).collect()),
            Axis::new("value"),
            Content::Bars(Bars { series: bars }),
        ));
        Ok(report)
    }

    /// The largest |yᵢ| / |xᵢ| over many random weights: of the sigmoid self-gate, and of GLU.
    fn bounds(&self, context: &Context) -> Result<(f64, f64), Error> {
        let d = self.d_model;
        let (mut held, mut opened) = (0.0, 0.0);
        for draw in 0..DRAWS {
            context.step(draw as usize, DRAWS as usize, &text("random weights", "随机权重"))?;
            let rng = &mut context.rng(10 + draw);
            let x = tokens(1, d, rng); // (1, d)
            let glu = Ffn::xavier(Kind::Glu, d, self.d_ff, 1.0, rng)
                .forward(x.view())
                .0
                .row(0)
                .to_owned();
            let folk = folklore(&x, &xavier(d, d, 4.0, rng), Activation::Sigmoid);
            held = largest_ratio(&folk, &x).max(held);
            opened = largest_ratio(&glu, &x).max(opened);
        }
        Ok((held, opened))
    }
}

/// g(xW) ⊙ x for one token, `(d)`.
fn folklore(x: &Array2<f64>, w: &Array2<f64>, gate: Activation) -> Array1<f64> {
    (gate.forward(&x.dot(w)) * x).row(0).to_owned()
}

/// The largest |yᵢ| / |xᵢ|.
fn largest_ratio(y: &Array1<f64>, x: &Array2<f64>) -> f64 {
    y.iter().zip(x).fold(0.0, |most, (y, x)| f64::max(most, (y / x).abs()))
}

fn row(formula: Text, parameters: usize, width: usize, y: &Array1<f64>) -> Vec<Cell> {
    let shown: Vec<String> = y.iter().take(6).map(|v| format!("{v:.2}")).collect();
    let more = if y.len() > shown.len() { ", …" } else { "" };
    let values = format!("{}{more}", shown.join(", "));
    vec![formula.into(), parameters.into(), width.into(), y[0].into(), values.into()]
}
