//! `norm placement`: gradients and activations by layer and by depth, for each place of the norm.

use super::seen::{Seen, spread};
use super::toy::{ByDepth, Kind, Place, Toy};
use crate::experiments::{Context, params};
use crate::math::power::fit;
use crate::model::Placement as Where;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Gradient and activation norms by layer and by depth for Post-, Pre-, Sandwich-LN and DeepNorm ‖ Post/Pre/Sandwich-LN 与 DeepNorm 各层、各深度的梯度范数与激活范数
#[derive(Debug, Clone, clap::Args)]
pub struct Placement {
    /// Where the norm stands ‖ 归一化的位置
    #[arg(value_enum, value_name = "PLACE", default_values = ["post", "pre", "sandwich", "deepnorm"])]
    pub places: Vec<Place>,
    /// Depths to compare, in blocks ‖ 要比较的深度（块数）
    #[arg(long, num_args = 1.., value_name = "L", value_parser = params::count(2, 200), default_values = ["6", "12", "24", "48"])]
    pub depths: Vec<usize>,
    /// The stack ‖ 网络
    #[command(flatten)]
    pub toy: Toy,
}

/// One placement at every depth, shallowest first.
struct Rows {
    placement: Where,
    depths: Vec<(usize, Vec<Seen>)>,
}

impl Rows {
    /// `(depth, mean of a number over the draws)`.
    fn by_depth(&self, number: impl Fn(&Seen) -> f64 + Copy) -> Vec<(f64, f64)> {
        self.depths.iter().map(|(l, seen)| (*l as f64, spread(seen, number).0)).collect()
    }

    /// The depth's last-layer gradient with its spread as a curve.
    fn depth_series(&self, number: impl Fn(&Seen) -> f64 + Copy) -> Series {
        let band = self.depths.iter().map(|(_, seen)| spread(seen, number)).map(|s| (s.1, s.2));
        Series {
            band: band.collect(),
            ..Series::new(self.placement.name(), self.by_depth(number)).stroke(Stroke::Dotted)
        }
    }

    /// A list over the layers of the deepest stack as a curve, numbered from `first`.
    fn layer_series(&self, list: impl Fn(&Seen) -> &Vec<f64> + Copy, first: usize) -> Series {
        let Some((_, seen)) = self.depths.last() else {
            return Series::new(self.placement.name(), Vec::new());
        };
        let layers = list(&seen[0]).len();
        let all: Vec<_> = (0..layers).map(|i| spread(seen, |s| list(s)[i])).collect();
        let points = all.iter().enumerate().map(|(i, s)| ((i + first) as f64, s.0)).collect();
        let band = all.iter().map(|s| (s.1, s.2)).collect();
        Series { band, ..Series::new(self.placement.name(), points) }
    }
}

fn last(list: &[f64]) -> f64 {
    list.last().copied().unwrap_or(f64::NAN)
}

impl Placement {
    /// Draws the stacks and compares them.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let found = self.toy.compare(&self.places, &self.depths, None, context)?;
        let rows = |(placement, depths): ByDepth| Rows { placement, depths };
        Ok(self.report(&found.into_iter().map(rows).collect::<Vec<_>>()))
    }

    fn report(&self, all: &[Rows]) -> Report {
        let mut report = Report::new(text(
            "Where the norm stands, at initialization",
            "归一化的位置（初始化时）",
        ));
        for rows in all {
            report.formula(format!("{}: {}", rows.placement.name(), rows.placement.formula()));
        }
        report.say(text(
            format!(
                "Random stacks of attention and feed-forward blocks, d = {}, {} tokens, Xavier's initialization, \
                 cross-entropy against random targets; mean of {} draws. The gradient is that of the \
                 feed-forward block's second matrix W₂.",
                self.toy.dim, self.toy.tokens, self.toy.draws
            ),
            format!(
                "由注意力层和前馈层堆成的随机网络，d = {}，{} 个 token，Xavier 初始化，损失为对随机目标的交叉熵；\
                 取 {} 次抽样的平均。梯度指前馈层第二个矩阵 W₂ 的梯度。",
                self.toy.dim, self.toy.tokens, self.toy.draws
            ),
        ));
        report.table(table(all));
        report.figure(figure(all));
        metrics(&mut report, all, self.toy.norm != Kind::None);
        report
    }
}

