//! A text cut into pieces, as a tokenizer sees it.

/// One piece with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it looks like, markers visible.
    pub text: String,
    /// Its id in the vocabulary.
    pub id: u32,
}

/// The pieces of one text, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// Who cut it.
    pub label: String,
    /// The pieces.
    pub pieces: Vec<Piece>,
}
