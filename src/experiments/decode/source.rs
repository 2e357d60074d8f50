//! Where logits come from: typed, or what a model says after a prompt.

use crate::experiments::Context;
use crate::experiments::model::folder::{self, Ids};
use crate::math::attention::Mask;
use crate::model::{Generation, Transformer};
use crate::report::{Error, text};
use crate::tokenizer::{Tokenizer, trace::visible};

/// The logits of someone who types none.
pub const TYPED: [f64; 5] = [2.0, 1.0, 0.5, 0.0, -1.0];

/// The most logits that can be typed.
const MOST: usize = 1000;

/// Numbers of one flag, written `2,1,0.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers(pub Vec<f64>);

impl std::str::FromStr for Numbers {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let allowed = || {
            "1 to 1,000 finite numbers with commas between, such as 2,1,0.5,0,-1 ‖ 1 到 1,000 个以逗号分隔的有限数，例如 2,1,0.5,0,-1".to_string()
        };
        let number = |word: &str| word.parse::<f64>().ok().filter(|x| x.abs() <= 1e30);
        let words = words.split([',', ' ']).filter(|word| !word.is_empty());
        let numbers: Option<Vec<f64>> = words.map(number).collect();
        let fits = |all: &Vec<f64>| (1..=MOST).contains(&all.len());
        numbers.filter(fits).map(Self).ok_or_else(allowed)
    }
}

/// Which distribution is looked at.
#[derive(Debug, Clone, clap::Args)]
pub struct Source {
    /// The logits ‖ logit
    #[arg(long, value_name = "Z,Z,…", allow_hyphen_values = true, conflicts_with_all = ["model", "prompt", "ids", "probabilities"])]
    pub logits: Option<Numbers>,
    /// Probabilities (or any shares) instead of logits: their logarithms are taken ‖ 用概率（或任意比例）代替 logit，程序取其对数
    #[arg(long, value_name = "P,P,…", conflicts_with_all = ["model", "prompt", "ids"])]
    pub probabilities: Option<Numbers>,
    /// Names of the tokens, with commas between ‖ token 的名字，以逗号分隔
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', conflicts_with_all = ["model", "prompt", "ids"])]
    pub tokens: Vec<String>,
    /// Ask a model instead: its folder; stories is the one that the lab carries ‖ 改用模型：模型文件夹；stories 是自带的模型
    #[arg(long, value_name = "DIR")]
    pub model: Option<String>,
    /// What the model has read ‖ 模型已读的文本
    #[arg(long, value_name = "TEXT", conflicts_with = "ids")]
    pub prompt: Option<String>,
    /// The same as token ids ‖ 同上，用 token 编号
    #[arg(long, value_name = "1,2,3")]
    pub ids: Option<Ids>,
}

/// What was opened.
pub struct Subject {
    /// The model with what it has read, if it is one.
    pub model: Option<(Transformer<f32>, Vec<u32>)>,
    /// What was typed, if it was typed.
    pub typed: Vec<f32>,
    tokenizer: Option<Tokenizer>,
    names: Vec<String>,
}

impl Source {
    /// Whether a model is asked.
    pub fn is_model(&self) -> bool {
        self.model.is_some() || self.prompt.is_some() || self.ids.is_some()
    }

    /// Opens the model, or takes what was typed.
    ///
    /// # Errors
    /// If there is no such model, it reads no text, or what was typed is no distribution.
    pub fn open(&self, context: &Context) -> Result<Subject, Error> {
        match self.is_model() {
            true => self.ask(context),
            false => self.typed(),
        }
    }

