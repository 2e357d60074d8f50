//! `loss half`: what half precision keeps of the gradients of a large vocabulary, and what a factor on
//! the loss saves.

use ndarray::Array2;
use ndarray_rand::RandomExt;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::{Context, params};
use crate::math::loss::cross_entropy;
use crate::math::precision::Format;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number,
    text,
};

/// Gradients in half precision: what underflows in float16, what loss scaling saves, why bfloat16 needs none ‖ 半精度下的梯度：float16 里哪些下溢、损失缩放救回多少、bfloat16 为何不需要
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss half\nloss half --vocab 128256 --tokens 65536\nloss half --value 3e-8 --scale 1024"
)]
pub struct Half {
    /// Tokens of the vocabulary ‖ 词表大小
    #[arg(long, value_name = "V", value_parser = params::count(2, 1_000_000), default_value = "32000")]
    pub vocab: usize,
    /// Tokens of the batch over which the loss is averaged ‖ 求平均损失的批次 token 数
    #[arg(long, value_name = "N", value_parser = params::count(1, 100_000_000), default_value = "4096")]
    pub tokens: usize,
    /// Standard deviation of the logits ‖ logits 的标准差
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 20.0), default_value = "2")]
    pub spread: f64,
    /// The factor on the loss ‖ 损失上的缩放系数
    #[arg(long, value_name = "S", value_parser = params::between(1e-12, 1e12), default_value = "65536")]
    pub scale: f64,
    /// One gradient, to see what is stored of it ‖ 某一个梯度值，看存下来的是多少
    #[arg(long, value_name = "X", value_parser = params::between(-1e30, 1e30), allow_negative_numbers = true, default_value = "1e-8")]
    pub value: f64,
}

/// Positions whose gradients are looked at.
const ROWS: usize = 4;

/// The factors that the picture tries, as powers of two.
const EXPONENTS: std::ops::RangeInclusive<i32> = 0..=40;

/// What a format makes of some gradients times a factor.
#[derive(Debug, Clone, Copy, Default)]
struct Kept {
    /// The share that becomes 0.
    lost: f64,
    /// The share that becomes infinite.
    burst: f64,
    /// The share that is kept with fewer digits.
    coarse: f64,
}

impl Kept {
    fn of(format: Format, gradients: &[f64], scale: f64) -> Self {
        let one = 1.0 / gradients.len().max(1) as f64;
        let mut kept = Self::default();
        for g in gradients {
            let stored = format.store(g * scale).abs();
            if stored == 0.0 {
                kept.lost += one;
            } else if stored.is_infinite() {
                kept.burst += one;
            } else if stored < format.smallest_normal() {
                kept.coarse += one;
            }
        }
        kept
    }
}

