//! Guarded YAML: a pack may come from a stranger, so a file is read here before `serde_yaml` sees
//! it. The text must be UTF-8, at most 1 MiB, without control characters; the event parser then
//! walks it once and refuses anchors, aliases, tags, duplicate keys and deep nesting while the
//! events stream. Everything takes time linear in the file's length. What comes out is a tree of
//! places, so that every later check can name line and column.

use std::collections::HashSet;

use saphyr_parser::{Event, Marker, Parser, Span};

use super::{Place, Problem};
use crate::report::{Text, text};

/// The most bytes that a file may have.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep lists and mappings may nest.
pub const MAX_DEPTH: usize = 32;

/// Where each value of a file stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    place: Place,
    children: Children,
}

#[derive(Debug, Clone, PartialEq)]
enum Children {
    None,
    List(Vec<Tree>),
    /// Key, where the key stands, its value.
    Mapping(Vec<(String, Place, Tree)>),
}

/// A file that passed the guard.
#[derive(Debug, Clone, PartialEq)]
pub struct Guarded<'a> {
    /// The file's name, as the pack says it.
    pub file: &'a str,
    /// Its text, without a byte order mark.
    pub text: &'a str,
    /// Where everything stands.
    pub tree: Tree,
}

impl Tree {
    /// The place of the value at a path such as `steps/2/say/zh`; of the nearest value around it
    /// where the path leads nowhere.
    pub fn place(&self, path: &str) -> Place {
        self.walk(path).1
    }

    /// The place of the last key of a path; of the nearest value around it where there is none.
    pub fn key(&self, path: &str) -> Place {
        self.walk(path).0
    }

    /// The keys of the mapping at a path.
    pub fn keys(&self, path: &str) -> Vec<&str> {
        let mut node = self;
        for part in path.split('/').filter(|p| !p.is_empty()) {
            match node.child(part) {
                Some((_, next)) => node = next,
                None => return Vec::new(),
            }
        }
        match &node.children {
            Children::Mapping(entries) => entries.iter().map(|(k, ..)| k.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    fn walk(&self, path: &str) -> (Place, Place) {
        let (mut key, mut node) = (self.place, self);
        for part in path.split('/').filter(|p| !p.is_empty()) {
            match node.child(part) {
                Some((place, next)) => (key, node) = (place, next),
                None => break,
            }
        }
        (key, node.place)
    }

    fn child(&self, part: &str) -> Option<(Place, &Tree)> {
        match &self.children {
            Children::None => None,
            Children::List(items) => {
                part.parse::<usize>().ok().and_then(|i| items.get(i)).map(|t| (t.place, t))
            }
            Children::Mapping(entries) => {
                entries.iter().find(|(key, ..)| key == part).map(|(_, place, tree)| (*place, tree))
            }
        }
    }
}

/// Reads a file, or says what is wrong with it.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn guard<'a>(file: &'a str, bytes: &'a [u8]) -> Result<Guarded<'a>, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::new(
            file,
            Place::START,
            text(
                format!("the file has {} bytes", bytes.len()),
                format!("文件有 {} 字节", bytes.len()),
            ),
            text("at most 1 MiB: split it", "最多 1 MiB：请拆分"),
        ));
    }
    let text = utf8(file, bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    characters(file, text)?;
    let tree = Walker { file, parser: Parser::new_from_str(text) }.document()?;
    Ok(Guarded { file, text, tree })
}

/// The bytes as text, or where the first wrong byte is.
fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let byte = bytes.get(at).copied().unwrap_or_default();
        Problem::new(
            file,
            Place { line, column },
            text(
                format!("invalid UTF-8: byte 0x{byte:02x} at offset {at}"),
                format!("不是合法的 UTF-8：偏移 {at} 处的字节 0x{byte:02x}"),
            ),
            text("save the file as UTF-8", "请把文件存为 UTF-8"),
        )
    })
}

