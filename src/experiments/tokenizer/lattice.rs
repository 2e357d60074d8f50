//! `tokenizer lattice`: all segmentations that the unigram model weighs, and the best of them.

use super::source::{self, Training};
use crate::experiments::{Context, params};
use crate::report::{Error, Report, Table, text};
use crate::tokenizer::unigram::{self, Edge, Unigram};
use crate::tokenizer::{Model, trace::visible};

/// The paths of a lattice that are compared.
type Path = Vec<Edge>;

/// Show the unigram model's lattice of a text: pieces, scores, the best paths ‖ 展示 Unigram 模型的切分网格：各片、得分与最优路径
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer lattice \"little queen\" --corpus stories --vocab-size 300\ntokenizer lattice happy --best 4 --samples 6\ntokenizer lattice hugs --pieces h:-5 u:-5 g:-5 s:-4 hu:-7 ug:-6 hug:-9 gs:-3"
)]
pub struct Lattice {
    /// The text; a space is shown as ▁ ‖ 文本；空格显示为 ▁
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// unigram, or a tokenizer.json with a unigram model ‖ unigram，或含 Unigram 模型的 tokenizer.json
    #[arg(long, value_name = "TOKENIZER", default_value = "unigram")]
    pub with: String,
    /// Pieces to choose from instead, each with its ln p after a colon ‖ 改用给定的片，冒号后是各自的 ln p
    #[arg(long, value_name = "PIECE:LNP", num_args = 1.., conflicts_with_all = ["with", "corpus", "vocab_size", "pattern"])]
    pub pieces: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub training: Training,
    /// How many of the best paths ‖ 列出几条最优路径
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::count(1, 50))]
    pub best: usize,
    /// How many segmentations to draw at random ‖ 随机采样几种切分
    #[arg(long, value_name = "N", default_value = "0", value_parser = params::count(0, 1000))]
    pub samples: usize,
    /// Sharpness of the draw: 1 the model's own, 0 uniform ‖ 采样的锐度：1 为模型本身，0 为均匀
    #[arg(long, value_name = "X", default_value = "1", value_parser = params::between(0.0, 100.0))]
    pub theta: f64,
}

impl Lattice {
    /// Builds the lattice.
    ///
    /// # Errors
    /// If the tokenizer is none of the unigram kind, or the text too long to show.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        if self.text.is_empty() || self.text.chars().count() > 200 {
            return Err(Error::input(text("the text cannot be shown", "文本无法展示"))
                .allowed(text("1 to 200 characters", "1 到 200 个字符")));
        }
        let model = self.model(context)?;
        let marked = self.text.replace(' ', "▁");
        let lattice = model.lattice(&marked);
        let mut report = Report::new(text("The lattice of a text", "一段文本的切分网格"));
        report.formula("score(path) = Σ ln p(piece)");
        report.table(edges(&marked, lattice.edges(), &model)).table(places(&marked, &lattice));
        let paths = lattice.n_best(self.best);
        let mut table = Table::new(text("The best paths", "最优路径"))
            .words(text("segmentation", "切分"))
            .numbers(text("ln p", "ln p"));
        for (path, score) in &paths {
            table.row(vec![joined(&marked, path).into(), (*score).into()]);
        }
        report.table(table);
        let (best, score) = lattice.viterbi();
        let (longest, longest_score) = longest_match(&lattice);
        let total =
            lattice.expect(1.0, &mut vec![0.0; model.scores().len()], &mut Default::default());
        if self.samples > 0 {
            self.sample(&mut report, &marked, &lattice, context);
        }
        report
            .metric("edges", lattice.edges().len())
            .metric("best.pieces", joined(&marked, &best))
            .metric("best.tokens", best.len())
            .metric_in("best.score", score, "nats")
            .metric_in("total.score", total, "nats")
            .metric("best.share", (score - total).exp())
            .metric("longest.pieces", joined(&marked, &longest))
            .metric("longest.tokens", longest.len())
            .metric_in("longest.score", longest_score, "nats");
        if let Some(second) = paths.get(1) {
            report.metric_in("second.score", second.1, "nats");
        }
        Ok(report)
    }

    /// The model of the given pieces, or the tokenizer's.
    fn model(&self, context: &Context) -> Result<Unigram, Error> {
        if !self.pieces.is_empty() {
            return given(&self.pieces);
        }
        let tokenizer = source::tokenizer(&self.with, Some(&self.training), context)?;
        let Model::Unigram(model) = tokenizer.model() else {
            return Err(Error::input(text(
                format!("{} is no unigram model", self.with),
                format!("{} 不是 Unigram 模型", self.with),
            ))
            .allowed(text("unigram, or its tokenizer.json", "unigram，或它的 tokenizer.json")));
        };
        Ok(model.clone())
    }

    fn sample(
        &self,
        report: &mut Report,
        marked: &str,
        lattice: &unigram::Lattice,
        context: &Context,
    ) {
        let mut rng = context.rng(1);
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for _ in 0..self.samples {
            *counts.entry(joined(marked, &lattice.sample(self.theta, &mut rng))).or_default() += 1;
        }
        let mut drawn: Vec<(String, usize)> = counts.into_iter().collect();
        drawn.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let mut table = Table::new(text("Drawn at random", "随机采样"))
            .words(text("segmentation", "切分"))
            .numbers(text("times", "次数"));
        report.metric("samples.distinct", drawn.len());
        for (path, n) in drawn.into_iter().take(20) {
            table.row(vec![path.into(), n.into()]);
        }
        report.table(table);
    }
}

