//! Where corpora and tokenizers come from: names on the command line.

use clap::ValueEnum;

use crate::corpus::stories;
use crate::experiments::Context;
use crate::report::{Error, Text, text};
use crate::tokenizer::{Builtin, Pattern, Plan, Scheme, Tokenizer, files};

/// How much of the stories a corpus of that name holds.
const STORY_BYTES: usize = 200_000;

/// Where byte-level BPE cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Cut {
    /// As GPT-2 ‖ 同 GPT-2
    #[default]
    Gpt2,
    /// As GPT-4 (cl100k) ‖ 同 GPT-4（cl100k）
    Gpt4,
    /// As GPT-4o (o200k) ‖ 同 GPT-4o（o200k）
    O200k,
    /// Nowhere: merges cross spaces ‖ 不切分：合并可跨空格
    None,
}

impl Cut {
    /// The pattern of the tokenizer room.
    pub fn pattern(self) -> Pattern {
        match self {
            Self::Gpt2 => Pattern::Gpt2,
            Self::Gpt4 => Pattern::Gpt4,
            Self::O200k => Pattern::O200k,
            Self::None => Pattern::None,
        }
    }
}

/// The text behind a name: a file, `-`, `lessons-en`, `lessons-zh` or `stories`.
///
/// # Errors
/// If it cannot be read or is not UTF-8.
pub fn corpus(name: &str, context: &Context) -> Result<String, Error> {
    if name == "stories" {
        return Ok(stories::Stories.text(STORY_BYTES, &mut context.rng(0)));
    }
    utf8(name, context.files().read(name)?)
}

/// Bytes as text, or where they stop being text.
///
/// # Errors
/// If they are not UTF-8.
pub fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::input(text(
            format!("{name} is not UTF-8 at byte {at}"),
            format!("{name} 在第 {at} 字节处不是 UTF-8"),
        ))
        .allowed(text("a UTF-8 text file", "UTF-8 文本文件"))
    })
}

/// What trains a tokenizer that is named by its scheme.
#[derive(Debug, Clone, clap::Args)]
pub struct Training {
    /// Text for schemes that are trained here: a file, - , lessons-en, lessons-zh, stories ‖ 现场训练所用的文本：文件、-、lessons-en、lessons-zh、stories
    #[arg(long, value_name = "TEXT", default_value = "stories")]
    pub corpus: String,
    /// Pieces of each vocabulary that is trained here ‖ 现场训练的词表大小
    #[arg(long, value_name = "N", default_value = "600", value_parser = crate::experiments::params::count(1, 1_000_000))]
    pub vocab_size: usize,
    /// Where byte-level BPE cuts ‖ 字节级 BPE 的切分模式
    #[arg(long, value_enum, default_value = "gpt2")]
    pub pattern: Cut,
}

/// The tokenizer behind a name: `gpt2`, `cl100k`, `o200k`; a scheme, which is trained; a
/// `tokenizer.json`; `vocab.json+merges.txt`; a rank file that ends in `.tiktoken`.
///
/// # Errors
/// If there is none, or its file is damaged.
pub fn tokenizer(
    name: &str,
    training: Option<&Training>,
    context: &Context,
) -> Result<Tokenizer, Error> {
    if let Ok(builtin) = Builtin::from_str(name, false) {
        return builtin.tokenizer().cloned();
    }
    if let (Ok(scheme), Some(training)) = (Scheme::from_str(name, false), training) {
        let plan =
            Plan { pattern: training.pattern.pattern(), ..Plan::new(scheme, training.vocab_size) };
        return train(&plan, &corpus(&training.corpus, context)?, context);
    }
    let read = |name: &str| utf8(name, context.files().read(name)?);
    if let Some((vocab, merges)) = name.split_once('+') {
        return files::from_gpt2(&read(vocab)?, &read(merges)?);
    }
    if name.ends_with(".tiktoken") {
        let pattern = training.map_or(Pattern::Gpt4, |t| t.pattern.pattern());
        return files::from_ranks(&read(name)?, pattern);
    }
    if !name.contains(['.', '/', '\\']) {
        return Err(Error::input(text(
            format!("there is no tokenizer {name}"),
            format!("没有名为 {name} 的分词器"),
        ))
        .allowed(text(
            "gpt2, cl100k, o200k, a scheme such as byte-bpe, or a file such as tokenizer.json",
            "gpt2、cl100k、o200k，方案名（如 byte-bpe），或文件（如 tokenizer.json）",
        ))
        .example("llm-lab tokenize \"Hello\" --with gpt2"));
    }
    files::from_json(&read(name)?)
}

/// Trains a plan, watched.
///
/// # Errors
/// As [`Plan::train`].
pub fn train(plan: &Plan, corpus: &str, context: &Context) -> Result<Tokenizer, Error> {
    plan.train(corpus, &mut |done, total| context.step(done, total, &training()))
}

/// What the progress bar says.
pub fn training() -> Text {
    text("training", "训练")
}
