//! The flags that describe a Transformer, and the configuration that they give.

use crate::experiments::params;
use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::model::stack::NormKind;
use crate::model::{Biases, Config, Placement, Position, Preset, Rope, Size};
use crate::report::{Error, text};

/// The choices of a model. What is not given, the preset decides.
#[derive(Debug, Clone, clap::Args)]
pub struct Choices {
    /// The style of a family of models ‖ 模型家族的风格
    #[arg(long, default_value = "llama", value_parser = ["gpt2", "llama", "qwen2", "glm4", "bert"])]
    pub preset: String,
    /// Tokens of the vocabulary ‖ 词表大小
    #[arg(long, value_name = "V", value_parser = params::count(2, 200_000))]
    pub vocab_size: Option<usize>,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 8192))]
    pub d_model: usize,
    /// Width inside the feed-forward block; 8/3 or 4 times d-model if not given ‖ 前馈层内部宽度；默认为 d-model 的 8/3 或 4 倍
    #[arg(long, value_name = "D", value_parser = params::count(1, 65_536))]
    pub d_ff: Option<usize>,
    /// Blocks ‖ 层数
    #[arg(long, value_name = "L", default_value = "4", value_parser = params::count(1, 200))]
    pub layers: usize,
    /// Query heads ‖ 查询头数
    #[arg(long, value_name = "H", default_value = "4", value_parser = params::count(1, 256))]
    pub heads: usize,
    /// Key and value heads; as many as query heads if not given ‖ KV 头数；默认与查询头相同
    #[arg(long, value_name = "H", value_parser = params::count(1, 256))]
    pub kv_heads: Option<usize>,
    /// The longest sequence ‖ 最大序列长度
    #[arg(long, value_name = "T", default_value = "128", value_parser = params::count(2, 16_384))]
    pub context: usize,
    /// Which norm ‖ 用哪种归一化
    #[arg(long, value_parser = ["none", "layernorm", "rmsnorm"])]
    pub norm: Option<String>,
    /// Where the norm stands ‖ 归一化的位置
    #[arg(long, value_parser = ["pre", "post", "sandwich", "deepnorm"])]
    pub placement: Option<String>,
    /// The feed-forward block ‖ 前馈层的种类
    #[arg(long, visible_alias = "activation", value_parser = ["relu", "gelu", "gelu-tanh", "silu", "swiglu", "geglu", "reglu"])]
    pub ffn: Option<String>,
    /// How positions are known ‖ 位置编码
    #[arg(long, value_parser = ["none", "learned", "sinusoidal", "rope", "alibi", "relative"])]
    pub position: Option<String>,
    /// The base of RoPE ‖ RoPE 的底数
    #[arg(long, value_name = "BASE", value_parser = params::between(1.0, 1e12))]
    pub rope_base: Option<f64>,
    /// Who may look at whom ‖ 注意力掩码
    #[arg(long, value_parser = ["causal", "none", "prefix", "sliding"])]
    pub mask: Option<String>,
    /// Tokens of the prefix or of the sliding window ‖ 前缀或滑动窗口的 token 数
    #[arg(long, value_name = "N", default_value = "32", value_parser = params::count(1, 16_384))]
    pub window: usize,
    /// Which linear maps have biases ‖ 哪些线性层带偏置
    #[arg(long, visible_alias = "biases", value_parser = ["none", "qkv", "all"])]
    pub bias: Option<String>,
    /// Whether the embedding is also the output matrix ‖ 输出矩阵是否与词嵌入共享
    #[arg(long, value_name = "yes|no", value_parser = ["yes", "no"])]
    pub tied: Option<String>,
    /// Share of activations dropped in training ‖ 训练时丢弃的比例
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 0.95))]
    pub dropout: Option<f64>,
    /// What scores are multiplied by instead of 1/√d_h ‖ 注意力分数的缩放系数（默认 1/√d_h）
    #[arg(long, value_name = "S", value_parser = params::between(0.0, 1e3))]
    pub score_scale: Option<f64>,
    /// ε of the norms ‖ 归一化的 ε
    #[arg(long, value_name = "ε", value_parser = params::between(0.0, 1.0))]
    pub eps: Option<f64>,
    /// Take the residual connections away ‖ 去掉残差连接
    #[arg(long)]
    pub no_residual: bool,
}

