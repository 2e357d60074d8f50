//! GPT-2's pair of files: `vocab.json` and `merges.txt`.

use super::pieces::{Pieces, WrittenMerge};
use super::{bounded, read, wrong};
use crate::report::Error;
use crate::tokenizer::bpe::Characters;
use crate::tokenizer::text::{Decoder, Split};
use crate::tokenizer::{Model, Pattern, Tokenizer};

/// A byte-level BPE with GPT-2's pattern from `vocab.json` (piece to id) and `merges.txt` (a line a
/// merge, two pieces with a space between; a first line that begins with `#version` is skipped).
///
/// # Errors
/// If a file is damaged or the two contradict each other.
///
/// ```
/// use llm_lab::tokenizer::files;
/// let gpt2 = files::from_gpt2(r#"{"a": 0, "b": 1, "ab": 2}"#, "#version: 0.2\na b\n").unwrap();
/// assert_eq!(gpt2.encode("abba").unwrap(), [2, 1, 0]);
/// ```
pub fn from_gpt2(vocab_json: &str, merges_txt: &str) -> Result<Tokenizer, Error> {
    bounded("vocab.json", vocab_json.len())?;
    bounded("merges.txt", merges_txt.len())?;
    let pieces = match serde_json::from_str(vocab_json).map_err(|e| wrong("vocab.json", e))? {
        Pieces::Ids(pieces) => pieces,
        Pieces::Scores(_) => return Err(wrong("vocab.json", "a list instead of a map")),
    };
    let mut merges = Vec::new();
    for (number, line) in merges_txt.lines().enumerate() {
        if line.is_empty() || (number == 0 && line.starts_with("#version")) {
            continue;
        }
        match line.split_once(' ') {
            Some((left, right)) if !right.contains(' ') => {
                merges.push(WrittenMerge(left.to_string(), right.to_string()));
            }
            _ => {
                let place = format!("line {} is not two pieces: {line:.60?}", number + 1);
                return Err(wrong("merges.txt", place));
            }
        }
    }
    let model = read::bpe(&pieces, &merges, true, Characters::default())?;
    Ok(Tokenizer::new(
        Vec::new(),
        vec![Split::ByteLevel { prefix_space: false, pattern: Pattern::Gpt2 }],
        Model::Bpe(model),
        vec![Decoder::ByteLevel],
        Vec::new(),
    ))
}