/// Refuses what could deceive the reader or the terminal, and tabs in indentation.
fn characters(file: &str, content: &str) -> Result<(), Problem> {
    let (mut line, mut column, mut indentation) = (1, 1, true);
    for c in content.chars() {
        let problem = |what, mend| Err(Problem::new(file, Place { line, column }, what, mend));
        if c == '\t' && indentation {
            return problem(
                text("a tab in the indentation", "缩进里有制表符"),
                text("indent with spaces", "请用空格缩进"),
            );
        }
        if forbidden(c) {
            let (what, mend) = forbidden_words(c);
            return problem(what, mend);
        }
        indentation &= c == ' ';
        column += 1;
        if c == '\n' {
            (line, column, indentation) = (line + 1, 1, true);
        }
    }
    Ok(())
}

/// Control and escape characters, what turns the direction of writing, and rarely seen line ends.
fn forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn forbidden_words(c: char) -> (Text, Text) {
    let code = format!("U+{:04X}", u32::from(c));
    let what = if c == '\u{1b}' {
        text(format!("an escape character ({code})"), format!("转义字符({code})"))
    } else {
        text(
            format!("an invisible control character ({code})"),
            format!("不可见的控制字符({code})"),
        )
    };
    (what, text("remove it: lessons are plain text", "请删去：课程只能是纯文本"))
}

/// Builds the tree from events; the stack holds what is open.
struct Walker<'a> {
    file: &'a str,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

/// A list or mapping that is still open.
struct Open {
    place: Place,
    children: Children,
    /// The keys of a mapping so far.
    seen: HashSet<String>,
    /// A key that waits for its value.
    key: Option<(String, Place)>,
}

fn place(marker: Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

impl Walker<'_> {
    fn problem(&self, place: Place, what: Text, mend: Text) -> Problem {
        Problem::new(self.file, place, what, mend)
    }

    fn next(&mut self) -> Result<Option<(Event<'_>, Span)>, Problem> {
        let file = self.file;
        self.parser.next_event().transpose().map_err(|e| {
            // The scanner looks ahead and gives up at 255 open brackets.
            if e.info() == "recursion limit exceeded" {
                return too_deep(file, place(*e.marker()));
            }
            Problem::new(
                file,
                place(*e.marker()),
                text(format!("not YAML: {}", e.info()), format!("不是合法的 YAML:{}", e.info())),
                text(
                    "check the indentation, quotes and colons before it; quote text that holds `: ` or ` #`",
                    "请检查它之前的缩进、引号与冒号；含有 `: ` 或 ` #` 的文字要加引号",
                ),
            )
        })
    }

    fn document(mut self) -> Result<Tree, Problem> {
        let file = self.file;
        let mut stack: Vec<Open> = Vec::new();
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            let at = place(span.start);
            let problem = |what, mend| Problem::new(file, at, what, mend);
            let done = match event {
                Event::Alias(_) => return Err(shared(file, at)),
                Event::Scalar(_, _, anchor, _)
                | Event::SequenceStart(anchor, _)
                | Event::MappingStart(anchor, _)
                    if anchor != 0 =>
                {
                    return Err(shared(file, at));
                }
                Event::Scalar(_, _, _, Some(_))
                | Event::SequenceStart(_, Some(_))
                | Event::MappingStart(_, Some(_)) => {
                    return Err(problem(
                        text("a tag (`!`)", "标签(`!`)"),
                        text("quote text that begins with `!`", "以 `!` 开头的文字请加引号"),
                    ));
                }
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(problem(
                        text("a second document", "出现第二个文档"),
                        text(
                            "one document a file: remove `---`",
                            "每个文件只能有一个文档：请删去 `---`",
                        ),
                    ));
                }
                Event::SequenceStart(..) | Event::MappingStart(..) => {
                    if stack.len() == MAX_DEPTH {
                        return Err(too_deep(file, at));
                    }
                    if stack.last().is_some_and(|o| o.wants_key()) {
                        return Err(not_a_key(file, at));
                    }
                    let list = matches!(event, Event::SequenceStart(..));
                    stack.push(Open {
                        place: at,
                        children: if list {
                            Children::List(Vec::new())
                        } else {
                            Children::Mapping(Vec::new())
                        },
                        seen: HashSet::new(),
                        key: None,
                    });
                    continue;
                }
                Event::Scalar(value, ..) => {
                    if let Some(c) = value.chars().find(|c| forbidden(*c)) {
                        let (what, mend) = forbidden_words(c);
                        return Err(problem(what, mend));
                    }
                    if let Some(open) = stack.last_mut().filter(|o| o.wants_key()) {
                        if !open.seen.insert(value.to_string()) {
                            let key: String = value.chars().take(40).collect();
                            return Err(problem(
                                text(format!("the key `{key}` twice"), format!("键 `{key}` 重复")),
                                text("keep one of them", "请只保留一个"),
                            ));
                        }
                        open.key = Some((value.to_string(), at));
                        continue;
                    }
                    Tree { place: at, children: Children::None }
                }
                Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                    Some(open) => Tree { place: open.place, children: open.children },
                    None => continue,
                },
                _ => continue,
            };
            match stack.last_mut() {
                Some(open) => open.add(done),
                None => root = Some(done),
            }
        }
        root.ok_or_else(|| {
            self.problem(
                Place::START,
                text("the file is empty", "文件是空的"),
                text("begin with `format: 1`", "请从 `format: 1` 写起"),
            )
        })
    }
}

