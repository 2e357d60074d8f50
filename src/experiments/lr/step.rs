//! `lr step`: how long the step is for a gradient of a given size, with SGD and with Adam.

use crate::experiments::{Context, params};
use crate::model::{self, Moments, Rule};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// The length of a step against the size of the gradient: SGD and Adam ‖ 步长随梯度大小的变化：SGD 与 Adam
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "lr step\nlr step --rate 0.01 --gradient 0.002\nlr step --eps 1e-4")]
pub struct Step {
    /// Learning rate ‖ 学习率
    #[arg(long, value_name = "η", value_parser = params::between(1e-9, 100.0), default_value = "0.001")]
    pub rate: f64,
    /// One gradient to look at ‖ 看某一个梯度
    #[arg(long, value_name = "G", value_parser = params::between(1e-30, 1e6), default_value = "0.001")]
    pub gradient: f64,
    /// Adam's ε ‖ Adam 的 ε
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "1e-8")]
    pub eps: f64,
}

impl Step {
    /// Takes steps for gradients from 10⁻¹² to 10³.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let adam = Rule::Adam(Moments { beta1: 0.9, beta2: 0.999, eps: self.eps });
        let rules = [("sgd", "SGD", Rule::Sgd), ("adam", "Adam", adam)];
        let mut report = Report::new(text("Gradient and step", "梯度与步长"));
        report.formula("SGD   |Δθ| = η |g|\nAdam  |Δθ| = η |m̂|/(√v̂ + ε) ≈ η");
        let mut table = Table::new(text(
            format!("Length of the step at η = {}, the gradient being constant", number(self.rate)),
            format!("η = {}、梯度恒定时的步长", number(self.rate)),
        ))
        .numbers(text("gradient", "梯度"))
        .numbers(Text::same("SGD"))
        .numbers(Text::same("Adam"));
        for k in [0, -1, -3, -6, -8, -10] {
            let g = 10_f64.powi(k);
            table.row(vec![g.into(), self.take(Rule::Sgd, g).into(), self.take(adam, g).into()]);
        }
        report.table(table);
        for (key, _, rule) in rules {
            let (one, small) = (self.take(rule, 1.0), self.take(rule, 1e-3));
            report
                .metric(format!("{key}.step"), self.take(rule, self.gradient))
                .metric(format!("{key}.at_1"), one)
                .metric(format!("{key}.at_0.001"), small)
                .metric(format!("{key}.ratio"), one / small);
        }
        report.say(text(
            "For SGD a thousandth of the gradient is a thousandth of the step. For Adam it is the same step: the learning rate is the length of the step for each weight, until the gradient comes near ε.",
            "对 SGD，梯度变成千分之一，步长也变成千分之一。对 Adam，步长不变：学习率就是每个权重的步长，直到梯度小到接近 ε。",
        ));
        let sizes: Vec<f64> = (-48..=12).map(|k| 10_f64.powf(f64::from(k) / 4.0)).collect();
        let series = rules.iter().map(|(key, name, rule)| {
            let points = sizes.iter().map(|g| (*g, self.take(*rule, *g))).collect();
            let stroke = if *key == "sgd" { Stroke::Dashed } else { Stroke::Solid };
            Series::new(*name, points).stroke(stroke)
        });
        report.figure(Figure::new(
            "step",
            format!("Length of a step at learning rate {}", number(self.rate)),
            Axis::log("size of the gradient |g|"),
            Axis::log("length of the step |Δθ|"),
            Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
        ));
        Ok(report)
    }

    /// The length of the tenth step along a constant gradient.
    fn take(&self, rule: Rule, g: f64) -> f64 {
        let (mut theta, mut m, mut v) = ([0.0], [0.0], [0.0]);
        let mut length = 0.0;
        for number in 1..=10 {
            let before = theta[0];
            let step = model::Step { rate: self.rate, decay: 0.0, factor: 1.0, number };
            rule.step(step, &mut theta, &[g], &mut m, &mut v);
            length = f64::abs(theta[0] - before);
        }
        length
    }
}
