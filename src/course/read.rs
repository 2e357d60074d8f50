//! From a file's bytes to a lesson or its header: the guard first, then `serde_yaml` part by part,
//! so that one wrong step does not hide the next, and every message gets its place and its mend.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_yaml::Value;

use super::Problem;
use super::lesson::{Claim, FORMAT, Header, Interview, Item, Lesson, Myth, Step};
use super::problem::meant;
use super::yaml::{Guarded, guard};
use crate::report::{Text, text};

/// A file's top level; its lists are read one entry at a time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    format: Value,
    id: Value,
    track: Value,
    title: Value,
    #[serde(default)]
    answers: Value,
    #[serde(default)]
    needs: Value,
    steps: Vec<Value>,
    #[serde(default)]
    claims: Vec<Value>,
    #[serde(default)]
    myths: Vec<Value>,
    #[serde(default)]
    interview: Vec<Value>,
    #[serde(default)]
    quiz: Vec<Value>,
}

/// The part of a lesson file before `steps:`.
pub(super) fn head(bytes: &[u8]) -> &[u8] {
    let starts = |at: usize| at == 0 || bytes[at - 1] == b'\n';
    let found = bytes.windows(6).enumerate().find(|(at, w)| *w == b"steps:" && starts(*at));
    found.map_or(bytes, |(at, _)| &bytes[..at])
}

/// Reads only what stands before `steps:`.
///
/// # Errors
/// The first thing that is wrong there.
pub fn header(file: &str, bytes: &[u8]) -> Result<Header, Problem> {
    head_only(file, head(bytes)).map_err(|problem| {
        // The whole file tells more: that an unknown key was meant to be `steps`.
        let whole = guard(file, bytes).map(|guarded| lesson(&guarded));
        match whole {
            Ok(Err(problems)) => problems.into_iter().next().unwrap_or(problem),
            _ => problem,
        }
    })
}

fn head_only(file: &str, head: &[u8]) -> Result<Header, Problem> {
    let guarded = guard(file, head)?;
    let header: Header = document(&guarded)?;
    version(&guarded, header.format)?;
    Ok(header)
}

/// Reads a whole lesson.
///
/// # Errors
/// Everything that is wrong with its form; [`super::check`] looks at its sense.
pub fn lesson(guarded: &Guarded) -> Result<Lesson, Vec<Problem>> {
    let raw: Raw = document(guarded).map_err(|p| vec![p])?;
    let mut problems = Vec::new();
    let head = [
        ("format", raw.format),
        ("id", raw.id),
        ("track", raw.track),
        ("title", raw.title),
        ("answers", raw.answers),
        ("needs", raw.needs),
    ];
    let head = head.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.into(), v));
    let header: Option<Header> =
        keep(piece(guarded, "", Value::Mapping(head.collect())), &mut problems);
    if let Some(problem) = header.as_ref().and_then(|h| version(guarded, h.format).err()) {
        problems.push(problem);
    }
    let lesson = Lesson {
        steps: list::<Step>(guarded, "steps", raw.steps, &mut problems),
        claims: list::<Claim>(guarded, "claims", raw.claims, &mut problems),
        myths: list::<Myth>(guarded, "myths", raw.myths, &mut problems),
        interview: list::<Interview>(guarded, "interview", raw.interview, &mut problems),
        quiz: list::<Item>(guarded, "quiz", raw.quiz, &mut problems),
        header: match header {
            Some(header) => header,
            None => return Err(problems),
        },
    };
    if problems.is_empty() { Ok(lesson) } else { Err(problems) }
}

/// Reads a whole small file, such as the pack's own.
pub(super) fn document<T: DeserializeOwned>(guarded: &Guarded) -> Result<T, Problem> {
    let deserializer = serde_yaml::Deserializer::from_str(guarded.text);
    serde_path_to_error::deserialize(deserializer).map_err(|e| explain(guarded, "", &e))
}

fn version(guarded: &Guarded, format: u32) -> Result<(), Problem> {
    if format == FORMAT {
        return Ok(());
    }
    Err(Problem::new(
        guarded.file,
        guarded.tree.place("format"),
        text(format!("format {format}"), format!("格式版本 {format}")),
        text(
            format!("this program reads `format: {FORMAT}`"),
            format!("本程序只读 `format: {FORMAT}`"),
        ),
    ))
}

