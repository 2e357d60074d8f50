//! `tokenize`: one text through several tokenizers, side by side.

use super::tokenizer::source::{self, Training};
use crate::experiments::Context;
use crate::report::{Error, Piece, Pieces, Report, Table, text};
use crate::tokenizer::Tokenizer;
use crate::tokenizer::trace::visible;

/// Cut a text with several tokenizers, side by side ‖ 用多个分词器切分同一段文本并对比
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenize \"The tokenizer's 1234 lines\" --with gpt2 cl100k o200k\ntokenize \"你好，世界\" --with gpt2 o200k byte-bpe --corpus lessons-zh --vocab-size 2000\ntokenize --samples"
)]
pub struct Tokenize {
    /// The text ‖ 文本
    #[arg(value_name = "TEXT", required_unless_present = "samples")]
    pub text: Option<String>,
    /// Tokenizers: gpt2, cl100k, o200k, byte-bpe, char-bpe, wordpiece, unigram, sp-bpe, or a file ‖ 分词器：gpt2、cl100k、o200k、byte-bpe、char-bpe、wordpiece、unigram、sp-bpe 或文件
    #[arg(long, value_name = "TOKENIZER", num_args = 1.., default_values = ["gpt2", "cl100k", "o200k"])]
    pub with: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub training: Training,
    /// Compare English, Chinese, code and numbers instead ‖ 改为比较英文、中文、代码与数字
    #[arg(long, conflicts_with = "text")]
    pub samples: bool,
}

/// The same thing said four ways.
const SAMPLES: [(&str, &str, &str); 4] = [
    ("english", "英文", "A tokenizer cuts text into pieces and gives each piece a number."),
    ("chinese", "中文", "分词器把文本切成小块，并给每一块一个编号。"),
    ("code", "代码", "for (int i = 0; i < n; i++) { total += price[i] * 1.07; }"),
    ("numbers", "数字", "3.14159265 2024-12-31 1234567890 0.001"),
];

impl Tokenize {
    /// Cuts the text with each.
    ///
    /// # Errors
    /// If a tokenizer does not exist or the text is too long to show.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut tokenizers = Vec::new();
        for name in &self.with {
            context.step(tokenizers.len(), self.with.len(), &source::training())?;
            let tokenizer = source::tokenizer(name, Some(&self.training), context)?;
            tokenizers.push((label(name), tokenizer));
        }
        match &self.text {
            Some(words) => side_by_side(words, &tokenizers),
            None => kinds(&tokenizers),
        }
    }
}

/// A name for metrics: of a file, its stem.
fn label(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.split('.').next().unwrap_or(file).to_lowercase()
}

fn side_by_side(words: &str, tokenizers: &[(String, Tokenizer)]) -> Result<Report, Error> {
    /// Longer texts belong to `tokenizer encode`.
    const LONGEST: usize = 20_000;
    /// The pieces of a short text are also a metric, for lessons to compare.
    const MOST_PIECES: usize = 6;
    if words.len() > LONGEST {
        return Err(Error::input(text("the text is too long to show", "文本太长，无法展示"))
            .allowed(text(format!("up to {LONGEST} bytes"), format!("最多 {LONGEST} 字节")))
            .example("llm-lab tokenizer encode --with gpt2 --file book.txt"));
    }
    let mut report = Report::new(text("One text, several tokenizers", "同一段文本，不同的分词器"));
    let mut table = Table::new(text("What it costs", "代价"))
        .words(text("tokenizer", "分词器"))
        .numbers(text("vocabulary", "词表大小"))
        .numbers(text("tokens", "token 数"))
        .numbers(text("per character", "每字符"))
        .numbers(text("per word", "每词"))
        .numbers(text("bytes per token", "每 token 字节数"))
        .words(text("comes back", "可还原"));
    for (name, tokenizer) in tokenizers {
        let ids = tokenizer.encode(words)?;
        let shown = |id: &u32| visible(tokenizer.piece(*id).unwrap_or_default());
        let pieces = ids.iter().map(|id| Piece { text: shown(id), id: *id }).collect();
        report.cut(Pieces { label: name.clone(), pieces });
        let back = tokenizer.decode(&ids)? == words;
        let n = ids.len() as f64;
        let per = |count: usize| n / count.max(1) as f64;
        let comes_back = if back { text("yes", "是") } else { text("no", "否") };
        table.row(vec![
            name.clone().into(),
            tokenizer.model().vocab().len().into(),
            n.into(),
            per(words.chars().count()).into(),
            per(words.split_whitespace().count()).into(),
            (words.len() as f64 / n.max(1.0)).into(),
            comes_back.into(),
        ]);
        let unknown = ids.iter().filter(|id| is_unknown(tokenizer.piece(**id))).count();
        let pieces = ids.iter().map(shown).collect::<Vec<_>>().join(" ");
        let named = |what: &str| format!("{name}.{what}");
        if ids.len() <= MOST_PIECES {
            report.metric(named("pieces"), pieces);
        }
        report
            .metric(named("tokens"), ids.len())
            .metric(named("unknown"), unknown)
            .metric(named("round_trip"), back)
            .metric(named("tokens_per_character"), per(words.chars().count()))
            .metric(named("bytes_per_token"), words.len() as f64 / n.max(1.0));
    }
    report.table(table);
    Ok(report)
}

fn is_unknown(piece: Option<&[u8]>) -> bool {
    matches!(piece, Some(b"<unk>" | b"[UNK]"))
}

fn kinds(tokenizers: &[(String, Tokenizer)]) -> Result<Report, Error> {
    let mut report =
        Report::new(text("English, Chinese, code and numbers", "英文、中文、代码与数字"));
    let mut table =
        Table::new(text("Tokens per character", "每字符 token 数")).words(text("text", "文本"));
    for (name, _) in tokenizers {
        table = table.numbers(text(name.clone(), name.clone()));
    }
    for (en, zh, sample) in SAMPLES {
        let mut row = vec![text(en, zh).into()];
        for (name, tokenizer) in tokenizers {
            let rate = tokenizer.encode(sample)?.len() as f64 / sample.chars().count() as f64;
            row.push(rate.into());
            report.metric(format!("{name}.{en}.tokens_per_character"), rate);
        }
        table.row(row);
        report.say(text(format!("- {en}: `{sample}`"), format!("- {zh}：`{sample}`")));
    }
    report.table(table);
    Ok(report)
}
