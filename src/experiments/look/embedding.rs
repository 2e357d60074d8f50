//! `look embedding`: which tokens lie near each other in the table of embeddings.

use ndarray::{Array1, Array2, ArrayView2, Axis as Dimension};

use super::subject::{Reader, Subject, descending};
use crate::experiments::{Context, params};
use crate::math::linalg::cosine;
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Report, Table, Text, number, text,
};

/// Words of the stories: who acts, who is met, things, feelings, places.
const WORDS: &str =
    " fox girl boy queen cat bear owl frog ball kite cake lamp happy tired proud forest sea hill";

/// Fewer tokens than this are seen from the middle of the whole table.
const FEW: usize = 8;

/// Which tokens' embeddings point the same way ‖ 哪些 token 的词嵌入方向相近
#[derive(Debug, Clone, clap::Args)]
pub struct Embedding {
    /// Whose embeddings, and of which model ‖ 哪些 token、哪个模型
    #[command(flatten)]
    pub subject: Subject,
    /// Neighbours of each token in the table ‖ 每个 token 列出多少个近邻
    #[arg(long, value_name = "N", default_value = "4", value_parser = params::count(1, 20))]
    pub nearest: usize,
}

impl Embedding {
    /// Compares every pair, and looks for each token's neighbours in the whole vocabulary.
    ///
    /// # Errors
    /// If there is no such model, or a token that it does not know.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let reader = self.open(context)?;
        let (vocab, d) = (reader.model.config.vocab, reader.model.config.d);
        params::fits(vocab as f64 * d as f64, 8, &text("the table of embeddings", "词嵌入表"))?;
        let rows = centred(&reader); // (V, d)
        let n = reader.ids.len();
        let pair = |i: usize, j: usize| {
            cosine(rows.row(reader.ids[i] as usize), rows.row(reader.ids[j] as usize))
        };
        let values: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| pair(i, j)).collect()).collect();
        let mut report = Report::new(text("Embeddings that lie together", "相近的词嵌入"));
        report.say(text(
            format!("Rows of the embedding table ({vocab}, {d}), seen from the middle of those that are compared: 1 is the same direction, 0 a right angle."),
            format!("词嵌入表（{vocab}, {d}）的各行，从所比较的 token 的中心看去：1 表示同向，0 表示垂直。"),
        ));
        report.figure(picture(&reader, values));
        let mut table = Table::new(text("Nearest in the whole vocabulary", "整个词表中的近邻"))
            .words(text("token", "token"))
            .words(text("neighbours, cosine", "近邻与余弦"));
        for (step, id) in reader.ids.iter().enumerate() {
            context.step(step, n, &text("comparing", "比较中"))?;
            let near = neighbours(rows.view(), *id as usize);
            let (name, first) = (reader.token(*id as usize), near[0]);
            let say =
                |(other, c): &(usize, f64)| format!("{} {}", reader.token(*other), number(*c));
            let list: Vec<String> = near.iter().take(self.nearest).map(say).collect();
            table.row(vec![name.clone().into(), list.join("  ").into()]);
            report.metric(format!("{}.nearest", bare(&name)), bare(&reader.token(first.0)));
            report.metric(format!("{}.cosine", bare(&name)), first.1);
        }
        report.table(table);
        Ok(report)
    }

    fn open(&self, context: &Context) -> Result<Reader, Error> {
        let mut subject = self.subject.clone();
        if subject.text.is_none() && subject.ids.is_none() {
            subject.text = Some(WORDS.to_string());
        }
        let reader = subject.open(context)?;
        let vocab = reader.model.config.vocab;
        if let Some(id) = reader.ids.iter().find(|id| **id as usize >= vocab) {
            let wrong =
                text(format!("there is no token {id}"), format!("没有编号为 {id} 的 token"));
            let last = vocab.saturating_sub(1);
            return Err(Error::input(wrong).allowed(Text::same(format!("0 … {last}"))));
        }
        match reader.ids.is_empty() || vocab < 2 {
            true => Err(Error::input(text("there is nothing to compare", "没有可比较的 token"))
                .allowed(text("words of the model's vocabulary", "模型词表里的词"))
                .example("llm-lab look embedding \" fox girl ball\"")),
            false => Ok(reader),
        }
    }
}

/// The table `(V, d)` seen from the middle of the compared tokens: what they share tells nothing. The
/// middle of all rows would do worse, since tokens that never occur pull it their way.
fn centred(reader: &Reader) -> Array2<f64> {
    let model = &reader.model;
    let d = model.config.d;
    let numbers = model.tensor(model.layout.embedding);
    let rows =
        Array2::from_shape_fn((model.config.vocab, d), |(i, j)| f64::from(numbers[i * d + j]));
    let compared: Vec<usize> = reader.ids.iter().map(|id| *id as usize).collect();
    let middle = match compared.len() {
        // a few tokens lie around their own middle in any case
        0..FEW => rows.mean_axis(Dimension(0)),
        _ => rows.select(Dimension(0), &compared).mean_axis(Dimension(0)),
    };
    rows - &middle.unwrap_or_else(|| Array1::zeros(d))
}

/// The other tokens with their cosines, the nearest first.
fn neighbours(rows: ArrayView2<f64>, id: usize) -> Vec<(usize, f64)> {
    let all: Vec<f32> =
        rows.rows().into_iter().map(|row| cosine(rows.row(id), row) as f32).collect();
    let order = descending(&all).into_iter().filter(|other| *other != id);
    order.map(|other| (other, f64::from(all[other]))).collect()
}

/// A piece without the mark of its blank: the name of a metric.
fn bare(piece: &str) -> String {
    piece.trim_start_matches('Ġ').to_string()
}

fn picture(reader: &Reader, values: Vec<Vec<f64>>) -> Figure {
    let names = reader.names();
    let map = Heatmap {
        values,
        palette: Palette::Diverging,
        unit: "cosine".to_string(),
        show_values: names.len() <= 8,
    };
    let title = "Cosine between token embeddings";
    let (x, y) = (Axis::names("token", names.clone()), Axis::names("token", names));
    Figure::new("embeddings", title, x, y, Content::Heatmap(map))
}
