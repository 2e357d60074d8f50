//! The steps before and after the model, as `tokenizer.json` names them.

use serde_json::{Map, Value, json};

use super::{unsupported, wrong};
use crate::report::Error;
use crate::tokenizer::Pattern;
use crate::tokenizer::text::{Decoder, Normalizer, Prepend, Split};

const KIND: &str = "tokenizer.json";

/// The name of a step.
fn kind(step: &Value) -> Result<&str, Error> {
    step["type"].as_str().ok_or_else(|| wrong(KIND, "a step has no type"))
}

fn flag(step: &Value, name: &str, default: bool) -> bool {
    step[name].as_bool().unwrap_or(default)
}

fn string(step: &Value, name: &str) -> Result<String, Error> {
    let missing = || wrong(KIND, format!("a step has no {name:?}"));
    step[name].as_str().map(str::to_string).ok_or_else(missing)
}

fn character(step: &Value, name: &str) -> Result<char, Error> {
    let one = string(step, name)?;
    let mut chars = one.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(wrong(KIND, format!("{name:?} is not one character"))),
    }
}

/// Flattens `Sequence` steps; JSON's own depth limit bounds the nesting.
fn flatten<'v>(step: &'v Value, list: &str, out: &mut Vec<&'v Value>) -> Result<(), Error> {
    if step.is_null() {
        return Ok(());
    }
    if kind(step)? != "Sequence" {
        out.push(step);
        return Ok(());
    }
    let steps = step[list].as_array().ok_or_else(|| wrong(KIND, format!("no {list:?}")))?;
    steps.iter().try_for_each(|inner| flatten(inner, list, out))
}

fn all<T>(
    step: &Value,
    list: &str,
    read: impl Fn(&Value) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut steps = Vec::new();
    flatten(step, list, &mut steps)?;
    steps.into_iter().map(read).collect()
}

/// Reads the normalizers.
pub(super) fn normalizers(step: &Value) -> Result<Vec<Normalizer>, Error> {
    all(step, "normalizers", |step| {
        Ok(match kind(step)? {
            "NFC" => Normalizer::Nfc,
            "NFD" => Normalizer::Nfd,
            "NFKC" => Normalizer::Nfkc,
            "NFKD" => Normalizer::Nfkd,
            "Lowercase" => Normalizer::Lowercase,
            "StripAccents" => Normalizer::StripAccents,
            "Prepend" => Normalizer::Prepend(string(step, "prepend")?),
            "Replace" => Normalizer::Replace(
                string(&step["pattern"], "String")
                    .map_err(|_| unsupported("Replace by a regex"))?,
                string(step, "content")?,
            ),
            "Strip" => Normalizer::Strip {
                left: flag(step, "strip_left", true),
                right: flag(step, "strip_right", true),
            },
            "BertNormalizer" => {
                let lowercase = flag(step, "lowercase", true);
                Normalizer::Bert {
                    clean: flag(step, "clean_text", true),
                    chinese: flag(step, "handle_chinese_chars", true),
                    accents: flag(step, "strip_accents", lowercase),
                    lowercase,
                }
            }
            other => return Err(unsupported(format!("the normalizer {other}"))),
        })
    })
}

/// Reads the cut into words.
pub(super) fn splits(step: &Value) -> Result<Vec<Split>, Error> {
    let mut splits = all(step, "pretokenizers", |step| {
        Ok(match kind(step)? {
            "ByteLevel" => Split::ByteLevel {
                prefix_space: flag(step, "add_prefix_space", true),
                pattern: if flag(step, "use_regex", true) { Pattern::Gpt2 } else { Pattern::None },
            },
            "Whitespace" => Split::Whitespace,
            "WhitespaceSplit" => Split::WhitespaceSplit,
            "BertPreTokenizer" => Split::Bert,
            "Punctuation" if step["behavior"].as_str().is_none_or(|b| b == "Isolated") => {
                Split::Punctuation
            }
            "Digits" => Split::Digits(flag(step, "individual_digits", false)),
            "Metaspace" => Split::Metaspace {
                mark: character(step, "replacement")?,
                prepend: prepend(step)?,
                split: flag(step, "split", true),
            },
            "Split" => Split::Pattern(pattern(step)?),
            other => return Err(unsupported(format!("the pre-tokenizer {other}"))),
        })
    })?;
    // A published pattern before a byte-level step without one is the same as one step.
    if let [Split::Pattern(cut), Split::ByteLevel { prefix_space: false, pattern: Pattern::None }] =
        splits[..]
    {
        splits = vec![Split::ByteLevel { prefix_space: false, pattern: cut }];
    }
    Ok(splits)
}

fn prepend(step: &Value) -> Result<Prepend, Error> {
    match step["prepend_scheme"].as_str() {
        Some("always") => Ok(Prepend::Always),
        Some("first") => Ok(Prepend::First),
        Some("never") => Ok(Prepend::Never),
        Some(other) => Err(unsupported(format!("the prepend_scheme {other}"))),
        None if flag(step, "add_prefix_space", true) => Ok(Prepend::Always),
        None => Ok(Prepend::Never),
    }
}

fn pattern(step: &Value) -> Result<Pattern, Error> {
    let isolated = step["behavior"].as_str() == Some("Isolated") && !flag(step, "invert", false)
        || step["behavior"].as_str() == Some("Removed") && flag(step, "invert", false);
    let regex = step["pattern"]["Regex"].as_str();
    match regex.and_then(Pattern::from_regex) {
        Some(known) if isolated => Ok(known),
        _ => Err(unsupported("a cut other than those of GPT-2, GPT-4, GPT-4o, Llama 3 and Qwen 2")),
    }
}

