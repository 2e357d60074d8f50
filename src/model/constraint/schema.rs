//! A JSON schema as a regular expression: a subset without recursion, whose texts are finite patterns.
//!
//! Understood: `type` (`object`, `array`, `string`, `integer`, `number`, `boolean`, `null`, or a list of
//! them), `properties` (all are written, in the order given), `items` with `minItems` and `maxItems`,
//! `minLength` and `maxLength`, `enum`, `const`, `anyOf`, `oneOf` (read as `anyOf`). Titles and the like are
//! passed over. Everything else (`$ref`, `pattern`, `format`, `minimum`, `allOf`, …) is refused by name,
//! because a mask that ignored it would not keep its promise.

use serde_json::{Map, Value};

use crate::report::{Error, text};

/// One character of a string: no quote, backslash or control character, or an escape. Halves of
/// surrogate pairs are left out: they are no characters.
const CHARACTER: &str = r#"(?:[^"\\\x00-\x1f\x7f]|\\(?:["\\/bfnrt]|u(?:[0-9a-cefA-CEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})))"#;
/// Numbers as long as others can read them.
const INTEGER: &str = r"-?(?:0|[1-9][0-9]{0,14})";
const NUMBER: &str = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?";
/// Deeper schemas are refused.
const DEPTH: usize = 16;
/// Longer expressions are refused.
const LONGEST: usize = 200_000;
/// What says nothing about the text.
const NOTES: [&str; 9] = [
    "title",
    "description",
    "$schema",
    "$id",
    "$comment",
    "default",
    "examples",
    "required",
    "additionalProperties",
];

/// The regular expression of a schema's texts, written without spaces.
///
/// ```
/// use llm_lab::model::constraint::schema::pattern;
/// let schema = serde_json::json!({"type": "object", "properties": {"ok": {"type": "boolean"}}});
/// assert_eq!(pattern(&schema)?, r#"\{"ok":(?:true|false)\}"#);
/// # Ok::<(), llm_lab::report::Error>(())
/// ```
///
/// # Errors
/// Bad input, naming the keyword that is not understood.
pub fn pattern(schema: &Value) -> Result<String, Error> {
    let pattern = of(schema, 0)?;
    if pattern.len() > LONGEST {
        return Err(super::too_large());
    }
    Ok(pattern)
}

fn refused(en: String, zh: String) -> Error {
    Error::input(text(en, zh)).allowed(text(
        "type, properties, items, minItems, maxItems, minLength, maxLength, enum, const, anyOf",
        "type、properties、items、minItems、maxItems、minLength、maxLength、enum、const、anyOf",
    ))
}

fn of(schema: &Value, depth: usize) -> Result<String, Error> {
    let Value::Object(schema) = schema else {
        return Err(refused("a schema is an object".to_string(), "schema 必须是对象".to_string()));
    };
    if depth > DEPTH {
        return Err(super::too_large());
    }
    if let Some(values) = schema.get("enum") {
        knows(schema, &["enum", "type"])?;
        let values = values.as_array().filter(|v| !v.is_empty()).ok_or_else(|| {
            refused("enum is no list of values".to_string(), "enum 不是值的列表".to_string())
        })?;
        return Ok(either(values.iter().map(literal).collect()));
    }
    if let Some(value) = schema.get("const") {
        knows(schema, &["const", "type"])?;
        return Ok(literal(value));
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(all) = schema.get(key) {
            knows(schema, &[key])?;
            let all = all.as_array().filter(|v| !v.is_empty()).ok_or_else(|| {
                refused(format!("{key} is no list of schemas"), format!("{key} 不是 schema 的列表"))
            })?;
            return Ok(either(all.iter().map(|one| of(one, depth + 1)).collect::<Result<_, _>>()?));
        }
    }
    match schema.get("type") {
        Some(Value::String(name)) => typed(name, schema, depth),
        Some(Value::Array(names)) if !names.is_empty() => {
            let one = |name: &Value| typed(name.as_str().unwrap_or_default(), schema, depth);
            Ok(either(names.iter().map(one).collect::<Result<_, _>>()?))
        }
        _ => Err(refused("a schema without a type".to_string(), "schema 没有 type".to_string())),
    }
}

