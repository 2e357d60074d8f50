//! Who may look at whom.

use std::ops::Range;

/// Which tokens a token may look at. Each kind lets a token see one unbroken span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Mask {
    /// All of them: an encoder.
    None,
    /// Itself and those before it: a decoder.
    Causal,
    /// So many at the start see each other both ways, the rest is causal (Raffel et al. 2020).
    Prefix(usize),
    /// Itself and so many less one before it, not the whole past (Beltagy, Peters & Cohan 2020).
    Sliding(usize),
}

impl Mask {
    /// The span of tokens that token `i` of `n` may look at.
    ///
    /// ```
    /// use llm_lab::math::attention::Mask;
    /// assert_eq!(Mask::Causal.span(2, 5), 0..3);
    /// assert_eq!(Mask::Prefix(4).span(2, 5), 0..4);
    /// assert_eq!(Mask::Sliding(2).span(2, 5), 1..3);
    /// ```
    #[inline(always)]
    pub fn span(self, i: usize, n: usize) -> Range<usize> {
        let end = (i + 1).min(n);
        match self {
            Self::None => 0..n,
            Self::Causal => 0..end,
            Self::Prefix(length) => 0..end.max(length.min(n)),
            Self::Sliding(window) => end.saturating_sub(window.max(1))..end,
        }
    }

    /// How many tokens at the start may look at tokens after them: those change when the text grows.
    ///
    /// ```
    /// use llm_lab::math::attention::Mask;
    /// assert_eq!([Mask::Causal.ahead(), Mask::Prefix(4).ahead()], [0, 4]);
    /// ```
    pub fn ahead(self) -> usize {
        match self {
            Self::None => usize::MAX,
            Self::Prefix(length) => length,
            Self::Causal | Self::Sliding(_) => 0,
        }
    }
}