fn shared(file: &str, at: Place) -> Problem {
    Problem::new(
        file,
        at,
        text("an anchor or alias (`&`, `*`)", "锚点或别名(`&`、`*`)"),
        text(
            "write the value out; quote text that begins with `&` or `*`",
            "请直接写出内容；以 `&` 或 `*` 开头的文字请加引号",
        ),
    )
}

fn too_deep(file: &str, at: Place) -> Problem {
    Problem::new(
        file,
        at,
        text(
            format!("nested more than {MAX_DEPTH} levels deep"),
            format!("嵌套超过 {MAX_DEPTH} 层"),
        ),
        text("a lesson needs fewer than ten", "课程用不到十层"),
    )
}

fn not_a_key(file: &str, at: Place) -> Problem {
    Problem::new(
        file,
        at,
        text("a list or mapping as a key", "用列表或映射作键"),
        text(
            "a key is a word; quote text that begins with `{` or `[`",
            "键只能是单词；以 `{` 或 `[` 开头的文字请加引号",
        ),
    )
}

impl Open {
    fn wants_key(&self) -> bool {
        matches!(self.children, Children::Mapping(_)) && self.key.is_none()
    }

    fn add(&mut self, value: Tree) {
        match &mut self.children {
            Children::List(items) => items.push(value),
            Children::Mapping(entries) => {
                if let Some((key, place)) = self.key.take() {
                    entries.push((key, place, value));
                }
            }
            Children::None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lang;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn refused(bytes: &[u8]) -> String {
        let start = Instant::now();
        let line = guard("a.yaml", bytes).unwrap_err().line(Lang::En);
        assert!(start.elapsed() < Duration::from_secs(1), "{line} took {:?}", start.elapsed());
        assert!(!line.contains('\n'));
        line
    }

    #[test]
    fn bad_files_get_one_line_with_their_place() {
        let starts = |bytes: &[u8], expected: &str| {
            let line = refused(bytes);
            assert!(line.starts_with(expected), "{line}");
        };
        starts(b"a:\n\tb: 1\n", "a.yaml:2:1: a tab in the indentation");
        starts(b"a: \xff\n", "a.yaml:1:4: invalid UTF-8: byte 0xff at offset 3");
        starts(b"a: \x1b[31mred\n", "a.yaml:1:4: an escape character (U+001B)");
        starts(b"a: \"\\e[31mred\"\n", "a.yaml:1:4: an escape character (U+001B)");
        starts("a: x\u{202e}y\n".as_bytes(), "a.yaml:1:5: an invisible control character (U+202E)");
        starts(b"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key `a` twice");
        starts(b"a: &x 1\n", "a.yaml:1:4: an anchor or alias");
        starts(b"a: !!str 1\n", "a.yaml:1:");
        starts(b"", "a.yaml:1:1: the file is empty");
        starts(b"a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document");
        starts(b"{a: 1}: 2\n", "a.yaml:1:1: ");
        starts(b"a: \"open\n", "a.yaml:");
        starts(&vec![b'a'; MAX_BYTES + 1], "a.yaml:1:1: the file has 1048577 bytes");
    }

    #[test]
    fn an_alias_bomb_is_refused_at_its_first_anchor() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x]\n");
        for i in 1..30 {
            let prev = format!("*a{}", i - 1);
            bomb += &format!("a{i}: &a{i} [{prev}, {prev}, {prev}, {prev}]\n");
        }
        assert!(refused(bomb.as_bytes()).starts_with("a.yaml:1:5: an anchor or alias"));
    }

