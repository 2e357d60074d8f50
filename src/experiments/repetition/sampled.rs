//! Texts by a strategy, and true stories to compare them with.

use ndarray_rand::rand::RngCore;

use crate::corpus::stories::Stories;
use crate::experiments::method::Method;
use crate::experiments::teller::{Teller, Told};
use crate::experiments::{Context, params};
use crate::report::{Error, text};

/// How much is generated, by which model.
#[derive(Debug, Clone, clap::Args)]
pub struct Texts {
    /// The folder of the model; stories is the one that the lab carries ‖ 模型所在文件夹；stories 是自带的模型
    #[arg(long, value_name = "DIR", default_value = "stories")]
    pub model: String,
    /// The text to go on from ‖ 起始文本
    #[arg(long, value_name = "TEXT", default_value = "\\n")]
    pub prompt: String,
    /// How many tokens each text has ‖ 每段文本多少个 token
    #[arg(long, value_name = "N", default_value = "256", value_parser = params::count(8, 4000))]
    pub count: usize,
    /// How many texts of each strategy ‖ 每种策略生成多少段
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::count(1, 100))]
    pub texts: usize,
}

impl Texts {
    /// The texts of one strategy, the `done.0`-th of `done.1`.
    ///
    /// # Errors
    /// If the model cannot read the prompt, or nothing can be chosen.
    pub fn tell(
        &self,
        teller: &Teller,
        method: &Method,
        done: (usize, usize),
        context: &Context,
    ) -> Result<Vec<Told>, Error> {
        let prompt = teller.read(&self.prompt)?;
        let each = self.count * self.texts;
        let what = text(format!("generating: {}", method.name), format!("生成中：{}", method.name));
        let one = |i: usize| {
            let step = |t| context.step(done.0 * each + i * self.count + t, done.1 * each, &what);
            let mut rng = context.rng(i as u64);
            teller.tell(&prompt, self.count, None, method, &mut rng, step)
        };
        (0..self.texts).map(one).collect()
    }
}

/// The tokens of true stories.
///
/// # Errors
/// If the tokenizer lacks a character.
pub fn reference(teller: &Teller, count: usize, rng: &mut dyn RngCore) -> Result<Vec<u32>, Error> {
    let mut tokens = Vec::new();
    while tokens.len() < count {
        tokens.extend(teller.tokenizer.encode(&format!("{}\n", Stories.story(rng).0))?);
    }
    tokens.truncate(count);
    Ok(tokens)
}
