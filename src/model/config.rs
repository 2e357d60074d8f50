//! Every choice of the Transformer in one place, with what makes a choice impossible.

use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::math::norm::DeepNorm;
use crate::report::{Error, text};

use super::Placement;
use super::position::Position;
use super::stack::NormKind;

/// Which linear maps have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Biases {
    /// Queries, keys and values.
    pub qkv: bool,
    /// The output of attention.
    pub output: bool,
    /// The feed-forward block.
    pub ffn: bool,
}

impl Biases {
    /// None, as in LLaMA.
    pub const NONE: Self = Self { qkv: false, output: false, ffn: false };
    /// Queries, keys and values only, as in Qwen2 and GLM-4.
    pub const QKV: Self = Self { qkv: true, output: false, ffn: false };
    /// All, as in GPT-2.
    pub const ALL: Self = Self { qkv: true, output: true, ffn: true };
}

/// What a Transformer is made of.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// V: tokens it knows.
    pub vocab: usize,
    /// S: the longest sequence.
    pub context: usize,
    /// d: width of the residual stream.
    pub d: usize,
    /// Width inside the feed-forward block.
    pub d_ff: usize,
    /// L: blocks.
    pub layers: usize,
    /// H: query heads.
    pub heads: usize,
    /// Key and value heads: H (MHA), 1 (MQA), or between (GQA).
    pub kv_heads: usize,
    /// d_h: width of a head; d/H as a rule.
    pub head_width: usize,
    /// Which norm.
    pub norm: NormKind,
    /// ε of the norms.
    pub eps: f64,
    /// Where the norms stand.
    pub placement: Placement,
    /// Whether the stream goes around each branch; without, only to see what breaks.
    pub residual: bool,
    /// The activation of the feed-forward block, or of its gate.
    pub activation: Activation,
    /// Whether the feed-forward block is gated (SwiGLU, GEGLU, ReGLU).
    pub gated: bool,
    /// How it knows positions.
    pub position: Position,
    /// Who may look at whom.
    pub mask: Mask,
    /// Which linear maps have biases.
    pub biases: Biases,
    /// Whether the embedding is also the output matrix.
    pub tied: bool,
    /// Share of the branches' outputs and of the embeddings dropped in training.
    pub dropout: f64,
    /// What scores are multiplied by; `None` is 1/√d_h.
    pub score_scale: Option<f64>,
    /// Rows of the table of token types, BERT's first and second sentence; 0 without one.
    #[serde(default)]
    pub types: usize,
    /// Whether a norm stands right after the embedding.
    #[serde(default)]
    pub embedding_norm: bool,
    /// Whether BERT's head stands before the output matrix: a linear map, the activation and a
    /// norm; and a bias for each token after it.
    #[serde(default)]
    pub transform: bool,
}

/// The most parameters of a model that is built here, not only counted.
pub const MOST_PARAMETERS: f64 = 2e8;

/// The most numbers of a table of positions: those of 131,072 positions and heads of 128 fit.
pub const MOST_TABLE: f64 = 4e7;

impl Config {
    /// What DeepNorm multiplies the stream by, and the gain that its weights start with; 1 and 1
    /// elsewhere.
    pub fn deepnorm(&self) -> DeepNorm {
        match self.placement {
            Placement::DeepNorm => DeepNorm::single(self.layers),
            _ => DeepNorm { alpha: 1.0, beta: 1.0 },
        }
    }

    /// What scores are multiplied by before softmax.
    pub fn scale(&self) -> f64 {
        self.score_scale.unwrap_or(1.0 / (self.head_width as f64).sqrt())
    }

    /// What embeddings are multiplied by: √d where sines of amplitude 1 are added (Vaswani et al.
    /// 2017, section 3.4), otherwise 1.
    pub fn embedding_scale(&self) -> f64 {
        if self.position == Position::Sinusoidal { (self.d as f64).sqrt() } else { 1.0 }
    }

    /// The parameters, by the shapes. Exact as long as it is below 2⁵³.
    pub fn parameters(&self) -> f64 {
        let f = |n: usize| n as f64;
        let (d, wide, narrow) =
            (f(self.d), f(self.heads * self.head_width), f(self.kv_heads * self.head_width));
        let matrices = if self.gated { 3.0 } else { 2.0 };
        let norm = match self.norm {
            NormKind::None => 0.0,
            NormKind::RmsNorm => d,
            NormKind::LayerNorm => 2.0 * d,
        };
        let norms = if self.placement == Placement::Sandwich { 4.0 } else { 2.0 } * norm;
        let if_there = |there: bool, n: f64| if there { n } else { 0.0 };
        let biases = if_there(self.biases.qkv, wide + 2.0 * narrow)
            + if_there(self.biases.output, d)
            + if_there(self.biases.ffn, d + (matrices - 1.0) * f(self.d_ff));
        let block = d * (2.0 * wide + 2.0 * narrow) + matrices * d * f(self.d_ff) + norms + biases;
        let last = if self.placement.has_final_norm() { norm } else { 0.0 };
        let tables = if self.tied { 1.0 } else { 2.0 } * f(self.vocab) * d;
        let positions = match self.position {
            Position::Learned => f(self.context) * d,
            Position::TwoRows => 2.0 * f(self.context) * d,
            Position::Relative { buckets, .. } => f(buckets * self.heads),
            _ => 0.0,
        };
        let ends = f(self.types) * d
            + if_there(self.embedding_norm, norm)
            + if_there(self.transform, d * d + d + norm + f(self.vocab));
        f(self.layers) * block + last + tables + positions + ends
    }

