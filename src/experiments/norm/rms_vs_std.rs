//! `norm rms-vs-std`: the root mean square and the standard deviation, as the mean of the input grows.

use ndarray::Array1;

use super::input;
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, number, text,
};

/// RMS and standard deviation while the mean of the input grows ‖ 输入均值增大时 RMS 与标准差的变化
#[derive(Debug, Clone, clap::Args)]
pub struct RmsVsStd {
    /// The mean at which both are read off ‖ 读取两者数值时的均值
    #[arg(long, value_name = "X", value_parser = params::between(-1e3, 1e3), allow_negative_numbers = true, default_value = "3")]
    pub mean: f64,
    /// Standard deviation of the input ‖ 输入的标准差
    #[arg(long, value_name = "X", value_parser = params::between(1e-3, 1e3), default_value = "1")]
    pub std: f64,
    /// Features of the random token ‖ 随机 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(2, 1_000_000), default_value = "4096")]
    pub dim: usize,
}

impl RmsVsStd {
    /// One standardized random vector, scaled to the standard deviation and moved to each mean.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let noise = input::gaussian((1, self.dim), 0.0, 1.0, context, 0)?.row(0).to_owned(); // (d)
        let (offset, spread) = input::moments(&noise.to_vec());
        let token = noise.mapv(|v| (v - offset) / spread * self.std); // exactly this std, mean 0
        let end = self.mean.abs().max(5.0 * self.std);
        const STEPS: usize = 40;
        let measured: Vec<Measured> = (0..=STEPS)
            .map(|i| end * i as f64 / STEPS as f64 * self.mean.signum())
            .map(|mean| measure(&token, mean))
            .collect();
        let (mean, std, rms) = measure(&token, self.mean);
        let identity = measured
            .iter()
            .map(|(m, s, r)| (r * r - s * s - m * m).abs() / (r * r))
            .fold(0.0, f64::max);

        let mut report = Report::new(text("RMS is not the standard deviation", "RMS 不等于标准差"));
        report.formula("RMS² = mean(x²) = σ² + μ²");
        let mut table = Table::new(text("Read off", "读数"))
            .numbers(text("mean", "均值"))
            .numbers(text("std", "标准差"))
            .numbers(text("RMS", "RMS"))
            .numbers(text("√(std² + mean²)", "√(标准差² + 均值²)"))
            .numbers(text("RMS/std", "RMS/标准差"));
        for (m, s, r) in [measured[0], (mean, std, rms)] {
            table.row(vec![m.into(), s.into(), r.into(), s.hypot(m).into(), (r / s).into()]);
        }
        report.table(table);
        report.say(text(
            format!(
                "At mean 0 both agree. At mean {} the RMS is {}, the standard deviation still {}: RMSNorm shrinks the token by {} where LayerNorm shrinks what is left after centring by {}.",
                number(mean), number(rms), number(std), number(rms), number(std)
            ),
            format!(
                "均值为 0 时两者相等。均值为 {} 时 RMS 为 {}，标准差仍为 {}：RMSNorm 把整个 token 除以 {}，LayerNorm 则把去中心后的部分除以 {}。",
                number(mean), number(rms), number(std), number(rms), number(std)
            ),
        ));
        report
            .metric("mean", mean)
            .metric("std", std)
            .metric("rms", rms)
            .metric("ratio", rms / std)
            .metric("ratio.at_0", measured[0].2 / measured[0].1)
            .metric("identity.error", identity);
        report.figure(figure(&measured, (mean, std, rms)));
        Ok(report)
    }
}

/// Mean, standard deviation and RMS.
type Measured = (f64, f64, f64);

/// The statistics over the means, and those that were read off.
fn figure(measured: &[Measured], (mean, std, rms): Measured) -> Figure {
    let curve = |pick: &dyn Fn(&Measured) -> f64| {
        let mut points: Vec<_> = measured.iter().map(|m| (m.0, pick(m))).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    };
    let marker = |y: f64, series| Marker {
        x: mean,
        y,
        label: format!("({}, {})", number(mean), number(y)),
        series,
    };
    Figure::new(
        "curves",
        "RMS and standard deviation against the mean",
        Axis::new("mean of the input"),
        Axis::new("statistic"),
        Content::Lines(Lines {
            series: vec![
                Series::new("RMS", curve(&|m| m.2)),
                Series::new("std", curve(&|m| m.1)),
                Series::new("|mean|", curve(&|m| m.0.abs())).stroke(Stroke::Dashed),
            ],
            markers: vec![marker(rms, 0), marker(std, 1)],
        }),
    )
}

/// Mean, standard deviation and RMS of the token moved by `shift`.
fn measure(token: &Array1<f64>, shift: f64) -> Measured {
    let moved = token.mapv(|v| v + shift).to_vec();
    let (mean, std) = input::moments(&moved);
    let rms = (moved.iter().map(|v| v * v).sum::<f64>() / moved.len() as f64).sqrt();
    (mean, std, rms)
}
