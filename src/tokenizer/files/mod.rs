//! The formats of others, from strings and to strings: Hugging Face's `tokenizer.json`, GPT-2's
//! `vocab.json` with `merges.txt`, and tiktoken's rank files. A file may come from a stranger: sizes
//! are bounded before memory is taken, and whatever is wrong gives one clear error.

mod gpt2;
mod pieces;
mod ranks;
mod read;
mod steps;
mod write;

pub use gpt2::from_gpt2;
pub use ranks::from_ranks;
pub use read::from_json;
pub use write::to_json;

use crate::report::{Error, text};

/// Larger files are refused.
pub const MAX_BYTES: usize = 1 << 28;

/// Something is wrong with a file of a kind (`tokenizer.json`).
fn wrong(kind: &str, what: impl std::fmt::Display) -> Error {
    Error::input(text(format!("{kind}: {what}"), format!("{kind}:{what}")))
}

/// Something that other programs know and this one does not.
fn unsupported(what: impl std::fmt::Display) -> Error {
    Error::input(text(
        format!("tokenizer.json: {what} is not supported"),
        format!("tokenizer.json：不支持 {what}"),
    ))
    .allowed(text(
        "BPE, WordPiece and Unigram with the usual steps",
        "使用常见步骤的 BPE、WordPiece 与 Unigram",
    ))
}

/// Refuses a file that is too large.
fn bounded(kind: &str, bytes: usize) -> Result<(), Error> {
    if bytes > MAX_BYTES {
        return Err(wrong(kind, format!("{bytes} bytes"))
            .allowed(text(format!("up to {MAX_BYTES} bytes"), format!("最多 {MAX_BYTES} 字节"))));
    }
    Ok(())
}
