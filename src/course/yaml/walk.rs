//! The event parser's walk through a file: refuses what a lesson never needs while the events
//! stream, and builds the tree of places.

use std::collections::HashSet;

use saphyr_parser::{Event, Marker, Parser, ScanError};

use super::MAX_DEPTH;
use super::characters::{forbidden, forbidden_words};
use super::tree::{Children, Tree};
use crate::course::{Place, Problem};
use crate::report::text;

/// The places of a text, or the first thing that is wrong with it.
pub fn tree(file: &str, content: &str) -> Result<Tree, Problem> {
    let mut parser = Parser::new_from_str(content);
    let mut walk = Walk { file, stack: Vec::new(), root: None };
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|e| unparsable(file, &e))?;
        walk.step(&event, place(span.start))?;
    }
    walk.root.ok_or_else(|| {
        let what = text("the file is empty", "文件是空的");
        let mend = text("begin with `format: 1`", "请从 `format: 1` 写起");
        Problem::new(file, Place::START, what, mend)
    })
}

/// What has been read; the stack holds what is open.
struct Walk<'a> {
    file: &'a str,
    stack: Vec<Open>,
    root: Option<Tree>,
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

impl Walk<'_> {
    fn step(&mut self, event: &Event, at: Place) -> Result<(), Problem> {
        plain(self.file, event, at)?;
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                let what = text("a second document", "出现第二个文档");
                let mend = text(
                    "one document a file: remove `---`",
                    "每个文件只能有一个文档：请删去 `---`",
                );
                Err(Problem::new(self.file, at, what, mend))
            }
            Event::SequenceStart(..) => self.open(Children::List(Vec::new()), at),
            Event::MappingStart(..) => self.open(Children::Mapping(Vec::new()), at),
            Event::Scalar(value, ..) => self.scalar(value, at),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.stack.pop() {
                    self.add(Tree { place: open.place, children: open.children });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, children: Children, place: Place) -> Result<(), Problem> {
        if self.stack.len() == MAX_DEPTH {
            return Err(too_deep(self.file, place));
        }
        if self.stack.last().is_some_and(Open::wants_key) {
            let what = text("a list or mapping as a key", "用列表或映射作键");
            let mend = text(
                "a key is a word; quote text that begins with `{` or `[`",
                "键只能是单词；以 `{` 或 `[` 开头的文字请加引号",
            );
            return Err(Problem::new(self.file, place, what, mend));
        }
        self.stack.push(Open { place, children, seen: HashSet::new(), key: None });
        Ok(())
    }

    fn scalar(&mut self, value: &str, place: Place) -> Result<(), Problem> {
        // An escape such as "\e" became a character only now.
        if let Some(c) = value.chars().find(|c| forbidden(*c)) {
            let (what, mend) = forbidden_words(c);
            return Err(Problem::new(self.file, place, what, mend));
        }
        let Some(open) = self.stack.last_mut().filter(|open| open.wants_key()) else {
            self.add(Tree { place, children: Children::None });
            return Ok(());
        };
        if !open.seen.insert(value.to_string()) {
            let key: String = value.chars().take(40).collect();
            let what = text(format!("the key `{key}` twice"), format!("键 `{key}` 重复"));
            let mend = text("keep one of them", "请只保留一个");
            return Err(Problem::new(self.file, place, what, mend));
        }
        open.key = Some((value.to_string(), place));
        Ok(())
    }

    fn add(&mut self, value: Tree) {
        match self.stack.last_mut() {
            Some(open) => open.add(value),
            None => self.root = Some(value),
        }
    }
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

/// Refuses anchors, aliases and tags.
fn plain(file: &str, event: &Event, at: Place) -> Result<(), Problem> {
    let (anchor, tag) = match event {
        Event::Alias(_) => (true, false),
        Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(anchor, tag)
        | Event::MappingStart(anchor, tag) => (*anchor != 0, tag.is_some()),
        _ => (false, false),
    };
    if anchor {
        let what = text("an anchor or alias (`&`, `*`)", "锚点或别名（`&`、`*`）");
        let mend = text(
            "write the value out; quote text that begins with `&` or `*`",
            "请直接写出内容；以 `&` 或 `*` 开头的文字请加引号",
        );
        return Err(Problem::new(file, at, what, mend));
    }
    if tag {
        let what = text("a tag (`!`)", "标签（`!`）");
        let mend = text("quote text that begins with `!`", "以 `!` 开头的文字请加引号");
        return Err(Problem::new(file, at, what, mend));
    }
    Ok(())
}

fn too_deep(file: &str, at: Place) -> Problem {
    let what = text(
        format!("nested more than {MAX_DEPTH} levels deep"),
        format!("嵌套超过 {MAX_DEPTH} 层"),
    );
    Problem::new(file, at, what, text("a lesson needs fewer than ten", "课程用不到十层"))
}

fn unparsable(file: &str, error: &ScanError) -> Problem {
    let at = place(*error.marker());
    // The scanner looks ahead and gives up at 255 open brackets.
    if error.info() == "recursion limit exceeded" {
        return too_deep(file, at);
    }
    let info = error.info();
    let what = text(format!("not YAML: {info}"), format!("不是合法的 YAML：{info}"));
    let mend = text(
        "check the indentation, quotes and colons before it; quote text that holds `: ` or ` #`",
        "请检查它之前的缩进、引号与冒号；含有 `: ` 或 ` #` 的文字要加引号",
    );
    Problem::new(file, at, what, mend)
}
