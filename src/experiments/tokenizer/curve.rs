//! `tokenizer curve`: what a larger vocabulary buys and costs.

use super::source;
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, text,
};
use crate::tokenizer::{Plan, Scheme};

/// Plot compression and embedding size against vocabulary size ‖ 绘制压缩率与嵌入参数量随词表大小的变化
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer curve --corpus stories --sizes 260 300 400 600\ntokenizer curve --corpus lessons-zh --scheme unigram --sizes 3000 4000 --dim 1024"
)]
pub struct Curve {
    /// The scheme ‖ 方案
    #[arg(long, value_enum, default_value = "byte-bpe")]
    pub scheme: Scheme,
    /// The text; the last tenth is held out and encoded ‖ 文本；最后十分之一留出用于编码
    #[arg(long, value_name = "TEXT", default_value = "lessons-en")]
    pub corpus: String,
    /// Vocabulary sizes ‖ 词表大小
    #[arg(long, value_name = "N", num_args = 1.., default_values = ["256", "300", "400", "600", "1000", "2000"], value_parser = params::count(1, 1_000_000))]
    pub sizes: Vec<usize>,
    /// Width of the embedding ‖ 嵌入维度
    #[arg(long, value_name = "D", default_value = "768", value_parser = params::count(1, 1_000_000))]
    pub dim: usize,
}

impl Curve {
    /// Trains at every size and encodes the held-out text.
    ///
    /// # Errors
    /// If the text cannot be read or not fill a vocabulary.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let corpus = source::corpus(&self.corpus, context)?;
        let cut = corpus.char_indices().map(|(i, _)| i).find(|i| *i >= corpus.len() / 10 * 9);
        let (seen, held_out) = corpus.split_at(cut.unwrap_or(corpus.len()));
        if held_out.is_empty() {
            return Err(Error::input(text("the text is too short", "文本太短"))
                .allowed(text("ten characters or more", "至少十个字符")));
        }
        let mut sizes = self.sizes.clone();
        sizes.sort_unstable();
        sizes.dedup();
        let characters = held_out.chars().count() as f64;
        let mut table = Table::new(text("Held-out text", "留出的文本"))
            .numbers(text("vocabulary", "词表大小"))
            .numbers(text("tokens", "token 数"))
            .numbers(text("bytes per token", "每 token 字节数"))
            .numbers(text("tokens per character", "每字符 token 数"))
            .numbers(text("|V|·d (parameters)", "|V|·d（参数）"));
        let (mut compression, mut parameters) = (Vec::new(), Vec::new());
        let mut report =
            Report::new(text("Compression against vocabulary size", "压缩率与词表大小"));
        for (i, &size) in sizes.iter().enumerate() {
            context.step(i, sizes.len(), &source::training())?;
            let plan = Plan { exact: true, ..Plan::new(self.scheme, size) };
            let tokenizer =
                plan.train(seen, &mut |_, _| context.step(i, sizes.len(), &source::training()))?;
            let tokens = tokenizer.encode(held_out)?.len() as f64;
            let bytes = held_out.len() as f64 / tokens;
            let embedding = (size * self.dim) as f64;
            table.row(vec![
                size.into(),
                tokens.into(),
                bytes.into(),
                (tokens / characters).into(),
                embedding.into(),
            ]);
            compression.push((size as f64, tokens / characters));
            parameters.push((size as f64, embedding));
            report.metric(format!("v{size}.tokens_per_character"), tokens / characters);
            report.metric(format!("v{size}.bytes_per_token"), bytes);
        }
        report
            .say(text(
                "More merges, fewer tokens; but each doubling of the vocabulary buys less, while the embedding grows in proportion.",
                "合并越多，token 越少；但词表每翻一倍，收益递减，而嵌入参数成比例增长。",
            ))
            .table(table)
            .figure(picture(compression, parameters));
        Ok(report)
    }
}

fn picture(compression: Vec<(f64, f64)>, parameters: Vec<(f64, f64)>) -> Figure {
    let lines = |label: &str, points| {
        let series = vec![Series::new(label, points).stroke(Stroke::Dotted)];
        Content::Lines(Lines { series, markers: Vec::new() })
    };
    let x = || Axis::log("vocabulary size |V| (pieces)");
    let panels = vec![
        Panel {
            title: "Compression".to_string(),
            x: x(),
            y: Axis::new("tokens per character"),
            content: lines("held-out text", compression),
        },
        Panel {
            title: "Cost".to_string(),
            x: x(),
            y: Axis::log("embedding |V|·d (parameters)"),
            content: lines("embedding", parameters),
        },
    ];
    Figure::grid("curve", "What a larger vocabulary buys and costs", 2, panels)
}
