//! `mask pairs`: how the visible pairs grow with the length.

use super::setting::{Kind, Sizes};
use crate::experiments::mask::grid::Grid;
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// The masks whose pairs are compared; those of an encoder–decoder are the prefix mask's.
const KINDS: [Kind; 4] = [Kind::Bidirectional, Kind::Prefix, Kind::Causal, Kind::Sliding];

/// Visible pairs against the length of the sequence ‖ 可见的 token 对数随序列长度的增长
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "mask pairs\nmask pairs 1000 2000 4000 --window 100")]
pub struct Pairs {
    /// Lengths of the sequence ‖ 序列长度
    #[arg(value_name = "N", default_values = ["64", "256", "1024", "4096", "16384"], value_parser = params::count(1, 1_000_000))]
    pub lengths: Vec<usize>,
    /// Tokens of the sliding window ‖ 滑动窗口的 token 数
    #[arg(long, value_name = "W", default_value = "256", value_parser = params::count(1, 1_000_000))]
    pub window: usize,
    /// Share of the tokens that is the prefix ‖ 前缀所占比例
    #[arg(long, value_name = "SHARE", default_value = "0.5", value_parser = params::between(0.0, 1.0))]
    pub prefix: f64,
}

impl Pairs {
    /// Counts for each length.
    ///
    /// # Errors
    /// Bad input if there are too many lengths, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut lengths = params::distinct(&self.lengths);
        lengths.sort_unstable();
        if lengths.len() > 32 {
            return Err(Error::input(text(
                format!("{} lengths are too many", lengths.len()),
                format!("{} 个长度太多", lengths.len()),
            ))
            .allowed(text("up to 32", "最多 32 个")));
        }
        let mut table = Table::new(text("Visible pairs", "可见的 token 对"))
            .numbers(text("n", "n"))
            .numbers(text("bidirectional", "双向"))
            .numbers(text("prefix", "前缀"))
            .numbers(text("causal", "因果"))
            .numbers(text("sliding", "滑动窗口"))
            .numbers(text("scores of one head, f32 (MB)", "单头分数，f32（MB）"));
        let mut curves = vec![Vec::new(); KINDS.len()];
        for (i, n) in lengths.iter().enumerate() {
            context.step(i, lengths.len(), &text("counting", "计数中"))?;
            let counts = KINDS.map(|kind| self.count(kind, *n));
            for (curve, count) in curves.iter_mut().zip(counts) {
                curve.push((*n as f64, count));
            }
            let mut row = vec![(*n).into()];
            row.extend(counts.map(Into::into));
            row.push((4.0 * (*n as f64).powi(2) / 1e6).into());
            table.row(row);
        }
        let mut report = Report::new(text("Pairs against length", "可见对数与长度"));
        report.table(table);
        let n = lengths.last().copied().unwrap_or(1);
        for kind in KINDS {
            let (one, two) = (self.count(kind, n), self.count(kind, 2 * n));
            let name = kind.name();
            report.metric(format!("{name}.pairs"), one);
            report.metric(format!("{name}.share"), one / (n as f64).powi(2));
            report.metric(format!("{name}.growth"), two / one);
        }
        let (all, near) = (self.count(Kind::Causal, n), self.count(Kind::Sliding, n));
        report.metric("sliding.saves", all / near);
        report.say(text(
            format!(
                "At {n} tokens a causal mask hides almost half of the pairs and still grows with n²: twice the length, {} times the pairs. A window of {} grows with n: {} times. At {n} tokens it leaves {} times fewer.",
                number(self.count(Kind::Causal, 2 * n) / all),
                self.window,
                number(self.count(Kind::Sliding, 2 * n) / near),
                number(all / near)
            ),
            format!(
                "在 {n} 个 token 处，因果掩码遮住将近一半，但仍按 n² 增长：长度加倍，对数变为 {} 倍。窗口 {} 则按 n 增长：{} 倍；在 {n} 个 token 处只有因果的 1/{}。",
                number(self.count(Kind::Causal, 2 * n) / all),
                self.window,
                number(self.count(Kind::Sliding, 2 * n) / near),
                number(all / near)
            ),
        ));
        let series = KINDS.iter().zip(curves).map(|(kind, points)| {
            let label = match kind {
                Kind::Sliding => format!("sliding, w = {}", self.window),
                Kind::Prefix => format!("prefix, p = {} n", number(self.prefix)),
                _ => kind.name().to_string(),
            };
            Series::new(label, points).stroke(Stroke::Dotted)
        });
        report.figure(Figure::new(
            "pairs",
            "Visible pairs against the length",
            Axis::log("n (tokens)"),
            Axis::log("visible pairs"),
            Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
        ));
        Ok(report)
    }

    /// Visible pairs of `n` tokens; a window or prefix longer than the sequence is the whole.
    fn count(&self, kind: Kind, n: usize) -> f64 {
        let prefix = ((n as f64 * self.prefix).round() as usize).clamp(1, n);
        let window = Some(self.window.min(n));
        let sizes = Sizes { tokens: Some(n), prefix: Some(prefix), window, documents: Vec::new() };
        let pairs = |setting| Grid::of(kind, &setting).iter().map(|g| g.pairs(n) as f64).sum();
        sizes.check(None).map_or(f64::NAN, pairs)
    }
}
