//! `norm signal`: a vector through many random linear layers.

use ndarray::{Array2, Axis as Dimension};

use crate::experiments::{Context, params};
use crate::math::linear::xavier;
use crate::math::norm::RmsNorm;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// The size of a vector through random linear layers: it grows or dies by the scale of the weights ‖ 向量经过多层随机线性变换后的大小：增还是减，取决于权重的尺度
#[derive(Debug, Clone, clap::Args)]
pub struct Signal {
    /// Layers ‖ 层数
    #[arg(long, value_name = "L", value_parser = params::count(1, 500), default_value = "50")]
    pub layers: usize,
    /// Width d ‖ 宽度 d
    #[arg(long, value_name = "D", value_parser = params::count(2, 1024), default_value = "256")]
    pub dim: usize,
    /// Gains s·√d, where s is the weights' standard deviation ‖ 增益 s·√d，其中 s 是权重的标准差
    #[arg(long, num_args = 1..=8, value_name = "G", value_parser = params::between(0.1, 10.0), default_values = ["0.9", "1", "1.1"])]
    pub gains: Vec<f64>,
    /// How many random networks are averaged ‖ 对多少个随机网络取平均
    #[arg(long, value_name = "N", value_parser = params::count(1, 64), default_value = "8")]
    pub draws: usize,
}

impl Signal {
    /// Sends the vectors through.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut report = Report::new(text("A signal through linear layers", "信号穿过线性层"));
        report.formula("x ← Wx,  Wᵢⱼ ~ N(0, s²),  E‖Wx‖² = s²·d·‖x‖²");
        report.say(text(
            format!(
                "Each layer multiplies the size by about s√d, so {} layers by (s√d)^{}. Geometric mean of {} draws.",
                self.layers, self.layers, self.draws
            ),
            format!(
                "每一层把大小乘以约 s√d，{} 层就是 (s√d)^{}。取 {} 次抽样的几何平均。",
                self.layers, self.layers, self.draws
            ),
        ));
        let mut table = Table::new(text(
            format!("Size after {} layers, relative to the start", self.layers),
            format!("{} 层之后的大小（相对起点）", self.layers),
        ))
        .numbers(text("gain s√d", "增益 s√d"))
        .numbers(text("measured", "实测"))
        .numbers(text("gain^layers", "增益^层数"));
        let gains = params::distinct(&self.gains);
        let sizes = self.sizes(&gains, context)?; // (gains + 1, layers + 1)
        let curve = |row: usize| {
            sizes.row(row).iter().enumerate().map(|(l, &v)| (l as f64, v)).collect::<Vec<_>>()
        };
        let mut series = Vec::new();
        for (row, &gain) in gains.iter().enumerate() {
            let ratio = sizes[[row, self.layers]];
            let expected = gain.powi(self.layers as i32);
            table.row(vec![gain.into(), ratio.into(), expected.into()]);
            report
                .metric(format!("gain-{gain}.ratio"), ratio)
                .metric(format!("gain-{gain}.expected"), expected);
            series.push(Series::new(format!("s√d = {}", number(gain)), curve(row)));
        }
        let normed = gains.len();
        report.metric("normed.ratio", sizes[[normed, self.layers]]);
        series.push(Series::new("RMSNorm after each layer", curve(normed)).stroke(Stroke::Dashed));
        report.table(table);
        report.figure(Figure::new(
            "signal",
            "Size of a vector through random linear layers",
            Axis::new("layer"),
            Axis::log("‖x‖ relative to the start"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        Ok(report)
    }

    /// Geometric mean over the draws of the size after each layer relative to the start: one row for
    /// each gain, and one for a signal that is normalized after each layer.
    fn sizes(&self, gains: &[f64], context: &Context) -> Result<Array2<f64>, Error> {
        let rows = gains.len() + 1;
        let mut logs = Array2::zeros((rows, self.layers + 1)); // (rows, layers + 1)
        let norm = RmsNorm::new(self.dim, 0.0);
        for draw in 0..self.draws {
            let mut rng = context.rng(1 + draw as u64);
            let (start, _) = norm.forward(xavier::<f64>(1, self.dim, 1.0, &mut rng).view()); // (1, d)
            let mut x = Array2::from_shape_fn((rows, self.dim), |(_, j)| start[[0, j]]); // (rows, d)
            for layer in 1..=self.layers {
                let total = self.draws * self.layers;
                context.step(draw * self.layers + layer - 1, total, &text("layers", "层"))?;
                x = x.dot(&xavier::<f64>(self.dim, self.dim, 1.0, &mut rng)); // gain 1
                for (mut row, &gain) in x.rows_mut().into_iter().zip(gains) {
                    row *= gain;
                }
                norm.forward_in_place(x.slice_axis_mut(Dimension(0), (rows - 1..).into()));
                for (row, mut log) in x.rows().into_iter().zip(logs.rows_mut()) {
                    let mean_square = row.dot(&row) / self.dim as f64; // 1 at the start
                    log[layer] += mean_square.ln() / (2 * self.draws) as f64;
                }
            }
        }
        Ok(logs.mapv(f64::exp))
    }
}
