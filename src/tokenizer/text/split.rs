//! The cut of a text into words, step by step.

use crate::tokenizer::pattern::{Pattern, unicode};

/// Whether a `▁` is put before a text that does not begin with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prepend {
    /// Always.
    Always,
    /// Before the first stretch of the text only.
    First,
    /// Never: the only form that gives every text back.
    #[default]
    Never,
}

/// One step of the cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// At white space, which is dropped.
    WhitespaceSplit,
    /// `\w+|[^\w\s]+`: at white space and where words meet punctuation.
    Whitespace,
    /// BERT's: at white space, and every punctuation mark alone.
    Bert,
    /// Every punctuation mark alone.
    Punctuation,
    /// Numbers apart, digit by digit if so asked.
    Digits(bool),
    /// One of the published patterns.
    Pattern(Pattern),
    /// SentencePiece's view: every space becomes `▁`, and words begin with it.
    Metaspace {
        /// The visible space.
        mark: char,
        /// Whether the text gets one in front.
        prepend: Prepend,
        /// Whether words are cut apart at all.
        split: bool,
    },
    /// The bytes behind the text, after a space in front if so asked, and cut by a pattern.
    ByteLevel {
        /// Put a space before a text that does not begin with one.
        prefix_space: bool,
        /// The cut.
        pattern: Pattern,
    },
}

impl Split {
    /// Hands on the words of a stretch of text; `first` says whether it begins the whole text.
    pub fn apply(&self, text: &str, first: bool, emit: &mut dyn FnMut(&str)) {
        match self {
            Self::WhitespaceSplit => text.split_whitespace().for_each(emit),
            Self::Whitespace => alternate(text, emit, |c| {
                let flags = unicode::flags(c);
                match (flags & unicode::WORD != 0, flags & unicode::SPACE != 0) {
                    (true, _) => Kind::Run(0),
                    (_, true) => Kind::Dropped,
                    _ => Kind::Run(1),
                }
            }),
            Self::Bert => alternate(text, emit, |c| match c {
                c if c.is_whitespace() => Kind::Dropped,
                c if unicode::flags(c) & unicode::PUNCTUATION != 0 => Kind::Alone,
                _ => Kind::Run(0),
            }),
            Self::Punctuation => alternate(text, emit, |c| {
                let alone = unicode::flags(c) & unicode::PUNCTUATION != 0;
                if alone { Kind::Alone } else { Kind::Run(0) }
            }),
            Self::Digits(alone) => alternate(text, emit, |c| match c.is_numeric() {
                true if *alone => Kind::Alone,
                true => Kind::Run(1),
                false => Kind::Run(0),
            }),
            Self::Pattern(pattern) => pieces(*pattern, text, emit),
            Self::Metaspace { mark, prepend, split } => {
                let mut marked = text.replace(' ', mark.encode_utf8(&mut [0; 4]));
                let wanted = match prepend {
                    Prepend::Always => true,
                    Prepend::First => first,
                    Prepend::Never => false,
                };
                if wanted && !marked.starts_with(*mark) {
                    marked.insert(0, *mark);
                }
                if *split { before(&marked, *mark, emit) } else { emit(&marked) }
            }
            Self::ByteLevel { prefix_space, pattern } => {
                if *prefix_space && !text.starts_with(' ') {
                    pieces(*pattern, &format!(" {text}"), emit);
                } else {
                    pieces(*pattern, text, emit);
                }
            }
        }
    }
}

/// The pieces of a pattern; they end between characters, since the text is UTF-8.
fn pieces(pattern: Pattern, text: &str, emit: &mut dyn FnMut(&str)) {
    let mut at = 0;
    for piece in pattern.pieces(text.as_bytes()) {
        emit(&text[at..at + piece.len()]);
        at += piece.len();
    }
}

/// How a character takes part in a cut.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Together with its neighbours of the same number.
    Run(u8),
    /// A word of its own.
    Alone,
    /// Not at all.
    Dropped,
}

/// Cuts where the kind of character changes.
fn alternate(text: &str, emit: &mut dyn FnMut(&str), kind: impl Fn(char) -> Kind) {
    let mut start = 0;
    let mut run = Kind::Dropped;
    for (i, c) in text.char_indices() {
        let here = kind(c);
        if here != run || here == Kind::Alone {
            if run != Kind::Dropped {
                emit(&text[start..i]);
            }
            (start, run) = (i, here);
        }
    }
    if run != Kind::Dropped && start < text.len() {
        emit(&text[start..]);
    }
}

/// Cuts before every mark.
fn before(text: &str, mark: char, emit: &mut dyn FnMut(&str)) {
    let mut start = 0;
    for (i, _) in text.match_indices(mark) {
        if i > start {
            emit(&text[start..i]);
        }
        start = i;
    }
    if start < text.len() {
        emit(&text[start..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(split: &Split, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        split.apply(text, true, &mut |w| words.push(w.to_string()));
        words
    }

    #[test]
    fn words_by_each_step() {
        assert_eq!(cut(&Split::Whitespace, " a-b, c_d!? "), ["a", "-", "b", ",", "c_d", "!?"]);
        assert_eq!(cut(&Split::Bert, "a-b!? 中,文"), ["a", "-", "b", "!", "?", "中", ",", "文"]);
        assert_eq!(cut(&Split::WhitespaceSplit, " a-b,\n c "), ["a-b,", "c"]);
        assert_eq!(cut(&Split::Digits(true), "a12b"), ["a", "1", "2", "b"]);
        assert_eq!(cut(&Split::Digits(false), "a12b"), ["a", "12", "b"]);
        let meta = |prepend, split| Split::Metaspace { mark: '▁', prepend, split };
        assert_eq!(cut(&meta(Prepend::Always, true), "a  b"), ["▁a", "▁", "▁b"]);
        assert_eq!(cut(&meta(Prepend::Never, false), "a  b"), ["a▁▁b"]);
        assert_eq!(cut(&meta(Prepend::Never, true), ""), [] as [&str; 0]);
    }
}
