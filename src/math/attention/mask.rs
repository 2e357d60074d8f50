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
    /// Several documents in one sequence: itself and those before it in its own document. As a
    /// matrix, causal blocks along the diagonal (Krell et al. 2021).
    Packed(Documents),
}

/// Where the documents of a packed sequence begin. The last has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Documents {
    /// The first token of each document after the first; 0 where there are no more.
    starts: [u32; Self::MOST - 1],
}

impl Documents {
    /// As many documents may share a sequence.
    pub const MOST: usize = 16;

    /// Documents by their lengths in tokens; nothing if there are none or too many, or one is empty
    /// or longer than 2³¹.
    ///
    /// ```
    /// use llm_lab::math::attention::{Documents, Mask};
    /// let packed = Mask::Packed(Documents::of(&[3, 2]).unwrap());
    /// assert_eq!([packed.span(2, 5), packed.span(3, 5), packed.span(4, 5)], [0..3, 3..4, 3..5]);
    /// assert_eq!(Documents::of(&[3, 0]), None);
    /// ```
    pub fn of(lengths: &[usize]) -> Option<Self> {
        let sound = |length: &usize| (1..1 << 31).contains(length);
        if !(1..=Self::MOST).contains(&lengths.len()) || !lengths.iter().all(sound) {
            return None;
        }
        let mut starts = [0; Self::MOST - 1];
        let mut end = 0;
        for (start, length) in starts.iter_mut().zip(&lengths[..lengths.len() - 1]) {
            end += length;
            *start = u32::try_from(end).ok()?;
        }
        Some(Self { starts })
    }

    /// The first token of the document of token `i`.
    #[inline(always)]
    fn start(self, i: usize) -> usize {
        let begun = |start: &usize| *start <= i;
        self.starts.iter().map(|start| *start as usize).filter(begun).fold(0, usize::max)
    }
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
            Self::Packed(documents) => documents.start(i).min(end)..end,
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

    /// Visible pairs of `n` tokens: how many scores the softmax keeps. O(n).
    ///
    /// ```
    /// use llm_lab::math::attention::Mask;
    /// let pairs = |mask: Mask| mask.pairs(8);
    /// assert_eq!(pairs(Mask::Causal), 36); // 8·9/2
    /// assert_eq!(pairs(Mask::Prefix(5)), 46); // 5² + 3·5 + 3·4/2
    /// assert_eq!(pairs(Mask::None), 64); // 8²
    /// ```
    pub fn pairs(self, n: usize) -> usize {
        (0..n).map(|i| self.span(i, n).len()).sum()
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
            Self::Causal | Self::Sliding(_) | Self::Packed(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_are_those_of_the_formulas(n in 1..60usize, p in 1..60usize, cut in 1..59usize) {
            let p = p.min(n);
            let triangle = |m: usize| m * (m + 1) / 2;
            prop_assert_eq!(Mask::None.pairs(n), n * n);
            prop_assert_eq!(Mask::Causal.pairs(n), triangle(n));
            prop_assert_eq!(Mask::Prefix(p).pairs(n), p * p + (n - p) * p + triangle(n - p));
            prop_assert_eq!(Mask::Sliding(p).pairs(n), triangle(p) + (n - p) * p);
            let lengths = if cut < n { vec![cut, n - cut] } else { vec![n] };
            let packed = Mask::Packed(Documents::of(&lengths).unwrap());
            prop_assert_eq!(packed.pairs(n), lengths.iter().copied().map(triangle).sum::<usize>());
        }
    }

    #[test]
    fn documents_that_cannot_be_are_refused() {
        for lengths in [&[][..], &[0], &[1; 17], &[usize::MAX, 1]] {
            assert_eq!(Documents::of(lengths), None);
        }
        let most = Mask::Packed(Documents::of(&[1; 16]).unwrap());
        assert!((0..20).all(|i| most.span(i, 20).start == i.min(15)));
    }
}
