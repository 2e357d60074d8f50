//! Which model generates: one in a folder, or random weights of a chosen size.

use crate::experiments::model::folder;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::model::workspace::kept;
use crate::model::{Preset, Size, Transformer};
use crate::report::{Error, text};

/// Which model generates.
#[derive(Debug, Clone, clap::Args)]
pub struct Subject {
    /// The folder of a model, or stories; without it random weights of the size below ‖ 模型文件夹或 stories；不写则为下列尺寸的随机权重
    #[arg(long, value_name = "DIR")]
    pub model: Option<String>,
    /// The longest sequence of random weights ‖ 随机权重模型的最大长度
    #[arg(long, value_name = "T", default_value = "512", value_parser = params::count(16, 8192))]
    pub context: usize,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 2048))]
    pub d_model: usize,
    /// Blocks ‖ 层数
    #[arg(long, value_name = "L", default_value = "2", value_parser = params::count(1, 64))]
    pub layers: usize,
    /// Query heads ‖ 查询头数
    #[arg(long, value_name = "H", default_value = "4", value_parser = params::count(1, 64))]
    pub heads: usize,
    /// Key and value heads; as many as query heads if not given ‖ KV 头数；默认与查询头相同
    #[arg(long, value_name = "H", value_parser = params::count(1, 64))]
    pub kv_heads: Option<usize>,
}

impl Subject {
    /// Opens or draws the model.
    ///
    /// # Errors
    /// If there is no such model, its sizes do not fit each other, or it looks at both sides.
    pub fn open(&self, context: &Context) -> Result<Transformer<f32>, Error> {
        let model = match &self.model {
            Some(folder) => folder::open(context, folder)?,
            None => {
                let size = Size {
                    vocab: 256,
                    context: self.context,
                    d: self.d_model,
                    d_ff: 4 * self.d_model,
                    layers: self.layers,
                    heads: self.heads,
                    kv_heads: self.kv_heads.unwrap_or(self.heads),
                };
                Transformer::new(Preset::Llama.config(size)?, &mut context.rng(0))?
            }
        };
        if model.config.mask.ahead() > 0 {
            let bert = model.config.mask == Mask::None;
            let (en, zh) = match bert {
                true => (
                    "this model looks at both sides: a new token changes all the old ones",
                    "这个模型看两侧：新 token 会改变所有旧 token",
                ),
                false => (
                    "this model's prefix sees ahead, so that it cannot be cached token by token",
                    "这个模型的前缀会向后看，不能逐 token 缓存",
                ),
            };
            return Err(Error::input(text(en, zh))
                .allowed(text("a model with a causal mask", "因果掩码的模型")));
        }
        Ok(model)
    }

    /// What the figure calls it.
    pub fn name(&self) -> String {
        self.model
            .clone()
            .unwrap_or_else(|| format!("random weights, d = {}, L = {}", self.d_model, self.layers))
    }
}

/// Refuses a text that the model could not read at once: the numbers that a pass over `n` tokens
/// leaves in every block.
///
/// # Errors
/// Bad input, saying how much memory it would need.
pub fn fits(model: &Transformer<f32>, n: usize) -> Result<(), Error> {
    let what = text(format!("reading {n} tokens at once"), format!("一次读 {n} 个 token "));
    let own = model.weights.len() as f64;
    params::fits(own + kept(&model.config, n), size_of::<f32>(), &what)
}

/// `n` tokens that the model knows, the same for a seed.
pub fn tokens(model: &Transformer<f32>, n: usize, context: &Context) -> Vec<u32> {
    use ndarray_rand::rand::Rng;
    let mut rng = context.rng(1);
    (0..n).map(|_| rng.random_range(0..model.config.vocab as u32)).collect()
}
