//! `loss mse`: cross-entropy and squared error on a softmax that is confidently wrong.

use ndarray::{Array1, ArrayView1, array};

use crate::experiments::{Context, params};
use crate::math::objective::{cross_entropy, smoothed, squared_error};
use crate::math::softmax::softmax;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Table, Text, number, text,
};

/// Why not squared error: its gradient fades where softmax is confidently wrong ‖ 为什么不用均方误差：softmax 自信地答错时，它的梯度会消失
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "loss mse\nloss mse --margin -4\nloss mse --margin -20 --rate 5")]
pub struct Mse {
    /// Score of the right token minus that of the wrong one, at the start ‖ 起始时正确 token 与错误 token 的得分之差
    #[arg(long, value_name = "Z", value_parser = params::between(-100.0, 20.0), allow_negative_numbers = true, default_value = "-8")]
    pub margin: f64,
    /// Learning rate ‖ 学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 100.0), default_value = "1")]
    pub rate: f64,
    /// Steps of gradient descent ‖ 梯度下降步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 100_000), default_value = "200")]
    pub steps: usize,
}

/// A loss with its gradient.
type Objective = fn(ArrayView1<f64>, ArrayView1<f64>) -> (f64, Array1<f64>);

const LOSSES: [(&str, &str, Objective); 2] =
    [("ce", "cross-entropy", cross_entropy), ("mse", "squared error", squared_error)];

/// What counts as learned.
const LEARNED: f64 = 0.9;

impl Mse {
    /// Compares gradients over the margin, then descends from a wrong start.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let y = smoothed(2, 0, 0.0); // (V) with V = 2
        let push = |loss: Objective, margin: f64| -loss(array![margin, 0.0].view(), y.view()).1[0];
        let mut report =
            Report::new(text("Cross-entropy against squared error", "交叉熵与均方误差"));
        report.formula(
            "cross-entropy  ∂L/∂z = p − y\nsquared error  ∂L/∂zᵢ = pᵢ (eᵢ − Σⱼ pⱼ eⱼ),  e = p − y",
        );
        let mut table = Table::new(text(
            format!("Start: margin {}", number(self.margin)),
            format!("起点：得分差 {}", number(self.margin)),
        ))
        .words(text("loss", "损失函数"))
        .numbers(text("gradient at the start", "起点处的梯度"))
        .numbers(text(format!("steps to p > {LEARNED}"), format!("到 p > {LEARNED} 的步数")))
        .numbers(text("p at the end", "最后的 p"));
        let mut curves = Vec::new();
        for (i, (key, name, loss)) in LOSSES.into_iter().enumerate() {
            let path = self.descend(loss, &y, context, i)?;
            let learned = path.iter().position(|p| *p > LEARNED);
            let last = path[path.len() - 1];
            let steps = learned.map_or(text("never", "从未"), |n| Text::same(number(n as f64)));
            let start = push(loss, self.margin);
            table.row(vec![name.into(), start.into(), steps.into(), last.into()]);
            report
                .metric(format!("{key}.gradient"), start)
                .metric(format!("{key}.p"), last)
                .metric(format!("{key}.steps"), learned.map_or(f64::INFINITY, |n| n as f64));
            curves.push(Series::new(name, (0..).map(f64::from).zip(path).collect()));
        }
        let ratio = push(cross_entropy, self.margin) / push(squared_error, self.margin);
        report.table(table).metric("gradient.ratio", ratio);
        report.say(text(
            format!(
                "At margin {} the squared error pushes {} times less than cross-entropy: softmax is flat there, and only the logarithm undoes that.",
                number(self.margin), number(ratio)
            ),
            format!(
                "得分差为 {} 时，均方误差的推力只有交叉熵的 {} 分之一：softmax 在那里是平的，只有对数能抵消这一点。",
                number(self.margin), number(ratio)
            ),
        ));
        let margins: Vec<f64> = (-120..=80).map(|i| f64::from(i) / 10.0).collect();
        let pushes = LOSSES.map(|(_, name, loss)| {
            Series::new(name, margins.iter().map(|&m| (m, push(loss, m))).collect())
        });
        let panel = |title: &str, x, y, series| Panel {
            title: title.to_string(),
            x,
            y,
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        };
        report.figure(Figure::grid(
            "mse",
            "A confident mistake: who still pushes?",
            2,
            vec![
                panel(
                    "size of the gradient",
                    Axis::new("margin: score of the right − of the wrong token"),
                    Axis::new("|∂L/∂z|"),
                    pushes.to_vec(),
                ),
                panel(
                    "gradient descent from the wrong side",
                    Axis::new("step"),
                    Axis::new("p of the right token").between(0.0, 1.0),
                    curves,
                ),
            ],
        ));
        Ok(report)
    }

    /// The probability of the right token after 0, 1, 2, … steps.
    fn descend(
        &self,
        loss: Objective,
        y: &Array1<f64>,
        context: &Context,
        turn: usize,
    ) -> Result<Vec<f64>, Error> {
        let mut z = array![self.margin, 0.0]; // (V)
        let p = |z: &Array1<f64>| softmax(z.view().insert_axis(ndarray::Axis(0)))[[0, 0]];
        let mut path = vec![p(&z)];
        for step in 0..self.steps {
            if step % 1000 == 0 {
                context.step(
                    turn * self.steps + step,
                    2 * self.steps,
                    &text("descending", "下降"),
                )?;
            }
            let (_, gradient) = loss(z.view(), y.view());
            z.scaled_add(-self.rate, &gradient);
            path.push(p(&z));
        }
        Ok(path)
    }
}
