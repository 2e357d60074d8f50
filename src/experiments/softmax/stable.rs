//! `softmax stable`: softmax of typed logits as it stands, and with the largest taken off first.

use super::given;
use crate::experiments::Context;
use crate::math::precision::Format;
use crate::math::rounded::Rounded;
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// Softmax of typed logits in a real number format: naive against shifted, with the bits ‖ 在真实数值格式下计算所给 logits 的 softmax：直接算与减最大值对比，并显示二进制位
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "softmax stable 1000 1001\nsoftmax stable 10 12 --precision f16\nsoftmax stable -1000 -1001\nsoftmax stable 0 mask 1"
)]
pub struct Stable {
    /// Logits; mask is a masked place ‖ logits；mask 表示被掩码的位置
    #[arg(num_args = 1.., value_name = "X", value_parser = given::logit, allow_negative_numbers = true, default_values = ["1000", "1001"])]
    pub logits: Vec<f64>,
    /// The number format: f32, f16, bf16 ‖ 数值格式：f32、f16、bf16
    #[arg(long, value_name = "FORMAT", value_parser = given::format, default_value = "f32")]
    pub precision: Format,
}

impl Stable {
    /// Computes both ways, and the exact weights beside them.
    ///
    /// # Errors
    /// Logits that the format cannot hold.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        given::fit(&self.logits, self.precision)?;
        let format = self.precision;
        let naive = Rounded::naive(format, &self.logits);
        let shifted = Rounded::shifted(format, &self.logits);
        let exact = exact(&self.logits);
        let mut report = Report::new(text(
            format!("Softmax in {}", format.name()),
            format!("{} 下的 softmax", format.name()),
        ));
        report.formula("naive:    pᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)\nshifted:  pᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m),  m = max x");
        report.table(self.table(&naive, text("Naive", "直接计算"), "x", "exp(x)"));
        report.table(self.table(
            &shifted,
            text("Shifted by the maximum", "先减最大值"),
            "x − m",
            "exp(x − m)",
        ));
        report.table(logs(&shifted, &exact));
        report.say(said(&naive, &shifted));
        report.figure(picture(&naive, &shifted, &exact, format));
        for (key, row) in [("naive", &naive), ("shifted", &shifted)] {
            let nan = row.p.iter().filter(|p| p.is_nan()).count();
            let error =
                row.p.iter().zip(&exact).fold(0.0, |m: f64, (p, e)| m.max((p - e.exp()).abs()));
            report
                .metric(format!("{key}.works"), nan == 0 && error < 0.01)
                .metric(format!("{key}.nan"), nan)
                .metric(format!("{key}.sum"), row.sum);
        }
        let lost = |logs: &[f64]| {
            logs.iter().zip(&self.logits).filter(|(l, x)| l.is_infinite() && x.is_finite()).count()
        };
        report
            .metric("log_of_softmax.infinite", lost(&shifted.log_of_weights()))
            .metric("log_softmax.infinite", lost(&shifted.log_softmax()));
        for (name, values) in [
            ("p", &shifted.p),
            ("naive.p", &naive.p),
            ("log_softmax", &shifted.log_softmax()),
            ("log_of_softmax", &shifted.log_of_weights()),
        ] {
            for (i, x) in values.iter().enumerate() {
                report.metric(format!("{name}.{}", i + 1), *x);
            }
        }
        Ok(report)
    }

    /// A row for each logit: what goes into exp, what comes out, and its bits.
    fn table(&self, row: &Rounded, title: Text, input: &str, output: &str) -> Table {
        let mut table = Table::new(title)
            .numbers(Text::same(input))
            .numbers(Text::same(output))
            .words(text(format!("bits of {output}"), format!("{output} 的二进制位")))
            .numbers(Text::same("p"));
        for ((x, e), p) in row.x.iter().zip(&row.exps).zip(&row.p) {
            table.row(vec![(*x).into(), (*e).into(), self.precision.bits(*e).into(), (*p).into()]);
        }
        let bits = self.precision.bits(row.sum);
        table.row(vec![
            text("sum", "求和").into(),
            row.sum.into(),
            bits.into(),
            row.p.iter().sum::<f64>().into(),
        ]);
        table
    }
}

