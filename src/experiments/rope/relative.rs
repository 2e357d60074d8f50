//! `rope relative`: scores over a grid of positions, and the same grid far away.

use super::common::{Head, dot, normal, turned};
use crate::experiments::position::{Map, map};
use crate::experiments::{Context, params};
use crate::math::position::Rotation;
use crate::math::real::Real;
use crate::report::{Error, Figure, Palette, Report, Table, number, text};

/// Scores depend on the distance alone: a grid of positions, shifted by 1000; and what happens when only the query is rotated ‖ 分数只取决于距离：一片位置网格整体平移 1000；以及只旋转 Q 会怎样
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rope relative\nrope relative --shift 100000\nrope relative --head-width 128 --base 500000"
)]
pub struct Relative {
    /// Positions of the grid each way ‖ 网格每边的位置数
    #[arg(long, value_name = "N", default_value = "20", value_parser = params::count(2, 200))]
    pub grid: usize,
    /// How far both positions are moved ‖ 两个位置一起平移多少
    #[arg(long, value_name = "N", default_value = "1000", value_parser = params::count(0, 1_000_000))]
    pub shift: usize,
    /// The head ‖ 注意力头
    #[command(flatten)]
    pub head: Head,
}

/// Scores `(grid, grid)`: query at the row's position, key at the column's.
type Grid = Vec<Vec<f64>>;

/// What is turned.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Both,
    Query,
}

impl Relative {
    /// Scores one query and one key at all places.
    ///
    /// # Errors
    /// Bad input if the table would not fit, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let last = self.shift + self.grid - 1;
        // the tables of both precisions stand side by side
        let numbers = (last + 1) as f64 * self.head.head_width as f64;
        params::fits(numbers, 8 + 4, &text("the tables of rotations", "旋转表"))?;
        let mut rng = context.rng(0);
        let (q, k) =
            (normal(self.head.head_width, &mut rng), normal(self.head.head_width, &mut rng));
        let exact = self.head.table::<f64>(last, false)?;
        context.step(0, 2, &text("turning", "旋转中"))?;
        let single = self.head.table::<f32>(last, false)?;
        let (q32, k32): (Vec<f32>, Vec<f32>) =
            (q.iter().map(|x| *x as f32).collect(), k.iter().map(|x| *x as f32).collect());
        let near = self.scores(&exact, &q, &k, 0, Turn::Both);
        let far = self.scores(&exact, &q, &k, self.shift, Turn::Both);
        let near32 = self.scores(&single, &q32, &k32, 0, Turn::Both);
        let far32 = self.scores(&single, &q32, &k32, self.shift, Turn::Both);
        let only = self.scores(&exact, &q, &k, 0, Turn::Query);
        let only_far = self.scores(&exact, &q, &k, self.shift, Turn::Query);
        context.step(1, 2, &text("turning", "旋转中"))?;

        let mut report = Report::new(text("RoPE sees distances", "RoPE 只看距离"));
        report.formula("⟨R(m) q, R(n) k⟩ = qᵀ R(m)ᵀ R(n) k = qᵀ R(n − m) k = ⟨q, R(n − m) k⟩");
        let (double, half) = (change(&near, &far), change(&near32, &far32));
        let (query, along) = (change(&only, &only_far), diagonal(&near));
        let mut table = Table::new(text(
            format!("Both positions moved by {}", number(self.shift as f64)),
            format!("两个位置都平移 {}", number(self.shift as f64)),
        ))
        .words(text("rotated", "旋转"))
        .words(text("in", "精度"))
        .numbers(text("largest change of a score", "分数的最大变化"))
        .numbers(text("largest difference along a diagonal", "同一对角线上的最大差"));
        let both = || text("query and key", "Q 和 K");
        table.row(vec![both().into(), "f64".into(), double.into(), along.into()]);
        table.row(vec![both().into(), "f32".into(), half.into(), diagonal(&near32).into()]);
        table.row(vec![
            text("the query only", "只有 Q").into(),
            "f64".into(),
            query.into(),
            diagonal(&only).into(),
        ]);
        report.table(table);
        report.say(text(
            format!(
                "One random query and one random key at {0} × {0} pairs of positions. With both rotated the shift changes the scores by {1} at most in f64 and {2} in f32: \
                 rounding, no more. With only the query rotated they change by up to {3}: such scores know where the query stands, not how far the key is.",
                self.grid, number(double), number(half), number(query)
            ),
            format!(
                "一个随机查询和一个随机键，放在 {0} × {0} 对位置上。两者都旋转时，平移使分数最多变化 {1}（f64）和 {2}（f32），只是舍入误差。只旋转查询时最多变化 {3}：这样的分数反映的是查询在哪里，而不是键离它多远。",
                self.grid, number(double), number(half), number(query)
            ),
        ));
        report
            .metric("shift.f64", double)
            .metric("shift.f32", half)
            .metric("diagonal.f64", along)
            .metric("only_query.shift", query)
            .metric("only_query.diagonal", diagonal(&only))
            .metric("score.at_0", near[0][0])
            .metric("score.plain", dot(&q, &k));
        report.figure(self.picture(&near, &only));
        Ok(report)
    }

    fn scores<F: Real>(
        &self,
        table: &Rotation<F>,
        q: &[F],
        k: &[F],
        from: usize,
        turn: Turn,
    ) -> Grid {
        let keys: Vec<Vec<F>> = (0..self.grid)
            .map(|n| if turn == Turn::Both { turned(table, k, from + n) } else { k.to_vec() })
            .collect(); // (grid, d)
        let row = |m: usize| {
            let q = turned(table, q, from + m);
            keys.iter().map(|k| dot(&q, k).to_f64().unwrap_or(f64::NAN)).collect()
        };
        (0..self.grid).map(row).collect()
    }

    fn picture(&self, both: &Grid, only: &Grid) -> Figure {
        let about = |title| Map {
            title,
            axes: ("key at n", "query at m"),
            unit: "score",
            palette: Palette::Diverging,
        };
        let n = (self.grid, self.grid);
        let panels = vec![
            map(about("both rotated: constant diagonals"), n, |i, j| both[i][j]),
            map(about("only the query rotated"), n, |i, j| only[i][j]),
        ];
        Figure::grid("scores", "One query and one key at every pair of positions", 2, panels)
    }
}

/// The largest change between two grids.
fn change(a: &Grid, b: &Grid) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// The largest difference between scores of one distance.
fn diagonal(grid: &Grid) -> f64 {
    let n = grid.len();
    let cells = (1..n).flat_map(|i| (1..n).map(move |j| (i, j)));
    let first = |i: usize, j: usize| grid[i - i.min(j)][j - i.min(j)];
    cells.map(|(i, j)| (grid[i][j] - first(i, j)).abs()).fold(0.0, f64::max)
}