impl Half {
    /// Draws gradients, stores them in every format.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let gradients = self.gradients(context);
        let mut report = Report::new(text("Gradients in half precision", "半精度下的梯度"));
        formats(&mut report);
        self.one(&mut report);
        let mut table = Table::new(text(
            format!(
                "Gradients (p − y)/N of {} logits, N = {}",
                number(self.vocab as f64),
                number(self.tokens as f64)
            ),
            format!(
                "{} 个 logits 的梯度 (p − y)/N，N = {}",
                number(self.vocab as f64),
                number(self.tokens as f64)
            ),
        ))
        .words(text("format", "格式"))
        .numbers(text("factor on the loss", "损失的系数"))
        .numbers(text("become 0 (%)", "变为 0（%）"))
        .numbers(text("subnormal (%)", "次正规数（%）"))
        .numbers(text("become ∞ (%)", "变为 ∞（%）"));
        for (format, scale, key) in [
            (Format::F16, 1.0, "f16"),
            (Format::F16, self.scale, "f16.scaled"),
            (Format::Bf16, 1.0, "bf16"),
        ] {
            let kept = Kept::of(format, &gradients, scale);
            let percent = |share: f64| Cell::from(100.0 * share);
            let mut cells: Vec<Cell> = vec![format.name().into(), scale.into()];
            cells.extend([kept.lost, kept.coarse, kept.burst].map(percent));
            table.row(cells);
            report.metric_in(format!("{key}.lost"), 100.0 * kept.lost, "%").metric_in(
                format!("{key}.infinite"),
                100.0 * kept.burst,
                "%",
            );
        }
        report.table(table);
        let largest = gradients.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        let most = (Format::F16.largest() / largest).log2().floor();
        report.metric("gradient.largest", largest).metric("exponent.largest", most);
        report.say(text(
            format!(
                "The largest gradient is {}: the loss may be multiplied by up to 2^{most} before float16 overflows. \
                 bfloat16 has the exponents of float32 and loses nothing, at 8 bits of precision instead of 11.",
                number(largest)
            ),
            format!(
                "最大的梯度为 {}：损失最多可以乘到 2^{most}，float16 才会上溢。bfloat16 的指数范围与 float32 相同，什么都不丢，代价是精度只有 8 位而不是 11 位。",
                number(largest)
            ),
        ));
        let mut sweep = Vec::new();
        for k in EXPONENTS {
            context.step(k as usize, 41, &text("factors", "系数"))?;
            let few = &gradients[..gradients.len().min(20_000)];
            sweep.push((f64::from(k), Kept::of(Format::F16, few, 2_f64.powi(k))));
        }
        report.figure(self.picture(&gradients, &sweep));
        Ok(report)
    }

    /// Gradients of the logits of a few positions, of a loss averaged over the whole batch.
    fn gradients(&self, context: &Context) -> Vec<f64> {
        let mut rng = context.rng(0);
        let logits: Array2<f64> =
            Array2::random_using((ROWS, self.vocab), StandardNormal, &mut rng) * self.spread; // (R, V)
        let targets: Vec<usize> = (0..ROWS).map(|_| rng.random_range(0..self.vocab)).collect();
        let (_, gradient) = cross_entropy(logits.view(), &targets); // (R, V)
        let whole = ROWS as f64 / self.tokens as f64;
        gradient.iter().map(|g| g * whole).collect()
    }

    /// What each format stores of one number.
    fn one(&self, report: &mut Report) {
        let mut table = Table::new(text(
            format!("What is stored of the gradient {}", number(self.value)),
            format!("梯度 {} 存下来是多少", number(self.value)),
        ))
        .words(text("format", "格式"))
        .numbers(text("stored", "存储值"))
        .numbers(text(
            format!("times {}", number(self.scale)),
            format!("乘 {}", number(self.scale)),
        ))
        .numbers(text("divided again", "再除回来"));
        for format in Format::ALL {
            let (plain, scaled) = (format.store(self.value), format.store(self.value * self.scale));
            let back = scaled / self.scale;
            table.row(vec![format.name().into(), plain.into(), scaled.into(), back.into()]);
            report
                .metric(format!("value.{}", format.name()), plain)
                .metric(format!("value.{}.scaled", format.name()), back);
        }
        report.table(table);
    }

    /// How large the gradients are, and what each factor does to them.
    fn picture(&self, gradients: &[f64], sweep: &[(f64, Kept)]) -> Figure {
        let sizes = shares(gradients, 1.0);
        let scaled = shares(gradients, self.scale);
        let top = sizes.iter().chain(&scaled).fold(0.0, |m: f64, (_, share)| m.max(*share));
        let wall = |at: f64, label: &str| {
            Series::new(label, vec![(at, 0.0), (at, top)]).stroke(Stroke::Dashed)
        };
        let curve =
            |f: &dyn Fn(&Kept) -> f64| sweep.iter().map(|(k, s)| (*k, 100.0 * f(s))).collect();
        let panel = |title: &str, x: &str, y: &str, series| Panel {
            title: title.to_string(),
            x: Axis::new(x),
            y: Axis::new(y),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        };
        Figure::grid(
            "half",
            "Gradients of the logits in float16",
            2,
            vec![
                panel(
                    "how large they are",
                    "log₂ |gradient|",
                    "share of the gradients (%)",
                    vec![
                        Series::new("as they are", sizes),
                        Series::new(format!("loss × {}", number(self.scale)), scaled),
                        wall(-24.0, "smallest f16, 2⁻²⁴"),
                        wall(-14.0, "smallest normal f16, 2⁻¹⁴"),
                    ],
                ),
                panel(
                    "what a factor on the loss does",
                    "log₂ of the factor",
                    "share of the gradients (%)",
                    vec![
                        Series::new("become 0", curve(&|s| s.lost)),
                        Series::new("subnormal", curve(&|s| s.coarse)),
                        Series::new("become ∞", curve(&|s| s.burst)),
                    ],
                ),
            ],
        )
    }
}

/// The ends of each format.
fn formats(report: &mut Report) {
    let mut table = Table::new(text("Formats", "格式"))
        .words(text("format", "格式"))
        .numbers(text("smallest > 0", "最小正数"))
        .numbers(text("smallest normal", "最小正规数"))
        .numbers(text("largest", "最大"))
        .numbers(text("next after 1", "1 之后的间隔"));
    for format in Format::ALL {
        let (name, ends) = (
            format.name(),
            [format.smallest(), format.smallest_normal(), format.largest(), format.epsilon()],
        );
        let mut cells: Vec<Cell> = vec![Text::same(name).into()];
        cells.extend(ends.map(Cell::from));
        table.row(cells);
        for (what, end) in ["smallest", "smallest_normal", "largest", "epsilon"].iter().zip(ends) {
            report.metric(format!("{name}.{what}"), end);
        }
    }
    report.table(table);
}

/// The share of gradients for each whole power of two, in per cent.
fn shares(gradients: &[f64], scale: f64) -> Vec<(f64, f64)> {
    let sizes = gradients.iter().map(|g| (g * scale).abs().log2().floor());
    let sizes: Vec<i64> = sizes.filter(|s| s.is_finite()).map(|s| s as i64).collect();
    let (low, high) = (sizes.iter().min().copied(), sizes.iter().max().copied());
    let (Some(low), Some(high)) = (low, high) else { return Vec::new() };
    let share =
        |k: i64| 100.0 * sizes.iter().filter(|s| **s == k).count() as f64 / gradients.len() as f64;
    // from an empty bin to an empty bin, and no more than a picture can show
    let low = low.max(high - 60);
    (low - 1..=high + 1).map(|k| (k as f64, share(k))).collect()
}