    /// As [`Self::open`], but a model even if nothing was asked for.
    ///
    /// # Errors
    /// As there.
    pub fn ask(&self, context: &Context) -> Result<Subject, Error> {
        let name = self.model.as_deref().unwrap_or(folder::STORIES);
        let model = folder::open(context, name)?;
        if model.config.mask == Mask::None {
            return Err(Error::input(text(
                "this model looks at both sides of a token: it fills gaps and does not go on",
                "这个模型会看 token 两侧：它用来填空，不能向后续写",
            ))
            .allowed(text("a model with a causal mask", "因果掩码的模型")));
        }
        let tokenizer = match &self.ids {
            // ids need no tokenizer: a damaged one only costs the names
            Some(_) => folder::tokenizer(context, name).unwrap_or(None),
            None => folder::tokenizer(context, name)?,
        };
        let ids = match (&self.ids, &tokenizer) {
            (Some(ids), _) => ids.0.clone(),
            (None, Some(tokenizer)) => tokenizer.encode(self.prompt.as_deref().unwrap_or("\n"))?,
            (None, None) => {
                return Err(Error::input(text(
                    format!("{name} has no tokenizer.json that could cut a text"),
                    format!("{name} 中没有 tokenizer.json，无法切分文本"),
                ))
                .allowed(text("token ids", "token 编号"))
                .example(format!("llm-lab decode step --model {name} --ids 1,2,3")));
            }
        };
        let (typed, names) = (Vec::new(), Vec::new());
        Ok(Subject { model: Some((model, ids)), typed, tokenizer, names })
    }

    fn typed(&self) -> Result<Subject, Error> {
        let typed: Vec<f32> = match (&self.logits, &self.probabilities) {
            (Some(logits), _) => logits.0.iter().map(|x| *x as f32).collect(),
            (None, Some(shares)) => {
                if shares.0.iter().any(|p| *p < 0.0) || shares.0.iter().all(|p| *p == 0.0) {
                    return Err(Error::input(text(
                        "these are no probabilities",
                        "这些数不能作概率",
                    ))
                    .allowed(text(
                        "numbers of 0 or more, one at least above 0",
                        "不小于 0 的数，且至少一个大于 0",
                    ))
                    .example("llm-lab decode step --probabilities 0.5,0.3,0.2 --top-p 0.7"));
                }
                let total: f64 = shares.0.iter().sum();
                shares.0.iter().map(|p| (p / total).ln() as f32).collect()
            }
            (None, None) => TYPED.iter().map(|x| *x as f32).collect(),
        };
        let n = typed.len();
        if !self.tokens.is_empty() && self.tokens.len() != n {
            return Err(Error::input(text(
                format!("{} names do not fit {n} logits", self.tokens.len()),
                format!("{} 个名字与 {n} 个 logit 不符", self.tokens.len()),
            ))
            .allowed(text(format!("{n} names"), format!("{n} 个名字"))));
        }
        Ok(Subject { model: None, typed, tokenizer: None, names: self.tokens.clone() })
    }
}

impl Subject {
    /// The model after what it has read.
    ///
    /// # Errors
    /// If it cannot read that.
    pub fn generation(&self) -> Result<Option<Generation<'_, f32>>, Error> {
        let Some((model, ids)) = &self.model else { return Ok(None) };
        Generation::new(model, ids).map(Some)
    }

    /// The logits of the next token, `(V)`.
    ///
    /// # Errors
    /// If the model cannot read what it is given.
    pub fn logits(&self) -> Result<Vec<f32>, Error> {
        Ok(self.generation()?.map_or_else(|| self.typed.clone(), |g| g.logits().to_vec()))
    }

    /// What a token looks like.
    pub fn token(&self, id: u32) -> String {
        let piece = self.tokenizer.as_ref().and_then(|t| t.piece(id));
        let typed = self.names.get(id as usize).cloned();
        let number = || match self.model {
            Some(_) => id.to_string(),
            None => format!("t{}", id + 1),
        };
        piece.map(visible).or(typed).unwrap_or_else(number)
    }

    /// The token that a learner means.
    ///
    /// # Errors
    /// If it is none.
    pub fn find(&self, word: &str, vocab: usize) -> Result<u32, Error> {
        crate::experiments::strategy::token(word, self.tokenizer.as_ref(), vocab)
    }
}
