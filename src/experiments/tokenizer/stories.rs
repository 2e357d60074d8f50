//! `tokenizer stories`: stories from a known grammar, and their true entropy.

use super::source::{self, Training};
use crate::corpus::stories::Stories as Grammar;
use crate::experiments::{Context, params};
use crate::report::{Error, Report, text};

/// Write stories from a known grammar and compute their true entropy per word and per token ‖ 按已知文法生成故事，并计算每词、每 token 的真实熵
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer stories --count 3\ntokenizer stories --with gpt2\ntokenizer stories --save stories.txt --bytes 1000000"
)]
pub struct Stories {
    /// How many to show ‖ 显示几则
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::count(0, 100))]
    pub count: usize,
    /// The tokenizer for the entropy per token ‖ 计算每 token 熵所用的分词器
    #[arg(long, value_name = "TOKENIZER", default_value = "byte-bpe")]
    pub with: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub training: Training,
    /// Save stories in a file ‖ 把故事存入文件
    #[arg(long, value_name = "FILE")]
    pub save: Option<String>,
    /// How many bytes to save ‖ 保存多少字节
    #[arg(long, value_name = "N", default_value = "200000", value_parser = params::count(1, 100_000_000))]
    pub bytes: usize,
}

/// Stories over which the mean number of tokens is taken.
const SAMPLE: usize = 2000;

impl Stories {
    /// Writes stories.
    ///
    /// # Errors
    /// If the tokenizer does not exist or a file cannot be written.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let exact = Grammar.entropy();
        let tokenizer = source::tokenizer(&self.with, Some(&self.training), context)?;
        let mut rng = context.rng(2);
        let mut report = Report::new(text("Stories from a known grammar", "来自已知文法的故事"));
        report.formula("H(rule) = Σ p · (−log₂ p + Σ H(parts))");
        let (mut tokens, mut bits) = (0, 0.0);
        for i in 0..SAMPLE {
            let (story, b) = Grammar.story(&mut rng);
            if i < self.count {
                report.say(text(story.clone(), story.clone()));
            }
            tokens += tokenizer.encode(&story)?.len();
            bits += b;
        }
        if let Some(file) = &self.save {
            let stories = Grammar.text(self.bytes, &mut context.rng(0));
            context.files().write(file, stories.as_bytes())?;
            report.say(text(format!("Saved in `{file}`."), format!("已存入 `{file}`。")));
        }
        let per_story = tokens as f64 / SAMPLE as f64;
        report
            .metric_in("story.entropy", exact.bits, "bits")
            .metric_in("story.words", exact.words, "words")
            .metric_in("word.entropy", exact.bits_per_word(), "bits")
            .metric_in("sample.entropy", bits / SAMPLE as f64, "bits")
            .metric_in("story.tokens", per_story, "tokens")
            .metric_in("token.entropy", exact.bits / per_story, "bits")
            .metric_in("token.loss", exact.bits / per_story * std::f64::consts::LN_2, "nats");
        Ok(report)
    }
}
