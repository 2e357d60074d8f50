//! Reading `tokenizer.json`.

use serde::Deserialize;
use serde_json::Value;

use super::pieces::{Pieces, WrittenMerge};
use super::{bounded, steps, unsupported, wrong};
use crate::report::{Error, text};
use crate::tokenizer::bpe::{Bpe, Characters};
use crate::tokenizer::text::{AddedToken, Split};
use crate::tokenizer::unigram::Unigram;
use crate::tokenizer::wordpiece::WordPiece;
use crate::tokenizer::{MAX_ID, Model, Tokenizer, Vocab, bytes};

const KIND: &str = "tokenizer.json";

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<WrittenToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    model: WrittenModel,
}

#[derive(Deserialize)]
struct WrittenToken {
    id: u32,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct WrittenModel {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: Pieces,
    merges: Option<Vec<WrittenMerge>>,
    unk_token: Option<String>,
    unk_id: Option<u32>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    fuse_unk: Option<bool>,
    #[serde(default)]
    byte_fallback: Option<bool>,
    #[serde(default)]
    ignore_merges: Option<bool>,
    dropout: Option<f64>,
    max_input_chars_per_word: Option<usize>,
}

/// Reads Hugging Face's `tokenizer.json`: BPE, WordPiece or Unigram.
///
/// # Errors
/// If it is not such a file, names a step that this room does not know, or contradicts itself: an id
/// or piece twice, an id beyond [`MAX_ID`], a merge without its pieces.
///
/// ```
/// use llm_lab::tokenizer::files;
/// let json = r###"{"model": {"type": "WordPiece", "unk_token": "[UNK]",
///     "vocab": {"[UNK]": 0, "un": 1, "##do": 2}}, "pre_tokenizer": {"type": "Whitespace"}}"###;
/// let tokenizer = files::from_json(json).unwrap();
/// assert_eq!(tokenizer.encode("undo redo").unwrap(), [1, 2, 0]);
/// ```
pub fn from_json(json: &str) -> Result<Tokenizer, Error> {
    bounded(KIND, json.len())?;
    let file: File = serde_json::from_str(json).map_err(|e| wrong(KIND, e))?;
    let normalizers = steps::normalizers(&file.normalizer)?;
    let splits = steps::splits(&file.pre_tokenizer)?;
    let decoders = steps::decoders(&file.decoder)?;
    let byte_level = splits.iter().any(|s| matches!(s, Split::ByteLevel { .. }));
    if byte_level && !matches!(splits.last(), Some(Split::ByteLevel { .. })) {
        return Err(unsupported("a step after ByteLevel"));
    }
    if file.model.dropout.is_some_and(|p| p > 0.0) {
        return Err(unsupported("dropout"));
    }
    let model = model(file.model, byte_level)?;
    let around = around(&file.post_processor)?;
    let added = added(file.added_tokens, &model)?;
    let tokenizer = Tokenizer::new(normalizers, splits, model, decoders, added);
    Ok(tokenizer.with_around(around.0, around.1))
}

fn model(written: WrittenModel, byte_level: bool) -> Result<Model, Error> {
    let kind = match (&written.kind, &written.vocab, &written.merges) {
        (Some(kind), ..) => kind.clone(),
        (None, Pieces::Scores(_), _) => "Unigram".to_string(),
        (None, _, Some(_)) => "BPE".to_string(),
        (None, _, None) => "WordPiece".to_string(),
    };
    match (kind.as_str(), written.vocab) {
        ("BPE", Pieces::Ids(pieces)) => {
            let merges = written.merges.unwrap_or_default();
            let characters = Characters {
                prefix: written.continuing_subword_prefix.filter(|p| !p.is_empty()),
                suffix: written.end_of_word_suffix.filter(|s| !s.is_empty()),
                unknown: written.unk_token,
                fuse_unknown: written.fuse_unk.unwrap_or(false),
                byte_fallback: written.byte_fallback.unwrap_or(false),
            };
            let plain = characters.prefix.is_none() && characters.suffix.is_none();
            if byte_level && !plain {
                return Err(unsupported("a byte-level BPE with word markers"));
            }
            let model = bpe(&pieces, &merges, byte_level, characters)?;
            Ok(Model::Bpe(model.with_whole_words(written.ignore_merges.unwrap_or(false))))
        }
        ("WordPiece", Pieces::Ids(pieces)) if !byte_level => {
            let unknown = written.unk_token.unwrap_or_else(|| "[UNK]".to_string());
            let prefix = written.continuing_subword_prefix.unwrap_or_else(|| "##".to_string());
            let most = written.max_input_chars_per_word.unwrap_or(100).min(1 << 12);
            let vocab = vocab(pieces.iter().map(|(p, id)| (p.as_bytes().to_vec(), *id)))?;
            Ok(Model::WordPiece(WordPiece::new(vocab, &unknown, &prefix, most)?))
        }
        ("Unigram", Pieces::Scores(pieces)) if !byte_level => {
            let fallback = written.byte_fallback.unwrap_or(false);
            Ok(Model::Unigram(Unigram::new(&pieces, written.unk_id, fallback)?))
        }
        ("BPE" | "WordPiece" | "Unigram", _) => {
            Err(wrong(KIND, format!("the vocabulary does not fit the model {kind}")))
        }
        _ => Err(unsupported(format!("the model {kind}"))),
    }
}

/// A BPE from its written pieces and merges.
pub(super) fn bpe(
    pieces: &[(String, u32)],
    merges: &[WrittenMerge],
    byte_level: bool,
    characters: Characters,
) -> Result<Bpe, Error> {
    let raw = |piece: &str| match bytes::read(piece) {
        Some(bytes) if byte_level => bytes,
        _ => piece.as_bytes().to_vec(),
    };
    let vocab = vocab(pieces.iter().map(|(piece, id)| (raw(piece), *id)))?;
    let mut ranked = Vec::with_capacity(merges.len());
    for WrittenMerge(left, right) in merges {
        match (vocab.id(&raw(left)), vocab.id(&raw(right))) {
            (Some(l), Some(r)) => ranked.push((l, r)),
            _ => {
                return Err(Error::input(text(
                    format!("the merge {left:?} {right:?} names a piece that the vocabulary lacks"),
                    format!("合并 {left:?} {right:?} 用到了词表没有的 token"),
                )));
            }
        }
    }
    if byte_level { Bpe::bytes(vocab, ranked) } else { Bpe::characters(vocab, ranked, characters) }
}

fn vocab(pieces: impl Iterator<Item = (Vec<u8>, u32)>) -> Result<Vocab, Error> {
    let mut vocab = Vocab::default();
    for (piece, id) in pieces {
        vocab.insert(&piece, id)?;
    }
    if vocab.is_empty() {
        return Err(wrong(KIND, "the vocabulary is empty"));
    }
    Ok(vocab)
}

fn added(tokens: Vec<WrittenToken>, model: &Model) -> Result<Vec<AddedToken>, Error> {
    /// More would make every `<` of a text slow.
    const MOST: usize = 20_000;
    if tokens.len() > MOST {
        return Err(wrong(KIND, format!("{} added tokens", tokens.len()))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 个"))));
    }
    let mut seen = std::collections::HashMap::new();
    let mut added = Vec::with_capacity(tokens.len());
    for t in tokens {
        // Byte-level vocabularies hold pieces as bytes; added ones look the same in both forms.
        let clash = model.vocab().id(t.content.as_bytes()).is_some_and(|id| id != t.id)
            || seen.insert(t.id, t.content.clone()).is_some_and(|other| other != t.content);
        if t.id > MAX_ID || t.content.is_empty() || clash {
            return Err(wrong(KIND, format!("the added token {:?} with id {}", t.content, t.id))
                .allowed(text(
                    format!("text, an id of its own, at most {MAX_ID}"),
                    format!("非空文本，独有的 id，不超过 {MAX_ID}"),
                )));
        }
        added.push(AddedToken {
            id: t.id,
            content: t.content,
            single_word: t.single_word,
            lstrip: t.lstrip,
            rstrip: t.rstrip,
            normalized: t.normalized,
            special: t.special,
        });
    }
    Ok(added)
}

/// The ids that a post-processor puts around one text.
fn around(step: &Value) -> Result<(Vec<u32>, Vec<u32>), Error> {
    let id = |value: &Value| {
        let id = value.as_u64().filter(|id| *id <= u64::from(MAX_ID));
        id.map(|id| id as u32).ok_or_else(|| wrong(KIND, "a post-processor's id is none"))
    };
    match step["type"].as_str() {
        None | Some("ByteLevel") => Ok(Default::default()),
        Some("BertProcessing" | "RobertaProcessing") => {
            Ok((vec![id(&step["cls"][1])?], vec![id(&step["sep"][1])?]))
        }
        Some("TemplateProcessing") => {
            let (mut before, mut after, mut passed) = (Vec::new(), Vec::new(), false);
            let empty = Vec::new();
            for part in step["single"].as_array().unwrap_or(&empty) {
                if let Some(name) = part["SpecialToken"]["id"].as_str() {
                    let ids = step["special_tokens"][name]["ids"].as_array().unwrap_or(&empty);
                    for value in ids {
                        if passed { &mut after } else { &mut before }.push(id(value)?);
                    }
                } else {
                    passed = true;
                }
            }
            Ok((before, after))
        }
        Some("Sequence") => {
            let mut all = (Vec::new(), Vec::new());
            for inner in step["processors"].as_array().unwrap_or(&Vec::new()) {
                let (before, after) = around(inner)?;
                all.0.splice(0..0, before);
                all.1.extend(after);
            }
            Ok(all)
        }
        Some(other) => Err(unsupported(format!("the post-processor {other}"))),
    }
}