fn table(all: &[Rows]) -> Table {
    let mut table = Table::new(text("By depth", "随深度的变化"))
        .words(text("place", "位置"))
        .numbers(text("layers", "层数"))
        .numbers(text("W₂ gradient, first layer", "W₂ 梯度，第一层"))
        .numbers(text("W₂ gradient, last layer", "W₂ 梯度，最后一层"))
        .words(text("(least – most)", "（最小 – 最大）"))
        .numbers(text("last / first", "最后 / 第一"))
        .numbers(text("RMS of the stream at the end", "末端残差流 RMS"));
    for rows in all {
        for (layers, seen) in &rows.depths {
            let first = spread(seen, |s| s.w2_gradient[0]).0;
            let (mean, least, most) = spread(seen, |s| last(&s.w2_gradient));
            table.row(vec![
                rows.placement.name().into(),
                (*layers).into(),
                first.into(),
                mean.into(),
                Cell::from(format!("{} – {}", number(least), number(most))),
                (mean / first).into(),
                spread(seen, |s| last(&s.rms)).0.into(),
            ]);
        }
    }
    table
}

fn figure(all: &[Rows]) -> Figure {
    let deepest = all.first().and_then(|r| r.depths.last()).map_or(0, |(l, _)| *l);
    let lines = |series: Vec<Series>| Content::Lines(Lines { series, markers: Vec::new() });
    let panel = |title: String, x: Axis, y: &str, series: Vec<Series>| Panel {
        title,
        x,
        y: Axis::log(y),
        content: lines(series),
    };
    let layers = |list: fn(&Seen) -> &Vec<f64>, first: usize| {
        all.iter().map(|r| r.layer_series(list, first)).collect()
    };
    let depths = |number: fn(&Seen) -> f64| all.iter().map(|r| r.depth_series(number)).collect();
    let depth = || Axis::log("depth (layers)");
    Figure::grid(
        "placement",
        "Where the norm stands: gradients and signals at initialization",
        2,
        vec![
            panel(
                format!("gradient by layer, depth {deepest}"),
                Axis::new("layer"),
                "‖∂L/∂W₂‖",
                layers(|s| &s.w2_gradient, 1),
            ),
            panel(
                "gradient of the last layer by depth".to_string(),
                depth(),
                "‖∂L/∂W₂‖",
                depths(|s| last(&s.w2_gradient)),
            ),
            panel(
                format!("residual stream by layer, depth {deepest}"),
                Axis::new("layer"),
                "RMS",
                layers(|s| &s.rms, 0),
            ),
            panel(
                "residual stream at the end by depth".to_string(),
                depth(),
                "RMS",
                depths(|s| last(&s.rms)),
            ),
        ],
    )
}

fn metrics(report: &mut Report, all: &[Rows], normed: bool) {
    for rows in all {
        let id = rows.placement.id();
        for (layers, seen) in &rows.depths {
            let first = spread(seen, |s| s.w2_gradient[0]).0;
            let (mean, least, most) = spread(seen, |s| last(&s.w2_gradient));
            report
                .metric(format!("{id}.first.{layers}"), first)
                .metric(format!("{id}.last.{layers}"), mean)
                .metric(format!("{id}.last_spread.{layers}"), most / least)
                .metric(format!("{id}.last_over_first.{layers}"), mean / first)
                .metric(format!("{id}.rms.{layers}"), spread(seen, |s| last(&s.rms)).0);
        }
        if rows.depths.len() > 1 {
            report.metric(
                format!("{id}.slope"),
                fit(&rows.by_depth(|s| last(&s.w2_gradient))).exponent,
            );
        }
    }
    if all.iter().any(|r| r.depths.len() > 1) && normed {
        report.say(text(
            "The slope is the exponent k in ‖∂L/∂W₂‖ ∝ depthᵏ for the last layer: 0 means that depth \
             does not matter, −0.5 is 1/√depth.",
            "slope 是最后一层 ‖∂L/∂W₂‖ ∝ depthᵏ 里的指数 k：0 表示与深度无关，−0.5 即 1/√depth。",
        ));
    }
}
