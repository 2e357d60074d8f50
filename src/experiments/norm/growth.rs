//! `norm growth`: how the residual stream grows, and what bounds a branch.

use super::seen::{Seen, spread};
use super::toy::{Place, Progress, Toy};
use crate::experiments::{Context, params};
use crate::math::power::fit;
use crate::model::Placement;
use crate::model::stack::Config;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Table, Value, number, text,
};

/// The largest finite half-precision number, 65504.
const HALF_MAX: f64 = 65504.0;

/// How the residual stream grows with depth and with the scale of the weights ‖ 残差流随深度与权重尺度如何增长
#[derive(Debug, Clone, clap::Args)]
pub struct Growth {
    /// Where the norm stands ‖ 归一化的位置
    #[arg(value_enum, value_name = "PLACE", default_values = ["post", "pre", "sandwich"])]
    pub places: Vec<Place>,
    /// Depth, in blocks ‖ 深度（块数）
    #[arg(long, value_name = "L", value_parser = params::count(2, 400), default_value = "96")]
    pub depth: usize,
    /// Gains of the weights' initialization ‖ 权重初始化的增益
    #[arg(long, num_args = 1..=8, value_name = "G", value_parser = params::between(0.01, 1000.0), default_values = ["1", "4", "200"])]
    pub gains: Vec<f64>,
    /// The stack ‖ 网络
    #[command(flatten)]
    pub toy: Toy,
}

/// One placement at one gain.
struct Row {
    placement: Placement,
    gain: f64,
    seen: Vec<Seen>,
}

impl Row {
    fn id(&self) -> String {
        format!("{}.gain-{}", self.placement.id(), self.gain)
    }

    /// Mean over the draws of a list over the layers.
    fn by_layer(&self, list: impl Fn(&Seen) -> &Vec<f64>) -> Vec<f64> {
        let layers = self.seen.first().map_or(0, |s| list(s).len());
        (0..layers).map(|i| spread(&self.seen, |s| list(s)[i]).0).collect()
    }

    /// The exponent k of RMS ∝ layerᵏ, without the first layers, where the input still weighs.
    fn exponent(&self) -> f64 {
        let rms = self.by_layer(|s| &s.rms);
        let points: Vec<_> = rms.iter().enumerate().map(|(l, &r)| (l as f64, r)).collect();
        fit(&points[points.len() / 8 + 1..]).exponent
    }
}

impl Growth {
    /// Draws the stacks and follows the stream.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut gains = params::distinct(&self.gains);
        gains.sort_by(f64::total_cmp);
        let places = params::distinct(&self.places);
        let work = self.depth * gains.len() * places.len() * self.toy.draws;
        let mut progress = Progress::new(work);
        let mut rows: Vec<Row> = Vec::new();
        for &gain in &gains {
            for &place in &places {
                let placement = Placement::from(place);
                let config = Config { gain, ..self.toy.config(placement, self.depth)? };
                let seen = self.toy.look(&config, None, context, &mut progress)?;
                rows.push(Row { placement, gain, seen });
            }
        }
        Ok(self.report(&rows, &gains))
    }

    fn report(&self, rows: &[Row], gains: &[f64]) -> Report {
        let mut report = Report::new(text("How the residual stream grows", "残差流如何增长"));
        report.say(text(
            format!(
                "{} blocks at initialization; the gain multiplies every weight matrix but queries and keys. \
                 The branch is what the feed-forward block of the last layer adds. Half precision ends at 65,504.",
                self.depth
            ),
            format!(
                "初始化时的 {} 个块；增益乘在 query、key 以外的所有权重矩阵上。分支指最后一层前馈层加到残差流上的量。\
                 半精度的上限是 65,504。",
                self.depth
            ),
        ));
        let mut table = Table::new(text("At the end of the stack", "网络末端"))
            .words(text("place", "位置"))
            .numbers(text("gain", "增益"))
            .numbers(text("RMS of the stream", "残差流 RMS"))
            .numbers(text("largest |entry|", "最大 |元素|"))
            .numbers(text("RMS of the branch", "分支 RMS"))
            .numbers(text("k in RMS ∝ layerᵏ", "RMS ∝ 层ᵏ 的 k"))
            .words(text("stream fits in half precision", "残差流在半精度内"));
        for row in rows {
            let end = |list: Vec<f64>| list.last().copied().unwrap_or(f64::NAN);
            let (rms, added) = (end(row.by_layer(|s| &s.rms)), end(row.by_layer(|s| &s.added)));
            let largest = spread(&row.seen, |s| s.largest.iter().copied().fold(0.0, f64::max)).2;
            let fits = Value::from(largest <= HALF_MAX);
            let yes_no = if largest <= HALF_MAX { text("yes", "是") } else { text("no", "否") };
            table.row(vec![
                row.placement.name().into(),
                row.gain.into(),
                rms.into(),
                largest.into(),
                added.into(),
                row.exponent().into(),
                yes_no.into(),
            ]);
            report
                .metric(format!("{}.rms", row.id()), rms)
                .metric(format!("{}.largest", row.id()), largest)
                .metric(format!("{}.branch", row.id()), added)
                .metric(format!("{}.exponent", row.id()), row.exponent())
                .metric(format!("{}.fits_half", row.id()), fits);
        }
        report.table(table);
        report.figure(figure(rows, gains));
        report
    }
}

fn figure(rows: &[Row], gains: &[f64]) -> Figure {
    let panel = |gain: f64, what: &str, list: fn(&Seen) -> &Vec<f64>| {
        let chosen = rows.iter().filter(|r| r.gain == gain);
        let series = chosen.map(|r| {
            let points = r.by_layer(list).into_iter().enumerate();
            Series::new(r.placement.name(), points.map(|(l, v)| (l as f64, v)).collect())
        });
        Panel {
            title: format!("{what}, gain {}", number(gain)),
            x: Axis::new("layer"),
            y: Axis::log("RMS"),
            content: Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
        }
    };
    let panels = gains.iter().flat_map(|&g| {
        [panel(g, "residual stream", |s| &s.rms), panel(g, "feed-forward branch", |s| &s.added)]
    });
    Figure::grid("growth", "Growth of the residual stream", 2, panels.collect())
}
