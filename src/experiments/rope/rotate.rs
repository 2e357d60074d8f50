//! `rope rotate`: a vector turned pair by pair, drawn.

use super::common::{Head, turned};
use crate::experiments::{Context, params};
use crate::math::position::frequencies;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Table, Text, number, text,
};

/// Panels of the picture, and rows of the table, at most.
const PANELS: usize = 4;
const ROWS: usize = 16;
/// Arrows of a panel at most.
const ARROWS: usize = 8;

/// A vector turned pair by pair: the angle of each pair at a position, drawn ‖ 把向量一对一对地旋转：某个位置上每一对转多少，画出来
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rope rotate --position 5\nrope rotate --position 1000 --head-width 64\nrope rotate --vector 1 0 0 2 --position 3"
)]
pub struct Rotate {
    /// The position m ‖ 位置 m
    #[arg(long, value_name = "M", default_value = "5", value_parser = params::count(0, 1_000_000))]
    pub position: usize,
    /// Width of a head, even ‖ 头宽（偶数）
    #[arg(long, value_name = "D", default_value = "8", value_parser = params::even(2, 256))]
    pub head_width: usize,
    /// The base of the frequencies ‖ 频率的底数
    #[arg(long, value_name = "BASE", default_value = "10000", value_parser = params::between(1.0, 1e12))]
    pub base: f64,
    /// The vector, neighbours being pairs; (1, 0) in every pair if not given ‖ 向量，相邻两个为一对；默认每一对都是 (1, 0)
    #[arg(long, num_args = 1.., value_name = "X", allow_negative_numbers = true, value_parser = params::between(-1e6, 1e6))]
    pub vector: Vec<f64>,
}

impl Rotate {
    /// Turns the vector.
    ///
    /// # Errors
    /// Bad input if the vector has no pairs, or the table would not fit.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let x = self.input()?;
        let (d, m) = (x.len(), self.position);
        let head = Head { head_width: d, base: self.base };
        let table = head.table::<f64>(m, true)?;
        let y = turned(&table, &x, m);
        let thetas = frequencies(self.base, d);
        let mut report = Report::new(text("A vector, turned", "旋转一个向量"));
        report.formula("pair i at position m: angle m·θᵢ,  θᵢ = base^(−2i/d)\n(a, b) → (a cos mθ − b sin mθ, a sin mθ + b cos mθ)");
        let mut rows = Table::new(text(
            format!("At position {m}, base {}", number(self.base)),
            format!("位置 {m}，底数 {}", number(self.base)),
        ))
        .numbers(text("pair i", "第 i 对"))
        .numbers(Text::same("θᵢ"))
        .numbers(text("angle (radians)", "转角（弧度）"))
        .numbers(text("within a turn (degrees)", "不足一圈的部分（度）"))
        .words(text("before", "旋转前"))
        .words(text("after", "旋转后"));
        for (i, theta) in thetas.iter().enumerate() {
            let angle = m as f64 * theta;
            let degrees = angle.to_degrees().rem_euclid(360.0);
            let pair = |x: &[f64]| format!("({}, {})", number(x[2 * i]), number(x[2 * i + 1]));
            report.metric_in(format!("pair{i}.angle"), angle, "radians");
            report.metric_in(format!("pair{i}.degrees"), degrees, "degrees");
            if i < ROWS {
                rows.row(vec![
                    i.into(),
                    (*theta).into(),
                    angle.into(),
                    degrees.into(),
                    pair(&x).into(),
                    pair(&y).into(),
                ]);
            }
        }
        report.table(rows);
        let norm = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>().sqrt();
        report.metric("norm.before", norm(&x)).metric("norm.after", norm(&y));
        report.say(text(
            format!(
                "The first pair turns by one radian a position, the last by {}. Lengths stay: ‖x‖ = {} before, {} after.",
                number(thetas[d / 2 - 1]), number(norm(&x)), number(norm(&y))
            ),
            format!(
                "第一对每个位置转 1 弧度，最后一对转 {}。长度不变：旋转前 ‖x‖ = {}，旋转后 {}。",
                number(thetas[d / 2 - 1]), number(norm(&x)), number(norm(&y))
            ),
        ));
        report.figure(self.picture(&x, &head)?);
        Ok(report)
    }

    fn input(&self) -> Result<Vec<f64>, Error> {
        if self.vector.is_empty() {
            return Ok([1.0, 0.0].repeat(self.head_width / 2));
        }
        let n = self.vector.len();
        if n > 256 || !n.is_multiple_of(2) {
            return Err(Error::input(text(
                format!("{n} numbers are not pairs to turn"),
                format!("{n} 个数不能两两配对旋转"),
            ))
            .allowed(text("an even number of them, up to 256", "偶数个，最多 256"))
            .example("llm-lab rope rotate --vector 1 0 0 2 --position 3"));
        }
        Ok(self.vector.clone())
    }

    /// Arrows of the first pairs for some positions up to the last.
    fn picture(&self, x: &[f64], head: &Head) -> Result<Figure, Error> {
        let m = self.position;
        let table = head.table::<f64>(m, true)?;
        let count = ARROWS.min(m + 1);
        let place = |a: usize| if count > 1 { a * m / (count - 1) } else { 0 };
        let panel = |i: usize| {
            let length = x[2 * i].hypot(x[2 * i + 1]).max(1e-9) * 1.15;
            let arrow = |a: usize| {
                let y = turned(&table, x, place(a));
                let tip = (y[2 * i], y[2 * i + 1]);
                let points =
                    if tip.0 < 0.0 { vec![tip, (0.0, 0.0)] } else { vec![(0.0, 0.0), tip] };
                Series::new(format!("m = {}", place(a)), points)
            };
            // as wide as panels are beside their height, so that a circle is round
            let (wide, high) = (length * 400.0 / 280.0, length);
            Panel {
                title: format!("pair {i}: θ = {}", number(frequencies(self.base, x.len())[i])),
                x: Axis::new("first of the pair").between(-wide, wide),
                y: Axis::new("second").between(-high, high),
                content: Content::Lines(Lines {
                    series: (0..count).map(arrow).collect(),
                    markers: Vec::new(),
                }),
            }
        };
        let panels = (0..(x.len() / 2).min(PANELS)).map(panel).collect();
        Ok(Figure::grid("pairs", "Each pair turns at its own speed", 2, panels))
    }
}
