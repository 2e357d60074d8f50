//! `rope decay`: how the score of equal vectors falls with distance.

use super::common::{Head, dot, normal, turned};
use crate::experiments::{Context, params};
use crate::math::position::frequencies;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// Draws of independent queries and keys.
const DRAWS: usize = 64;

/// The score of a query with an equal key against distance, for several bases; and of independent ones ‖ 相同的 Q、K 的分数随距离的变化，多个底数；以及互相独立的 Q、K
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rope decay\nrope decay --base 10000 500000\nrope decay --longest 4096 --head-width 128"
)]
pub struct Decay {
    /// Width of a head, even ‖ 头宽（偶数）
    #[arg(long, value_name = "D", default_value = "128", value_parser = params::even(2, 1024))]
    pub head_width: usize,
    /// Bases of the frequencies ‖ 频率的底数
    #[arg(long, num_args = 1..=6, value_name = "BASE", default_values = ["10000"], value_parser = params::between(1.0, 1e12))]
    pub base: Vec<f64>,
    /// The longest distance ‖ 最远距离
    #[arg(long, value_name = "N", default_value = "512", value_parser = params::count(8, 100_000))]
    pub longest: usize,
}

impl Decay {
    /// Scores over distances.
    ///
    /// # Errors
    /// Bad input if a table would not fit, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let bases = params::distinct(&self.base);
        let (d, most) = (self.head_width, self.longest);
        let mut report = Report::new(text("Scores against distance", "分数随距离的变化"));
        report.formula("equal vectors of ones: (2/d) Σᵢ cos(r θᵢ)");
        let mut table = Table::new(text(
            "Score of equal vectors, 1 at distance 0",
            "相同向量的分数，距离 0 时为 1",
        ))
        .numbers(text("base", "底数"))
        .numbers(text("distance 1", "距离 1"))
        .numbers(text("distance 10", "距离 10"))
        .numbers(text("distance 100", "距离 100"))
        .numbers(text("first below 0", "首次小于 0"));
        let mut series = Vec::new();
        for (b, base) in bases.iter().enumerate() {
            context.step(b, bases.len() + 1, &text("scoring", "计算中"))?;
            let ones = vec![1.0; d];
            let head = Head { head_width: d, base: *base };
            let rotation = head.table::<f64>(most, false)?;
            let curve: Vec<f64> =
                (0..=most).map(|r| dot(&ones, &turned(&rotation, &ones, r)) / d as f64).collect();
            let below = curve.iter().position(|s| *s < 0.0);
            let at = |r: usize| curve.get(r).map_or(crate::report::Cell::Empty, |s| (*s).into());
            table.row(vec![
                (*base).into(),
                at(1),
                at(10),
                at(100),
                below.map_or(crate::report::Cell::Empty, Into::into),
            ]);
            let name = |what: &str| match bases.len() {
                1 => what.to_string(),
                _ => format!("base{base}.{what}"),
            };
            for r in [1, 10, 100, 1000].into_iter().filter(|r| *r <= most) {
                report.metric(name(&format!("score.at_{r}")), curve[r]);
            }
            let far = &curve[most / 2..];
            report.metric(name("score.far"), far.iter().sum::<f64>() / far.len() as f64);
            report.metric(name("slowest.wave"), wave(*base, d));
            if let Some(below) = below {
                report.metric(name("first_below_0"), below);
            }
            let points = curve.iter().enumerate().map(|(r, s)| (r as f64, *s)).collect();
            series.push(Series::new(format!("base {}", number(*base)), points));
        }
        let independent = self.independent(bases[0], context)?;
        let largest = independent.iter().map(|p| p.1.abs()).fold(0.0, f64::max);
        report.metric("independent.largest", largest);
        series.push(Series::new("independent q and k", independent).stroke(Stroke::Dashed));
        report.table(table);
        report.say(text(
            format!(
                "A key equal to the query scores highest at its own place, then falls, swings and stays low: pairs of different speeds get out of step. \
                 It is a tendency of equal vectors, not a law: independent q and k score about 0 at any distance (mean of {DRAWS} draws: at most {}).",
                number(largest)
            ),
            format!(
                "与查询相同的键在同一位置分数最高，随后下降、摆动，一直较低：快慢不同的各对逐渐错开。这是相同向量的趋势，而不是定律：互相独立的 q、k 在任何距离上的分数都在 0 附近（{DRAWS} 次抽样的平均，最大 {}）。",
                number(largest)
            ),
        ));
        report.figure(Figure::new(
            "decay",
            "Equal query and key, turned apart",
            Axis::new("distance (tokens)"),
            Axis::new("score / score at 0"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        Ok(report)
    }

    /// The mean score of independent queries and keys, over their lengths.
    fn independent(&self, base: f64, context: &Context) -> Result<Vec<(f64, f64)>, Error> {
        let (d, most) = (self.head_width, self.longest);
        let rotation = Head { head_width: d, base }.table::<f64>(most, false)?;
        let mut rng = context.rng(0);
        let drawn: Vec<_> =
            (0..DRAWS).map(|_| (normal(d, &mut rng), normal(d, &mut rng))).collect();
        let every = (most / 128).max(1);
        let mean = |r: usize| {
            let each = drawn.iter().map(|(q, k)| dot(q, &turned(&rotation, k, r)) / d as f64);
            each.sum::<f64>() / DRAWS as f64
        };
        let mut points = Vec::new();
        for r in (0..=most).step_by(every) {
            context.step(r, most, &text("scoring", "计算中"))?;
            points.push((r as f64, mean(r)));
        }
        Ok(points)
    }
}

/// The longest wave, in positions.
fn wave(base: f64, d: usize) -> f64 {
    frequencies(base, d).last().map_or(f64::NAN, |theta| std::f64::consts::TAU / theta)
}
