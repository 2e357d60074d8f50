//! `softmax log`: the logarithm of a weight that has become 0, and what cross-entropy makes of it.

use ndarray::{Array2, array};

use super::given;
use crate::experiments::{Context, params};
use crate::math::precision::Format;
use crate::math::rounded::Rounded;
use crate::math::softmax::{log_softmax, softmax, softmax_backward};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// log(softmax(x)) against log-softmax(x) for the logits 0 and −gap: loss and gradient ‖ logits 为 0 与 −gap 时，log(softmax(x)) 与 log-softmax(x) 的对比：损失与梯度
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "softmax log\nsoftmax log --gap 20 --precision f16")]
pub struct Log {
    /// How far the second logit lies below the first ‖ 第二个 logit 比第一个低多少
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 10_000.0), default_value = "200")]
    pub gap: f64,
    /// The number format: f32, f16, bf16 ‖ 数值格式：f32、f16、bf16
    #[arg(long, value_name = "FORMAT", value_parser = given::format, default_value = "f32")]
    pub precision: Format,
}

impl Log {
    /// Takes the logarithm after and inside, then the gradient of the cross-entropy of the second logit.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let row = Rounded::shifted(self.precision, &[0.0, -self.gap]);
        let (outside, inside) = (row.log_of_weights()[1], row.log_softmax()[1]);
        let (two_steps, fused) = self.gradients();
        let mut report = Report::new(text("The logarithm of softmax", "softmax 的对数"));
        report.formula("log-softmax(x)ᵢ = xᵢ − m − ln Σⱼ exp(xⱼ − m)");
        let name = self.precision.name();
        let mut table = Table::new(text(
            format!("Logits 0 and −{} in {name}; the second is the target", number(self.gap)),
            format!("logits 为 0 与 −{}，{name}；以第二个为目标", number(self.gap)),
        ))
        .words(text("computed as", "算法"))
        .numbers(text("p of the target", "目标的 p"))
        .numbers(text("log p", "log p"))
        .numbers(text("loss", "损失"));
        table.row(vec![
            "log(softmax(x))".into(),
            row.p[1].into(),
            outside.into(),
            (-outside).into(),
        ]);
        table.row(vec!["log-softmax(x)".into(), row.p[1].into(), inside.into(), (-inside).into()]);
        report.table(table);
        report.table(slopes(&two_steps, &fused));
        let finite = two_steps.iter().all(|g| g.is_finite());
        report
            .metric("p", row.p[1])
            .metric("log_of_softmax", outside)
            .metric("log_softmax", inside)
            .metric("log_softmax.error", (inside - exact(self.gap)).abs())
            .metric("gradient.two_steps.finite", finite)
            .metric("gradient.fused", f64::from(fused[[0, 1]]));
        for format in Format::ALL {
            report.metric(format!("{}.gap", format.name()), last_gap(format));
        }
        report.say(self.said(outside, finite));
        report.figure(self.picture());
        Ok(report)
    }

    /// The gradient of −ln p₂ in f32: back through the logarithm and then softmax, and as p − y.
    fn gradients(&self) -> (Array2<f32>, Array2<f32>) {
        let p = softmax(array![[0.0, -self.gap as f32]].view()); // (1, 2)
        let dp = array![[0.0, -1.0 / p[[0, 1]]]]; // (1, 2)
        let fused =
            log_softmax(array![[0.0, -self.gap as f32]].view()).mapv(f32::exp) - array![[0.0, 1.0]];
        (softmax_backward(p.view(), dp.view()), fused)
    }

    fn said(&self, outside: f64, finite: bool) -> Text {
        let gaps = Format::ALL.map(|f| format!("{} {}", f.name(), number(last_gap(f)))).join(", ");
        let gaps_zh = gaps.replace(", ", "、");
        let (mut en, mut zh) = (
            format!(
                "The weight of the target becomes 0, and its logarithm −∞, beyond these gaps: {gaps}. Log-softmax never takes the logarithm of a weight: the largest term of its sum is 1, so the sum lies between 1 and n."
            ),
            format!(
                "间隔超过以下数值时，目标的权重变为 0，取对数得 −∞：{gaps_zh}。log-softmax 从不对权重取对数：求和里最大的一项是 1，和总在 1 与 n 之间。"
            ),
        );
        if outside.is_infinite() && !finite {
            en += " The infinite loss is not the worst: back through log and softmax comes 0 · ∞ = NaN, and one such token destroys all weights of the model. The fused gradient p − y is (1, −1).";
            zh += "损失无穷大还不是最糟的：反向经过 log 与 softmax 得到 0 · ∞ = NaN，一个这样的 token 就能毁掉模型的全部权重。合并后的梯度 p − y 则是 (1, −1)。";
        }
        text(en, zh)
    }

    fn picture(&self) -> Figure {
        let most = self.gap.max(120.0);
        let gaps = || (0..=240).map(|i| most * f64::from(i) / 240.0);
        let curve = |format: Format| {
            let points = gaps().map(|gap| {
                let log = Rounded::shifted(format, &[0.0, -gap]).log_of_weights()[1];
                (gap, if log.is_finite() { log } else { f64::NAN })
            });
            Series::new(format!("log(softmax), {}", format.name()), points.collect())
        };
        let straight = gaps()
            .map(|gap| (gap, Rounded::shifted(self.precision, &[0.0, -gap]).log_softmax()[1]));
        let name = format!("log-softmax, {}", self.precision.name());
        let mut series = vec![Series::new(name, straight.collect()).stroke(Stroke::Dashed)];
        // the shortest curve is drawn last, so that each shows its own end
        series.extend([Format::F32, Format::Bf16, Format::F16].map(curve));
        Figure::new(
            "log",
            "log p of the lower of two logits: a curve ends at −∞",
            Axis::new("gap between the logits"),
            Axis::new("log p (nats)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        )
    }
}

/// −gap − ln(1 + exp(−gap)).
fn exact(gap: f64) -> f64 {
    -gap - (-gap).exp().ln_1p()
}

/// The largest gap at which the weight of the lower logit is still above 0.
fn last_gap(format: Format) -> f64 {
    given::last(format, 0.0, 200.0, |gap| Rounded::shifted(format, &[0.0, -gap]).p[1] > 0.0)
}

/// The gradients of the two logits by the two ways.
fn slopes(two_steps: &Array2<f32>, fused: &Array2<f32>) -> Table {
    let mut table = Table::new(text("Gradient of the loss in f32", "损失的梯度（f32）"))
        .words(text("computed as", "算法"))
        .numbers(text("first logit", "第一个 logit"))
        .numbers(text("target", "目标"));
    for (name, g) in [
        (text("back through log, then softmax", "先过 log，再过 softmax"), two_steps),
        (Text::same("p − y"), fused),
    ] {
        table.row(vec![name.into(), f64::from(g[[0, 0]]).into(), f64::from(g[[0, 1]]).into()]);
    }
    table
}
