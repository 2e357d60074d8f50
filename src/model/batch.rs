//! Sequences of one length with what the model should say at each place.

use crate::math::attention::Mask;
use crate::math::loss::IGNORED;

/// N sequences of T tokens, and a target for each token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// N.
    pub sequences: usize,
    /// T.
    pub length: usize,
    /// What the model sees, `(N·T)`.
    pub tokens: Vec<u32>,
    /// What it should say, `(N·T)`; [`IGNORED`] where nothing is asked.
    pub targets: Vec<u32>,
    /// Who may look at whom, where the objective decides it and not the model.
    pub mask: Option<Mask>,
    /// Two positions of each token `(N·T)`, for [`Position::TwoRows`](super::Position::TwoRows); empty
    /// where the first is the place in the sequence and the second 0.
    pub places: Vec<[u32; 2]>,
}

impl Batch {
    /// An empty batch for sequences of `length` tokens.
    pub fn new(length: usize) -> Self {
        Self { length, ..Self::default() }
    }

    /// Adds a text for next-token prediction: `length` + 1 tokens, of which each is the target of
    /// the one before it.
    ///
    /// ```
    /// use llm_lab::model::Batch;
    /// let mut batch = Batch::new(3);
    /// batch.push_text(&[5, 6, 7, 8]);
    /// assert_eq!((batch.tokens, batch.targets), (vec![5, 6, 7], vec![6, 7, 8]));
    /// ```
    ///
    /// # Panics
    /// If the text has another length.
    pub fn push_text(&mut self, text: &[u32]) {
        assert_eq!(text.len(), self.length + 1, "a text has one token more than the sequence");
        self.tokens.extend_from_slice(&text[..self.length]);
        self.targets.extend_from_slice(&text[1..]);
        self.sequences += 1;
    }

    /// Adds tokens with their targets.
    ///
    /// # Panics
    /// If the lengths are not those of the batch.
    pub fn push(&mut self, tokens: &[u32], targets: &[u32]) {
        assert!(tokens.len() == self.length && targets.len() == self.length, "lengths differ");
        self.tokens.extend_from_slice(tokens);
        self.targets.extend_from_slice(targets);
        self.sequences += 1;
    }

    /// Takes all sequences out; the room stays.
    pub fn clear(&mut self) {
        self.sequences = 0;
        self.tokens.clear();
        self.targets.clear();
        self.places.clear();
    }

    /// The positions of some tokens, where they have their own.
    pub fn places(&self, tokens: std::ops::Range<usize>) -> &[[u32; 2]] {
        self.places.get(tokens).unwrap_or_default()
    }

    /// How many targets count.
    pub fn asked(&self) -> usize {
        self.targets.iter().filter(|t| **t != IGNORED).count()
    }
}
