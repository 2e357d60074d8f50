//! `norm invariance`: which changes of the input each norm does not feel, measured.

use ndarray::Array2;

use super::input;
use super::kinds::Kind;
use crate::experiments::{Context, params};
use crate::math::linalg;
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Report, Table, Text, number, text,
};

/// Differences below this are rounding: a thousand times the precision of f64.
const ROUNDING: f64 = 1e-12;

/// Shift and scale the input, see which norm notices ‖ 平移、缩放输入，看哪种归一化会变
#[derive(Debug, Clone, clap::Args)]
pub struct Invariance {
    /// Tokens in the random batch ‖ 随机批次中的 token 数
    #[arg(long, value_name = "T", value_parser = params::count(2, 4096), default_value = "8")]
    pub tokens: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(2, 4096), default_value = "16")]
    pub dim: usize,
    /// Factor of the scaling ‖ 缩放倍数
    #[arg(long, value_name = "X", value_parser = params::between(1e-3, 1e3), default_value = "7")]
    pub scale: f64,
    /// What the shift adds ‖ 平移量
    #[arg(long, value_name = "X", value_parser = params::between(-1e3, 1e3), allow_negative_numbers = true, default_value = "5")]
    pub shift: f64,
    /// ε, added under the root; 0 shows the norms as the formulas mean them ‖ 根号下加的 ε；取 0 时即公式本义
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "0")]
    pub eps: f64,
}

/// A change of the input with its name in metrics, in words, and as an axis label.
struct Change {
    key: &'static str,
    name: Text,
    label: &'static str,
    changed: Array2<f64>,
}

impl Invariance {
    /// Applies each change and each norm; the largest |f(changed) − f(x)| is the measure.
    ///
    /// # Errors
    /// If the batch would not fit in memory.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let shape = (self.tokens, self.dim);
        let x = input::gaussian(shape, 1.0, 1.0, context, 0)?; // (T, d)
        let changes = self.changes(&x, context)?;

        let mut report = Report::new(text("What each norm does not feel", "各归一化对什么不敏感"));
        report.say(text(
            format!(
                "The largest |f(changed x) − f(x)| over {} tokens of {} features. A difference below {} is rounding: the norm does not feel the change.",
                self.tokens, self.dim, number(ROUNDING)
            ),
            format!(
                "在 {} 个 token、每个 {} 维上测得的最大 |f(变换后的 x) − f(x)|。小于 {} 的只是舍入误差，说明该归一化对此变换不敏感。",
                self.tokens, self.dim, number(ROUNDING)
            ),
        ));
        let mut table = Table::new(text("Largest difference", "最大差异"))
            .words(text("change of the input", "对输入的变换"));
        for kind in Kind::ALL {
            table = table.numbers(Text::same(kind.name()));
        }
        let mut values = Vec::new();
        for change in &changes {
            let measured = Kind::ALL.map(|kind| {
                let before = kind.apply(x.view(), self.eps);
                linalg::largest_difference(&kind.apply(change.changed.view(), self.eps), &before)
            });
            let mut cells = vec![change.name.clone().into()];
            cells.extend(measured.map(Into::into));
            table.row(cells);
            for (kind, difference) in Kind::ALL.iter().zip(measured) {
                report.metric(format!("{}.{}", kind.key(), change.key), difference);
            }
            values.push(measured.map(|m| m.max(1e-17).log10()).to_vec());
        }
        report.table(table);
        report.figure(Figure::new(
            "invariance",
            "Who feels which change of the input",
            Axis::names("", Kind::ALL.map(|k| k.name().to_string()).to_vec()),
            Axis::names("", changes.iter().map(|c| c.label.to_string()).collect()),
            Content::Heatmap(Heatmap {
                values,
                palette: Palette::Sequential,
                unit: "log10 of the largest difference".to_string(),
                show_values: true,
            }),
        ));
        Ok(report)
    }

    /// The batch under each change. Factors are positive: a negative one flips the sign of the output.
    fn changes(&self, x: &Array2<f64>, context: &Context) -> Result<Vec<Change>, Error> {
        let (a, b) = (self.scale, self.shift);
        let by_token = input::gaussian((self.tokens, 1), 0.0, 1.0, context, 1)?; // (T, 1)
        let by_feature = input::gaussian((1, self.dim), 0.0, 1.0, context, 2)?; // (1, d)
        let change = |key, name, label, changed| Change { key, name, label, changed };
        Ok(vec![
            change("scale", Text::same(format!("{} · x", number(a))), "scale all", x * a),
            change("shift", Text::same(format!("x + {}", number(b))), "shift all", x + b),
            change(
                "both",
                Text::same(format!("{} · x + {}", number(a), number(b))),
                "scale and shift",
                x * a + b,
            ),
            change(
                "token_scale",
                text("each token its own factor", "每个 token 各乘一个系数"),
                "scale per token",
                x * &by_token.mapv(f64::exp),
            ),
            change(
                "token_shift",
                text("each token its own shift", "每个 token 各加一个常数"),
                "shift per token",
                x + &by_token,
            ),
            change(
                "feature_scale",
                text("each feature its own factor", "每个特征各乘一个系数"),
                "scale per feature",
                x * &by_feature.mapv(f64::exp),
            ),
            change(
                "feature_shift",
                text("each feature its own shift", "每个特征各加一个常数"),
                "shift per feature",
                x + &by_feature,
            ),
        ])
    }
}
