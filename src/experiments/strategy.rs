//! The flags of every command that chooses tokens: what shapes the distribution, and beam search;
//! named as Hugging Face's `generate` names them.

use super::params;
use crate::model::decoding::{BeamSearch, EarlyStopping};
use crate::model::{Config, Settings};
use crate::report::{Error, text};
use crate::tokenizer::Tokenizer;

/// Penalties, temperature and filters.
#[derive(Debug, Clone, clap::Args)]
pub struct Filters {
    /// Below 1 sharper, above 1 flatter ‖ 小于 1 更集中，大于 1 更分散
    #[arg(long, value_name = "T", default_value = "1", value_parser = temperature)]
    pub temperature: f64,
    /// Only the k most likely tokens ‖ 只保留概率最大的 k 个 token
    #[arg(long, value_name = "K", value_parser = params::count(1, 1_000_000))]
    pub top_k: Option<usize>,
    /// Only the fewest tokens that hold the mass p (nucleus sampling) ‖ 只保留累计概率达到 p 的最少 token（核采样）
    #[arg(long, value_name = "P", value_parser = share)]
    pub top_p: Option<f64>,
    /// Only tokens with at least this share of the largest probability ‖ 只保留概率不小于最大概率的这一比例的 token
    #[arg(long, value_name = "P", value_parser = share)]
    pub min_p: Option<f64>,
    /// Only tokens about as surprising as the entropy, up to the mass p ‖ 只保留惊奇度接近熵的 token，直到累计概率达到 p
    #[arg(long, visible_alias = "typical", value_name = "P", value_parser = share)]
    pub typical_p: Option<f64>,
    /// Only tokens of at least this probability ‖ 只保留概率不小于 ε 的 token
    #[arg(long, visible_alias = "epsilon", value_name = "E", value_parser = cutoff)]
    pub epsilon_cutoff: Option<f64>,
    /// The same with a cut-off that falls with the entropy ‖ 同上，但阈值随熵增大而降低（η 采样）
    #[arg(long, visible_alias = "eta", value_name = "E", value_parser = cutoff)]
    pub eta_cutoff: Option<f64>,
    /// Divides the positive logits of tokens that were read and multiplies the negative ones ‖ 对已出现的 token：正 logit 除以它，负 logit 乘以它
    #[arg(long, value_name = "X", default_value = "1", value_parser = params::between(0.01, 100.0))]
    pub repetition_penalty: f64,
    /// Taken from the logit of each token that was chosen before ‖ 从已生成过的 token 的 logit 中减去
    #[arg(long, value_name = "X", default_value = "0", value_parser = params::between(-100.0, 100.0), allow_negative_numbers = true)]
    pub presence_penalty: f64,
    /// Taken from it once for each time ‖ 每生成过一次就减去一次
    #[arg(long, value_name = "X", default_value = "0", value_parser = params::between(-100.0, 100.0), allow_negative_numbers = true)]
    pub frequency_penalty: f64,
    /// No n tokens in a row twice ‖ 连续 n 个 token 不得重复出现
    #[arg(long, visible_alias = "no-repeat-ngram", value_name = "N", value_parser = params::count(1, 1000))]
    pub no_repeat_ngram_size: Option<usize>,
}

impl Filters {
    /// As the model's floor reads them.
    pub fn settings(&self) -> Settings {
        Settings {
            repetition_penalty: self.repetition_penalty,
            presence_penalty: self.presence_penalty,
            frequency_penalty: self.frequency_penalty,
            no_repeat_ngram: self.no_repeat_ngram_size,
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            typical_p: self.typical_p,
            epsilon_cutoff: self.epsilon_cutoff,
            eta_cutoff: self.eta_cutoff,
        }
    }
}

/// A temperature: above 0. What people mean by 0 is another flag.
pub fn temperature(word: &str) -> Result<f64, String> {
    match params::finite(word) {
        Ok(x) if (0.01..=100.0).contains(&x) => Ok(x),
        Ok(0.0) => Err("a number from 0.01 to 100; the limit 0 is --greedy ‖ 0.01 到 100 之间的数；极限 0 请用 --greedy".to_string()),
        _ => Err("a number from 0.01 to 100 ‖ 0.01 到 100 之间的数".to_string()),
    }
}

/// A share: above 0, at most 1.
pub fn share(word: &str) -> Result<f64, String> {
    match params::finite(word) {
        Ok(x) if x > 0.0 && x <= 1.0 => Ok(x),
        _ => Err("a number above 0, up to 1 ‖ 大于 0 且不超过 1 的数".to_string()),
    }
}

