//! `rope scaling`: what the ways to longer contexts do to each pair's frequency.

use std::f64::consts::TAU;

use crate::experiments::{Context, params};
use crate::model::position::{Rope, Scaling as Kind};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Table, Text, number, text,
};

/// Rows of the table at most.
const ROWS: usize = 16;

/// What position interpolation, NTK-aware and dynamic NTK, YaRN and LLaMA 3.1's scaling do to each pair ‖ 位置插值、NTK-aware、动态 NTK、YaRN、LLaMA 3.1 缩放分别如何改变每一对的频率
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rope scaling\nrope scaling --factor 8 --original 8192 --base 500000\nrope scaling --length 3000"
)]
pub struct Scaling {
    /// Width of a head, even ‖ 头宽（偶数）
    #[arg(long, value_name = "D", default_value = "128", value_parser = params::even(4, 1024))]
    pub head_width: usize,
    /// The base of the frequencies ‖ 频率的底数
    #[arg(long, value_name = "BASE", default_value = "10000", value_parser = params::between(1.5, 1e12))]
    pub base: f64,
    /// How many times longer the context becomes ‖ 上下文扩大到几倍
    #[arg(long, value_name = "F", default_value = "4", value_parser = params::between(1.0, 1e4))]
    pub factor: f64,
    /// The context of training ‖ 训练时的上下文长度
    #[arg(long, value_name = "T", default_value = "4096", value_parser = params::count(2, 10_000_000))]
    pub original: usize,
    /// The length of the text, for dynamic NTK; half of the longest if not given ‖ 文本长度，用于动态 NTK；默认为扩展后最长长度的一半
    #[arg(long, value_name = "T", value_parser = params::count(1, 1_000_000_000))]
    pub length: Option<usize>,
}

impl Scaling {
    /// Compares the frequencies with the plain ones.
    ///
    /// # Errors
    /// None; the signature is that of every experiment.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let (factor, original) = (self.factor, self.original as f64);
        let length = self.length.unwrap_or((original * factor / 2.0) as usize);
        let attention = 0.1 * factor.ln() + 1.0;
        let yarn =
            Kind::Yarn { factor, fast: 32.0, slow: 1.0, original, attention, truncate: true };
        let kinds = [
            ("linear", Kind::Linear(factor)),
            ("ntk", Kind::Ntk(factor)),
            ("dynamic", Kind::Dynamic { factor: 1.0, original }),
            ("yarn", yarn),
            ("llama3", Kind::Llama3 { factor, low: 1.0, high: 4.0, original }),
        ];
        let of = |scaling| {
            let rope = Rope { scaling, ..Rope::new(self.base) };
            rope.frequencies_for(self.head_width, length)
        };
        let plain = of(Kind::None);
        let ratios: Vec<(&str, Vec<f64>)> = kinds
            .iter()
            .map(|(name, kind)| (*name, of(*kind).iter().zip(&plain).map(|(a, b)| a / b).collect()))
            .collect();
        let mut report =
            Report::new(text("RoPE for longer contexts", "把 RoPE 扩展到更长的上下文"));
        report.formula("linear: θᵢ/s    NTK: base·s^(d/(d−2))    YaRN: θᵢ kept where pair i turns often, θᵢ/s where it does not finish a turn");
        report.table(self.table(&plain, &ratios));
        let w = self.head_width as f64;
        report
            .metric("ntk.base", self.base * factor.powf(w / (w - 2.0)))
            .metric("yarn.attention", attention)
            .metric("pairs", plain.len());
        for (name, ratio) in &ratios {
            let whole = ratio.iter().filter(|r| **r > 0.999).count();
            report.metric(format!("{name}.first"), ratio[0]);
            report.metric(format!("{name}.last"), ratio[ratio.len() - 1]);
            report.metric(format!("{name}.middle"), ratio[ratio.len() / 2]);
            report.metric(format!("{name}.kept"), whole);
        }
        report.say(text(
            format!(
                "Interpolation slows all pairs alike, also the fast ones that tell neighbours apart. The NTK-aware base ({} instead of {}) keeps the fastest and slows the slowest {} times. \
                 YaRN and LLaMA 3.1 keep what turns often within {} positions and slow only what does not; YaRN also multiplies cosines and sines by {}.",
                number(self.base * factor.powf(w / (w - 2.0))), number(self.base), number(factor), number(original), number(attention)
            ),
            format!(
                "位置插值把所有对同样放慢，连区分相邻 token 的快对也不例外。NTK-aware 换底数（{} 代替 {}）：最快的不变，最慢的放慢 {} 倍。YaRN 与 LLaMA 3.1 保留在 {} 个位置内转很多圈的对，只放慢转不满的；YaRN 还把 cos、sin 乘以 {}。",
                number(self.base * factor.powf(w / (w - 2.0))), number(self.base), number(factor), number(original), number(attention)
            ),
        ));
        report.figure(self.picture(&ratios));
        Ok(report)
    }

    fn table(&self, plain: &[f64], ratios: &[(&str, Vec<f64>)]) -> Table {
        let mut table = Table::new(text(
            "Frequency after, as a share of the plain one",
            "缩放后的频率与原频率之比",
        ))
        .numbers(text("pair i", "第 i 对"))
        .numbers(text("turns in the old context", "在原上下文内转的圈数"));
        for (name, _) in ratios {
            table = table.numbers(Text::same(*name));
        }
        let rows = plain.len().min(ROWS);
        for row in 0..rows {
            let i = if rows > 1 { row * (plain.len() - 1) / (rows - 1) } else { 0 };
            let turns = self.original as f64 * plain[i] / TAU;
            let shares = ratios.iter().map(|(_, ratio)| ratio[i].into());
            table.row([i.into(), turns.into()].into_iter().chain(shares).collect());
        }
        table
    }

    fn picture(&self, ratios: &[(&str, Vec<f64>)]) -> Figure {
        let curve = |(name, ratio): &(&str, Vec<f64>)| {
            let points = ratio.iter().enumerate().map(|(i, r)| (i as f64, *r)).collect();
            Series::new(*name, points)
        };
        let series = ratios.iter().map(curve).collect();
        Figure::new(
            "scaling",
            format!("RoPE stretched {} times: who is slowed", number(self.factor)),
            Axis::new("pair i (fast to slow)"),
            Axis::new("frequency / plain frequency"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        )
    }
}
