//! `softmax range`: between which numbers exp survives in each format, found by trying.

use super::given::last;
use crate::experiments::Context;
use crate::math::precision::Format;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Report, Series, Table, Text, number, text,
};

/// Where exp overflows, loses digits and becomes 0 in f32, f16 and bf16, measured ‖ 实测 exp 在 f32、f16、bf16 中何处上溢、丢失精度、变成 0
#[derive(Debug, Clone, clap::Args)]
pub struct Range {}

/// Where exp changes its nature in a format; each is the last number of the format on its side.
#[derive(Debug, Clone, Copy)]
struct Ends {
    /// The largest x with a finite exp(x).
    finite: f64,
    /// The smallest x whose exp(x) has all its digits.
    normal: f64,
    /// The smallest x whose exp(x) is not 0.
    positive: f64,
}

impl Ends {
    fn of(format: Format) -> Self {
        let exp = |x: f64| format.store(x.exp());
        let lowest = -200.0;
        Self {
            finite: last(format, 0.0, 200.0, |x| exp(x).is_finite()),
            normal: last(format, 0.0, lowest, |x| exp(x) >= format.smallest_normal()),
            positive: last(format, 0.0, lowest, |x| exp(x) > 0.0),
        }
    }
}

impl Range {
    /// Searches the ends in every format.
    ///
    /// # Errors
    /// None.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let mut report = Report::new(text("Where exp ends", "exp 的边界"));
        let mut table =
            Table::new(text("The last x of each format …", "各格式中最后一个满足条件的 x"))
                .words(text("format", "格式"))
                .numbers(text("exp(x) finite", "exp(x) 有限"))
                .numbers(text("exp(x) has all digits", "exp(x) 精度完整"))
                .numbers(text("exp(x) above 0", "exp(x) 大于 0"))
                .numbers(text("largest number", "最大的数"));
        let mut bits = Table::new(text("The bits on both sides", "边界两侧的二进制位"))
            .words(text("format", "格式"))
            .numbers(Text::same("x"))
            .numbers(Text::same("exp(x)"))
            .words(text("bits of exp(x)", "exp(x) 的二进制位"));
        for format in Format::ALL {
            let (name, ends) = (format.name(), Ends::of(format));
            table.row(vec![
                name.into(),
                ends.finite.into(),
                ends.normal.into(),
                ends.positive.into(),
                format.largest().into(),
            ]);
            let next = |x: f64| x + x.signum() * format.epsilon() * x.abs().log2().floor().exp2();
            for x in [next(ends.finite), ends.finite, ends.positive, next(ends.positive)] {
                let (x, y) = (format.store(x), format.store(format.store(x).exp()));
                let cells = [name.to_string(), format!("{x:.6}"), number(y), format.bits(y)];
                bits.row(cells.map(Cell::from).to_vec());
            }
            report
                .metric(format!("{name}.finite"), ends.finite)
                .metric(format!("{name}.normal"), ends.normal)
                .metric(format!("{name}.positive"), ends.positive);
        }
        report.table(table);
        report.table(bits);
        let f16 = Ends::of(Format::F16);
        report.say(text(
            format!("In float16 a logit above {} is enough: raw attention scores of a head of width 64 have a standard deviation of 8. bfloat16 reaches as far as float32, with fewer digits. All bits of the exponent 1 and the fraction 0: that is ∞.", number(f16.finite)),
            format!("float16 下 logit 超过 {} 就会上溢：宽度 64 的头，不缩放的注意力分数标准差就有 8。bfloat16 的范围与 float32 相当，只是精度低。指数位全 1、尾数位全 0 就是 ∞。", number(f16.finite)),
        ));
        report.figure(picture());
        Ok(report)
    }
}

/// How far the stored exp(x) is off, where it is a number above 0.
fn picture() -> Figure {
    // the error moves up and down with every x: the largest of a few neighbours
    let error = |format: Format, x: f64| {
        (0..16).fold(0.0, |most: f64, i| {
            let y = (x + f64::from(i) / 160.0).exp();
            let kept = format.store(y);
            let alive = kept > 0.0 && kept.is_finite() && !most.is_nan();
            if alive { most.max((kept / y - 1.0).abs()) } else { f64::NAN }
        })
    };
    let curve = |format: Format| {
        let steps = (-1100..=950).map(|i| f64::from(i) / 10.0);
        Series::new(format.name(), steps.map(|x| (x, error(format, x))).collect())
    };
    let series = Format::ALL.map(curve).to_vec();
    Figure::new(
        "range",
        "exp(x) as it is stored: a curve ends where it becomes 0 or ∞",
        Axis::new("x"),
        Axis::log("relative error of exp(x)"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}