impl Choices {
    /// The configuration of a model to build, with `vocab` tokens where the flags do not say.
    ///
    /// # Errors
    /// Bad input if the choices do not fit each other, or the model is too large.
    pub fn config(&self, vocab: usize) -> Result<Config, Error> {
        let config = self.plan(vocab)?;
        config.validate()?;
        Ok(config)
    }

    /// The same for a model that is only counted, of any size.
    ///
    /// # Errors
    /// Bad input if the choices do not fit each other.
    pub fn plan(&self, vocab: usize) -> Result<Config, Error> {
        let Some(preset) = Preset::find(&self.preset) else {
            return Err(Error::input(text("no such preset", "没有这个预设")));
        };
        let size = Size {
            vocab: self.vocab_size.unwrap_or(vocab),
            context: self.context,
            d: self.d_model,
            d_ff: 1,
            layers: self.layers,
            heads: self.heads,
            kv_heads: self.kv_heads.unwrap_or(self.heads),
        };
        let mut config = preset.config(size)?;
        if let Some(norm) = &self.norm {
            config.norm = match norm.as_str() {
                "none" => NormKind::None,
                "layernorm" => NormKind::LayerNorm,
                _ => NormKind::RmsNorm,
            };
        }
        if let Some(id) = &self.placement {
            let found = Placement::ALL.into_iter().find(|placement| placement.id() == id);
            config.placement = found.unwrap_or(config.placement);
        }
        if let Some(ffn) = &self.ffn {
            (config.activation, config.gated) = match ffn.as_str() {
                "relu" => (Activation::Relu, false),
                "gelu" => (Activation::Gelu, false),
                "gelu-tanh" => (Activation::GeluTanh, false),
                "silu" => (Activation::SILU, false),
                "geglu" => (Activation::Gelu, true),
                "reglu" => (Activation::Relu, true),
                _ => (Activation::SILU, true),
            };
        }
        self.positions(&mut config);
        self.rest(&mut config);
        // a gated block with three matrices is as large as a plain one at 8/3 d
        let rule = if config.gated { (8 * config.d).div_ceil(3) } else { 4 * config.d };
        config.d_ff = self.d_ff.unwrap_or(rule.next_multiple_of(8));
        config.consistent()?;
        Ok(config)
    }

    /// The mask, if a flag names one.
    pub fn mask(&self) -> Option<Mask> {
        self.mask.as_ref().map(|mask| match mask.as_str() {
            "none" => Mask::None,
            "prefix" => Mask::Prefix(self.window),
            "sliding" => Mask::Sliding(self.window),
            _ => Mask::Causal,
        })
    }

    fn positions(&self, config: &mut Config) {
        if let Some(position) = &self.position {
            config.position = match position.as_str() {
                "none" => Position::None,
                "learned" => Position::Learned,
                "sinusoidal" => Position::Sinusoidal,
                "alibi" => Position::Alibi,
                "relative" => Position::Relative { buckets: 32, farthest: 128 },
                _ => Position::Rope(Rope::new(10_000.0)),
            };
        }
        if let (Position::Rope(rope), Some(base)) = (&mut config.position, self.rope_base) {
            rope.base = base;
        }
        config.mask = self.mask().unwrap_or(config.mask);
    }

    fn rest(&self, config: &mut Config) {
        match self.bias.as_deref() {
            Some("none") => config.biases = Biases::NONE,
            Some("qkv") => config.biases = Biases::QKV,
            Some(_) => config.biases = Biases::ALL,
            None => {}
        }
        config.tied = self.tied.as_ref().map_or(config.tied, |word| word == "yes");
        config.dropout = self.dropout.unwrap_or(config.dropout);
        config.score_scale = self.score_scale.or(config.score_scale);
        config.eps = self.eps.unwrap_or(config.eps);
        config.residual = !self.no_residual;
    }
}
