//! `alibi bias`: what is added to the scores of each head.

use ndarray::{Array2, Axis, Slice};

use crate::experiments::position::{Map, map};
use crate::experiments::{Context, params};
use crate::math::linalg::largest_difference;
use crate::math::position::alibi_slope;
use crate::math::softmax::softmax;
use crate::report::{Error, Figure, Palette, Report, Table, number, text};

/// Small panels of the picture at most.
const PANELS: usize = 16;

/// The bias matrix of each head as small heat maps; and BLOOM's shorter form, equal after softmax ‖ 每个头的偏置矩阵热图；以及 BLOOM 的简化写法，softmax 后相同
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "alibi bias\nalibi bias --heads 12 --tokens 32\nalibi bias --query 9 --key 4"
)]
pub struct Bias {
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "8", value_parser = params::count(1, 1024))]
    pub heads: usize,
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", default_value = "16", value_parser = params::count(2, 4096))]
    pub tokens: usize,
    /// The query to look up, counted from 0; the last if not given ‖ 要查的查询位置（从 0 数起）；默认最后一个
    #[arg(long, value_name = "I", value_parser = params::count(0, 4095))]
    pub query: Option<usize>,
    /// The key to look up, counted from 0 ‖ 要查的键位置（从 0 数起）
    #[arg(long, value_name = "J", default_value = "0", value_parser = params::count(0, 4095))]
    pub key: usize,
}

impl Bias {
    /// Draws the biases and compares the two forms.
    ///
    /// # Errors
    /// Bad input if the place lies outside, or the scores would not fit into memory.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (heads, t) = (self.heads, self.tokens);
        let (i, j) = (self.query.unwrap_or(t - 1), self.key);
        if i >= t || j > i {
            return Err(Error::input(text(
                format!("query {i} of {t} tokens does not see key {j}"),
                format!("共 {t} 个 token，查询 {i} 看不到键 {j}"),
            ))
            .allowed(text("key ≤ query < tokens", "键 ≤ 查询 < token 数"))
            .example("llm-lab alibi bias --tokens 16 --query 9 --key 4"));
        }
        params::fits(5.0 * (t * t) as f64, 8, &text("the scores", "注意力分数"))?;
        let slope = |h: usize| alibi_slope(h, heads);
        let mut report = Report::new(text("ALiBi's bias", "ALiBi 的偏置"));
        report.formula("B_h[i, j] = −m_h (i − j) for j ≤ i, −∞ for j > i");
        let mut table = Table::new(text(
            format!("Added to the score of query {i} and key {j}"),
            format!("加到查询 {i} 与键 {j} 的分数上"),
        ))
        .numbers(text("head", "头"))
        .numbers(text("slope m", "斜率 m"))
        .numbers(text("bias", "偏置"))
        .numbers(text("weight shrinks by", "权重缩小为"));
        for h in 0..heads.min(32) {
            let bias = -slope(h) * (i - j) as f64;
            table.row(vec![(h + 1).into(), slope(h).into(), bias.into(), bias.exp().into()]);
        }
        for h in 0..heads {
            report.metric(format!("head{}.bias", h + 1), -slope(h) * (i - j) as f64);
        }
        report.table(table);
        let apart = self.forms(context);
        report.metric("forms.difference", apart).metric("parameters", 0);
        report.say(text(
            format!(
                "Nothing is learned and nothing is added to embeddings. Adding m·j, the same for all queries, instead of −m (i − j) shifts each row by a constant, \
                 and softmax does not see constants: the weights differ by {}.",
                number(apart)
            ),
            format!(
                "没有可学习的参数，也不往嵌入上加东西。把 −m (i − j) 换成与查询无关的 m·j，每行只差一个常数，而 softmax 看不见常数：两种写法的权重只差 {}。",
                number(apart)
            ),
        ));
        let n = t.min(64);
        let panel = |h: usize| {
            let title = format!("head {}: m = {}", h + 1, number(slope(h)));
            let about = Map {
                title: &title,
                axes: ("key j", "query i"),
                unit: "bias",
                palette: Palette::Sequential,
            };
            // darker for nearer: what is drawn is the bias, so the diagonal is 0
            map(about, (n, n), |i, j| if j > i { f64::NAN } else { -slope(h) * (i - j) as f64 })
        };
        let about = Map {
            title: "",
            axes: ("distance i − j", "head − 1"),
            unit: "factor on the weight",
            palette: Palette::Sequential,
        };
        let shrunk = map(about, (heads.min(64), n), |h, r| (-slope(h) * r as f64).exp());
        let title = "What the bias leaves of a weight: exp(−m (i − j))";
        report.figure(Figure::grid("factor", title, 1, vec![shrunk]));
        let panels = (0..heads.min(PANELS)).map(panel).collect();
        let title = format!("What ALiBi adds to the scores of {} heads", heads);
        report.figure(Figure::grid("bias", title, heads.min(4), panels));
        Ok(report)
    }

    /// By how much the weights of the last head's two forms differ, on random scores.
    fn forms(&self, context: &Context) -> f64 {
        let (t, m) = (self.tokens, alibi_slope(0, self.heads));
        let mut rng = context.rng(0);
        let scores = crate::math::linear::xavier::<f64>(t, t, (t as f64).sqrt(), &mut rng); // (T, T)
        let masked = |bias: &dyn Fn(usize, usize) -> f64| {
            let mut s = Array2::from_shape_fn((t, t), |(i, j)| scores[[i, j]] + bias(i, j));
            for (i, mut row) in s.rows_mut().into_iter().enumerate() {
                row.slice_axis_mut(Axis(0), Slice::from(i + 1..)).fill(f64::NEG_INFINITY);
            }
            softmax(s.view()) // (T, T)
        };
        let distance = masked(&|i, j| -m * (i as f64 - j as f64));
        let keys = masked(&|_, j| m * j as f64);
        largest_difference(&distance, &keys)
    }
}