/// The logarithms of the weights in f64, in a way that loses none.
fn exact(x: &[f64]) -> Vec<f64> {
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - most).exp()).sum();
    x.iter().map(|x| x - most - sum.ln()).collect()
}

/// The logarithm of the weight against log-softmax.
fn logs(row: &Rounded, exact: &[f64]) -> Table {
    let mut table = Table::new(text("Logarithms, after the shift", "减最大值之后取对数"))
        .numbers(Text::same("p"))
        .numbers(text("log of p", "对 p 取 log"))
        .numbers(Text::same("log-softmax"))
        .numbers(text("exact", "精确值"));
    let columns = row.log_of_weights().into_iter().zip(row.log_softmax()).zip(exact);
    for (p, ((log, softmax), exact)) in row.p.iter().zip(columns) {
        table.row(vec![(*p).into(), log.into(), softmax.into(), (*exact).into()]);
    }
    table
}

/// Which ways hold, and what broke.
fn said(naive: &Rounded, shifted: &Rounded) -> Text {
    let broken = |row: &Rounded| row.p.iter().any(|p| p.is_nan());
    let (mut en, mut zh) = match (broken(naive), naive.sum) {
        (true, sum) if sum.is_infinite() => (
            "Naive: an exponential or the sum overflows to ∞, and ∞/∞ is NaN.".to_string(),
            "直接计算：指数或求和上溢为 ∞，∞/∞ 得到 NaN。".to_string(),
        ),
        (true, _) => (
            "Naive: every exponential underflows to 0, and 0/0 is NaN.".to_string(),
            "直接计算：所有指数都下溢为 0，0/0 得到 NaN。".to_string(),
        ),
        (false, sum) if sum.is_infinite() => (
            "Naive: the sum overflows to ∞, and every weight becomes 0: wrong, and no NaN to warn of it.".to_string(),
            "直接计算：求和上溢为 ∞，所有权重都变成 0：结果是错的，却没有 NaN 提醒。".to_string(),
        ),
        (false, sum) => (
            format!("Naive: holds here; the sum is {}.", number(sum)),
            format!("直接计算：这里没有问题，求和为 {}。", number(sum)),
        ),
    };
    if broken(shifted) {
        en += " Shifted: every place is masked, −∞ − (−∞) is NaN; a library must treat such a row apart.";
        zh += "减最大值：整行都被掩码，−∞ − (−∞) 是 NaN，必须单独处理这种行。";
    } else {
        en += &format!(
            " Shifted: the largest exponential is 1, the sum {}, no overflow is possible.",
            number(shifted.sum)
        );
        zh += &format!("减最大值：最大的指数是 1，求和为 {}，不可能上溢。", number(shifted.sum));
    }
    if shifted
        .log_of_weights()
        .iter()
        .zip(shifted.log_softmax())
        .any(|(a, b)| a.is_infinite() && b.is_finite())
    {
        en += " But a weight has become 0, and its logarithm −∞: log-softmax keeps it.";
        zh += "但有权重变成了 0，取对数得 −∞：log-softmax 则能保住它。";
    }
    text(en, zh)
}

/// The weights by the two ways and exactly; a NaN has no bar.
fn picture(naive: &Rounded, shifted: &Rounded, exact: &[f64], format: Format) -> Figure {
    let shown =
        |values: &[f64]| values.iter().map(|p| if p.is_finite() { *p } else { f64::NAN }).collect();
    let exact: Vec<f64> = exact.iter().map(|l| l.exp()).collect();
    let broken = |row: &Rounded| if row.p.iter().any(|p| p.is_nan()) { ": NaN" } else { "" };
    let series = vec![
        (format!("naive{}", broken(naive)), shown(&naive.p)),
        (format!("shifted{}", broken(shifted)), shown(&shifted.p)),
        ("exact".to_string(), shown(&exact)),
    ];
    let names = (1..=exact.len()).map(|i| i.to_string()).collect();
    Figure::new(
        "weights",
        format!("Softmax in {}", format.name()),
        Axis::names("logit", names),
        Axis::new("weight").between(0.0, 1.0),
        Content::Bars(Bars { series }),
    )
}
