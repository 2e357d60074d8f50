//! `tokenizer encode`: the ids of a file, for scripts.

use super::source;
use crate::experiments::Context;
use crate::report::{Error, Report, text};
use crate::tokenizer::Encoder;

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
        let mut encoder = Encoder::new(&tokenizer, corpus.len());
        let (mut ids, mut output) = (Vec::new(), String::new());
        let (mut tokens, mut done) = (0, 0);
        let what = text("encoding", "编码");
        let mut next_report = 0;
        for (number, line) in lines(&corpus).enumerate() {
            ids.clear();
            encoder.encode(line, &mut ids)?;
            write_line(&ids, &mut output);
            tokens += ids.len();
            done += line.len() + 1;
            if done >= next_report || number.is_multiple_of(65_536) {
                context.step(done.min(corpus.len()), corpus.len(), &what)?;
                next_report = done + (1 << 20);
            }
        }
        let mut report = Report::new(text("Ids", "id"));
        report
            .metric_in("tokens", tokens, "tokens")
            .metric("lines", lines(&corpus).count())
            .metric("bytes_per_token", corpus.len() as f64 / tokens.max(1) as f64);
        report.output = Some(output);
        Ok(report)
    }
}

/// The lines of a text; only `\n` ends a line, and the last one need not be ended.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line))
}

fn write_line(ids: &[u32], output: &mut String) {
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            output.push(' ');
        }
        output.push_str(&id.to_string());
    }
    output.push('\n');
}
