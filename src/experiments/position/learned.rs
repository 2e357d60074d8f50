//! `position learned`: what a learned table of positions has learned.

use super::{Map, map};
use crate::experiments::model::folder;
use crate::experiments::{Context, params};
use crate::model::Transformer;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Palette, Panel, Report, Series, Stroke, number, text,
};

/// Positions that are drawn at most.
const DRAWN: usize = 256;

/// The cosines between the rows of a learned table, trained and untrained ‖ 可学习位置表各行之间的余弦：训练后与训练前
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "position learned\nposition learned --tokens 32\nposition learned --model my-gpt2"
)]
pub struct Learned {
    /// The folder of a model with learned positions; the story model of the lab if not given ‖ 使用可学习位置的模型所在文件夹；默认为自带的故事模型
    #[arg(long, value_name = "DIR", default_value = folder::STORIES)]
    pub model: String,
    /// Positions to look at; all if not given ‖ 看前多少个位置；默认全部
    #[arg(long, value_name = "T", value_parser = params::count(4, 4096))]
    pub tokens: Option<usize>,
}

/// Cosines of all pairs of rows, `(T, T)`.
type Cosines = Vec<Vec<f64>>;

impl Learned {
    /// Compares the rows.
    ///
    /// # Errors
    /// If there is no such model, or it learns no positions.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = folder::open(context, &self.model)?;
        let most = model.config.context.min(4096);
        let n = self.tokens.unwrap_or(most).min(most);
        let Some(trained) = cosines(&model, n) else {
            return Err(Error::input(text(
                format!("{} learns no table of positions", self.model),
                format!("{} 没有可学习的位置表", self.model),
            ))
            .allowed(text("a GPT-2 or BERT", "GPT-2 或 BERT"))
            .example("llm-lab position learned"));
        };
        let fresh = Transformer::<f32>::new(model.config.clone(), &mut context.rng(0))?;
        let fresh = cosines(&fresh, n).unwrap_or_default();
        let (near, far) = (at(&trained, 1), at(&trained, n / 2));
        let mut report = Report::new(text("A learned table of positions", "可学习的位置表"));
        report.formula("x = E[token] + P[position],  P (S, d) learned");
        report.say(text(
            format!(
                "{n} positions. Neighbours have a mean cosine of {}, rows {} apart {}; before training {} and {}. Nothing in the table says that 5 and 6 are neighbours: \
                 what closeness there is has been learned. Row {} does not exist: longer texts cannot be read at all.",
                number(near), n / 2, number(far), number(at(&fresh, 1)), number(at(&fresh, n / 2)), model.config.context
            ),
            format!(
                "共 {n} 个位置。相邻两行的平均余弦为 {}，相隔 {} 行为 {}；训练前分别是 {} 和 {}。表本身并不知道 5 和 6 相邻，相近是学出来的。第 {} 行不存在：更长的文本根本读不了。",
                number(near), n / 2, number(far), number(at(&fresh, 1)), number(at(&fresh, n / 2)), model.config.context
            ),
        ));
        report
            .metric("cosine.neighbours", near)
            .metric("cosine.far", far)
            .metric("untrained.neighbours", at(&fresh, 1))
            .metric("untrained.far", at(&fresh, n / 2))
            .metric("rows", model.config.context)
            .metric("parameters", model.config.context * model.config.d);
        report.figure(picture(&trained, &fresh));
        Ok(report)
    }
}

/// The cosines between the first `n` rows; nothing where no table is learned.
fn cosines(model: &Transformer<f32>, n: usize) -> Option<Cosines> {
    let slot = model.layout.position?;
    let rows: Vec<Vec<f64>> = model
        .tensor(slot)
        .chunks_exact(model.config.d)
        .take(n)
        .map(|row| {
            let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            row.iter().map(|x| x / length).collect()
        })
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum();
    Some(rows.iter().map(|a| rows.iter().map(|b| dot(a, b)).collect()).collect())
}

/// The mean cosine of rows so far apart.
fn at(cosines: &Cosines, distance: usize) -> f64 {
    let n = cosines.len() - distance;
    (0..n).map(|i| cosines[i][i + distance]).sum::<f64>() / n as f64
}

fn picture(trained: &Cosines, fresh: &Cosines) -> Figure {
    let n = trained.len().min(DRAWN);
    let about = |title| Map {
        title,
        axes: ("position q", "position p"),
        unit: "cosine",
        palette: Palette::Diverging,
    };
    let curve = |cosines: &Cosines| (0..n - 1).map(|r| (r as f64, at(cosines, r))).collect();
    let series = vec![
        Series::new("trained", curve(trained)),
        Series::new("untrained", curve(fresh)).stroke(Stroke::Dashed),
    ];
    let panels = vec![
        map(about("trained"), (n, n), |i, j| trained[i][j]),
        map(about("untrained"), (n, n), |i, j| fresh[i][j]),
        Panel {
            title: "mean by distance".to_string(),
            x: Axis::new("distance"),
            y: Axis::new("cosine"),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        },
    ];
    Figure::grid("learned", "Cosines between learned positions", 3, panels)
}