/// A probability that cuts off: between 0 and 1.
pub fn cutoff(word: &str) -> Result<f64, String> {
    match params::finite(word) {
        Ok(x) if x > 0.0 && x < 1.0 => Ok(x),
        _ => Err("a number between 0 and 1 ‖ 0 与 1 之间的数".to_string()),
    }
}

/// Beam search.
#[derive(Debug, Clone, clap::Args)]
pub struct Beams {
    /// Beam search with so many beams ‖ 束搜索的束宽
    #[arg(long, visible_alias = "beams", value_name = "B", value_parser = params::count(1, 1000))]
    pub num_beams: Option<usize>,
    /// α: a text's sum of ln p is divided by its length to this power ‖ α：ln p 之和除以长度的 α 次方
    #[arg(long, value_name = "A", default_value = "1", requires = "num_beams", value_parser = params::between(-10.0, 10.0), allow_negative_numbers = true)]
    pub length_penalty: f64,
    /// When a search with B ended texts stops: at once, when the best running one is worse, when none could be better ‖ 已有 B 个完整文本时何时停止：立即、正在延伸的最优者更差时、不可能更好时
    #[arg(long, value_name = "WHEN", default_value = "false", requires = "num_beams")]
    pub early_stopping: Early,
    /// Groups that keep out of each other's way (diverse beam search) ‖ 分组束搜索的组数，各组彼此避让
    #[arg(long, visible_alias = "groups", value_name = "G", default_value = "1", requires = "num_beams", value_parser = params::count(1, 1000))]
    pub num_beam_groups: usize,
    /// What a token loses for each group that has just chosen it ‖ 前面的组每选过一次该 token，它要扣除多少
    #[arg(long, visible_alias = "diversity", value_name = "X", default_value = "0", requires = "num_beams", value_parser = params::between(0.0, 100.0))]
    pub diversity_penalty: f64,
}

/// [`EarlyStopping`] by the words that Hugging Face uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Early {
    /// As soon as there are B ended texts ‖ 有 B 个完整文本就停
    True,
    /// When the best that runs scores worse ‖ 正在延伸的最优者得分更差时停
    False,
    /// When none could score better ‖ 不可能有更好的才停
    Never,
}

impl Beams {
    /// As the model's floor reads it: texts of at most `most` tokens, ended by `end`.
    pub fn search(&self, beams: usize, most: usize, end: Option<u32>) -> BeamSearch {
        BeamSearch {
            beams,
            groups: self.num_beam_groups,
            diversity: self.diversity_penalty,
            length_penalty: self.length_penalty,
            early_stopping: match self.early_stopping {
                Early::True => EarlyStopping::True,
                Early::False => EarlyStopping::False,
                Early::Never => EarlyStopping::Never,
            },
            end,
            most,
        }
    }
}

/// Refuses a search that would not fit in memory: a cache for each beam of up to `length` tokens,
/// twice while they are copied, and eight numbers for each candidate.
///
/// # Errors
/// Bad input, with what it would need.
pub fn affords(config: &Config, beams: usize, length: usize) -> Result<(), Error> {
    let f = |n: usize| n as f64;
    let cache = 2.0 * f(config.layers) * f(config.kv_heads * config.head_width) * f(length);
    let each = 2.0 * cache + 8.0 * f(config.vocab);
    params::fits(f(beams) * each, 4, &text("such a beam", "这样宽的束"))
}

/// The token that a learner means: its number, or a text that is one token; `\n` is a line break.
///
/// # Errors
/// Bad input if it is none.
pub fn token(word: &str, tokenizer: Option<&Tokenizer>, vocab: usize) -> Result<u32, Error> {
    let wrong = || {
        Error::input(text(format!("{word:?} is no token"), format!("{word:?} 不是 token"))).allowed(
            text(
                format!("a number below {vocab}, or a text that is one token"),
                format!("小于 {vocab} 的编号，或恰为一个 token 的文本"),
            ),
        )
    };
    let id = match (word.parse::<u32>(), tokenizer) {
        (Ok(id), _) => id,
        (Err(_), Some(tokenizer)) => match tokenizer.encode(&word.replace("\\n", "\n"))?[..] {
            [id] => id,
            _ => return Err(wrong()),
        },
        (Err(_), None) => return Err(wrong()),
    };
    if (id as usize) < vocab { Ok(id) } else { Err(wrong()) }
}