fn list<T: DeserializeOwned>(
    guarded: &Guarded,
    key: &str,
    values: Vec<Value>,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let each = values.into_iter().enumerate();
    each.filter_map(|(i, v)| keep(piece(guarded, &format!("{key}/{i}"), v), problems)).collect()
}

fn keep<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

fn piece<T: DeserializeOwned>(guarded: &Guarded, path: &str, value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|e| explain(guarded, path, &e))
}

/// Turns an error of serde into a problem with its place, in both languages.
fn explain(
    guarded: &Guarded,
    base: &str,
    error: &serde_path_to_error::Error<serde_yaml::Error>,
) -> Problem {
    use serde_path_to_error::Segment;
    let mut path = base.to_string();
    for segment in error.path().iter() {
        match segment {
            Segment::Seq { index } => path += &format!("/{index}"),
            Segment::Map { key } => path += &format!("/{key}"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    // A position in the message is that of serde_yaml; the tree knows better.
    let message = message.split(" at line ").next().unwrap_or_default();
    // Neither is its path needed: the place says it.
    let kinds = ["invalid type: ", "invalid value: ", "missing field ", "unknown field "];
    let start = kinds.iter().filter_map(|kind| message.find(kind)).min().unwrap_or(0);
    let message = &message[start..];
    let tree = &guarded.tree;
    let (mut place, (what, mend)) = (tree.place(&path), words(message));
    if let Some(key) = between(message, "unknown field `") {
        let below = format!("{path}/{key}");
        place = tree.key(if path.ends_with(&format!("/{key}")) { &path } else { &below });
    } else if message.starts_with("missing field") || !message.starts_with("invalid") {
        // What is missing has no place of its own: name the key under which it should stand.
        place = tree.key(&path);
    }
    Problem::new(guarded.file, place, what, mend)
}

/// The word between `start` and the next backtick.
fn between<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.split_once(start).and_then(|(_, rest)| rest.split_once('`')).map(|(word, _)| word)
}

fn words(message: &str) -> (Text, Text) {
    if let Some(key) = between(message, "unknown field `") {
        let known: Vec<&str> = message
            .split_once("expected")
            .map(|(_, list)| list.split('`').skip(1).step_by(2).collect())
            .unwrap_or_default();
        let key: String = key.chars().take(40).collect();
        return (
            text(format!("unknown key `{key}`"), format!("未知的键 `{key}`")),
            meant(&key, known),
        );
    }
    if let Some(key) = between(message, "missing field `") {
        let mend = match key {
            "en" | "zh" => text(
                "every text has both languages: {en: \"…\", zh: \"…\"}",
                "每段文字都要有两种语言：{en: \"…\", zh: \"…\"}",
            ),
            _ => text(format!("add `{key}: …`"), format!("请补上 `{key}: …`")),
        };
        return (text(format!("`{key}` is missing"), format!("缺少 `{key}`")), mend);
    }
    let strip = |m: &str| {
        m.strip_prefix("invalid type: ").or(m.strip_prefix("invalid value: ")).map(str::to_string)
    };
    if let Some((found, expected)) =
        strip(message).as_deref().and_then(|m| m.split_once(", expected "))
    {
        let expected = kind(expected);
        let found: String = found.chars().take(60).collect();
        return (
            text(format!("wrong type: {found}"), format!("类型不对：{found}")),
            text(format!("write {}", expected.en), format!("请写{}", expected.zh)),
        );
    }
    if message.contains(Text::BOTH) {
        let both = Text::split(message);
        let mend = text("keep only the keys of one form", "请只保留其中一种写法的键");
        return (both, mend);
    }
    (
        text(format!("cannot be read: {message}"), format!("无法读取：{message}")),
        text("see the schema in CONTRIBUTING.md", "参见 CONTRIBUTING.md 中的格式说明"),
    )
}

/// What serde expected, in the words of an author.
fn kind(expected: &str) -> Text {
    match expected {
        "a string" => {
            text("a text, in quotes if it looks like a number", "一段文字；看起来像数的要加引号")
        }
        "struct Text" => {
            text("both languages: {en: \"…\", zh: \"…\"}", "两种语言：{en: \"…\", zh: \"…\"}")
        }
        "a sequence" => text(
            "a list: [a, b], or lines beginning with `- `",
            "列表：[a, b]，或以 `- ` 开头的多行",
        ),
        "a map" => text("a mapping: {key: value}", "映射：{键： 值}"),
        "a boolean" => text("true or false", " true 或 false"),
        "f64" => text("a number, such as 0.5 or 1e-6", "一个数，例如 0.5 或 1e-6"),
        "u32" | "u64" | "usize" => text("a whole number", "一个整数"),
        other if other.contains(Text::BOTH) => Text::split(other),
        other if other.starts_with("struct") => text("a mapping: {key: value}", "映射：{键： 值}"),
        other => Text::same(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lang;

    const HEAD: &str = "format: 1\nid: a\ntrack: t\ntitle: {en: A, zh: 甲}\n";

    fn wrong(body: &str) -> Vec<String> {
        let content = format!("{HEAD}{body}");
        let guarded = guard("a.yaml", content.as_bytes()).unwrap();
        lesson(&guarded).unwrap_err().iter().map(|p| p.line(Lang::En)).collect()
    }

    #[test]
    fn a_lesson_is_read() {
        let body = "steps:\n  - say: {en: x, zh: y}\n  - ask: q\nquiz:\n  - id: q\n    number: {ask: {en: x, zh: y}, answer: 3, within: 1%, hint: {en: x, zh: y}, explain: {en: x, zh: y}}\n";
        let content = format!("{HEAD}{body}");
        let guarded = guard("a.yaml", content.as_bytes()).unwrap();
        let lesson = lesson(&guarded).unwrap();
        assert_eq!((lesson.steps.len(), lesson.quiz[0].kind.key()), (2, "number"));
        assert_eq!(header("a.yaml", content.as_bytes()).unwrap(), lesson.header);
    }

    #[test]
    fn several_problems_are_named_each_with_place_and_mend() {
        let lines = wrong(
            "steps:\n  - say: {en: x}\n  - predict:\n      ask: {en: x, zh: y}\n      run: plot relu\n      metrik: a\n  - run: plot relu\nclaims:\n  - id: c\n    says: 3\n    run: plot relu\n    expect: {a: {is: x}}\nmyths:\n  - {id: m, says: {en: x, zh: y}, truth: {en: x, zh: y}}\n",
        );
        assert_eq!(
            lines,
            [
                "a.yaml:6:5: `zh` is missing → every text has both languages: {en: \"…\", zh: \"…\"}",
                "a.yaml:10:7: unknown key `metrik` → did you mean `metric`?",
                "a.yaml:11:5: a step is one of: say; run with look; predict; ask → keep only the keys of one form",
                "a.yaml:14:11: wrong type: integer `3` → write both languages: {en: \"…\", zh: \"…\"}",
                "a.yaml:18:5: a myth needs run and expect, or a source where nothing can be computed → keep only the keys of one form",
            ]
        );
    }

    #[test]
    fn unknown_keys_missing_keys_and_wrong_types_at_the_top() {
        assert_eq!(
            wrong("stepps: []\n"),
            ["a.yaml:5:1: unknown key `stepps` → did you mean `steps`?"]
        );
        assert_eq!(wrong("needs: []\n"), ["a.yaml:1:1: `steps` is missing → add `steps: …`"]);
        let header = |content: &[u8]| header("a.yaml", content).unwrap_err().line(Lang::En);
        assert_eq!(
            header(format!("{}steps: []\n", HEAD.replace('1', "one")).as_bytes()),
            "a.yaml:1:9: wrong type: string \"one\" → write a whole number"
        );
        let line = header(format!("{HEAD}stepz: []\n").as_bytes());
        assert_eq!(line, "a.yaml:5:1: unknown key `stepz` → did you mean `steps`?");
        assert_eq!(
            wrong("needs: x\nsteps: []\n"),
            [
                "a.yaml:5:8: wrong type: string \"x\" → write a list: [a, b], or lines beginning with `- `"
            ]
        );
        assert_eq!(
            wrong(
                "steps: []\nclaims:\n - {id: c, says: {en: x, zh: y}, run: r, expect: {a: {is: 1, within: -1}}}\n"
            ),
            [
                "a.yaml:7:70: wrong type: floating point `-1.0` → write a distance such as 0.01, or a percentage such as 1%, not negative"
            ]
        );
    }
}