fn typed(name: &str, schema: &Map<String, Value>, depth: usize) -> Result<String, Error> {
    let several = schema.get("type").is_some_and(Value::is_array);
    let knows = |own: &[&str]| if several { Ok(()) } else { knows(schema, own) };
    match name {
        "object" => {
            knows(&["type", "properties"])?;
            let none = Map::new();
            let properties = match schema.get("properties") {
                None => &none,
                Some(Value::Object(properties)) => properties,
                Some(_) => {
                    return Err(refused(
                        "properties is no object".to_string(),
                        "properties 不是对象".to_string(),
                    ));
                }
            };
            let one = |(key, value): (&String, &Value)| {
                Ok(format!("{}:{}", literal(&Value::String(key.clone())), of(value, depth + 1)?))
            };
            let all: Vec<String> = properties.iter().map(one).collect::<Result<_, Error>>()?;
            Ok(format!(r"\{{{}\}}", all.join(",")))
        }
        "array" => {
            knows(&["type", "items", "minItems", "maxItems"])?;
            let item = of(schema.get("items").unwrap_or(&Value::Null), depth + 1)?;
            let (least, most) = bounds(schema, "minItems", "maxItems")?;
            Ok(match (least, most) {
                (_, Some(0)) => r"\[\]".to_string(),
                (0, _) => {
                    let more = repeat(0, most.map(|m| m - 1));
                    format!(r"\[(?:{item}(?:,{item}){more})?\]")
                }
                _ => {
                    let more = repeat(least - 1, most.map(|m| m - 1));
                    format!(r"\[{item}(?:,{item}){more}\]")
                }
            })
        }
        "string" => {
            knows(&["type", "minLength", "maxLength"])?;
            let (least, most) = bounds(schema, "minLength", "maxLength")?;
            Ok(format!("\"{CHARACTER}{}\"", repeat(least, most)))
        }
        "integer" => knows(&["type"]).map(|()| INTEGER.to_string()),
        "number" => knows(&["type"]).map(|()| NUMBER.to_string()),
        "boolean" => knows(&["type"]).map(|()| "(?:true|false)".to_string()),
        "null" => knows(&["type"]).map(|()| "null".to_string()),
        other => Err(refused(format!("there is no type {other:?}"), format!("没有类型 {other:?}"))),
    }
}

/// Refuses keywords that would be ignored.
fn knows(schema: &Map<String, Value>, own: &[&str]) -> Result<(), Error> {
    let unknown = |key: &&String| !own.contains(&key.as_str()) && !NOTES.contains(&key.as_str());
    match schema.keys().find(unknown) {
        Some(key) => Err(refused(
            format!("the schema keyword {key} is not supported here"),
            format!("这里不支持 schema 关键字 {key}"),
        )),
        None => Ok(()),
    }
}

/// Two bounds, the second possibly open.
fn bounds(schema: &Map<String, Value>, low: &str, high: &str) -> Result<(u64, Option<u64>), Error> {
    let number = |key: &str| match schema.get(key) {
        None => Ok(None),
        Some(value) => value.as_u64().filter(|n| *n <= 1000).map(Some).ok_or_else(|| {
            refused(
                format!("{key} is no number from 0 to 1000"),
                format!("{key} 不是 0 到 1000 的整数"),
            )
        }),
    };
    let (least, most) = (number(low)?.unwrap_or(0), number(high)?);
    if most.is_some_and(|most| most < least) {
        return Err(refused(format!("{high} is below {low}"), format!("{high} 小于 {low}")));
    }
    Ok((least, most))
}

fn repeat(least: u64, most: Option<u64>) -> String {
    match most {
        Some(most) => format!("{{{least},{most}}}"),
        None if least == 0 => "*".to_string(),
        None => format!("{{{least},}}"),
    }
}

/// A value as it is written, as a pattern.
fn literal(value: &Value) -> String {
    regex_syntax::escape(&value.to_string()).replace(r"\ ", " ")
}

fn either(all: Vec<String>) -> String {
    format!("(?:{})", all.join("|"))
}

/// Whether a value has the shape that a schema of this subset asks for: the check that knows no pattern.
pub fn fits(schema: &Value, value: &Value) -> bool {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.contains(value);
    }
    if let Some(only) = schema.get("const") {
        return only == value;
    }
    if let Some(all) = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array) {
        return all.iter().any(|one| fits(one, value));
    }
    let within = |n: usize, low: &str, high: &str| {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).map(|n| n as usize);
        bound(low).is_none_or(|low| n >= low) && bound(high).is_none_or(|high| n <= high)
    };
    let is = |name: &str| match (name, value) {
        ("object", Value::Object(object)) => {
            let none = Map::new();
            let own = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
            object.len() == own.len()
                && own.iter().all(|(key, inner)| object.get(key).is_some_and(|v| fits(inner, v)))
        }
        ("array", Value::Array(items)) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            within(items.len(), "minItems", "maxItems") && items.iter().all(|v| fits(inner, v))
        }
        ("string", Value::String(s)) => within(s.chars().count(), "minLength", "maxLength"),
        ("integer", Value::Number(n)) => n.is_i64() || n.is_u64() || n.to_string() == "-0.0",
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) | ("null", Value::Null) => true,
        _ => false,
    };
    match schema.get("type") {
        Some(Value::String(name)) => is(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}
