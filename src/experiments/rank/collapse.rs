//! `rank collapse`: random tokens through a deep stack of attention; how alike they become, with and
//! without residuals and feed-forward blocks, under both masks.

use ndarray::Array2;
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use super::layers::{Layer, Parts};
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::rank::{distance_to_one, mean_cosine};
use crate::report::{
    Axis, Cell, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number,
    text,
};

/// How alike tokens become with depth, with and without residuals and feed-forward blocks, under both masks ‖ token 随深度变得多相似：有无残差与前馈层、双向与因果掩码
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "rank collapse\nrank collapse --no-norm --layers 24\nrank collapse --tokens 16 --heads 1"
)]
pub struct Collapse {
    /// Layers ‖ 层数
    #[arg(long, value_name = "L", value_parser = params::count(1, 200), default_value = "12")]
    pub layers: usize,
    /// Tokens T ‖ token 数 T
    #[arg(long, value_name = "T", value_parser = params::count(2, 65536), default_value = "64")]
    pub tokens: usize,
    /// Width d ‖ 宽度 d
    #[arg(long, value_name = "D", value_parser = params::count(2, 1024), default_value = "64")]
    pub dim: usize,
    /// Heads, a divisor of d ‖ 头数，须整除 d
    #[arg(long, value_name = "H", value_parser = params::count(1, 64), default_value = "4")]
    pub heads: usize,
    /// Leave out the LayerNorm before each branch ‖ 去掉每个分支之前的 LayerNorm
    #[arg(long)]
    pub no_norm: bool,
    /// Random stacks that are averaged ‖ 对多少个随机网络取平均
    #[arg(long, value_name = "N", value_parser = params::count(1, 64), default_value = "2")]
    pub draws: usize,
}

/// Which parts stand beside attention.
#[derive(Debug, Clone, Copy)]
struct Case {
    key: &'static str,
    residual: bool,
    ffn: bool,
}

const CASES: [Case; 4] = [
    Case { key: "attention", residual: false, ffn: false },
    Case { key: "ffn", residual: false, ffn: true },
    Case { key: "residual", residual: true, ffn: false },
    Case { key: "block", residual: true, ffn: true },
];

impl Case {
    fn words(self) -> Text {
        match self.key {
            "attention" => text("attention alone", "只有注意力"),
            "ffn" => text("attention + FFN", "注意力 + FFN"),
            "residual" => text("attention + residual", "注意力 + 残差"),
            _ => text("attention + FFN + residual", "注意力 + FFN + 残差"),
        }
    }
}

const MASKS: [(&str, &str, Mask); 2] =
    [("bidirectional", "双向", Mask::None), ("causal", "因果", Mask::Causal)];

/// Mean cosine and distance to rank one after 0, 1, … layers, averaged over the draws.
#[derive(Debug, Clone)]
struct Path {
    cosine: Vec<f64>,
    distance: Vec<f64>,
}

