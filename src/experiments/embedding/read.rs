//! `embedding read`: which token, which position, which sentence? Read out of the sum by the largest
//! dot product with each table.

use ndarray::{Array2, ArrayView1};
use ndarray_rand::rand::Rng;

use super::table;
use crate::experiments::{Context, params};
use crate::report::{Axis, Content, Error, Figure, Lines, Report, Series, Table, text};

/// The sizes of the tables.
#[derive(Debug, Clone, clap::Args)]
pub struct Read {
    /// Tokens of the vocabulary ‖ 词表大小
    #[arg(long, value_name = "V", default_value = "1000", value_parser = params::count(2, 5000))]
    pub vocab: usize,
    /// Positions ‖ 位置数
    #[arg(long, value_name = "S", default_value = "128", value_parser = params::count(2, 2048))]
    pub positions: usize,
    /// Widths to try ‖ 要比较的宽度
    #[arg(long, value_name = "D", num_args = 1.., default_values = ["4", "8", "16", "32", "64", "128", "256"],
        value_parser = params::count(1, 1024))]
    pub d_model: Vec<usize>,
}

/// Sums that are read.
const SUMS: usize = 200;
/// The parts by name.
const PARTS: [&str; 3] = ["token", "position", "sentence"];

impl Read {
    /// Adds random rows of three random tables and reads them out again, for each width.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let widths = params::distinct(&self.d_model);
        let rows = [self.vocab, self.positions, 2];
        let mut report = Report::new(text("Reading the parts out of a sum", "从和中读出各部分"));
        let mut shares = Table::new(text("Share of sums read rightly (%)", "读对的比例（%）"))
            .numbers(text("d", "d"));
        for part in PARTS {
            shares = shares.numbers(text(part, part));
        }
        let mut curves: [Vec<(f64, f64)>; 3] = Default::default();
        for (i, d) in widths.iter().enumerate() {
            context.step(i, widths.len(), &text("reading", "读取中"))?;
            let right = Self::read(rows, *d, context);
            shares.row(
                std::iter::once((*d).into()).chain(right.map(|r| (100.0 * r).into())).collect(),
            );
            for (p, share) in right.into_iter().enumerate() {
                curves[p].push((*d as f64, share));
                report.metric(format!("{}.d_{d}", PARTS[p]), share);
            }
        }
        report.table(shares);
        report.say(text(
            "Random rows of a wide table are nearly orthogonal, so the dot product with the right row stands out of the \
             noise of the two others; with few features the rows hide each other. Nothing is trained here: a model can \
             also learn tables that lie in different directions.",
            "表足够宽时，随机的行几乎两两正交，与正确那一行的点积会从另外两部分的噪声中凸显出来；特征太少时，各行彼此遮盖。这里没有任何训练：\
             模型还可以学出方向彼此错开的表。",
        ));
        let series = PARTS.into_iter().zip(curves).map(|(name, points)| Series::new(name, points));
        report.figure(Figure::new(
            "read",
            "Parts read out of token + position + sentence",
            Axis::log("d"),
            Axis::new("share read rightly"),
            Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
        ));
        Ok(report)
    }

    /// The share of sums of which each part is read rightly. O(sums · rows · d).
    fn read(rows: [usize; 3], d: usize, context: &Context) -> [f64; 3] {
        let mut rng = context.rng(d as u64);
        let tables = rows.map(|n| table(n, d, 1.0, &mut rng)); // (n, d)
        let mut right = [0; 3];
        for _ in 0..SUMS {
            let id = rows.map(|n| rng.random_range(0..n));
            let sum = (0..3).fold(ndarray::Array1::zeros(d), |sum, p| sum + tables[p].row(id[p]));
            for p in 0..3 {
                right[p] += usize::from(nearest(&tables[p], sum.view()) == id[p]);
            }
        }
        right.map(|n| n as f64 / SUMS as f64)
    }
}

/// The row with the smallest distance: the largest of `x·e − |e|²/2`.
fn nearest(table: &Array2<f64>, x: ArrayView1<f64>) -> usize {
    let fit = |e: ArrayView1<f64>| e.dot(&x) - 0.5 * e.dot(&e);
    let fits: Vec<f64> = table.rows().into_iter().map(fit).collect();
    (0..fits.len()).fold(0, |best, i| if fits[i] > fits[best] { i } else { best })
}
