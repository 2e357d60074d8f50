//! Writing `tokenizer.json`.

use serde_json::{Map, Value, json};

use super::{steps, unsupported};
use crate::report::Error;
use crate::tokenizer::bpe::Bpe;
use crate::tokenizer::{Model, Tokenizer};

/// The tokenizer as Hugging Face's `tokenizer.json`, which the `tokenizers` library loads and gives
/// the same ids for.
///
/// # Errors
/// If the tokenizer has no list of merges (one loaded from ranks), which that format needs.
///
/// ```
/// use llm_lab::tokenizer::{Plan, Scheme, files};
/// let trained = Plan::new(Scheme::CharBpe, 12).train("low lower", &mut |_, _| Ok(())).unwrap();
/// let loaded = files::from_json(&files::to_json(&trained).unwrap()).unwrap();
/// assert_eq!(loaded.encode("lower low").unwrap(), trained.encode("lower low").unwrap());
/// ```
pub fn to_json(tokenizer: &Tokenizer) -> Result<String, Error> {
    let added: Vec<Value> = tokenizer
        .added()
        .iter()
        .map(|t| {
            json!({
                "id": t.id, "content": t.content, "single_word": t.single_word,
                "lstrip": t.lstrip, "rstrip": t.rstrip, "normalized": t.normalized,
                "special": t.special,
            })
        })
        .collect();
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": steps::write_normalizers(tokenizer.normalizers()),
        "pre_tokenizer": steps::write_splits(tokenizer.splits()),
        "post_processor": around(tokenizer),
        "decoder": steps::write_decoders(tokenizer.decoders()),
        "model": model(tokenizer.model())?,
    });
    let mut text = format!("{file:#}");
    text.push('\n');
    Ok(text)
}

fn model(model: &Model) -> Result<Value, Error> {
    let ids = |write: &dyn Fn(&[u8]) -> String| {
        let pieces = model.vocab().iter().map(|(id, piece)| (write(piece), json!(id)));
        Value::Object(pieces.collect::<Map<_, _>>())
    };
    let plain = |piece: &[u8]| String::from_utf8_lossy(piece).into_owned();
    Ok(match model {
        Model::Bpe(bpe) => {
            if bpe.by_rank() {
                return Err(unsupported("a vocabulary of ranks without a list of merges"));
            }
            let units = bpe.units().cloned().unwrap_or_default();
            json!({
                "type": "BPE",
                "dropout": null,
                "unk_token": units.unknown,
                "continuing_subword_prefix": units.prefix,
                "end_of_word_suffix": units.suffix,
                "fuse_unk": units.fuse_unknown,
                "byte_fallback": units.byte_fallback,
                "ignore_merges": bpe.whole_words(),
                "vocab": ids(&|piece| bpe.written(piece)),
                "merges": merges(bpe),
            })
        }
        Model::WordPiece(wordpiece) => json!({
            "type": "WordPiece",
            "unk_token": wordpiece.unknown(),
            "continuing_subword_prefix": wordpiece.prefix(),
            "max_input_chars_per_word": wordpiece.max_chars(),
            "vocab": ids(&plain),
        }),
        Model::Unigram(unigram) => {
            let pieces = unigram.vocab().iter().zip(unigram.scores());
            json!({
                "type": "Unigram",
                "unk_id": unigram.unknown(),
                "vocab": pieces.map(|((_, p), s)| json!([plain(p), s])).collect::<Vec<_>>(),
                "byte_fallback": unigram.byte_fallback(),
            })
        }
    })
}

fn merges(bpe: &Bpe) -> Vec<Value> {
    let written = |id: u32| bpe.written(bpe.vocab().piece(id).unwrap_or_default());
    bpe.merges().iter().map(|&(l, r)| json!([written(l), written(r)])).collect()
}

/// Ids around every text as a template; null without any.
fn around(tokenizer: &Tokenizer) -> Value {
    let (before, after) = tokenizer.around();
    if before.is_empty() && after.is_empty() {
        return Value::Null;
    }
    let name =
        |id: u32| String::from_utf8_lossy(tokenizer.piece(id).unwrap_or_default()).into_owned();
    let special = |id: &u32| json!({"SpecialToken": {"id": name(*id), "type_id": 0}});
    let text = |id: &str| json!({"Sequence": {"id": id, "type_id": 0}});
    let around = |middle: Vec<Value>| {
        let parts = before.iter().map(special).chain(middle).chain(after.iter().map(special));
        parts.collect::<Vec<Value>>()
    };
    let tokens = before
        .iter()
        .chain(after)
        .map(|id| (name(*id), json!({"id": name(*id), "ids": [id], "tokens": [name(*id)]})));
    json!({
        "type": "TemplateProcessing",
        "single": around(vec![text("A")]),
        "pair": around(vec![text("A"), text("B")]),
        "special_tokens": tokens.collect::<Map<_, _>>(),
    })
}
