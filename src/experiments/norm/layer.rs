//! `norm layer`: LayerNorm on one token, step by step.

use ndarray::Array2;

use super::input::{self, Input};
use crate::experiments::{Context, params};
use crate::math::linalg;
use crate::math::norm::LayerNorm;
use crate::report::{Axis, Bars, Content, Error, Figure, Histogram, Report, Text, number, text};

/// LayerNorm step by step: mean, centre, variance, divide, scale ‖ 逐步计算 LayerNorm：均值、去中心、方差、相除、缩放
#[derive(Debug, Clone, clap::Args)]
pub struct Layer {
    /// What is normalized ‖ 输入
    #[command(flatten)]
    pub input: Input,
    /// β, one number for all features or one for each ‖ β：一个数用于全部特征，或每个特征一个
    #[arg(long, num_args = 1.., value_name = "X", value_parser = params::finite, allow_negative_numbers = true, default_value = "0")]
    pub beta: Vec<f64>,
}

impl Layer {
    /// Computes the steps on the first token, and the statistics of all.
    ///
    /// # Errors
    /// Bad input: γ or β of another length, no finite result.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let x = self.input.batch(context)?; // (T, d)
        let d = x.ncols();
        let norm = LayerNorm {
            gamma: self.input.gamma(d)?,
            beta: input::for_each_feature(&self.beta, d, "--beta")?,
            eps: self.input.eps,
        };
        let (y, kept) = norm.forward(x.view()); // (T, d)
        input::all_finite(&y, &kept)?;

        let mut report = Report::new(text("LayerNorm, step by step", "逐步计算 LayerNorm"));
        report.formula("y = γ ⊙ (x − μ) / √(σ² + ε) + β");
        let first = |a: &Array2<f64>| a.row(0).to_vec();
        let (mean, std) = input::moments(&first(&x));
        let centred: Vec<f64> = first(&x).iter().map(|v| v - mean).collect();
        report.table(input::steps(
            text(
                format!("Token 1: μ = {}, σ² = {}", number(mean), number(std * std)),
                format!("token 1：μ = {}，σ² = {}", number(mean), number(std * std)),
            ),
            &[
                (Text::same("x"), first(&x)),
                (Text::same("x − μ"), centred.clone()),
                (Text::same("(x − μ)²"), centred.iter().map(|v| v * v).collect()),
                (Text::same("x̂ = (x − μ)/√(σ² + ε)"), first(&kept.x_hat)),
                (Text::same("y = γ x̂ + β"), first(&y)),
            ],
        ));
        let (mean_after, std_after) = input::moments(&first(&kept.x_hat));
        report.say(standardized(mean_after, std_after));
        report.figure(picture(&x, &kept.x_hat, &y, "LayerNorm"));

        let change = |a: f64, b: f64| {
            let moved = norm.forward(x.mapv(|v| a * v + b).view()).0;
            linalg::largest_difference(&moved, &y)
        };
        report
            .metric("mean", mean)
            .metric("variance", std * std)
            .metric("std", std)
            .metric("x_hat.mean", mean_after)
            .metric("x_hat.std", std_after)
            .metric("change.shift", change(1.0, 5.0))
            .metric("change.scale", change(7.0, 0.0))
            .metric("change.both", change(7.0, 5.0))
            .metric("parameters", norm.parameters());
        for (i, v) in first(&y).iter().take(input::SHOWN).enumerate() {
            report.metric(format!("output.{}", i + 1), *v);
        }
        Ok(report)
    }
}

/// Few features: bars of the first token; many: histograms of the whole batch.
pub(super) fn picture(x: &Array2<f64>, x_hat: &Array2<f64>, y: &Array2<f64>, name: &str) -> Figure {
    let mut named = vec![("x", x), ("x̂", x_hat)];
    if y != x_hat {
        named.push(("y", y)); // at γ = 1, β = 0 it would be drawn twice
    }
    let (d, title) = (x.ncols(), format!("{name} of one token"));
    if d <= input::SHOWN && x.nrows() == 1 {
        let series = named.into_iter().map(|(n, a)| (n.to_string(), a.row(0).to_vec())).collect();
        let names = (1..=d).map(|i| i.to_string()).collect();
        let axes = (Axis::names("feature", names), Axis::new("value"));
        return Figure::new("token", title, axes.0, axes.1, Content::Bars(Bars { series }));
    }
    let sample = |a: &Array2<f64>| a.iter().take(100_000).copied().collect(); // enough to see
    let series = [("x", x), ("x̂", x_hat)].map(|(n, a)| (n.to_string(), sample(a))).to_vec();
    let content = Content::Histogram(Histogram { series, bins: 60 });
    Figure::new(
        "values",
        format!("{name}: values before and after"),
        Axis::new("value"),
        Axis::new("count"),
        content,
    )
}

/// What became of mean and standard deviation: gone, unless ε outweighs the variance.
fn standardized(mean: f64, std: f64) -> Text {
    let short = 1.0 - std;
    if short > 0.01 {
        return text(
            format!(
                "x̂ has mean {} and standard deviation {}, not 1: ε is not small beside the variance σ².",
                number(mean),
                number(std)
            ),
            format!(
                "x̂ 的均值为 {}，标准差为 {}，不是 1：与方差 σ² 相比，ε 并不小。",
                number(mean),
                number(std)
            ),
        );
    }
    text(
        format!(
            "x̂ has mean {} and standard deviation 1, short of it by {} (ε's doing): whatever the token was, these two numbers are gone.",
            number(mean),
            number(short)
        ),
        format!(
            "x̂ 的均值为 {}，标准差为 1（因 ε 而差 {}）：无论输入如何，这两个数都被抹去了。",
            number(mean),
            number(short)
        ),
    )
}
