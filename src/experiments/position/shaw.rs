//! `position shaw`: relative positions as vectors of the keys.

use super::{Map, map};
use crate::experiments::{Context, params};
use crate::math::linalg::largest_difference;
use crate::math::linear::xavier;
use crate::math::relative::{scores, scores_by_definition};
use crate::report::{Error, Figure, Palette, Report, Table, number, text};

/// Shaw's relative keys: a learned vector for each clipped distance, by definition and without the (T, T, d) array ‖ Shaw 相对位置：每个截断后的距离一个可学习向量；按定义计算，以及不构造（T, T, d）数组的算法
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "position shaw\nposition shaw --tokens 64 --limit 16\nposition shaw --limit 0"
)]
pub struct Shaw {
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", default_value = "24", value_parser = params::count(2, 512))]
    pub tokens: usize,
    /// Width of a head ‖ 头宽
    #[arg(long, value_name = "D", default_value = "16", value_parser = params::count(1, 256))]
    pub head_width: usize,
    /// Distances beyond this count as this ‖ 超过它的距离都按它算
    #[arg(long, value_name = "K", default_value = "4", value_parser = params::count(0, 2048))]
    pub limit: usize,
}

impl Shaw {
    /// Scores equal tokens at all places, by definition and by picking.
    ///
    /// # Errors
    /// Bad input if the arrays would not fit into memory.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (t, d, k) = (self.tokens, self.head_width, self.limit);
        let rows = 2 * k + 1;
        let numbers = (3 * t * t + 2 * t * d) as f64 + (rows * (d + t)) as f64;
        params::fits(numbers, 8, &text("the scores", "注意力分数"))?;
        let mut rng = context.rng(0);
        let (q, keys) = (xavier::<f64>(t, d, 1.0, &mut rng), xavier(t, d, 1.0, &mut rng)); // (T, d)
        let table = xavier::<f64>(rows, d, 1.0, &mut rng); // (2k + 1, d)
        let picked = scores(q.view(), keys.view(), table.view()); // (T, T)
        let defined = scores_by_definition(q.view(), keys.view(), table.view()); // (T, T)
        let apart = largest_difference(&picked, &defined);
        // equal tokens everywhere: what is left is the position
        let same = |x: &ndarray::Array2<f64>| x.select(ndarray::Axis(0), &vec![0; t]); // (T, d)
        let by_place = scores(same(&q).view(), same(&keys).view(), table.view()); // (T, T)
        let straight = (1..t).flat_map(|i| (1..t).map(move |j| (i, j)));
        let moved = straight.map(|(i, j)| (by_place[[i, j]] - by_place[[i - 1, j - 1]]).abs());
        let moved = moved.fold(0.0, f64::max);

        let mut report = Report::new(text("Shaw's relative keys", "Shaw 的相对位置键"));
        report.formula("score(i, j) = qᵢ·(kⱼ + a[clip(j − i, −k, k)]) / √d");
        let mut sizes = Table::new(text("Numbers held", "占用的数"))
            .words(text("what", "内容"))
            .numbers(text("numbers", "个数"));
        sizes.row(vec![
            text("a key for every pair, T·T·d", "每一对一个键，T·T·d").into(),
            (t * t * d).into(),
        ]);
        sizes.row(vec![
            text("queries by all rows, T·(2k + 1)", "查询乘整张表，T·(2k + 1)").into(),
            (t * rows).into(),
        ]);
        sizes.row(vec![
            text("the learned table, (2k + 1)·d", "可学习的表，（2k + 1）·d").into(),
            (rows * d).into(),
        ]);
        report.table(sizes);
        report.say(text(
            format!(
                "Both ways give the same scores (difference {}). With equal tokens everywhere the score depends on j − i alone \
                 (difference along a diagonal {}), and beyond {k} no longer on it.",
                number(apart), number(moved)
            ),
            format!(
                "两种算法的分数相同（差 {}）。各处放同样的 token 时，分数只取决于 j − i（同一对角线上的差 {}），距离超过 {k} 后不再变化。",
                number(apart), number(moved)
            ),
        ));
        report
            .metric("difference", apart)
            .metric("diagonal.difference", moved)
            .metric("table.rows", rows)
            .metric("numbers.definition", t * t * d)
            .metric("numbers.picked", t * rows);
        let about = |title| Map {
            title,
            axes: ("key j", "query i"),
            unit: "score",
            palette: Palette::Diverging,
        };
        let panels = vec![
            map(about("random tokens"), (t, t), |i, j| picked[[i, j]]),
            map(about("equal tokens: the position alone"), (t, t), |i, j| by_place[[i, j]]),
        ];
        report.figure(Figure::grid("shaw", "Relative keys: one vector a distance", 2, panels));
        Ok(report)
    }
}
