//! `norm axes`: which cells of a (batch, time, hidden) cube share a statistic, found by moving each
//! cell and watching the others.

use ndarray::{Array2, Axis as Dimension};

use super::input;
use super::kinds::Kind;
use crate::experiments::{Context, params};
use crate::math::linalg;
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, Text, text,
};

/// Which cells of a (batch, time, hidden) cube share a statistic ‖ (batch, time, hidden) 立方体中哪些格子共用一个统计量
#[derive(Debug, Clone, clap::Args)]
pub struct Axes {
    /// Sequences in the batch ‖ 批次中的序列数
    #[arg(long, value_name = "B", value_parser = params::count(2, 4), default_value = "2")]
    pub batch: usize,
    /// Tokens in each sequence ‖ 每个序列的 token 数
    #[arg(long, value_name = "T", value_parser = params::count(2, 6), default_value = "3")]
    pub time: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(3, 8), default_value = "4")]
    pub hidden: usize,
}

/// The norms that are compared: the three of the lab, and the reading that many interview posts give
/// of LayerNorm, over the time steps of one sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Over {
    Norm(Kind),
    Time,
}

const ROWS: [Over; 4] =
    [Over::Norm(Kind::Layer), Over::Norm(Kind::Rms), Over::Norm(Kind::Batch), Over::Time];

impl Over {
    fn name(self) -> &'static str {
        match self {
            Self::Norm(kind) => kind.name(),
            Self::Time => "over time (not LN)",
        }
    }

    fn words(self) -> Text {
        match self {
            Self::Norm(kind) => Text::same(kind.name()),
            Self::Time => text(self.name(), "沿时间（不是 LN）"),
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Norm(kind) => kind.key(),
            Self::Time => "time",
        }
    }

    /// Normalizes the cube, given as `(B·T, d)` with the time steps of a sequence in consecutive rows.
    fn apply(self, cube: &Array2<f64>, time: usize) -> Array2<f64> {
        const EPS: f64 = 1e-5;
        let kind = match self {
            Self::Norm(kind) => return kind.apply(cube.view(), EPS),
            Self::Time => Kind::Batch, // the same arithmetic, one sequence at a time
        };
        let mut y = cube.clone();
        for mut sequence in y.axis_chunks_iter_mut(Dimension(0), time) {
            let normalized = kind.apply(sequence.view(), EPS);
            sequence.assign(&normalized);
        }
        y
    }
}

