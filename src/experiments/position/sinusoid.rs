//! `position sinusoid`: the sines and cosines of 2017, and what their dot products know.

use super::{Map, map};
use crate::experiments::{Context, params};
use crate::math::position::{frequencies, sinusoidal};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Palette, Panel, Report, Series, number, text,
};

/// The sinusoidal encoding as a picture, its dot products by distance, and the rotation from one position to another ‖ 正弦位置编码的热图、点积随距离的变化、从一个位置到另一个位置的旋转
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "position sinusoid\nposition sinusoid --d-model 128 --tokens 256\nposition sinusoid --distance 10"
)]
pub struct Sinusoid {
    /// Positions ‖ 位置数
    #[arg(long, value_name = "T", default_value = "64", value_parser = params::count(2, 1024))]
    pub tokens: usize,
    /// Width of the encoding, even ‖ 编码宽度（偶数）
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::even(2, 1024))]
    pub d_model: usize,
    /// The distance k of the rotation from PE(p) to PE(p + k) ‖ 从 PE(p) 转到 PE(p + k) 的距离 k
    #[arg(long, value_name = "K", default_value = "5", value_parser = params::count(0, 100_000))]
    pub distance: usize,
}

impl Sinusoid {
    /// Draws the table and measures its dot products.
    ///
    /// # Errors
    /// Bad input if the table would not fit into memory.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let (t, d, k) = (self.tokens, self.d_model, self.distance);
        params::fits((t * (d + 2 * t)) as f64, 8, &text("the encoding", "位置编码"))?;
        let row = |p: usize| -> Vec<f64> { (0..d).map(|f| sinusoidal(p, f, d)).collect() };
        let rows: Vec<Vec<f64>> = (0..t).map(row).collect(); // (T, d)
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let products: Vec<Vec<f64>> =
            rows.iter().map(|a| rows.iter().map(|b| dot(a, b)).collect()).collect(); // (T, T)
        let by_distance = products[0].clone();
        let off = |i: usize, j: usize| (products[i][j] - by_distance[i.abs_diff(j)]).abs();
        let spread = (0..t).flat_map(|i| (0..t).map(move |j| (i, j))).map(|(i, j)| off(i, j));
        let spread = spread.fold(0.0, f64::max);
        let turned = rows.iter().enumerate().map(|(p, pe)| {
            let to = row(p + k);
            rotated(pe, k, d).iter().zip(to).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        });
        let turned = turned.fold(0.0, f64::max);

        let mut report = Report::new(text("Sinusoidal positions", "正弦位置编码"));
        report.formula(
            "PE(p, 2i) = sin(p / 10000^(2i/d)),  PE(p, 2i+1) = cos(p / 10000^(2i/d))\nPE(p)·PE(q) = Σᵢ cos((p − q) θᵢ),  θᵢ = 10000^(−2i/d)",
        );
        report.say(text(
            format!(
                "Along each diagonal of PE·PEᵀ all products are equal (largest difference {}): only the distance counts, and its sign does not. \
                 PE(p + {k}) is PE(p) with each pair turned by {k}·θᵢ (largest error {}): one matrix for all p.",
                number(spread), number(turned)
            ),
            format!(
                "PE·PEᵀ 的每条对角线上的点积都相等（最大差 {}）：点积只看距离，而且不分左右。把 PE(p) 的每一对转 {k}·θᵢ 就得到 PE(p + {k})（最大误差 {}），所有 p 用同一个矩阵。",
                number(spread), number(turned)
            ),
        ));
        report.metric("diagonal.spread", spread);
        report.metric("rotation.error", turned);
        report.metric("norm.squared", by_distance[0]);
        for distance in [1, 2, 5, 10, 20, 50].into_iter().filter(|n| *n < t) {
            report.metric(format!("dot.at_{distance}"), by_distance[distance]);
        }
        let zero = by_distance.iter().zip(by_distance.iter().skip(1)).position(|(a, b)| b > a);
        if let Some(rises) = zero {
            report.metric("dot.first_rise", rises + 1);
        }
        report.figure(picture(&rows, &products, &by_distance));
        Ok(report)
    }
}

/// Each pair of an encoding turned by `k` positions.
fn rotated(pe: &[f64], k: usize, d: usize) -> Vec<f64> {
    let angles = frequencies(10_000.0, d).into_iter().map(|theta| theta * k as f64);
    let turn = |(pair, angle): (&[f64], f64)| {
        let (sin, cos) = angle.sin_cos();
        [pair[0] * cos + pair[1] * sin, pair[1] * cos - pair[0] * sin]
    };
    pe.chunks_exact(2).zip(angles).flat_map(turn).collect()
}

fn picture(rows: &[Vec<f64>], products: &[Vec<f64>], by_distance: &[f64]) -> Figure {
    let (t, d) = (rows.len(), rows[0].len());
    let about = |title, axes, unit| Map { title, axes, unit, palette: Palette::Diverging };
    let points = by_distance.iter().enumerate().map(|(r, y)| (r as f64, *y)).collect();
    let curve = Panel {
        title: "PE(p)·PE(p + k)".to_string(),
        x: Axis::new("distance k"),
        y: Axis::new("dot product"),
        content: Content::Lines(Lines {
            series: vec![Series::new("Σᵢ cos(k θᵢ)", points)],
            markers: Vec::new(),
        }),
    };
    let panels = vec![
        map(about("PE", ("feature", "position p"), "value"), (t, d), |i, j| rows[i][j]),
        map(about("PE·PEᵀ", ("position q", "position p"), "dot product"), (t, t), |i, j| {
            products[i][j]
        }),
        curve,
    ];
    Figure::grid("sinusoid", "Sinusoidal positions: one product a diagonal", 3, panels)
}
