//! Takes a line apart while it is still being typed: where each word lies, and whether a quote or a
//! backslash leaves the line open. Unlike a parser it never fails.

use std::ops::Range;

/// One word of an unfinished line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes in the line, quotes included.
    pub range: Range<usize>,
    /// What it says, without quotes and backslashes.
    pub says: String,
    /// Whether it begins with a quote.
    pub quoted: bool,
}

/// A line as far as it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Its words.
    pub words: Vec<Word>,
    /// The quote that is still open.
    pub open_quote: Option<char>,
    /// Whether it ends in a backslash, which joins the next line to it.
    pub backslash: bool,
    /// Where a comment begins.
    pub comment: Option<usize>,
}

impl Unfinished {
    /// Whether more lines are wanted.
    pub fn wants_more(&self) -> bool {
        self.open_quote.is_some() || self.backslash
    }
}

/// Takes a line apart.
pub fn unfinished(line: &str) -> Unfinished {
    let mut found = Unfinished::default();
    let mut word: Option<Word> = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let blank = c.is_ascii_whitespace();
        match (found.open_quote, c) {
            (None, '#') if word.is_none() => {
                found.comment.get_or_insert(at);
                while chars.next_if(|(_, c)| *c != '\n').is_some() {}
                continue;
            }
            (None, '\\') if chars.next_if(|(_, c)| *c == '\n').is_some() => continue,
            (None, _) if blank => {
                found.words.extend(word.take());
                continue;
            }
            _ => {}
        }
        let quote = matches!(c, '\'' | '"');
        let start = Word { range: at..at, says: String::new(), quoted: quote };
        let current = word.get_or_insert(start);
        current.range.end = end;
        match found.open_quote {
            Some(open) if c == open => found.open_quote = None,
            None if quote => found.open_quote = Some(c),
            Some('\'') => current.says.push(c),
            _ if c == '\\' => match chars.next() {
                Some((_, '\n')) => {}
                Some((next, c)) => {
                    current.says.push(c);
                    current.range.end = next + c.len_utf8();
                }
                None => found.backslash = true,
            },
            _ => current.says.push(c),
        }
    }
    found.words.extend(word);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(line: &str) -> Vec<String> {
        unfinished(line).words.into_iter().map(|w| w.says).collect()
    }

    #[test]
    fn whole_lines_read_as_the_parser_reads_them() {
        for line in ["plot 'a b' c\"d\"e \\ f # g", "a\\\nb", "", "  x  ", "'#' a#b"] {
            assert_eq!(says(line), shlex::split(line).unwrap(), "{line}");
            assert!(!unfinished(line).wants_more());
        }
    }

    #[test]
    fn open_ends_want_more() {
        assert_eq!(says("plot 'sw"), ["plot", "sw"]);
        for line in ["plot 'sw", "plot \"it's", "plot \\", "a \"b\\"] {
            assert!(unfinished(line).wants_more(), "{line}");
        }
        assert_eq!(says("plot \\\n relu"), ["plot", "relu"]);
        assert!(!unfinished("plot relu # don't wait").wants_more());
    }
}
