//! `modes gradient`: `eval()` does not switch gradients off, and switching them off is not `eval()`.

use ndarray::{Array1, Array2, ArrayView1};
use ndarray_rand::rand::Rng;

use super::net::{Clouds, FEATURES, Mode, Net};
use crate::experiments::{Context, params};
use crate::math::difference;
use crate::math::linalg::{frobenius, largest_difference};
use crate::math::loss::cross_entropy;
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// eval() is not no_grad: gradients in both modes, and the numbers that a backward pass needs kept ‖ eval() 不等于 no_grad：两种模式下的梯度，以及反向传播要保存多少数
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "modes gradient\nmodes gradient --batch 256")]
pub struct Gradient {
    /// Points of the batch ‖ 批次大小
    #[arg(long, value_name = "N", value_parser = params::count(2, 4096), default_value = "16")]
    pub batch: usize,
    /// p of dropout ‖ dropout 的 p
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 0.95), default_value = "0.3")]
    pub p: f64,
}

/// Decides what is dropped, the same in every pass.
const KEY: u64 = 0x9e37_79b9_7f4a_7c15;

impl Gradient {
    /// Takes gradients in both modes and counts what is kept.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut rng = context.rng(0);
        let clouds = Clouds::draw(&mut rng);
        let mut net = Net::new(self.p, &mut rng);
        for _ in 0..20 {
            let (x, _) = clouds.sample(64, None, &mut rng);
            net.forward(x.view(), Mode::Train, rng.random());
        }
        let (x, classes) = clouds.sample(self.batch, None, &mut rng); // (N, features)
        let mut report = Report::new(text("eval() is not no_grad", "eval() 不等于 no_grad"));
        let mut table = Table::new(text(
            format!("The same {} points four times", self.batch),
            format!("同样的 {} 个点，四种跑法", self.batch),
        ))
        .words(text("mode", "模式"))
        .words(text("gradients", "梯度"))
        .words(text("same output as eval()?", "输出与 eval() 相同？"))
        .numbers(text("norm of the weights' gradient", "权重梯度的范数"))
        .numbers(text("numbers kept", "保存的数"));
        let reference = net.clone().forward(x.view(), Mode::Eval, KEY).0;
        let mut kept = Vec::new();
        for (mode, key, name) in [
            (Mode::Train, "train", text("train()", "train()")),
            (Mode::Eval, "eval", text("eval()", "eval()")),
        ] {
            let (logits, tape) = net.clone().forward(x.view(), mode, KEY);
            let (_, d_logits) = cross_entropy(logits.view(), &classes);
            let (dx, gradient) = net.backward(&tape, d_logits.view());
            let norm = frobenius(&gradient.first.weight).hypot(frobenius(&gradient.second.weight));
            let apart = largest_difference(&logits, &reference);
            let same = if apart == 0.0 { text("yes", "是") } else { text("no", "否") };
            // without a backward pass only the points and the answers have to be there
            let bare = logits.len() + x.len();
            for (grad, norm, numbers) in [
                (text("on", "开"), Some(norm), tape.numbers()),
                (text("no_grad", "no_grad"), None, bare),
            ] {
                table.row(vec![
                    name.clone().into(),
                    grad.into(),
                    same.clone().into(),
                    norm.map_or(Text::same("–").into(), Into::into),
                    numbers.into(),
                ]);
            }
            report
                .metric(format!("{key}.gradient"), norm)
                .metric(format!("{key}.gradient.error"), self.error(&net, &x, &classes, mode, &dx))
                .metric(format!("{key}.difference"), apart)
                .metric(format!("{key}.kept"), tape.numbers())
                .metric(format!("{key}.kept.no_grad"), bare);
            kept.push((tape.numbers() as f64, bare as f64));
        }
        report.table(table);
        report.metric("kept.ratio", kept[1].0 / kept[1].1);
        report.say(text(
            format!(
                "In eval mode the gradient is there, exact, and as ready to be followed as ever; the forward pass still keeps {} times as many numbers as no_grad. \
                 no_grad alone still drops and still moves the running averages. Evaluation wants both.",
                number(kept[1].0 / kept[1].1)
            ),
            format!(
                "eval 模式下梯度照样存在、精确、可用；前向仍要保存 no_grad 的 {} 倍之多的数。只用 no_grad，则照样丢弃，照样改动滑动统计量。评估时两者都要。",
                number(kept[1].0 / kept[1].1)
            ),
        ));
        let series = vec![
            ("gradients on".to_string(), kept.iter().map(|k| k.0).collect()),
            ("no_grad".to_string(), kept.iter().map(|k| k.1).collect()),
        ];
        report.figure(Figure::new(
            "kept",
            "Numbers kept by a forward pass",
            Axis::names("mode", vec!["train()".to_string(), "eval()".to_string()]),
            Axis::new("numbers"),
            Content::Bars(Bars { series }),
        ));
        Ok(report)
    }

    /// How far the gradient of the first point lies from finite differences.
    fn error(
        &self,
        net: &Net,
        x: &Array2<f64>,
        classes: &[usize],
        mode: Mode,
        dx: &Array2<f64>,
    ) -> f64 {
        let loss = |v: ArrayView1<f64>| {
            let mut moved = x.clone();
            moved.row_mut(0).assign(&v);
            cross_entropy(net.clone().forward(moved.view(), mode, KEY).0.view(), classes).0
        };
        let first: Array1<f64> = x.row(0).to_owned(); // (features)
        let numeric = difference::gradient(loss, first.view());
        let ours = dx.row(0);
        (0..FEATURES).fold(0.0, |m: f64, i| m.max((numeric[i] - ours[i]).abs()))
    }
}
