//! `rope waves`: after how many positions each pair is back where it was.

use std::f64::consts::TAU;

use crate::experiments::{Context, params};
use crate::math::position::frequencies;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// Rows of the table at most.
const ROWS: usize = 16;

/// The wavelength of each pair for several bases, and which pairs never complete a turn within a context ‖ 每一对的波长，多个底数；在给定上下文内哪些对转不满一圈
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rope waves\nrope waves --base 10000 --head-width 64 --context 2048\nrope waves --base 10000 500000 1000000"
)]
pub struct Waves {
    /// Width of a head, even ‖ 头宽（偶数）
    #[arg(long, value_name = "D", default_value = "128", value_parser = params::even(2, 1024))]
    pub head_width: usize,
    /// Bases of the frequencies ‖ 频率的底数
    #[arg(long, num_args = 1..=6, value_name = "BASE", default_values = ["10000", "500000"], value_parser = params::between(1.0, 1e12))]
    pub base: Vec<f64>,
    /// The context that the model is trained for ‖ 训练时的上下文长度
    #[arg(long, value_name = "T", default_value = "4096", value_parser = params::count(2, 100_000_000))]
    pub context: usize,
}

impl Waves {
    /// Lists the waves.
    ///
    /// # Errors
    /// None; the signature is that of every experiment.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let bases = params::distinct(&self.base);
        let pairs = self.head_width / 2;
        let waves: Vec<Vec<f64>> = bases
            .iter()
            .map(|base| frequencies(*base, self.head_width).iter().map(|f| TAU / f).collect())
            .collect(); // (bases, pairs)
        let mut report = Report::new(text("Wavelengths of the pairs", "各对的波长"));
        report.formula("λᵢ = 2π / θᵢ = 2π · base^(2i/d)");
        let mut table = Table::new(text("Positions for a full turn", "转满一圈需要多少个位置"))
            .numbers(text("pair i", "第 i 对"));
        for base in &bases {
            table = table.numbers(Text::same(format!("base {}", number(*base))));
        }
        let rows = pairs.min(ROWS);
        let shown = |row: usize| if rows > 1 { row * (pairs - 1) / (rows - 1) } else { 0 };
        for row in 0..rows {
            let i = shown(row);
            table.row([i.into()].into_iter().chain(waves.iter().map(|w| w[i].into())).collect());
        }
        report.table(table);
        for (base, waves) in bases.iter().zip(&waves) {
            self.measure(&mut report, *base, waves, bases.len() > 1);
        }
        report.figure(self.picture(&bases, &waves));
        Ok(report)
    }

    fn measure(&self, report: &mut Report, base: f64, waves: &[f64], several: bool) {
        let name = |what: &str| match several {
            true => format!("base{base}.{what}"),
            false => what.to_string(),
        };
        let slow = waves.iter().filter(|w| **w > self.context as f64).count();
        report.metric(name("pairs.unfinished"), slow);
        report.metric_in(name("wave.last"), waves[waves.len() - 1], "positions");
        let angle = self.context as f64 * TAU / waves[waves.len() - 1];
        report.metric_in(name("turns.last"), angle / TAU, "turns");
        for (i, wave) in waves.iter().enumerate().take(64) {
            report.metric_in(name(&format!("wave.pair{i}")), *wave, "positions");
        }
        report.say(text(
            format!(
                "Base {}: {slow} of {} pairs do not complete a turn within {} positions. Beyond that length they come to angles that training never showed.",
                number(base), waves.len(), number(self.context as f64)
            ),
            format!(
                "底数 {}：{} 对中有 {slow} 对在 {} 个位置内转不满一圈。超出这个长度，它们会转到训练中从未出现的角度。",
                number(base), waves.len(), number(self.context as f64)
            ),
        ));
    }

    fn picture(&self, bases: &[f64], waves: &[Vec<f64>]) -> Figure {
        let curve = |(base, waves): (&f64, &Vec<f64>)| {
            let points = waves.iter().enumerate().map(|(i, w)| (i as f64, *w)).collect();
            Series::new(format!("base {}", number(*base)), points)
        };
        let mut series: Vec<Series> = bases.iter().zip(waves).map(curve).collect();
        let end = (self.head_width / 2 - 1) as f64;
        let context = self.context as f64;
        let line = vec![(0.0, context), (end, context)];
        series.push(Series::new("context", line).stroke(Stroke::Dashed));
        Figure::new(
            "waves",
            "How many positions a pair takes for a full turn",
            Axis::new("pair i"),
            Axis::log("wavelength (positions)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        )
    }
}
