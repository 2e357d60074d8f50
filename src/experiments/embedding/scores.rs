//! `embedding scores`: `(w + p)ᵀA(w′ + p′)` in its four terms.

use ndarray::Array2;

use super::table;
use crate::experiments::{Context, params};
use crate::math::linalg::largest_difference;
use crate::math::linear::xavier;
use crate::report::{Axis, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, text};

/// The sizes, and how large positions are beside words.
#[derive(Debug, Clone, clap::Args)]
pub struct Scores {
    /// Tokens of the sequence ‖ 序列长度（token 数）
    #[arg(long, value_name = "T", default_value = "24", value_parser = params::count(2, 64))]
    pub tokens: usize,
    /// Width of the embeddings ‖ 嵌入宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 1024))]
    pub d_model: usize,
    /// Standard deviation of the positions; words have 1 ‖ 位置嵌入的标准差；词嵌入为 1
    #[arg(long, value_name = "STD", default_value = "1", value_parser = params::between(0.0, 100.0))]
    pub position_std: f64,
}

/// Names of the terms: of the query's side and of the key's.
const TERMS: [(&str, usize, usize); 4] = [
    ("word_word", 0, 0),
    ("word_position", 0, 1),
    ("position_word", 1, 0),
    ("position_position", 1, 1),
];

impl Scores {
    /// Takes the scores of one random head apart.
    ///
    /// # Errors
    /// None; the signature is that of every experiment.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (t, d) = (self.tokens, self.d_model);
        let mut rng = context.rng(0);
        let words = table(t, d, 1.0, &mut rng); // (T, d)
        let places = table(t, d, self.position_std, &mut rng); // (T, d)
        let query = xavier::<f64>(d, d, 1.0, &mut rng); // (d, d)
        let key = xavier::<f64>(d, d, 1.0, &mut rng); // (d, d)
        let score = |a: &Array2<f64>, b: &Array2<f64>| {
            a.dot(&query).dot(&b.dot(&key).t()) / (d as f64).sqrt() // (T, T)
        };
        let x = &words + &places; // (T, d)
        let whole = score(&x, &x); // (T, T)
        let sides = [&words, &places];
        let terms = TERMS.map(|(name, a, b)| (name, score(sides[a], sides[b])));
        let together = terms.iter().fold(Array2::zeros((t, t)), |sum, (_, term)| sum + term);
        let energy = |a: &Array2<f64>| a.mapv(|v| v * v).sum();
        let all: f64 = terms.iter().map(|(_, term)| energy(term)).sum();

        let mut report = Report::new(text("A score in its four terms", "注意力分数的四项"));
        report.formula("(w + p)ᵀA(w′ + p′) = wᵀAw′ + wᵀAp′ + pᵀAw′ + pᵀAp′,  A = W_Q W_Kᵀ/√d");
        let mut shares = Table::new(text("Share of the sum of squares", "平方和中的占比"))
            .words(text("term", "项"))
            .numbers(text("share (%)", "占比（%）"));
        let mut panels = Vec::new();
        for (name, term) in &terms {
            let share = if all > 0.0 { energy(term) / all } else { 0.0 };
            let title = name.replace('_', " to ");
            shares.row(vec![title.clone().into(), (100.0 * share).into()]);
            report.metric(format!("{name}.share"), share);
            panels.push(panel(&title, term));
        }
        report.table(shares);
        let difference = largest_difference(&whole, &together);
        let cross = (energy(&terms[1].1) + energy(&terms[2].1)) / if all > 0.0 { all } else { 1.0 };
        report.metric("difference", difference);
        report.metric("cross.share", cross);
        report.say(text(
            format!(
                "The score is bilinear, so a sum on both sides gives four terms; they add up to the score (difference {difference:.1e}). \
                 The two mixed ones ask what a word has to do with a place: {:.0}% of the sum of squares here.",
                100.0 * cross
            ),
            format!(
                "分数是双线性的，两侧都是和，展开就有四项；四项相加正好是原分数（差 {difference:.1e}）。其中两个混合项问的是“某个词与某个位置有什么关系”，\
                 这里占平方和的 {:.0}%。",
                100.0 * cross
            ),
        ));
        report.figure(Figure::grid("terms", "Score terms of one random head", 2, panels));
        Ok(report)
    }
}

fn panel(title: &str, term: &Array2<f64>) -> Panel {
    let names = |n: usize| (1..=n).map(|i| i.to_string()).collect();
    Panel {
        title: title.to_string(),
        x: Axis::names("key", names(term.ncols())),
        y: Axis::names("query", names(term.nrows())),
        content: Content::Heatmap(Heatmap {
            values: term.rows().into_iter().map(|row| row.to_vec()).collect(),
            palette: Palette::Diverging,
            unit: "score".to_string(),
            show_values: false,
        }),
    }
}