/// Reads the way back.
pub(super) fn decoders(step: &Value) -> Result<Vec<Decoder>, Error> {
    all(step, "decoders", |step| {
        let count = |name: &str| step[name].as_u64().unwrap_or(0).min(1 << 20) as usize;
        Ok(match kind(step)? {
            "ByteLevel" => Decoder::ByteLevel,
            "WordPiece" => Decoder::WordPiece {
                prefix: string(step, "prefix")?,
                cleanup: flag(step, "cleanup", true),
            },
            "Metaspace" => Decoder::Metaspace {
                mark: character(step, "replacement")?,
                drop_first: prepend(step)? != Prepend::Never,
            },
            "BPEDecoder" => Decoder::Suffix(string(step, "suffix")?),
            "ByteFallback" => Decoder::ByteFallback,
            "Fuse" => Decoder::Fuse,
            "Strip" => Decoder::Strip {
                content: character(step, "content")?,
                start: count("start"),
                stop: count("stop"),
            },
            "Replace" => Decoder::Replace(
                string(&step["pattern"], "String")
                    .map_err(|_| unsupported("Replace by a regex"))?,
                string(step, "content")?,
            ),
            other => return Err(unsupported(format!("the decoder {other}"))),
        })
    })
}

/// One step as it is, several as a `Sequence`, none as null.
fn sequence(list: &str, mut steps: Vec<Value>) -> Value {
    match steps.len() {
        0 => Value::Null,
        1 => steps.remove(0),
        _ => {
            let mut map = Map::new();
            map.insert("type".to_string(), json!("Sequence"));
            map.insert(list.to_string(), Value::Array(steps));
            Value::Object(map)
        }
    }
}

/// Writes the normalizers.
pub(super) fn write_normalizers(steps: &[Normalizer]) -> Value {
    let write = |step: &Normalizer| match step {
        Normalizer::Nfc => json!({"type": "NFC"}),
        Normalizer::Nfd => json!({"type": "NFD"}),
        Normalizer::Nfkc => json!({"type": "NFKC"}),
        Normalizer::Nfkd => json!({"type": "NFKD"}),
        Normalizer::Lowercase => json!({"type": "Lowercase"}),
        Normalizer::StripAccents => json!({"type": "StripAccents"}),
        Normalizer::Prepend(before) => json!({"type": "Prepend", "prepend": before}),
        Normalizer::Replace(from, to) => {
            json!({"type": "Replace", "pattern": {"String": from}, "content": to})
        }
        Normalizer::Strip { left, right } => {
            json!({"type": "Strip", "strip_left": left, "strip_right": right})
        }
        Normalizer::Bert { clean, chinese, accents, lowercase } => json!({
            "type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese,
            "strip_accents": accents, "lowercase": lowercase,
        }),
    };
    sequence("normalizers", steps.iter().map(write).collect())
}

/// Writes the cut into words.
pub(super) fn write_splits(steps: &[Split]) -> Value {
    let byte_level = |prefix: bool, regex: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": regex});
    let cut = |pattern: Pattern| {
        json!({
            "type": "Split", "pattern": {"Regex": pattern.regex()}, "behavior": "Isolated",
            "invert": false,
        })
    };
    let mut written = Vec::new();
    for step in steps {
        match step {
            Split::WhitespaceSplit => written.push(json!({"type": "WhitespaceSplit"})),
            Split::Whitespace => written.push(json!({"type": "Whitespace"})),
            Split::Bert => written.push(json!({"type": "BertPreTokenizer"})),
            Split::Punctuation => {
                written.push(json!({"type": "Punctuation", "behavior": "Isolated"}));
            }
            Split::Digits(alone) => {
                written.push(json!({"type": "Digits", "individual_digits": alone}));
            }
            Split::Pattern(Pattern::None) => {}
            Split::Pattern(pattern) => written.push(cut(*pattern)),
            Split::Metaspace { mark, prepend, split } => written.push(json!({
                "type": "Metaspace", "replacement": mark, "prepend_scheme": scheme(*prepend),
                "split": split,
            })),
            Split::ByteLevel { prefix_space, pattern: Pattern::Gpt2 } => {
                written.push(byte_level(*prefix_space, true));
            }
            Split::ByteLevel { prefix_space, pattern } => {
                if *pattern != Pattern::None {
                    written.push(cut(*pattern));
                }
                written.push(byte_level(*prefix_space, false));
            }
        }
    }
    sequence("pretokenizers", written)
}

fn scheme(prepend: Prepend) -> &'static str {
    match prepend {
        Prepend::Always => "always",
        Prepend::First => "first",
        Prepend::Never => "never",
    }
}

/// Writes the way back.
pub(super) fn write_decoders(steps: &[Decoder]) -> Value {
    let write = |step: &Decoder| match step {
        Decoder::ByteLevel => json!({
            "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
        }),
        Decoder::WordPiece { prefix, cleanup } => {
            json!({"type": "WordPiece", "prefix": prefix, "cleanup": cleanup})
        }
        Decoder::Metaspace { mark, drop_first } => json!({
            "type": "Metaspace", "replacement": mark,
            "prepend_scheme": if *drop_first { "always" } else { "never" }, "split": true,
        }),
        Decoder::Suffix(suffix) => json!({"type": "BPEDecoder", "suffix": suffix}),
        Decoder::ByteFallback => json!({"type": "ByteFallback"}),
        Decoder::Fuse => json!({"type": "Fuse"}),
        Decoder::Strip { content, start, stop } => {
            json!({"type": "Strip", "content": content, "start": start, "stop": stop})
        }
        Decoder::Replace(from, to) => {
            json!({"type": "Replace", "pattern": {"String": from}, "content": to})
        }
    };
    sequence("decoders", steps.iter().map(write).collect())
}
