//! Which model reads what: the flags that all ways to look share.

use crate::experiments::Context;
use crate::experiments::model::folder::{self, Ids};
use crate::model::{Trace, Transformer};
use crate::report::{Error, Text, text};
use crate::tokenizer::{Tokenizer, trace::visible};

/// More tokens cannot be told apart in a picture.
const MOST: usize = 512;

/// A story whose next word can only be known from far back: who it is about.
const STORY: &str = "Once there was a brave queen who lived by the sea . She found a lamp and showed it to the owl . In the end the";

/// Which model reads what.
#[derive(Debug, Clone, clap::Args)]
pub struct Subject {
    /// The text that the model reads; a story if not given ‖ 模型读取的文本；默认为一段故事
    #[arg(value_name = "TEXT", conflicts_with = "ids")]
    pub text: Option<String>,
    /// Token ids instead of a text ‖ 用 token 编号代替文本
    #[arg(long, value_name = "1,2,3")]
    pub ids: Option<Ids>,
    /// The folder of the model; the story model of the lab if not given ‖ 模型所在文件夹；默认为自带的故事模型
    #[arg(long, value_name = "DIR", default_value = "stories")]
    pub model: String,
    /// The same model with random weights, as before training ‖ 同一结构、随机权重（训练之前）
    #[arg(long)]
    pub untrained: bool,
}

/// A model with what it reads.
pub struct Reader {
    /// The model.
    pub model: Transformer<f32>,
    /// What it reads.
    pub ids: Vec<u32>,
    tokenizer: Option<Tokenizer>,
}

impl Subject {
    /// Opens the model and cuts the text.
    ///
    /// # Errors
    /// If there is no such model, or it has no tokenizer for a text.
    pub fn open(&self, context: &Context) -> Result<Reader, Error> {
        let mut model = folder::open(context, &self.model)?;
        if self.untrained {
            model = Transformer::new(model.config, &mut context.rng(0))?;
        }
        let tokenizer = match &self.ids {
            // ids need no tokenizer: a damaged one only costs the names
            Some(_) => folder::tokenizer(context, &self.model).unwrap_or(None),
            None => folder::tokenizer(context, &self.model)?,
        };
        let ids = match (&self.ids, &tokenizer) {
            (Some(ids), _) => ids.0.clone(),
            (None, Some(tokenizer)) => tokenizer.encode(self.text.as_deref().unwrap_or(STORY))?,
            (None, None) => {
                return Err(Error::input(text(
                    format!("{} has no tokenizer.json that could cut a text", self.model),
                    format!("{} 中没有 tokenizer.json，无法切分文本", self.model),
                ))
                .allowed(text("token ids", "token 编号"))
                .example(format!("llm-lab look lens --ids 1,2,3 --model {}", self.model)));
            }
        };
        if ids.len() > MOST {
            return Err(Error::input(text(
                format!("{} tokens are too many to look at", ids.len()),
                format!("{} 个 token 太多，看不清", ids.len()),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 个"))));
        }
        Ok(Reader { model, ids, tokenizer })
    }
}

impl Reader {
    /// Reads.
    ///
    /// # Errors
    /// If the model cannot read so many tokens, or does not know one.
    pub fn trace(&self) -> Result<Trace<'_, f32>, Error> {
        Trace::of(&self.model, &self.ids)
    }

    /// What a token looks like: its piece, or its number where there is no tokenizer.
    pub fn token(&self, id: usize) -> String {
        let piece = self.tokenizer.as_ref().and_then(|t| t.piece(id as u32));
        piece.map_or_else(|| id.to_string(), visible)
    }

    /// The tokens that are read, as names of an axis.
    pub fn names(&self) -> Vec<String> {
        self.ids.iter().map(|id| self.token(*id as usize)).collect()
    }

    /// The name of the last token.
    pub fn last(&self) -> String {
        self.ids.last().map_or(String::new(), |id| self.token(*id as usize))
    }

    /// The first few tokens of an order from most to least: `Ġqueen Ġowl Ġgirl`.
    pub fn list(&self, ids: impl Iterator<Item = usize>, n: usize) -> String {
        ids.take(n).map(|id| self.token(id)).collect::<Vec<_>>().join(" ")
    }
}

/// One of `n` blocks or heads, counted from 1 as learners do, as an index.
///
/// # Errors
/// Bad input if there are not so many.
pub fn one_of(number: usize, n: usize, what: &Text) -> Result<usize, Error> {
    if (1..=n).contains(&number) {
        return Ok(number - 1);
    }
    Err(Error::input(text(
        format!("there is no {} {number}", what.en),
        format!("没有{} {number}", what.zh),
    ))
    .allowed(text(format!("1 to {n}"), format!("1 到 {n}"))))
}

/// Indices of numbers from the largest to the smallest.
pub fn descending(numbers: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*b].total_cmp(&numbers[*a]));
    order
}

/// The largest of some numbers, the first of equals.
pub fn largest<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> usize {
    let better =
        |best: (usize, f32), (i, x): (usize, &f32)| if *x > best.1 { (i, *x) } else { best };
    numbers.into_iter().enumerate().fold((0, f32::NEG_INFINITY), better).0
}
