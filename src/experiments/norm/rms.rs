//! `norm rms`: RMSNorm on one token, step by step, beside LayerNorm.

use ndarray::Array2;

use super::input::{self, Input};
use super::layer::picture;
use crate::experiments::Context;
use crate::math::linalg;
use crate::math::norm::{LayerNorm, RmsNorm};
use crate::report::{Error, Report, Table, Text, number, text};

/// RMSNorm step by step: square, mean, root, divide, scale ‖ 逐步计算 RMSNorm：平方、均值、开方、相除、缩放
#[derive(Debug, Clone, clap::Args)]
pub struct Rms {
    /// What is normalized ‖ 输入
    #[command(flatten)]
    pub input: Input,
}

impl Rms {
    /// Computes the steps on the first token, and compares with LayerNorm.
    ///
    /// # Errors
    /// Bad input: γ of another length, no finite result.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let x = self.input.batch(context)?; // (T, d)
        let norm = RmsNorm { gamma: self.input.gamma(x.ncols())?, eps: self.input.eps };
        let (y, kept) = norm.forward(x.view()); // (T, d)
        input::all_finite(&y, &kept)?;

        let token = x.row(0).to_vec();
        let (mean, std) = input::moments(&token);
        let mean_square = token.iter().map(|v| v * v).sum::<f64>() / token.len() as f64;
        let rms = mean_square.sqrt();

        let mut report = Report::new(text("RMSNorm, step by step", "逐步计算 RMSNorm"));
        report.formula("y = γ ⊙ x / √(mean(x²) + ε)");
        report.table(input::steps(
            text(
                format!("Token 1: mean(x²) = {}, RMS = {}", number(mean_square), number(rms)),
                format!("token 1：mean(x²) = {}，RMS = {}", number(mean_square), number(rms)),
            ),
            &[
                (Text::same("x"), token.clone()),
                (Text::same("x²"), token.iter().map(|v| v * v).collect()),
                (Text::same("x̂ = x/√(mean(x²) + ε)"), kept.x_hat.row(0).to_vec()),
                (Text::same("y = γ x̂"), y.row(0).to_vec()),
            ],
        ));
        report.say(text(
            format!(
                "RMS² = std² + mean²: {} = {} + {}. Dividing by the RMS is dividing by the standard deviation only if the mean is 0.",
                number(mean_square),
                number(std * std),
                number(mean * mean)
            ),
            format!(
                "RMS² = std² + mean²：{} = {} + {}。只有均值为 0 时，除以 RMS 才等于除以标准差。",
                number(mean_square),
                number(std * std),
                number(mean * mean)
            ),
        ));
        self.beside_layer_norm(&x, &norm, &y, &mut report);
        report.figure(picture(&x, &kept.x_hat, &y, "RMSNorm"));

        let change = |a: f64, b: f64| {
            let moved = norm.forward(x.mapv(|v| a * v + b).view()).0;
            linalg::largest_difference(&moved, &y)
        };
        report
            .metric("mean", mean)
            .metric("std", std)
            .metric("mean_square", mean_square)
            .metric("rms", rms)
            .metric("change.shift", change(1.0, 5.0))
            .metric("change.scale", change(7.0, 0.0))
            .metric("change.both", change(7.0, 5.0));
        for (i, v) in y.row(0).iter().take(input::SHOWN).enumerate() {
            report.metric(format!("output.{}", i + 1), *v);
        }
        Ok(report)
    }

    /// Parameter counts, and the difference to LayerNorm on the token as it is and once centred.
    fn beside_layer_norm(
        &self,
        x: &Array2<f64>,
        norm: &RmsNorm<f64>,
        y: &Array2<f64>,
        report: &mut Report,
    ) {
        let d = x.ncols();
        let layer = LayerNorm { gamma: norm.gamma.clone(), ..LayerNorm::new(d, norm.eps) };
        let as_it_is = linalg::largest_difference(&layer.forward(x.view()).0, y);
        let centred = input::centred(x); // (T, d)
        let on_centred = linalg::largest_difference(
            &layer.forward(centred.view()).0,
            &norm.forward(centred.view()).0,
        );
        let mut table = Table::new(text("Beside LayerNorm", "与 LayerNorm 对照"))
            .words(text("", ""))
            .numbers(Text::same("LayerNorm"))
            .numbers(Text::same("RMSNorm"));
        let parameters = (layer.parameters(), norm.parameters());
        table.row(vec![
            text("learned numbers", "可学习参数个数").into(),
            parameters.0.into(),
            parameters.1.into(),
        ]);
        table.row(vec![
            text("statistics a token", "每个 token 的统计量个数").into(),
            2.0.into(),
            1.0.into(),
        ]);
        report.table(table);
        report
            .metric("parameters", parameters.1)
            .metric("layer.parameters", parameters.0)
            .metric("layer.difference", as_it_is)
            .metric("layer.difference.centred", on_centred);
    }
}
