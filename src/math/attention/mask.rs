//! Who may look at whom.

use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis, NdFloat, Slice};

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

    /// Puts −∞ where a query may not look, in scores `(n, T)` of the first n tokens: softmax turns it
    /// into a weight of exactly 0. O(n·T).
    ///
    /// ```
    /// use llm_lab::math::attention::Mask;
    /// use ndarray::array;
    /// let mut scores = array![[1.0, 2.0], [3.0, 4.0]];
    /// Mask::Causal.hide(scores.view_mut());
    /// assert_eq!(scores, array![[1.0, f64::NEG_INFINITY], [3.0, 4.0]]);
    /// ```
    pub fn hide<F: NdFloat>(self, mut scores: ArrayViewMut2<F>) {
        let n = scores.ncols();
        for (i, mut row) in scores.rows_mut().into_iter().enumerate() {
            let seen = self.span(i, n);
            row.slice_axis_mut(Axis(0), Slice::from(..seen.start)).fill(F::neg_infinity());
            row.slice_axis_mut(Axis(0), Slice::from(seen.end..)).fill(F::neg_infinity());
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
