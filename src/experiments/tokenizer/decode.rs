//! `tokenizer decode`: text from ids.

use super::encode::lines;
use super::source;
use crate::experiments::Context;
use crate::report::{Error, Report, text};

/// Print the text behind ids, as encode wrote them ‖ 由 id 还原文本，读取 encode 的输出
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "tokenizer decode --with gpt2 --file ids.txt")]
pub struct Decode {
    /// gpt2, cl100k, o200k, tokenizer.json, vocab.json+merges.txt or FILE.tiktoken ‖ gpt2、cl100k、o200k、tokenizer.json、vocab.json+merges.txt 或 FILE.tiktoken
    #[arg(long, value_name = "TOKENIZER")]
    pub with: String,
    /// Ids apart by spaces, a file or - ‖ 以空格分隔的 id：文件或 -
    #[arg(long, value_name = "IDS")]
    pub file: String,
}

impl Decode {
    /// Decodes line by line.
    ///
    /// # Errors
    /// If a word is no id, or an id is none of the vocabulary.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let tokenizer = source::tokenizer(&self.with, None, context)?;
        let file = source::corpus(&self.file, context)?;
        let mut output = String::new();
        let mut tokens = 0;
        for (number, line) in lines(&file).enumerate() {
            if number.is_multiple_of(4096) {
                context.step(number, number + 1, &text("decoding", "解码"))?;
            }
            let ids: Result<Vec<u32>, _> = line.split_whitespace().map(str::parse).collect();
            let ids = ids.map_err(|_| {
                Error::input(text(
                    format!("line {} of {} holds something that is no id", number + 1, self.file),
                    format!("{} 第 {} 行含有非 id 的内容", self.file, number + 1),
                ))
                .allowed(text("whole numbers apart by spaces", "以空格分隔的整数"))
            })?;
            tokens += ids.len();
            output.push_str(&tokenizer.decode(&ids)?);
            output.push('\n');
        }
        let mut report = Report::new(text("Text", "文本"));
        report.metric_in("tokens", tokens, "tokens").metric_in("bytes", output.len(), "bytes");
        report.output = Some(output);
        Ok(report)
    }
}
