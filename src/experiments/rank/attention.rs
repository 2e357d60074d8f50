//! `rank attention`: singular values of scores and of the weights that softmax makes of them.

use ndarray::Array2;
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::{Context, params};
use crate::math::attention::{self, Mask};
use crate::math::linalg::singular_values;
use crate::math::rank::{effective_rank, numerical_rank};
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Panel, Report, Series, Table, Text, number, text,
};

/// Rank, effective rank and smallest singular value of scores and of attention weights, bidirectional and causal ‖ 分数矩阵与注意力权重矩阵（双向、因果）的秩、有效秩和最小奇异值
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "rank attention\nrank attention --tokens 64 --dims 8 --gain 4")]
pub struct Attention {
    /// Tokens T: the matrices are (T, T) ‖ token 数 T：矩阵大小为（T, T）
    #[arg(long, value_name = "T", value_parser = params::count(2, 1_000_000), default_value = "128")]
    pub tokens: usize,
    /// Widths d_k of the head ‖ 单头宽度 d_k
    #[arg(long, num_args = 1..=6, value_name = "D", value_parser = params::count(1, 4096), default_values = ["4", "16", "64"])]
    pub dims: Vec<usize>,
    /// A factor on the scaled scores: trained heads look more sharply than random ones ‖ 缩放后的分数再乘以多少：训练过的头比随机的更尖锐
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 100.0), default_value = "1")]
    pub gain: f64,
}

/// More would take too long.
const MOST_TOKENS: usize = 256;

/// One matrix and what its singular values say.
struct Found {
    key: &'static str,
    name: Text,
    values: Vec<f64>,
    /// ln|det| as the sum of the logarithms of the diagonal, where the matrix is triangular.
    diagonal: Option<f64>,
}

impl Found {
    fn of(key: &'static str, name: Text, matrix: &Array2<f64>) -> Self {
        let triangular = key == "causal";
        let diagonal = triangular.then(|| matrix.diag().iter().map(|x| x.ln()).sum());
        Self { key, name, values: singular_values(matrix.view()), diagonal }
    }

    fn largest(&self) -> f64 {
        self.values.first().copied().unwrap_or(0.0)
    }

    fn smallest(&self) -> f64 {
        self.values.last().copied().unwrap_or(0.0)
    }

    /// Singular values above a hundredth of the largest.
    fn strong(&self) -> usize {
        self.values.iter().filter(|s| **s > 0.01 * self.largest()).count()
    }

    /// log₁₀ of the size of the determinant.
    fn log_det(&self) -> f64 {
        self.values.iter().map(|s| s.log10()).sum()
    }
}

