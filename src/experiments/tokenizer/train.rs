//! `tokenizer train`: a vocabulary from a text, saved as `tokenizer.json`.

use clap::ValueEnum;

use super::source::{self, Cut};
use crate::experiments::{Context, params};
use crate::report::{Error, Report, Table, text};
use crate::tokenizer::scheme::Ranking;
use crate::tokenizer::trace::visible;
use crate::tokenizer::{Model, Plan, Scheme, Unit, files};

/// What is cut at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum By {
    /// Each line, as Hugging Face reads files ‖ 逐行，与 Hugging Face 读文件相同
    #[default]
    Line,
    /// The whole text ‖ 整个文本
    Whole,
}

/// Train a vocabulary and save it as tokenizer.json ‖ 训练词表并存为 tokenizer.json
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer train --vocab-size 600 --corpus stories\ntokenizer train --scheme byte-bpe --pattern gpt2 --vocab-size 4096 --corpus book.txt --save tokenizer.json"
)]
pub struct Train {
    /// How the vocabulary is built ‖ 词表的构建方案
    #[arg(long, value_enum, default_value = "byte-bpe")]
    pub scheme: Scheme,
    /// Where byte-level BPE cuts ‖ 字节级 BPE 的切分模式
    #[arg(long, value_enum, default_value = "gpt2")]
    pub pattern: Cut,
    /// Pieces of the vocabulary, alphabet and special ones included ‖ 词表大小，含字母表与特殊 token
    #[arg(long, value_name = "N", value_parser = params::count(1, 1_000_000))]
    pub vocab_size: usize,
    /// The text: a file, - , lessons-en, lessons-zh or stories ‖ 文本：文件、-、lessons-en、lessons-zh 或 stories
    #[arg(long, value_name = "TEXT")]
    pub corpus: String,
    /// Where to save it ‖ 保存到
    #[arg(long, value_name = "FILE")]
    pub save: Option<String>,
    /// Merge no pair that occurs less often ‖ 出现次数低于此值的对不合并
    #[arg(long, value_name = "N", default_value = "0", value_parser = params::count(0, 1_000_000_000))]
    pub min_frequency: usize,
    /// What is cut at a time ‖ 每次切分的单位
    #[arg(long, value_enum, default_value = "line")]
    pub by: By,
    /// How WordPiece ranks pairs ‖ WordPiece 如何给对排序
    #[arg(long, value_enum, default_value = "likelihood")]
    pub ranking: Ranking,
    /// Unigram: unknown characters become bytes ‖ Unigram：未知字符改用字节表示
    #[arg(long)]
    pub byte_fallback: bool,
    /// Take a smaller vocabulary where the text gives no more ‖ 文本不够时接受更小的词表
    #[arg(long)]
    pub up_to: bool,
}

impl Train {
    /// Trains and saves.
    ///
    /// # Errors
    /// If the text cannot be read or the vocabulary not be filled.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let corpus = source::corpus(&self.corpus, context)?;
        let plan = Plan {
            pattern: self.pattern.pattern(),
            min_frequency: self.min_frequency as u64,
            unit: if self.by == By::Line { Unit::Line } else { Unit::Whole },
            ranking: self.ranking,
            byte_fallback: self.byte_fallback,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            exact: !self.up_to,
            ..Plan::new(self.scheme, self.vocab_size)
        };
        let tokenizer = source::train(&plan, &corpus, context)?;
        let tokens = tokenizer.encode_long(&corpus, plan.threads)?.len();
        let mut report = Report::new(text("A trained vocabulary", "训练出的词表"));
        if let Some(file) = &self.save {
            context.files().write(file, files::to_json(&tokenizer)?.as_bytes())?;
            report.say(text(format!("Saved in `{file}`."), format!("已存入 `{file}`。")));
        }
        if let Model::Bpe(model) = tokenizer.model() {
            let piece = |id| visible(model.vocab().piece(id).unwrap_or_default());
            let mut table = Table::new(text("The first merges", "最先的合并"))
                .words(text("left", "左"))
                .words(text("right", "右"))
                .words(text("merged", "合并为"));
            for &(l, r) in model.merges().iter().take(10) {
                let (left, right) = (piece(l), piece(r));
                let both = format!("{left}{right}");
                table.row(vec![left.into(), right.into(), both.into()]);
            }
            report.table(table).metric("merges", model.merges().len());
        }
        let characters = corpus.chars().count();
        report
            .metric_in("vocabulary", tokenizer.model().vocab().len(), "pieces")
            .metric_in("corpus.bytes", corpus.len(), "bytes")
            .metric_in("corpus.tokens", tokens, "tokens")
            .metric("bytes_per_token", corpus.len() as f64 / tokens.max(1) as f64)
            .metric("tokens_per_character", tokens as f64 / characters.max(1) as f64);
        Ok(report)
    }
}