impl Collapse {
    /// Sends random tokens through.
    ///
    /// # Errors
    /// Heads that do not divide the width, weights that would not fit, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.check()?;
        let mut paths: Vec<Vec<Path>> = Vec::new(); // by mask, by case
        for (m, (_, _, mask)) in MASKS.iter().enumerate() {
            let mut row = Vec::new();
            for (c, case) in CASES.iter().enumerate() {
                row.push(self.path(*case, *mask, m * CASES.len() + c, context)?);
            }
            paths.push(row);
        }
        let mut report = Report::new(text("Rank collapse", "秩坍缩"));
        report.formula("distance to rank one = ‖X − 1x̄ᵀ‖ / ‖X‖,  x̄ the mean token");
        report.table(self.table(&paths));
        report.say(self.said(&paths));
        report.figure(picture(&paths));
        let early = self.layers.min(4);
        for ((mask, _, _), row) in MASKS.iter().zip(&paths) {
            for (case, path) in CASES.iter().zip(row) {
                let name = |what: &str| format!("{mask}.{}.{what}", case.key);
                report
                    .metric(name("cosine"), path.cosine[self.layers])
                    .metric(name(&format!("cosine.at_{early}")), path.cosine[early])
                    .metric(name("distance"), path.distance[self.layers])
                    .metric(name(&format!("distance.at_{early}")), path.distance[early]);
            }
        }
        Ok(report)
    }

    fn check(&self) -> Result<(), Error> {
        let example = "llm-lab rank collapse --dim 64 --heads 4";
        if !self.dim.is_multiple_of(self.heads) {
            return Err(Error::input(text(
                format!("{} heads do not divide a width of {}", self.heads, self.dim),
                format!("{} 个头不能整除宽度 {}", self.heads, self.dim),
            ))
            .allowed(text("a divisor of --dim", "--dim 的约数"))
            .example(example));
        }
        let (t, d, h) = (self.tokens as f64, self.dim as f64, self.heads as f64);
        // one layer's weights, its activations, and the weights of every head
        params::fits(12.0 * d * d + 24.0 * t * d + (h + 2.0) * t * t, 8, &text("a layer", "一层"))
            .map_err(|error| error.example(example))
    }

    /// One case under one mask.
    fn path(&self, case: Case, mask: Mask, nth: usize, context: &Context) -> Result<Path, Error> {
        let parts = Parts { residual: case.residual, ffn: case.ffn, norm: !self.no_norm };
        let (n, total) = (self.draws as f64, 2 * CASES.len() * self.draws * self.layers);
        let mut path =
            Path { cosine: vec![0.0; self.layers + 1], distance: vec![0.0; self.layers + 1] };
        for draw in 0..self.draws {
            let mut rng = context.rng(draw as u64); // the same tokens and weights for every case
            let mut x: Array2<f64> =
                Array2::random_using((self.tokens, self.dim), StandardNormal, &mut rng); // (T, d)
            for layer in 0..=self.layers {
                path.cosine[layer] += mean_cosine(x.view()) / n;
                path.distance[layer] += distance_to_one(x.view()) / n;
                if layer == self.layers {
                    break;
                }
                let done = (nth * self.draws + draw) * self.layers + layer;
                context.step(done, total, &text("layers", "层"))?;
                x = Layer::new(self.dim, self.heads, &mut rng).forward(x, mask, parts);
            }
        }
        Ok(path)
    }

    fn table(&self, paths: &[Vec<Path>]) -> Table {
        let (early, last) = (self.layers.min(4), self.layers);
        let mut table = Table::new(text(
            format!(
                "{} tokens of width {}, {} heads, mean of {} draws",
                self.tokens, self.dim, self.heads, self.draws
            ),
            format!(
                "{} 个 token，宽度 {}，{} 个头，{} 次抽样平均",
                self.tokens, self.dim, self.heads, self.draws
            ),
        ))
        .words(text("mask", "掩码"))
        .words(text("layers of", "每层包含"))
        .numbers(text(format!("cosine, layer {early}"), format!("余弦，第 {early} 层")))
        .numbers(text(format!("cosine, layer {last}"), format!("余弦，第 {last} 层")))
        .numbers(text(format!("distance, layer {early}"), format!("距离，第 {early} 层")))
        .numbers(text(format!("distance, layer {last}"), format!("距离，第 {last} 层")));
        for ((en, zh, _), row) in MASKS.iter().zip(paths) {
            for (case, path) in CASES.iter().zip(row) {
                let mut cells: Vec<Cell> = vec![text(*en, *zh).into(), case.words().into()];
                let values = [
                    path.cosine[early],
                    path.cosine[last],
                    path.distance[early],
                    path.distance[last],
                ];
                cells.extend(values.map(Cell::from));
                table.row(cells);
            }
        }
        table
    }

    /// The verdict, from the numbers.
    fn said(&self, paths: &[Vec<Path>]) -> Text {
        // attention alone, with residuals, with feed-forward blocks too: each without a mask and causal
        let [a, b, c, d, e, f] = [(0, 0), (1, 0), (0, 2), (1, 2), (0, 3), (1, 3)]
            .map(|(mask, case): (usize, usize)| number(paths[mask][case].cosine[self.layers]));
        text(
            format!(
                "After {} layers of attention alone the mean cosine of two tokens is {a} without a mask and {b} under the causal one: the mask slows the collapse and does not prevent it. With residuals it is {c} and {d}, with feed-forward blocks too {e} and {f}. It is the residual that keeps tokens apart much longer, not the mask.",
                self.layers
            ),
            format!(
                "只有注意力时，{} 层之后两个 token 的平均余弦在双向下为 {a}，因果掩码下为 {b}：掩码只是延缓坍缩，并不能阻止。加上残差为 {c} 和 {d}，再加前馈层为 {e} 和 {f}。真正让 token 长久保持差异的是残差，而不是掩码。",
                self.layers
            ),
        )
    }
}

/// Cosine above, distance below, one column a mask.
fn picture(paths: &[Vec<Path>]) -> Figure {
    let panel = |mask: usize, what: &str, y: Axis, value: &dyn Fn(&Path) -> Vec<f64>| {
        let curve = |(case, path): (&Case, &Path)| {
            let points = value(path).into_iter().enumerate().map(|(l, v)| (l as f64, v)).collect();
            Series::new(case.words().en, points).stroke(Stroke::Dotted)
        };
        Panel {
            title: format!("{}: {what}", MASKS[mask].0),
            x: Axis::new("layers"),
            y,
            content: Content::Lines(Lines {
                series: CASES.iter().zip(&paths[mask]).map(curve).collect(),
                markers: Vec::new(),
            }),
        }
    };
    let cosine = |mask| {
        let y = Axis::new("mean cosine").between(-0.05, 1.05);
        panel(mask, "cosine of two tokens", y, &|path| path.cosine.clone())
    };
    let distance = |mask| {
        let y = Axis::log("‖X − 1x̄ᵀ‖ / ‖X‖").between(1e-17, 2.0);
        let shown = |path: &Path| path.distance.iter().map(|d| d.max(1e-17)).collect();
        panel(mask, "distance to rank one", y, &shown)
    };
    let panels = vec![cosine(0), cosine(1), distance(0), distance(1)];
    Figure::grid("collapse", "Random tokens through random attention layers", 2, panels)
}