    /// Whether such a model can be built.
    ///
    /// # Errors
    /// Bad input, naming the first choice that is impossible and what would be possible.
    pub fn validate(&self) -> Result<(), Error> {
        self.consistent()?;
        // the table of sines or angles counts as well
        let sines = self.position == Position::Sinusoidal;
        let table = self.context as f64 * (if sines { self.d } else { self.head_width }) as f64;
        let n = self.parameters();
        if table > MOST_TABLE {
            return Err(Error::input(text(
                format!("the table of {} positions would have {table:.0} numbers", self.context),
                format!("{} 个位置的表会有 {table:.0} 个数", self.context),
            ))
            .allowed(text("up to 40 million", "最多 4000 万")));
        }
        if n > MOST_PARAMETERS {
            return Err(Error::input(text(
                format!(
                    "the model would have {:.0} million parameters, too many to build here",
                    n / 1e6
                ),
                format!("模型会有 {:.0} 百万个参数，这里无法构建", n / 1e6),
            ))
            .allowed(text(
                "up to 200 million; `model show` counts any",
                "最多 2 亿；`model show` 可以统计任意大小",
            ))
            .example("llm-lab model show llama-2-70b"));
        }
        Ok(())
    }

    /// Whether the choices fit each other, however large the model is: what can be counted.
    ///
    /// # Errors
    /// Bad input, naming the first choice that is impossible and what would be possible.
    pub fn consistent(&self) -> Result<(), Error> {
        self.sizes()?;
        self.rates()?;
        self.position.validate(self.head_width)
    }

    fn sizes(&self) -> Result<(), Error> {
        let sizes = [
            ("vocab", self.vocab, 1_000_000),
            ("context", self.context, 1_000_000),
            ("d-model", self.d, 100_000),
            ("d-ff", self.d_ff, 1_000_000),
            ("layers", self.layers, 1000),
            ("heads", self.heads, 1000),
            ("kv-heads", self.kv_heads, 1000),
            ("head width", self.head_width, 100_000),
        ];
        for (name, n, most) in sizes {
            if n == 0 || n > most {
                return Err(Error::input(text(format!("{name} is {n}"), format!("{name} 为 {n}")))
                    .allowed(text(format!("1 to {most}"), format!("1 到 {most}"))));
            }
        }
        Self::groups_of_heads(self.heads, self.kv_heads)?;
        Ok(())
    }

    fn rates(&self) -> Result<(), Error> {
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::input(text(
                format!("dropout is {}", self.dropout),
                format!("dropout 为 {}", self.dropout),
            ))
            .allowed(text("0 up to, not including, 1", "0 到 1（不含 1）")));
        }
        if !(self.eps >= 0.0 && self.eps.is_finite()) {
            return Err(Error::input(text(
                format!("ε is {}", self.eps),
                format!("ε 为 {}", self.eps),
            ))
            .allowed(text("0 or a small positive number", "0 或很小的正数")));
        }
        Ok(())
    }

    /// How many query heads share each of `kv` key and value heads.
    ///
    /// # Errors
    /// Bad input if `kv` does not divide `heads`.
    pub fn groups_of_heads(heads: usize, kv: usize) -> Result<usize, Error> {
        if kv == 0 || !heads.is_multiple_of(kv) {
            return Err(Error::input(text(
                format!("{kv} key and value heads do not divide {heads} query heads"),
                format!("{kv} 个 KV 头不能整除 {heads} 个查询头"),
            ))
            .allowed(divisors(heads)));
        }
        Ok(heads / kv)
    }

    /// The width of a head for `d` and `heads`.
    ///
    /// # Errors
    /// Bad input if the heads do not divide d.
    pub fn width_of_heads(d: usize, heads: usize) -> Result<usize, Error> {
        if heads == 0 || !d.is_multiple_of(heads) {
            return Err(Error::input(text(
                format!("{heads} heads do not divide a width of {d}"),
                format!("{heads} 个注意力头不能整除宽度 {d}"),
            ))
            .allowed(divisors(d)));
        }
        Ok(d / heads)
    }
}

/// The divisors of `n` as something to choose from.
fn divisors(n: usize) -> crate::report::Text {
    let all = (1..=n.min(4096)).filter(|k| n.is_multiple_of(*k));
    let all = all.map(|k| k.to_string()).collect::<Vec<_>>().join(", ");
    text(all.clone(), all)
}
