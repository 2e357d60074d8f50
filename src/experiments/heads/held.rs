//! Fresh text that a model has not learned from, and its loss there.

use crate::corpus::stories::Stories;
use crate::experiments::model::folder;
use crate::experiments::tokenizer::source;
use crate::experiments::{Context, params};
use crate::model::{Batch, Pass, Transformer, Workspace};
use crate::report::{Error, text};
use crate::tokenizer::Tokenizer;

/// Bytes of story text for each token that is wanted; a token has three to four.
const BYTES: usize = 6;

/// Which model reads how much of what.
#[derive(Debug, Clone, clap::Args)]
pub struct Reading {
    /// A folder or stories ‖ 模型文件夹或 stories
    #[arg(long, value_name = "DIR", default_value = folder::STORIES)]
    pub model: String,
    /// What it reads: stories that are drawn afresh, a file, lessons-en or lessons-zh ‖ 读什么：新生成的故事、文件、lessons-en 或 lessons-zh
    #[arg(long, value_name = "TEXT", default_value = "stories")]
    pub corpus: String,
    /// How many tokens ‖ 多少个 token
    #[arg(long, value_name = "N", default_value = "2048", value_parser = params::count(64, 100_000))]
    pub tokens: usize,
}

/// A model and sequences that it has not seen.
pub struct Held {
    /// The model.
    pub model: Transformer<f32>,
    /// What cuts its text.
    pub tokenizer: Tokenizer,
    /// Sequences as long as its context, or as long as the text allows.
    pub batch: Batch,
}

impl Reading {
    /// Opens the model and cuts the text.
    ///
    /// # Errors
    /// If there is no such model or text, it has no tokenizer, or the text is too short.
    pub fn open(&self, context: &Context) -> Result<Held, Error> {
        let model = folder::open(context, &self.model)?;
        let Some(tokenizer) = folder::tokenizer(context, &self.model)? else {
            return Err(Error::input(text(
                format!("{} has no tokenizer.json that could cut a text", self.model),
                format!("{} 中没有 tokenizer.json，无法切分文本", self.model),
            )));
        };
        let words = match self.corpus.as_str() {
            "stories" => Stories.text(BYTES * self.tokens, &mut context.rng(17)),
            name => source::corpus(name, context)?,
        };
        let mut ids = tokenizer.encode_long(&words, 1)?;
        ids.truncate(self.tokens);
        let length = model.config.context.min(128);
        let mut batch = Batch::new(length);
        ids.chunks_exact(length + 1).for_each(|chunk| batch.push_text(chunk));
        if batch.sequences == 0 {
            return Err(Error::input(text(
                format!("{} tokens are too few to read", ids.len()),
                format!("{} 个 token 太少", ids.len()),
            ))
            .allowed(text(format!("{} or more", length + 1), format!("{} 或更多", length + 1))));
        }
        let unknown = batch.tokens.iter().find(|id| **id as usize >= model.config.vocab);
        if let Some(id) = unknown {
            return Err(Error::input(text(
                format!("the model does not know token {id} of its tokenizer"),
                format!("模型不认识其分词器的 token {id}"),
            )));
        }
        Ok(Held { model, tokenizer, batch })
    }
}

impl Held {
    /// The mean loss of a model on the sequences, in nats a token.
    pub fn loss(&self, model: &Transformer<f32>) -> f64 {
        let (t, batch) = (self.batch.length, &self.batch);
        let mut ws = Workspace::default();
        ws.prepare(&model.config, 8.min(batch.sequences), t);
        let rows = ws.sequences * t;
        let mut loss = 0.0;
        for (tokens, targets) in batch.tokens.chunks(rows).zip(batch.targets.chunks(rows)) {
            ws.prepare(&model.config, tokens.len() / t, t);
            model.forward(tokens, &mut ws, None, Pass::default());
            loss += model.loss(targets, &mut ws);
        }
        loss / batch.targets.len() as f64
    }
}