impl Axes {
    /// Finds the groups of cells by experiment, and draws them.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (rows, cells) = (self.batch * self.time, self.batch * self.time * self.hidden);
        let cube = input::gaussian((rows, self.hidden), 0.0, 1.0, context, 0)?; // (B·T, d)
        let mut report =
            Report::new(text("Which cells share a statistic", "哪些格子共用一个统计量"));
        report.say(text(
            format!(
                "A batch of {} sequences × {} tokens × {} features. Each of the {cells} cells is moved by itself; every cell whose output moves with it shares its statistic. In the picture they have one number and one colour.",
                self.batch, self.time, self.hidden
            ),
            format!(
                "{} 个序列 × {} 个 token × {} 维特征。逐个改动这 {cells} 个格子，输出随之变化的格子就与它共用统计量；图中用同一编号、同一颜色表示。",
                self.batch, self.time, self.hidden
            ),
        ));
        let mut table = Table::new(text("Found by moving cells", "逐格改动测得"))
            .words(text("norm", "归一化"))
            .words(text("shape of the statistic", "统计量的形状"))
            .numbers(text("statistics", "统计量组数"))
            .numbers(text("cells in each", "每组格子数"))
            .numbers(text("moves when the time axis is permuted", "打乱时间轴后的差异"))
            .numbers(text("rows touched by one cell", "一个格子影响的 token 数"));
        let mut panels = Vec::new();
        for over in ROWS {
            let groups = self.groups(over, &cube); // (B·T, d)
            let count = groups.iter().max().map_or(0, |m| m + 1);
            let permuted = self.permuted(over, &cube);
            let shape = self.shape(&groups);
            let first = groups[[0, 0]];
            let touched =
                groups.rows().into_iter().filter(|r| r.iter().any(|&g| g == first)).count();
            table.row(vec![
                over.words().into(),
                shape.clone().into(),
                count.into(),
                (cells / count.max(1)).into(),
                permuted.into(),
                touched.into(),
            ]);
            let key = over.key();
            report
                .metric(format!("{key}.statistics"), count)
                .metric(format!("{key}.cells"), cells / count.max(1))
                .metric(format!("{key}.tokens"), touched)
                .metric(format!("{key}.shape"), shape)
                .metric(format!("{key}.permuted"), permuted);
            panels.extend(self.panels(over, &groups));
        }
        report.table(table);
        report.say(text(
            "LayerNorm's features are the hidden units of one token, not time steps. When the tokens change places, its outputs change places with them, to the bit: it knows nothing of time.",
            "LayerNorm 的“特征”是单个 token 的隐藏单元，不是时间步。token 换了位置，输出就跟着换位置，逐比特相同：它对时间一无所知。",
        ));
        let title = "Cells with one colour share a statistic";
        report.figure(Figure::grid("axes", title, self.batch, panels));
        Ok(report)
    }

    /// The group of each cell `(B·T, d)`, numbered in the order of their first cells: two cells are in
    /// one group if moving one moves the other.
    fn groups(&self, over: Over, cube: &Array2<f64>) -> Array2<usize> {
        let before = over.apply(cube, self.time);
        let mut group = Array2::from_elem(cube.dim(), usize::MAX);
        let mut next = 0;
        for (cell, _) in cube.indexed_iter() {
            if group[cell] != usize::MAX {
                continue;
            }
            let mut moved = cube.clone();
            moved[cell] += 1.0;
            let after = over.apply(&moved, self.time);
            for (other, value) in after.indexed_iter() {
                if *value != before[other] {
                    group[other] = next;
                }
            }
            next += 1;
        }
        group
    }

    /// The axes along which the group changes: the statistic has one entry for each of their places.
    fn shape(&self, groups: &Array2<usize>) -> String {
        let first = groups[[0, 0]];
        let axes = [
            ("batch", groups[[self.time, 0]]),
            ("time", groups[[1, 0]]),
            ("hidden", groups[[0, 1]]),
        ];
        let names: Vec<_> = axes.iter().filter(|a| a.1 != first).map(|a| a.0).collect();
        format!("({})", names.join(", "))
    }

    /// max |f(Px) − P f(x)| for P the reversal of the time steps of each sequence.
    fn permuted(&self, over: Over, cube: &Array2<f64>) -> f64 {
        let reverse = |x: &Array2<f64>| {
            Array2::from_shape_fn(x.dim(), |(row, i)| {
                let (sequence, t) = (row / self.time, row % self.time);
                x[[sequence * self.time + self.time - 1 - t, i]]
            })
        };
        let inside = over.apply(&reverse(cube), self.time);
        linalg::largest_difference(&inside, &reverse(&over.apply(cube, self.time)))
    }

    /// One panel a sequence: time downward, hidden units across.
    fn panels(&self, over: Over, groups: &Array2<usize>) -> Vec<Panel> {
        let numbered = |n: usize| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>();
        groups
            .axis_chunks_iter(Dimension(0), self.time)
            .enumerate()
            .map(|(b, sequence)| Panel {
                title: format!("{}, sequence {}", over.name(), b + 1),
                x: Axis::names("hidden", numbered(self.hidden)),
                y: Axis::names("time", numbered(self.time)),
                content: Content::Heatmap(Heatmap {
                    values: sequence
                        .rows()
                        .into_iter()
                        .map(|r| r.iter().map(|&g| g as f64).collect())
                        .collect(),
                    palette: Palette::Categories(Vec::new()),
                    unit: String::new(),
                    show_values: true,
                }),
            })
            .collect()
    }
}
