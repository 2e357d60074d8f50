//! `tokenizer encode`: the ids of a file, for scripts.

use rayon::prelude::*;

use super::source;
use crate::experiments::Context;
use crate::report::{Error, Report, text};

/// Print the ids of a text, one line an input line ‖ 输出文本的 id，每行输入对应一行
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer encode --with gpt2 --file lessons-en\ntokenizer encode --with tokenizer.json --file book.txt --format json"
)]
pub struct Encode {
    /// gpt2, cl100k, o200k, tokenizer.json, vocab.json+merges.txt or FILE.tiktoken ‖ gpt2、cl100k、o200k、tokenizer.json、vocab.json+merges.txt 或 FILE.tiktoken
    #[arg(long, value_name = "TOKENIZER")]
    pub with: String,
    /// The text: a file, - , lessons-en or lessons-zh ‖ 文本：文件、-、lessons-en 或 lessons-zh
    #[arg(long, value_name = "TEXT")]
    pub file: String,
}

impl Encode {
    /// Encodes line by line, without the newlines.
    ///
    /// # Errors
    /// If a file cannot be read, or a character is unknown and there is no unknown piece.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let tokenizer = source::tokenizer(&self.with, None, context)?;
        let corpus = source::corpus(&self.file, context)?;
        tokenizer.prepare(corpus.len());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let what = text("encoding", "编码");
        let (mut tokens, mut done, mut output) = (0, 0, String::new());
        let all: Vec<&str> = lines(&corpus).collect();
        let mut rest = &all[..];
        while !rest.is_empty() {
            let block;
            (block, rest) = rest.split_at(block_of(rest));
            let lines = tokenizer.encode_batch(block, threads)?;
            tokens += lines.iter().map(Vec::len).sum::<usize>();
            output.par_extend(lines.par_chunks(LINES).map(written));
            done += block.iter().map(|line| line.len() + 1).sum::<usize>();
            context.step(done.min(corpus.len()), corpus.len(), &what)?;
        }
        let mut report = Report::new(text("Ids", "id"));
        report
            .metric_in("tokens", tokens, "tokens")
            .metric("lines", all.len())
            .metric("bytes_per_token", corpus.len() as f64 / tokens.max(1) as f64);
        report.output = Some(output);
        Ok(report)
    }
}

/// Lines are encoded together until they have so many bytes.
const BLOCK: usize = 1 << 22;

/// How many lines, one at least, the next block holds.
fn block_of(lines: &[&str]) -> usize {
    let mut bytes = 0;
    let full = lines.iter().position(|line| {
        bytes += line.len() + 1;
        bytes >= BLOCK
    });
    full.map_or(lines.len(), |last| last + 1)
}

/// The lines of a text; only `\n` ends a line, and the last one need not be ended.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line))
}

/// Lines that one thread writes at a time.
const LINES: usize = 1024;

/// The ids of some lines with spaces between.
fn written(lines: &[Vec<u32>]) -> String {
    let mut output = String::new();
    let mut digits = itoa::Buffer::new();
    for ids in lines {
        for (i, id) in ids.iter().enumerate() {
            output.push_str(if i > 0 { " " } else { "" });
            output.push_str(digits.format(*id));
        }
        output.push('\n');
    }
    output
}
