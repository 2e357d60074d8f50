//! The flags that say who may look at whom.

use crate::experiments::params;
use crate::math::attention::Mask;
use crate::report::{Error, text};

/// Who may look at whom: a token at itself and those before it, unless a flag says otherwise.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Sight {
    /// Every token may look at every other, as in an encoder ‖ 每个 token 都能看到所有 token（编码器）
    #[arg(long, conflicts_with = "window")]
    pub bidirectional: bool,
    /// A causal window: a token sees itself and so many less one before it ‖ 因果滑动窗口：每个 token 只看自己和它之前的若干个，共 W 个
    #[arg(long, value_name = "W", value_parser = params::count(1, 1_000_000))]
    pub window: Option<usize>,
}

impl Sight {
    /// The mask for sequences of `length` tokens at least.
    ///
    /// # Errors
    /// A window that is longer than the sequence.
    pub fn mask(&self, length: usize) -> Result<Mask, Error> {
        match self.window {
            Some(window) if window > length => Err(Error::input(text(
                format!("a window of {window} is larger than {length} tokens"),
                format!("窗口 {window} 大于序列长度 {length}"),
            ))
            .allowed(text(format!("1 to {length}"), format!("1 到 {length}")))),
            Some(window) => Ok(Mask::Sliding(window)),
            None if self.bidirectional => Ok(Mask::None),
            None => Ok(Mask::Causal),
        }
    }
}

/// A mask in a figure's words.
pub fn name(mask: Mask) -> String {
    match mask {
        Mask::None => "bidirectional".to_string(),
        Mask::Causal => "causal".to_string(),
        Mask::Prefix(length) => format!("prefix {length}"),
        Mask::Sliding(window) => format!("window {window}"),
        Mask::Packed(_) => "packed".to_string(),
    }
}
