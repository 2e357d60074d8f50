//! `norm update`: how far one step of gradient descent moves the output, by depth.

use clap::ValueEnum;

use super::seen::{Seen, spread};
use super::task::Step;
use super::toy::{ByDepth, Place, Toy};
use crate::experiments::{Context, params};
use crate::math::power::fit;
use crate::model::Placement;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// How far one step of gradient descent moves the output, by depth: DeepNorm against Post- and Pre-LN ‖ 一步梯度下降使输出改变多少、随深度如何变化：DeepNorm 对比 Post-LN 与 Pre-LN
#[derive(Debug, Clone, clap::Args)]
pub struct Update {
    /// Where the norm stands ‖ 归一化的位置
    #[arg(value_enum, value_name = "PLACE", default_values = ["post", "pre", "deepnorm"])]
    pub places: Vec<Place>,
    /// Depths to compare, in blocks ‖ 要比较的深度（块数）
    #[arg(long, num_args = 1.., value_name = "L", value_parser = params::count(2, 400), default_values = ["6", "24", "96"])]
    pub depths: Vec<usize>,
    /// Learning rate of the step ‖ 这一步的学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 100.0), default_value = "0.01")]
    pub rate: f64,
    /// What the step moves ‖ 这一步更新哪些参数
    #[arg(long, value_enum, default_value = "weights")]
    pub moves: Moves,
    /// The stack ‖ 网络
    #[command(flatten)]
    pub toy: Toy,
}

/// What the step moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Moves {
    /// The branches' weight matrices, which DeepNet's bound is about ‖ 分支的权重矩阵，即 DeepNet 的界所讨论的对象
    Weights,
    /// The norms' γ and β too ‖ 连同归一化的 γ、β
    All,
}

/// One placement: the RMS change of the output at each depth, with its spread.
struct Row {
    placement: Placement,
    changes: Vec<(f64, (f64, f64, f64))>,
}

impl Update {
    /// Takes the steps.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let step = Step { rate: self.rate, norms: self.moves == Moves::All };
        let found = self.toy.compare(&self.places, &self.depths, Some(step), context)?;
        let row = |(placement, depths): ByDepth| {
            let changes = depths.iter().map(|(l, seen)| (*l as f64, spread(seen, change)));
            Row { placement, changes: changes.collect() }
        };
        Ok(self.report(&found.into_iter().map(row).collect::<Vec<_>>(), step))
    }

    fn report(&self, rows: &[Row], step: Step) -> Report {
        let mut report =
            Report::new(text("How far one step moves the output", "一步更新使输出改变多少"));
        report.formula("‖ΔF‖ = rms(F(x; θ − η ∂L/∂θ) − F(x; θ))");
        report.say(text(
            format!(
                "The same input before and after one step of gradient descent at initialization, \
                 η = {}, on {}; the output has RMS 1, so a change of 1 replaces it. Mean of {} draws.",
                number(self.rate),
                if step.norms { "all parameters, the norms' γ and β too" } else { "the weight matrices" },
                self.toy.draws
            ),
            format!(
                "同一个输入，在初始化处做一步梯度下降（η = {}，更新{}），比较前后的输出。输出的 RMS 为 1，\
                 所以改变量到 1 就等于换了一个输出。取 {} 次抽样的平均。",
                number(self.rate),
                if step.norms { "全部参数，包括归一化的 γ、β" } else { "权重矩阵" },
                self.toy.draws
            ),
        ));
        let mut table = Table::new(text("RMS change of the output", "输出改变量的 RMS"))
            .words(text("place", "位置"))
            .numbers(text("layers", "层数"))
            .numbers(text("change", "改变量"))
            .words(text("(least – most)", "（最小 – 最大）"));
        for row in rows {
            for &(layers, (mean, least, most)) in &row.changes {
                let range = format!("{} – {}", number(least), number(most));
                table.row(vec![
                    row.placement.name().into(),
                    layers.into(),
                    mean.into(),
                    Cell::from(range),
                ]);
            }
        }
        report.table(table);
        report.figure(figure(rows, self.rate));
        for row in rows {
            let id = row.placement.id();
            for (layers, (mean, ..)) in &row.changes {
                report.metric(format!("{id}.change.{layers}"), *mean);
            }
            let means: Vec<(f64, f64)> = row.changes.iter().map(|(l, s)| (*l, s.0)).collect();
            if let (Some(first), Some(last), true) = (means.first(), means.last(), means.len() > 1)
            {
                report
                    .metric(format!("{id}.deepest_over_shallowest"), last.1 / first.1)
                    .metric(format!("{id}.slope"), fit(&means).exponent);
            }
        }
        report
    }
}

fn change(seen: &Seen) -> f64 {
    seen.change.unwrap_or(f64::NAN)
}

fn figure(rows: &[Row], rate: f64) -> Figure {
    let series = rows.iter().map(|row| Series {
        band: row.changes.iter().map(|(_, s)| (s.1, s.2)).collect(),
        ..Series::new(row.placement.name(), row.changes.iter().map(|(l, s)| (*l, s.0)).collect())
            .stroke(Stroke::Dotted)
    });
    Figure::new(
        "update",
        format!("Change of the output after one step, η = {}", number(rate)),
        Axis::log("depth (layers)"),
        Axis::log("RMS change of the output"),
        Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
    )
}