/// A model of pieces with their log probabilities, after the unknown piece.
fn given(pieces: &[String]) -> Result<Unigram, Error> {
    let mut scored = vec![("<unk>".to_string(), 0.0)];
    for entry in pieces {
        let score = |score: &str| score.parse::<f64>().ok().filter(|s| s.is_finite() && *s <= 0.0);
        match entry.rsplit_once(':').map(|(piece, s)| (piece.replace(' ', "▁"), score(s))) {
            Some((piece, Some(score))) if !piece.is_empty() => scored.push((piece, score)),
            _ => {
                return Err(Error::input(text(
                    format!("{entry:?} is no piece with its ln p"),
                    format!("{entry:?} 不是“片”加冒号加 ln p"),
                ))
                .allowed(text("a piece, a colon and a number up to 0", "片、冒号与不大于 0 的数"))
                .example("llm-lab tokenizer lattice hug --pieces h:-5 u:-5 g:-5 hu:-7 ug:-6"));
            }
        }
    }
    Unigram::new(&scored, Some(0), false)
}

/// The path of the longest piece at each place, from the left, as WordPiece goes; and its score.
fn longest_match(lattice: &unigram::Lattice) -> (Path, f64) {
    let mut path: Path = Vec::new();
    // Edges are ordered by their starts, then by length.
    for (i, edge) in lattice.edges().iter().enumerate() {
        let longest = lattice.edges().get(i + 1).is_none_or(|next| next.start != edge.start);
        if longest && edge.start == path.last().map_or(0, |e| e.end) {
            path.push(*edge);
        }
    }
    let score = path.iter().map(|e| e.score).sum();
    (path, score)
}

/// What Viterbi writes down: for each place, the best score of a way there.
fn places(marked: &str, lattice: &unigram::Lattice) -> Table {
    let mut table = Table::new(text("The best way to each place", "到每个位置的最优得分"))
        .numbers(text("place", "位置"))
        .words(text("text so far", "前缀"))
        .numbers(text("ln p", "ln p"));
    let ends = marked.char_indices().map(|(i, c)| i + c.len_utf8());
    for (place, end) in ends.enumerate().take(60) {
        table.row(vec![(place + 1).into(), marked[..end].into(), lattice.best_to(end).into()]);
    }
    table
}

/// The pieces that may be used, by place.
fn edges(marked: &str, edges: &[Edge], model: &Unigram) -> Table {
    let mut table = Table::new(text("Pieces of the lattice", "网格中的片"))
        .numbers(text("from", "起点"))
        .numbers(text("to", "终点"))
        .words(text("piece", "片"))
        .numbers(text("ln p", "ln p"));
    let place = |byte: usize| marked[..byte].chars().count();
    for edge in edges.iter().take(60) {
        let unknown = Some(edge.id) == model.unknown();
        let shown = visible(&marked.as_bytes()[edge.start..edge.end]);
        let piece = if unknown { format!("{shown} (<unk>)") } else { shown };
        table.row(vec![
            place(edge.start).into(),
            place(edge.end).into(),
            piece.into(),
            edge.score.into(),
        ]);
    }
    table
}

fn joined(marked: &str, path: &[Edge]) -> String {
    path.iter().map(|e| &marked[e.start..e.end]).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::experiments::trial::{holds, refused};

    #[test]
    fn the_best_path_beats_the_longest_match() {
        let pieces = "h:-5 u:-5 g:-5 s:-4 hu:-7 ug:-6 hug:-9 gs:-3";
        let report = holds(&format!("tokenizer lattice hugs --pieces {pieces}"), &[]);
        assert_eq!(report.number("best.score"), Some(-10.0));
        assert_eq!(report.number("longest.score"), Some(-13.0));
        assert_eq!(report.number("edges"), Some(8.0));
    }

    #[test]
    fn an_unknown_character_costs_ten_more_than_the_worst_piece() {
        let report = holds("tokenizer lattice hé --pieces h:-1", &[]);
        assert_eq!(report.number("best.score"), Some(-12.0));
    }

    #[test]
    fn pieces_without_a_log_probability_are_refused() {
        for piece in ["h", "h:", ":-1", "h:1", "h:nan", "h:-inf"] {
            refused(&format!("tokenizer lattice h --pieces {piece}"));
        }
    }
}
