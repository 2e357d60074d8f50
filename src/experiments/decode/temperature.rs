//! `decode temperature`: one distribution at several temperatures.

use super::source::Source;
use super::stage::{descending, softmax};
use crate::experiments::{Context, params, strategy};
use crate::math::divergence::entropy;
use crate::model::decoding::sound;
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text,
    number, text,
};

/// How many tokens are shown.
const SHOWN: usize = 10;

/// One distribution at several temperatures, with its entropy ‖ 同一分布在不同温度下的样子及其熵
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode temperature\ndecode temperature --logits 2,1,0.5,0,-1 --temperatures 0.1 0.5 1 2 5\ndecode temperature --prompt \"Once there was a\""
)]
pub struct Temperature {
    /// Which distribution ‖ 哪个分布
    #[command(flatten)]
    pub source: Source,
    /// The temperatures ‖ 各温度
    #[arg(long, num_args = 1..=8, value_name = "T", value_parser = strategy::temperature, default_values = ["0.1", "0.5", "1", "2", "5"])]
    pub temperatures: Vec<f64>,
}

impl Temperature {
    /// Sweeps.
    ///
    /// # Errors
    /// If there is no such distribution.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let subject = self.source.open(context)?;
        let logits = subject.logits()?;
        sound(&logits)?;
        let mut temperatures = params::distinct(&self.temperatures);
        temperatures.sort_by(f64::total_cmp);
        let mut order = descending(&softmax(&logits, 1.0));
        order.truncate(SHOWN);
        let rows: Vec<(f64, Vec<f64>)> =
            temperatures.iter().map(|t| (*t, softmax(&logits, *t))).collect();
        let possible = logits.iter().filter(|x| **x > f32::NEG_INFINITY).count();
        let limit = (possible as f64).ln();

        let mut report = Report::new(text("Temperature", "温度"));
        report.formula("pᵢ ∝ exp(zᵢ / T)   ·   H = −Σ pᵢ ln pᵢ");
        let mut table = Table::new(text("Probabilities by temperature", "不同温度下的概率"))
            .numbers(Text::same("T"));
        for id in &order {
            table = table.numbers(Text::same(subject.token(*id as u32)));
        }
        table = table.numbers(text("entropy (nats)", "熵（nat）"));
        for (t, p) in &rows {
            let mut row: Vec<Cell> = vec![(*t).into()];
            row.extend(order.iter().map(|id| Cell::from(p[*id])));
            row.push(entropy(p).into());
            table.row(row);
        }
        report.table(table);
        for (t, p) in &rows {
            let t = number(*t);
            report.metric_in(format!("t{t}.entropy"), entropy(p), "nats");
            report.metric(format!("t{t}.top"), order.first().map_or(0.0, |id| p[*id]));
        }
        report.metric_in("entropy.limit", limit, "nats");
        let ratio = |p: &[f64]| match order[..] {
            [first, second, ..] => p[first] / p[second],
            _ => 1.0,
        };
        for (t, p) in &rows {
            let value = ratio(p);
            if value.is_finite() {
                report.metric(format!("t{}.odds", number(*t)), value);
            }
        }
        report.say(text(
            format!(
                "The order of the tokens never changes, only the distances: towards T = 0 the entropy falls to 0 (greedy decoding), towards T = ∞ it rises to ln {possible} = {} (all alike).",
                number(limit)
            ),
            format!(
                "token 的排序不变，变的只是差距：T 趋于 0 时熵降到 0（即贪心解码），T 趋于 ∞ 时熵升到 ln {possible} = {}（均匀分布）。",
                number(limit)
            ),
        ));
        let series = rows
            .iter()
            .map(|(t, p)| (format!("T = {}", number(*t)), order.iter().map(|id| p[*id]).collect()));
        let names = order.iter().map(|id| subject.token(*id as u32)).collect();
        let bars = Panel {
            title: "probabilities".to_string(),
            x: Axis::names("token", names),
            y: Axis::new("probability").between(0.0, 1.0),
            content: Content::Bars(Bars { series: series.collect() }),
        };
        report.figure(Figure::grid(
            "temperature",
            "Temperature",
            2,
            vec![bars, curve(&logits, limit)],
        ));
        Ok(report)
    }
}

/// Entropy over temperature, and its limit.
fn curve(logits: &[f32], limit: f64) -> Panel {
    let at = |i: i32| 10.0_f64.powf(f64::from(i) / 20.0);
    let points: Vec<(f64, f64)> =
        (-26..=26).map(|i| (at(i), entropy(&softmax(logits, at(i))))).collect();
    let ends = [points[0].0, points[points.len() - 1].0].map(|t| (t, limit)).to_vec();
    let series =
        vec![Series::new("entropy", points), Series::new("ln n", ends).stroke(Stroke::Dashed)];
    Panel {
        title: "entropy".to_string(),
        x: Axis::log("temperature T"),
        y: Axis::new("entropy (nats)"),
        content: Content::Lines(Lines { series, markers: Vec::new() }),
    }
}
