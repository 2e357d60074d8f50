//! How many tokens there are, and where prefix, window and documents end: what all masks are drawn
//! and measured for.

use clap::ValueEnum;

use crate::experiments::params;
use crate::math::attention::{Documents, Mask};
use crate::report::{Error, Text, text};

/// Tokens where nothing says how many.
const TOKENS: usize = 8;
/// Words of a text at most.
const WORDS: usize = 512;

/// Which mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Itself and those before: GPT, LLaMA ‖ 自己与之前：GPT、LLaMA
    Causal,
    /// The prefix both ways, the rest causal: GLM, U-PaLM ‖ 前缀双向可见，其余因果：GLM、U-PaLM
    Prefix,
    /// Everybody: BERT ‖ 全部可见：BERT
    Bidirectional,
    /// The last few only: Longformer, Mistral ‖ 只看最近若干个：Longformer、Mistral
    Sliding,
    /// Several documents, each causal in itself ‖ 多篇文档打包，各自因果
    Packed,
    /// Two stacks: encoder, decoder, cross-attention ‖ 两个栈：编码器、解码器、交叉注意力
    EncoderDecoder,
}

/// The sizes, as typed.
#[derive(Debug, Clone, clap::Args)]
pub struct Sizes {
    /// Tokens; 8 if nothing else says how many ‖ token 数；默认 8
    #[arg(long, value_name = "N", value_parser = params::count(1, 1_000_000))]
    pub tokens: Option<usize>,
    /// Tokens of the prefix, which is the encoder's input in an encoder–decoder; one more than half if not given ‖ 前缀的 token 数，在编码器–解码器中即编码器的输入；默认一半加一
    #[arg(long, value_name = "P", value_parser = params::count(1, 1_000_000))]
    pub prefix: Option<usize>,
    /// Tokens of the sliding window, itself among them; a third if not given ‖ 滑动窗口的 token 数（含自己）；默认三分之一
    #[arg(long, value_name = "W", value_parser = params::count(1, 1_000_000))]
    pub window: Option<usize>,
    /// Lengths of the packed documents; three about equal ones if not given ‖ 打包的各文档长度；默认三篇长度相近的
    #[arg(long, value_name = "N", num_args = 1.., value_parser = params::count(1, 1_000_000))]
    pub documents: Vec<usize>,
}

/// The sizes, checked.
#[derive(Debug, Clone)]
pub struct Setting {
    /// n: all tokens.
    pub tokens: usize,
    /// p: those of the prefix, or of the encoder.
    pub prefix: usize,
    /// w: those that a sliding token sees.
    pub window: usize,
    /// Lengths of the documents, which add up to n.
    pub documents: Vec<usize>,
    /// The same as the mask keeps them.
    packed: Documents,
}

impl Kind {
    /// The name that one types.
    pub fn name(self) -> &'static str {
        match self {
            Self::Causal => "causal",
            Self::Prefix => "prefix",
            Self::Bidirectional => "bidirectional",
            Self::Sliding => "sliding",
            Self::Packed => "packed",
            Self::EncoderDecoder => "encoder-decoder",
        }
    }

    /// The kinds that were named, or all.
    pub fn chosen(named: &[Self]) -> Vec<Self> {
        if named.is_empty() { Self::value_variants().to_vec() } else { params::distinct(named) }
    }

    /// What stands before the metrics of this kind: nothing where it is alone.
    pub fn label(self, all: &[Self]) -> String {
        if all.len() > 1 { format!("{}.", self.name()) } else { String::new() }
    }

    /// The mask of a single stack; two stacks have none that is all of theirs.
    pub fn mask(self, setting: &Setting) -> Option<Mask> {
        match self {
            Self::Causal => Some(Mask::Causal),
            Self::Prefix => Some(Mask::Prefix(setting.prefix)),
            Self::Bidirectional => Some(Mask::None),
            Self::Sliding => Some(Mask::Sliding(setting.window)),
            Self::Packed => Some(Mask::Packed(setting.packed)),
            Self::EncoderDecoder => None,
        }
    }
}

impl Sizes {
    /// Checks the sizes against each other; `words` are those of a text.
    ///
    /// # Errors
    /// Bad input, naming the first size that does not fit.
    pub fn check(&self, words: Option<usize>) -> Result<Setting, Error> {
        if words.is_some_and(|words| !(1..=WORDS).contains(&words)) {
            let n = words.unwrap_or_default();
            return Err(Error::input(text(
                format!("the text has {n} words"),
                format!("文本有 {n} 个词"),
            ))
            .allowed(range(WORDS))
            .example("llm-lab mask show causal --text \"the cat saw a kite\""));
        }
        let sum: usize = self.documents.iter().sum();
        let given = words.or(self.tokens);
        let n = given.unwrap_or(if sum > 0 { sum } else { TOKENS });
        if sum > 0 && sum != n {
            return Err(Error::input(text(
                format!("the documents have {sum} tokens together, the sequence has {n}"),
                format!("各文档共 {sum} 个 token，序列却有 {n} 个"),
            ))
            .allowed(text(format!("lengths that add up to {n}"), format!("长度之和为 {n}")))
            .example("llm-lab mask show packed --documents 3 2 3"));
        }
        let prefix = within(self.prefix, n, n / 2 + 1, &text("the prefix", "前缀"))?;
        let window = within(self.window, n, n.div_ceil(3), &text("the window", "窗口"))?;
        let documents = if sum > 0 { self.documents.clone() } else { thirds(n) };
        let Some(packed) = Documents::of(&documents) else {
            let most = Documents::MOST;
            return Err(Error::input(text(
                format!("{} documents are too many to draw", documents.len()),
                format!("{} 篇文档太多，画不下", documents.len()),
            ))
            .allowed(text(format!("up to {most}"), format!("最多 {most} 篇"))));
        };
        Ok(Setting { tokens: n, prefix, window, documents, packed })
    }
}

/// A size of at most `n`, or what stands for it.
fn within(given: Option<usize>, n: usize, otherwise: usize, what: &Text) -> Result<usize, Error> {
    match given {
        Some(size) if size > n => Err(Error::input(text(
            format!("{} of {size} tokens is longer than the sequence of {n}", what.en),
            format!("{}有 {size} 个 token，比长度为 {n} 的序列还长", what.zh),
        ))
        .allowed(range(n))),
        Some(size) => Ok(size),
        None => Ok(otherwise.min(n)),
    }
}

fn range(most: usize) -> Text {
    text(format!("1 to {most}"), format!("1 到 {most}"))
}

/// Three lengths that add up to `n` and differ by one at most; fewer where there are fewer tokens.
fn thirds(n: usize) -> Vec<usize> {
    let parts = n.min(3);
    (0..parts).map(|i| (n + parts - 1 - i) / parts).collect()
}
