//! `rope forms`: one rotation computed in three ways, and the properties of rotations that the proof
//! uses.

use ndarray::{Array1, Array2};

use super::common::{Head, apart, normal, turned};
use crate::experiments::{Context, params};
use crate::math::linalg::largest_difference;
use crate::math::position::frequencies;
use crate::report::{Error, Report, Table, Text, number, text};

/// One rotation as pairs of reals, as complex numbers and as a full matrix; norms, transposes, products ‖ 同一个旋转的三种算法：实数对、复数、完整矩阵；以及范数、转置、乘积的性质
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "rope forms\nrope forms --head-width 128 --position 4096")]
pub struct Forms {
    /// The position m ‖ 位置 m
    #[arg(long, value_name = "M", default_value = "37", value_parser = params::count(0, 1_000_000))]
    pub position: usize,
    /// A second position n ‖ 第二个位置 n
    #[arg(long, value_name = "N", default_value = "12", value_parser = params::count(0, 1_000_000))]
    pub second: usize,
    /// The head ‖ 注意力头
    #[command(flatten)]
    pub head: Head,
}

impl Forms {
    /// Turns one random vector in three ways.
    ///
    /// # Errors
    /// Bad input if the table would not fit.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (d, m, n) = (self.head.head_width, self.position, self.second);
        let thetas = frequencies(self.head.base, d);
        let table = self.head.table::<f64>(m + n, true)?;
        let x = normal(d, &mut context.rng(0));
        let real = turned(&table, &x, m);
        let by_complex = complex(&x, &thetas, m);
        let full = matrix(&thetas, m); // (d, d)
        let by_matrix = full.dot(&Array1::from(x.clone())).to_vec();
        let mut back = real.clone();
        table.turn(&mut back, d, d, m, true);
        let (other, sum) = (matrix(&thetas, n), matrix(&thetas, m + n)); // (d, d)
        let unit = Array2::<f64>::eye(d);
        let norm = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>().sqrt();

        let found = [
            (
                "complex.difference",
                text("pairs against complex numbers", "实数对与复数形式"),
                apart(&real, &by_complex),
            ),
            (
                "matrix.difference",
                text("pairs against the full matrix", "实数对与完整矩阵"),
                apart(&real, &by_matrix),
            ),
            (
                "norm.difference",
                text("‖R(m)x‖ against ‖x‖", "‖R(m)x‖ 与 ‖x‖"),
                (norm(&real) - norm(&x)).abs(),
            ),
            (
                "orthogonal.error",
                text("R(m)ᵀR(m) against the identity", "R(m)ᵀR(m) 与单位矩阵"),
                largest_difference(&full.t().dot(&full), &unit),
            ),
            (
                "transpose.error",
                text("turned there and back, R(m)ᵀ = R(−m)", "转过去再转回来，R(m)ᵀ = R(−m)"),
                apart(&back, &x),
            ),
            (
                "sum.error",
                text("R(m)R(n) against R(m + n)", "R(m)R(n) 与 R(m + n)"),
                largest_difference(&full.dot(&other), &sum),
            ),
        ];
        let mut report = Report::new(text("One rotation, three forms", "一个旋转，三种写法"));
        report.formula("pairs:   (a cos − b sin, a sin + b cos)\ncomplex: (a + bi)·e^(i m θ)\nmatrix:  blocks [cos −sin; sin cos] on the diagonal of R(m), zeros elsewhere");
        let mut rows = Table::new(text(
            format!("d = {d}, m = {m}, n = {n}"),
            format!("d = {d}，m = {m}，n = {n}"),
        ))
        .words(text("what", "比较"))
        .numbers(text("largest difference", "最大差"));
        for (name, what, value) in found {
            rows.row(vec![what.into(), value.into()]);
            report.metric(name, value);
        }
        report.table(rows);
        let (by_pairs, by_full) = (2 * d, d * d);
        let mut cost = Table::new(text("Multiplications for one vector", "一个向量所需的乘法"))
            .words(text("form", "写法"))
            .numbers(text("multiplications", "乘法次数"));
        cost.row(vec![text("pairs: four for each", "实数对：每对 4 次").into(), by_pairs.into()]);
        cost.row(vec![Text::same("R(m)·x").into(), by_full.into()]);
        report.table(cost);
        report
            .metric("multiplications.pairs", by_pairs)
            .metric("multiplications.matrix", by_full)
            .metric("multiplications.saved", by_full as f64 / by_pairs as f64);
        report.say(text(
            format!(
                "No one builds R(m): of its {} numbers {} are zero. Two elementwise products do it, `x ⊙ cos + turned(x) ⊙ sin`, where turned swaps each pair and negates one of the two.",
                number(by_full as f64), number((by_full - 2 * d) as f64)
            ),
            format!(
                "没有人真的去构造 R(m)：它的 {} 个数里有 {} 个是零。两次逐元素乘法就够了：`x ⊙ cos + turned(x) ⊙ sin`，其中 turned 交换每一对并把其中一个取负。",
                number(by_full as f64), number((by_full - 2 * d) as f64)
            ),
        ));
        Ok(report)
    }
}

/// Each pair as a complex number times e^(imθ).
fn complex(x: &[f64], thetas: &[f64], m: usize) -> Vec<f64> {
    let turn = |(pair, theta): (&[f64], &f64)| {
        let (im, re) = (m as f64 * theta).sin_cos();
        [pair[0] * re - pair[1] * im, pair[0] * im + pair[1] * re]
    };
    x.chunks_exact(2).zip(thetas).flat_map(turn).collect()
}

/// R(m), `(d, d)`.
fn matrix(thetas: &[f64], m: usize) -> Array2<f64> {
    let mut r = Array2::zeros((2 * thetas.len(), 2 * thetas.len()));
    for (i, theta) in thetas.iter().enumerate() {
        let (sin, cos) = (m as f64 * theta).sin_cos();
        let (a, b) = (2 * i, 2 * i + 1);
        (r[[a, a]], r[[a, b]], r[[b, a]], r[[b, b]]) = (cos, -sin, sin, cos);
    }
    r
}
