//! Whatever a guard lets through is complete and matches; what cannot be is refused in one line.

use super::*;
use crate::model::decoding::{Chain, Draw, Sampler};
use crate::report::Lang;
use ndarray_rand::rand::{Rng, SeedableRng};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Every byte, and pieces of several.
fn pieces() -> Vec<Vec<u8>> {
    let words =
        [" the", "\":", "{\"", "12", "true", "null", ",\"", "\"}", "é", "中", "a\"", "\\u", "00"];
    (0..=255u8).map(|b| vec![b]).chain(words.map(|w| w.as_bytes().to_vec())).collect()
}

const END: u32 = b'\n' as u32;

/// A text by random logits under a guard.
fn told(constraint: &Constraint, most: usize, seed: u64) -> String {
    let pieces = pieces();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut logits_rng = ChaCha8Rng::seed_from_u64(seed + 1000);
    let mut tokens: Vec<u32> = vec![7]; // a prompt of its own
    loop {
        let mut logits: Vec<f32> =
            pieces.iter().map(|_| logits_rng.random_range(-6.0..6.0)).collect();
        let guard = Guard { constraint, most, end: END };
        let history = History { tokens: &tokens, prompt: 1 };
        if guard.choice(history) == (Choice { tokens: 0, end: true }) {
            break;
        }
        let mut draw = Draw { rng: &mut rng };
        let mut chain = Chain { processors: vec![Box::new(guard)], then: &mut draw };
        let token = chain.choose(history, &mut logits).unwrap();
        if token == END && constraint.complete(history.chosen()) {
            break;
        }
        tokens.push(token);
    }
    assert!(tokens.len() <= most + 1);
    String::from_utf8(tokens[1..].iter().flat_map(|t| pieces[*t as usize].clone()).collect())
        .unwrap()
}

fn shape() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "integer"})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({"type": "string", "maxLength": 4})),
        Just(json!({"type": "string", "minLength": 2, "maxLength": 3})),
        Just(json!({"type": ["null", "integer"]})),
        Just(json!({"enum": ["a b", 1.5, null, {"x": [1]}]})),
        Just(json!({"const": "q\"\\"})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0..3u64, 0..3u64).prop_map(|(item, low, more)| {
                json!({"type": "array", "items": item, "minItems": low, "maxItems": low + more})
            }),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|all| {
                let properties: serde_json::Map<String, Value> =
                    all.into_iter().enumerate().map(|(i, v)| (format!("k{i}"), v)).collect();
                json!({"type": "object", "properties": properties, "required": []})
            }),
            prop::collection::vec(inner, 1..3).prop_map(|all| json!({"anyOf": all})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_schema_the_text_parses_and_fits(schema in shape(), seed in 0..1000u64) {
        let constraint = Constraint::regex(&schema::pattern(&schema)?, &pieces())?;
        for more in [0, 12] {
            let text = told(&constraint, constraint.shortest() + more, seed);
            let value: Value = serde_json::from_str(&text)
                .map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            prop_assert!(schema::fits(&schema, &value), "{text} does not fit {schema}");
            prop_assert!(constraint.accepts(&text));
        }
    }
}

impl From<Error> for TestCaseError {
    fn from(error: Error) -> Self {
        TestCaseError::fail(error.line(Lang::En))
    }
}

#[test]
fn patterns_are_matched_as_a_whole() {
    for (pattern, yes, no) in [
        ("a|ab", vec!["a", "ab"], vec!["", "b", "abb"]),
        ("(cat|cats)( the)?", vec!["cat", "cats the"], vec!["cat s"]),
        ("[0-9]{3}", vec!["120"], vec!["12", "1200"]),
        ("é+", vec!["é", "éé"], vec!["e", "\u{e8}"]),
        ("", vec![""], vec!["x"]),
    ] {
        let constraint = Constraint::regex(pattern, &pieces()).unwrap();
        yes.iter().for_each(|text| assert!(constraint.accepts(text), "{pattern} {text}"));
        no.iter().for_each(|text| assert!(!constraint.accepts(text), "{pattern} {text}"));
        for seed in 0..20 {
            let text = told(&constraint, 8, seed);
            assert!(constraint.accepts(&text), "{pattern} gave {text:?}");
        }
    }
    let one = Constraint::choices(&["a.b".to_string(), "(".to_string()], &pieces()).unwrap();
    assert!(one.accepts("a.b") && one.accepts("(") && !one.accepts("axb"));
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let refused = |pattern: &str, pieces: &[Vec<u8>]| match Constraint::regex(pattern, pieces) {
        Err(error) => {
            let line = error.line(Lang::En);
            assert!(!line.contains('\n'), "{line}");
            line
        }
        Ok(_) => panic!("{pattern} was taken"),
    };
    assert!(refused("[", &pieces()).contains("not a regular expression"));
    assert!(refused("(a", &pieces()).contains("unclosed group"));
    assert!(refused(r"[a&&b]", &pieces()).contains("no text at all"));
    assert!(refused(r"\bword\b", &pieces()).contains("\\b"));
    assert!(refused(r"\w{900}", &pieces()).contains("too many states"));
    assert!(refused("x", &[b"y".to_vec(), Vec::new()]).contains("vocabulary"));
    for (schema, said) in [
        (json!([]), "object"),
        (json!({}), "type"),
        (json!({"type": "strin"}), "strin"),
        (json!({"type": "string", "pattern": "a"}), "pattern"),
        (json!({"type": "integer", "minimum": 3}), "minimum"),
        (json!({"$ref": "#/x"}), "type"),
        (json!({"type": "array"}), "object"),
        (json!({"enum": []}), "enum"),
        (json!({"type": "string", "minLength": 3, "maxLength": 2}), "below"),
    ] {
        let error = schema::pattern(&schema).unwrap_err().line(Lang::En);
        assert!(error.contains(said) && !error.contains('\n'), "{schema}: {error}");
    }
}