impl Attention {
    /// Draws queries and keys of each width, and takes the singular values.
    ///
    /// # Errors
    /// Matrices that would not fit or take too long, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let t = self.tokens;
        let example = "llm-lab rank attention --tokens 128";
        params::fits(6.0 * (t as f64).powi(2), 8, &text("the matrices", "这些矩阵"))
            .map_err(|error| error.example(example))?;
        if t > MOST_TOKENS {
            return Err(Error::input(text(
                format!("singular values of {t} tokens would take too long"),
                format!("{t} 个 token 的奇异值算得太久"),
            ))
            .allowed(text(format!("up to {MOST_TOKENS}"), format!("最多 {MOST_TOKENS} 个")))
            .example(example));
        }
        let mut dims = params::distinct(&self.dims);
        dims.sort_unstable();
        let mut found = Vec::with_capacity(dims.len());
        for (i, &d) in dims.iter().enumerate() {
            found.push(self.matrices(d, (i, dims.len()), context)?);
        }
        let mut report = Report::new(text("The rank of attention", "注意力矩阵的秩"));
        report.formula("rank(QKᵀ) ≤ d_k        rank(softmax(QKᵀ/√d_k)): not bounded by d_k");
        report.table(self.table(&dims, &found));
        report.say(text(
            "The scores have rank d_k at most, whatever T is. Softmax is not linear: exp of each entry lifts the rank. A causal matrix is triangular with a positive diagonal, so its determinant is above 0 and its rank exactly T, by proof; the random bidirectional one has rank T by measurement. How well conditioned they are is another matter: the effective rank counts how many directions really carry weight, and rounding can hide the smallest σ.",
            "分数矩阵的秩最多是 d_k，与 T 无关。但 softmax 不是线性的：逐元素取 exp 会把秩抬高。因果矩阵是对角线为正的三角阵，行列式大于 0，秩恰为 T，这是可以证明的；随机的双向矩阵实测秩也是 T。条件数好不好则是另一回事：有效秩衡量真正有分量的方向有多少个，而最小的 σ 可能淹没在舍入误差里。",
        ));
        report.say(hidden(self.tokens, &dims, &found));
        report.figure(picture(&dims, &found));
        for (d, row) in dims.iter().zip(&found) {
            for f in row {
                let name = |what: &str| format!("{}.{what}.at_{d}", f.key);
                report
                    .metric(name("rank"), numerical_rank(&f.values))
                    .metric(name("effective"), effective_rank(&f.values))
                    .metric(name("strong"), f.strong())
                    .metric(name("smallest"), f.smallest());
                if f.key != "scores" {
                    report.metric(name("log10_det"), f.log_det());
                }
                if let Some(ln) = f.diagonal {
                    let log = ln / std::f64::consts::LN_10;
                    report.metric(name("log10_det.diagonal"), log);
                }
            }
        }
        Ok(report)
    }

    /// The scores of random queries and keys and the weights under both masks.
    fn matrices(
        &self,
        d: usize,
        (i, n): (usize, usize),
        context: &Context,
    ) -> Result<Vec<Found>, Error> {
        let mut rng = context.rng(d as u64);
        let mut draw = || Array2::<f64>::random_using((self.tokens, d), StandardNormal, &mut rng);
        let (q, k) = (draw(), draw()); // (T, d_k)
        let scale = self.gain / (d as f64).sqrt();
        let of = |mask| attention::Steps::of(q.view(), k.view(), k.view(), scale, mask); // (T, T) inside
        let step =
            |part: usize| context.step(3 * i + part, 3 * n, &text("singular values", "奇异值"));
        step(0)?;
        let open = of(Mask::None);
        let scores = Found::of("scores", text("scores QKᵀ", "分数 QKᵀ"), &open.scores);
        step(1)?;
        let both =
            Found::of("bidirectional", text("weights, bidirectional", "权重，双向"), &open.weights);
        step(2)?;
        let causal = of(Mask::Causal).weights;
        Ok(vec![scores, both, Found::of("causal", text("weights, causal", "权重，因果"), &causal)])
    }

    fn table(&self, dims: &[usize], found: &[Vec<Found>]) -> Table {
        let mut table = Table::new(text(
            format!("{} tokens", self.tokens),
            format!("{} 个 token", self.tokens),
        ))
        .numbers(Text::same("d_k"))
        .words(text("matrix", "矩阵"))
        .numbers(text("rank", "秩"))
        .numbers(text("effective rank", "有效秩"))
        .numbers(text("σ above 1 % of σ₁", "大于 σ₁ 的 1 % 的 σ 个数"))
        .numbers(text("smallest σ", "最小 σ"))
        .numbers(text("σ₁ / smallest", "σ₁ / 最小 σ"));
        for (d, row) in dims.iter().zip(found) {
            for f in row {
                let (rank, effective) = (numerical_rank(&f.values), effective_rank(&f.values));
                let mut cells: Vec<Cell> = vec![(*d).into(), f.name.clone().into(), rank.into()];
                cells.extend([effective, f.strong() as f64, f.smallest()].map(Cell::from));
                cells.push((f.largest() / f.smallest()).into());
                table.row(cells);
            }
        }
        table
    }
}

/// How many singular values of the causal matrices rounding hides.
fn hidden(tokens: usize, dims: &[usize], found: &[Vec<Found>]) -> Text {
    let lost = |row: &[Found], key: &str| {
        let of = row.iter().find(|f| f.key == key);
        of.map_or(0, |f| tokens - numerical_rank(&f.values))
    };
    let list = |key: &str| {
        let each = dims.iter().zip(found).map(|(d, row)| format!("{} (d_k = {d})", lost(row, key)));
        each.collect::<Vec<_>>()
    };
    let (both, causal) = (list("bidirectional"), list("causal"));
    text(
        format!(
            "Here rounding to f64 hides so many singular values: bidirectional {}; causal {}.",
            both.join(", "),
            causal.join(", ")
        ),
        format!(
            "这里被 f64 舍入误差淹没的奇异值个数：双向 {}；因果 {}。",
            both.join("、"),
            causal.join("、")
        ),
    )
}

/// The singular values over the largest, one panel a width.
fn picture(dims: &[usize], found: &[Vec<Found>]) -> Figure {
    let panel = |(d, row): (&usize, &Vec<Found>)| {
        let curve = |f: &Found| {
            let relative = |s: &f64| (s / f.largest()).max(1e-17);
            let points = f.values.iter().enumerate();
            Series::new(
                f.name.en.clone(),
                points.map(|(i, s)| ((i + 1) as f64, relative(s))).collect(),
            )
        };
        Panel {
            title: format!("d_k = {}", number(*d as f64)),
            x: Axis::new("index i"),
            y: Axis::log("σᵢ / σ₁"),
            content: Content::Lines(Lines {
                series: row.iter().map(curve).collect(),
                markers: Vec::new(),
            }),
        }
    };
    let panels: Vec<Panel> = dims.iter().zip(found).map(panel).collect();
    let columns = panels.len().min(3);
    Figure::grid("spectrum", "Singular values of scores and of attention weights", columns, panels)
}
