//! `ffn dead`: units that start switched off, and which activations let them come back.

use super::fit::{Fit, Trained, loss_panel};
use super::{kind, metric};
use crate::experiments::{Context, params};
use crate::math::ffn::Kind;
use crate::report::{Axis, Bars, Content, Error, Figure, Panel, Report, Table, Text, number, text};

/// Start with every unit switched off: which activations recover? ‖ 一开始就关闭所有单元：哪些激活函数能恢复
#[derive(Debug, Clone, clap::Args)]
pub struct Dead {
    /// Kinds of block ‖ 前馈层的种类
    #[arg(long, num_args = 1..=6, value_name = "KIND", value_parser = kind(), default_values = ["relu", "gelu", "silu"])]
    pub kind: Vec<Kind>,
    /// Added to every hidden bias before training ‖ 训练前加到每个隐藏偏置上的数
    #[arg(long, value_name = "X", value_parser = params::between(-20.0, 0.0), allow_negative_numbers = true, default_value = "-3")]
    pub shift: f64,
    /// Hidden units ‖ 隐藏单元数
    #[arg(long, value_name = "N", value_parser = params::count(1, 256), default_value = "16")]
    pub hidden: usize,
    /// Steps of gradient descent ‖ 梯度下降步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 20000), default_value = "4000")]
    pub steps: usize,
    /// Learning rate ‖ 学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 1.0), default_value = "0.2")]
    pub rate: f64,
}

impl Dead {
    /// Trains each kind on y = |x| from that start.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let kinds = params::distinct(&self.kind);
        let fit =
            Fit { hidden: self.hidden, steps: self.steps, rate: self.rate, shift: self.shift };
        let mut report = Report::new(text("Dead units", "死亡的单元"));
        let mut table = Table::new(text(
            format!("Learning y = |x|, hidden biases shifted by {}", number(self.shift)),
            format!("学习 y = |x|，隐藏偏置平移 {}", number(self.shift)),
        ))
        .words(text("block", "前馈层"))
        .numbers(text("dead at the start (%)", "训练前死亡（%）"))
        .numbers(text("dead at the end (%)", "训练后死亡（%）"))
        .numbers(text("error at the start", "训练前误差"))
        .numbers(text("error at the end", "训练后误差"));
        let mut trained = Vec::new();
        for &kind in &kinds {
            let one = fit.train(kind, context)?;
            let (start, end) = (100.0 * one.dead.0, 100.0 * one.dead.1);
            let (first, last) = (one.losses[0], one.losses[one.losses.len() - 1]);
            table.row(vec![
                kind.title().into(),
                start.into(),
                end.into(),
                first.into(),
                last.into(),
            ]);
            report.metric_in(metric(&kinds, kind, "dead.start"), start, "%");
            report.metric_in(metric(&kinds, kind, "dead.end"), end, "%");
            report.metric(metric(&kinds, kind, "mse"), last);
            trained.push(one);
        }
        report.table(table);
        report.say(said());
        report.figure(figure(&trained));
        Ok(report)
    }
}

/// What it means.
fn said() -> Text {
    text(
        "A unit is dead if its activation has slope 0 at every point: no gradient reaches its weights, so no step changes them. ReLU's slope is exactly 0 on the whole left side. GELU's and SiLU's are small there, not 0 (they cross 0 at one point): small steps add up, and the units come back. In a real network inputs move too, so that a ReLU unit may be woken by the layers before it.",
        "如果一个单元在所有点上激活的斜率都是 0，它就死了：没有梯度到达它的权重，任何一步都不会改变它们。ReLU 在整个左侧斜率恰为 0。GELU 与 SiLU 在那里的斜率很小，但不是 0（只在一点过零）：小步累积起来，单元就恢复了。在真实网络中输入也在变，前面的层有可能把 ReLU 单元重新激活。",
    )
}

/// The dead units before and after, and the losses.
fn figure(trained: &[Trained]) -> Figure {
    let share = |of: fn(&Trained) -> f64| trained.iter().map(|t| 100.0 * of(t)).collect();
    let bars = Panel {
        title: "dead units".to_string(),
        x: Axis::names("block", trained.iter().map(|t| t.kind.title().to_string()).collect()),
        y: Axis::new("dead hidden units (%)").between(0.0, 100.0),
        content: Content::Bars(Bars {
            series: vec![
                ("at the start".to_string(), share(|t| t.dead.0)),
                ("at the end".to_string(), share(|t| t.dead.1)),
            ],
        }),
    };
    let panels = vec![bars, loss_panel(trained)];
    Figure::grid("dead", "Blocks that start switched off learn y = |x|", 2, panels)
}
