//! Tiktoken's rank files: a line a piece, its bytes in base64 and its rank, which is its id.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{bounded, wrong};
use crate::report::Error;
use crate::tokenizer::{Pattern, Tokenizer, Vocab};

const KIND: &str = "rank file";

/// A byte-level BPE from a rank file. The file does not say where text is cut: give the pattern.
///
/// # Errors
/// If a line is not a piece and a rank, or one of them occurs twice.
///
/// ```
/// use llm_lab::tokenizer::{Pattern, files};
/// let ranks = "YQ== 0\nYg== 1\nYWI= 2\n"; // a, b, ab
/// let tokenizer = files::from_ranks(ranks, Pattern::Gpt2).unwrap();
/// assert_eq!(tokenizer.encode("abba").unwrap(), [2, 1, 0]);
/// ```
pub fn from_ranks(file: &str, pattern: Pattern) -> Result<Tokenizer, Error> {
    bounded(KIND, file.len())?;
    let mut vocab = Vocab::default();
    for (number, line) in file.lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        let parsed = line.split_once(' ').and_then(|(piece, rank)| {
            Some((STANDARD.decode(piece).ok()?, rank.trim().parse().ok()?))
        });
        let Some((piece, rank)) = parsed else {
            let place = format!("line {} is not a piece and a rank: {line:.60?}", number + 1);
            return Err(wrong(KIND, place));
        };
        vocab.insert(&piece, rank)?;
    }
    if vocab.is_empty() {
        return Err(wrong(KIND, "no piece"));
    }
    Ok(Tokenizer::of_ranks(vocab, pattern))
}
