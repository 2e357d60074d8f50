//! Guarded YAML: a pack may come from a stranger, so a file is read here before `serde_yaml` sees
//! it. The text must be UTF-8, at most 1 MiB, without control characters; the event parser then
//! walks it once and refuses anchors, aliases, tags, duplicate keys and deep nesting while the
//! events stream. Everything takes time linear in the file's length. What comes out is a tree of
//! places, so that every later check can name line and column.

mod characters;
mod tree;
mod walk;

pub(super) use characters::forbidden;
pub use tree::Tree;

use super::{Place, Problem};
use crate::report::text;

/// The most bytes that a file may have.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep lists and mappings may nest.
pub const MAX_DEPTH: usize = 32;

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

/// Reads a file, or says what is wrong with it.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn guard<'a>(file: &'a str, bytes: &'a [u8]) -> Result<Guarded<'a>, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::new(
            file,
            Place::START,
            text("the file is longer than 1 MiB", "文件超过 1 MiB"),
            text("split it", "请拆分"),
        ));
    }
    let text = characters::utf8(file, bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    characters::characters(file, text)?;
    let tree = walk::tree(file, text)?;
    Ok(Guarded { file, text, tree })
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
        starts(&vec![b'a'; MAX_BYTES + 1], "a.yaml:1:1: the file is longer than 1 MiB");
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
