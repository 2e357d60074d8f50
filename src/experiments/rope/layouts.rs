//! `rope layouts`: neighbours as pairs, or the two halves; and the permutation between them.

use super::common::{Head, apart, dot, normal, turned};
use crate::experiments::{Context, params};
use crate::report::{Error, Report, Table, Text, number, text};

/// Interleaved pairs and split halves: other scores from the same weights, equal ones after a permutation ‖ 相邻配对与前后两半配对：同样的权重给出不同的分数，重排之后相等
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "rope layouts\nrope layouts --head-width 128 --distance 100")]
pub struct Layouts {
    /// How far the key lies behind the query ‖ 键在查询之前多远
    #[arg(long, value_name = "N", default_value = "7", value_parser = params::count(0, 100_000))]
    pub distance: usize,
    /// The head ‖ 注意力头
    #[command(flatten)]
    pub head: Head,
}

impl Layouts {
    /// Scores one query and one key in both layouts.
    ///
    /// # Errors
    /// Bad input if the table would not fit.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (d, m) = (self.head.head_width, self.distance);
        let mut rng = context.rng(0);
        let (q, k) = (normal(d, &mut rng), normal(d, &mut rng));
        let (pairs, halves) = (self.head.table::<f64>(m, true)?, self.head.table::<f64>(m, false)?);
        let score = |table, q: &[f64], k: &[f64]| dot(&turned(table, q, m), k);
        let order = permutation(d);
        let moved = |x: &[f64]| -> Vec<f64> { order.iter().map(|i| x[*i]).collect() };
        let interleaved = score(&pairs, &q, &k);
        let raw = score(&halves, &q, &k);
        let permuted = score(&halves, &moved(&q), &moved(&k));
        let vectors = apart(&moved(&turned(&pairs, &q, m)), &turned(&halves, &moved(&q), m));

        let mut report =
            Report::new(text("Two layouts of the same rotation", "同一旋转的两种排列"));
        report.formula("interleaved: pairs (0, 1), (2, 3), …     halves: pairs (i, i + d/2)");
        let mut rows = Table::new(text(
            format!("Score of a key {m} places behind the query"),
            format!("键在查询之前 {m} 个位置时的分数"),
        ))
        .words(text("layout", "排列"))
        .numbers(text("score", "分数"))
        .numbers(text("against the first", "与第一行之差"));
        rows.row(vec![text("interleaved", "相邻配对").into(), interleaved.into(), 0.0.into()]);
        rows.row(vec![
            text("halves, same vectors", "两半配对，向量不变").into(),
            raw.into(),
            (raw - interleaved).abs().into(),
        ]);
        rows.row(vec![
            text("halves, features permuted", "两半配对，特征重排后").into(),
            permuted.into(),
            (permuted - interleaved).abs().into(),
        ]);
        report.table(rows);
        let mut places = Table::new(text("Where the features go", "特征的去向"))
            .words(text("layout", "排列"))
            .words(text("feature at 0, 1, 2, …", "位置 0、1、2、… 上的特征"));
        let list = |ids: &[usize]| {
            let shown: Vec<String> = ids.iter().take(12).map(ToString::to_string).collect();
            let more = if ids.len() > 12 { " …" } else { "" };
            Text::same(shown.join(" ") + more)
        };
        places.row(vec![
            text("interleaved", "相邻配对").into(),
            list(&(0..d).collect::<Vec<_>>()).into(),
        ]);
        places.row(vec![text("halves", "两半配对").into(), list(&order).into()]);
        report.table(places);
        report.say(text(
            format!(
                "The same weights in the other layout give another score ({} instead of {}): other features are paired. Permute the rows of W_Q and W_K, \
                 even features first, and the scores are equal again (difference {}). That is what a conversion between the two formats does.",
                number(raw), number(interleaved), number((permuted - interleaved).abs())
            ),
            format!(
                "同样的权重换一种排列，分数就变了（{} 而不是 {}）：配成对的特征不同。把 W_Q、W_K 的行重排，偶数特征在前，分数又相等（差 {}）。两种权重格式互相转换时做的正是这件事。",
                number(raw), number(interleaved), number((permuted - interleaved).abs())
            ),
        ));
        report
            .metric("score.interleaved", interleaved)
            .metric("score.halves", raw)
            .metric("difference.raw", (raw - interleaved).abs())
            .metric("difference.permuted", (permuted - interleaved).abs())
            .metric("vector.difference", vectors);
        Ok(report)
    }
}

/// The features in the order of the halves: all firsts of pairs, then all seconds.
fn permutation(d: usize) -> Vec<usize> {
    (0..d).step_by(2).chain((1..d).step_by(2)).collect()
}