    #[test]
    fn deep_nesting_is_refused_at_once() {
        for open in ["[", "{", "- ", "{a: ", "? ", "- - [", "a: {b: [ "] {
            let line = refused(open.repeat(100_000).as_bytes());
            assert!(line.starts_with("a.yaml:1:"), "{line}");
        }
        for levels in [33, 300, 2000, 100_000] {
            let line = refused("[".repeat(levels).as_bytes());
            assert!(line.contains("nested more than 32 levels"), "{line}");
        }
        let mut block = String::new();
        (0..700).for_each(|i| block += &format!("{}a:\n", " ".repeat(i)));
        assert!(refused(block.as_bytes()).contains("nested more than 32 levels"));
    }

    #[test]
    fn large_flat_files_take_linear_time() {
        let pieces =
            ["x, ", "[], ", "{}, ", "'', ", "\"\\n\", ", "a: 1, ", "x ", "\n", "- a\n ", "#\n"];
        for piece in pieces {
            let whole = format!("[{}", piece.repeat((MAX_BYTES - 2) / piece.len()));
            let start = Instant::now();
            let _ = guard("a.yaml", whole.as_bytes());
            assert!(start.elapsed() < Duration::from_secs(5), "{piece:?} {:?}", start.elapsed());
        }
        for piece in [
            "- a\n",
            "- - a\n",
            "- a: b\n",
            "\n",
            "? a\n",
            "-\n",
            "- |\n",
            "- >\n\n x\n",
            "- '\n'\n",
        ] {
            let whole = piece.repeat((MAX_BYTES - 2) / piece.len());
            let start = Instant::now();
            let _ = guard("a.yaml", whole.as_bytes());
            assert!(start.elapsed() < Duration::from_secs(5), "{piece:?} {:?}", start.elapsed());
        }
    }

    #[test]
    fn places_are_found_by_path() {
        let content = "\u{feff}a: 1\nsteps:\n  - say: {en: x, zh: y}\n  - run: z\n";
        let tree = guard("a.yaml", content.as_bytes()).unwrap().tree;
        assert_eq!(tree.place("steps/0/say/zh"), Place { line: 3, column: 22 });
        assert_eq!(tree.key("steps/0/say/zh"), Place { line: 3, column: 18 });
        assert_eq!(tree.key("steps/1/look"), Place { line: 4, column: 5 });
        assert_eq!(tree.keys("steps/0/say"), ["en", "zh"]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = guard("a.yaml", &bytes);
        }

        #[test]
        fn arbitrary_yaml_like_text_never_panics(content in "[-a-c:?,\\[\\]{}&*!|>'\"%@#~ \n]{0,120}") {
            if let Ok(guarded) = guard("a.yaml", content.as_bytes()) {
                let _ = serde_yaml::from_str::<serde_yaml::Value>(guarded.text);
            }
        }
    }
}
