//! `plot`: activation functions as curves, with what there is to see on them.

mod curve;
mod features;
mod picture;
#[cfg(test)]
mod tests;
mod words;

use crate::experiments::{Context, params};
use crate::report::{Error, Report, number, text};
use curve::Curve;
use features::{Features, features, gap};

/// Plot activation functions, their slopes and their curvatures ‖ 画激活函数及其一阶、二阶导数
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "plot swish --beta 0.5\nplot swish --beta 0.1 1 10\nplot gelu relu silu --derivative --range -4 4\nplot gelu-tanh --against gelu\nplot leaky-relu --alpha 0.01 0.2\nplot swish --at -2 0 2"
)]
pub struct Plot {
    /// Curves to draw over each other ‖ 要叠画的曲线
    #[arg(required = true, num_args = 1.., value_parser = clap::builder::PossibleValuesParser::new(curve::names()))]
    pub curves: Vec<String>,
    /// Values of Swish's β: 0, or from 0.001 to 1,000,000 ‖ Swish 的 β：0，或 0.001 到 1,000,000
    #[arg(long, num_args = 1.., value_name = "β", value_parser = beta, allow_negative_numbers = true)]
    pub beta: Vec<f64>,
    /// Values of leaky ReLU's α ‖ leaky ReLU 的 α
    #[arg(long, num_args = 1.., value_name = "α", value_parser = params::between(0.0, 1.0), allow_negative_numbers = true)]
    pub alpha: Vec<f64>,
    /// Draw the first derivative, or the second ‖ 画一阶导数，或二阶导数
    #[arg(long, num_args = 0..=1, value_name = "1|2", value_parser = params::count(1, 2), default_missing_value = "1")]
    pub derivative: Option<usize>,
    /// Draw the second derivative ‖ 画二阶导数
    #[arg(long, conflicts_with = "derivative")]
    pub second: bool,
    /// The ends of the x axis ‖ x 轴的两端
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"], value_parser = params::between(-1e6, 1e6), allow_negative_numbers = true, default_values = ["-5", "5"])]
    pub range: Vec<f64>,
    /// Measure the distance of each curve from this one ‖ 量出每条曲线与它的差距
    #[arg(long, value_name = "CURVE", value_parser = clap::builder::PossibleValuesParser::new(curve::names()))]
    pub against: Option<String>,
    /// Points at which to print value, slope and curvature ‖ 在这些点上给出函数值、斜率与曲率
    #[arg(long, num_args = 1..=12, value_name = "X", value_parser = params::between(-1e6, 1e6), allow_negative_numbers = true)]
    pub at: Vec<f64>,
}

/// A curve with what was found on it.
struct Found {
    curve: Curve,
    features: Features,
    /// The largest distance from the reference: where, and how large.
    error: Option<(f64, f64)>,
}

impl Plot {
    /// Finds the features of each curve and draws them.
    ///
    /// # Errors
    /// An empty or reversed range, a parameter without its curve, too many curves.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let window = self.window()?;
        let order = if self.second { 2 } else { self.derivative.unwrap_or(0) };
        let reference = self.against.as_deref().and_then(|name| curve::named(name, &[], &[]).pop());
        let mut found = Vec::new();
        for curve in curve::choose(&self.curves, &self.beta, &self.alpha)? {
            context.step(found.len(), self.curves.len(), &text("searching", "正在搜索"))?;
            let error = reference.as_ref().map(|reference| {
                let (f, g) = (picture::order(&curve, order), picture::order(reference, order));
                gap(f, g, window.0, window.1)
            });
            found.push(Found { features: features(curve.function), curve, error });
        }
        let mut report = Report::new(text("Activation functions", "激活函数"));
        words::formulas(&mut report, &found);
        report.figure(picture::figure(&found, reference.as_ref(), order, window));
        words::seen(&mut report, &found, reference.as_ref(), order, window);
        words::tables(&mut report, &found, &self.at);
        words::metrics(&mut report, &found, &self.at);
        Ok(report)
    }

    /// The ends of the x axis.
    fn window(&self) -> Result<(f64, f64), Error> {
        let (low, high) = match self.range[..] {
            [low, high] => (low, high),
            _ => (-5.0, 5.0),
        };
        if high - low >= 1e-6 {
            return Ok((low, high));
        }
        Err(Error::input(text(
            format!("the range from {} to {} is empty or reversed", number(low), number(high)),
            format!("区间 {} 到 {} 为空或两端颠倒", number(low), number(high)),
        ))
        .allowed(text(
            "a low end, then one at least 0.000001 higher",
            "先写较小的一端，再写至少大 0.000001 的一端",
        ))
        .example("llm-lab plot gelu --range -4 4"))
    }
}

/// β: 0, where Swish is x/2, or large enough that its valley lies on the searched line.
fn beta(word: &str) -> Result<f64, String> {
    match params::finite(word) {
        Ok(b) if b == 0.0 || (1e-3..=1e6).contains(&b) => Ok(b),
        _ => {
            Err("0, or a number from 0.001 to 1,000,000 ‖ 0，或 0.001 到 1,000,000 之间的数".into())
        }
    }
}
