//! Changes to the text before it is cut. All but the identity lose something.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};
use unicode_normalization::UnicodeNormalization;

/// One change to the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Normalizer {
    /// Unicode normal form C.
    Nfc,
    /// Unicode normal form D.
    Nfd,
    /// Unicode normal form KC.
    Nfkc,
    /// Unicode normal form KD.
    Nfkd,
    /// Lower case.
    Lowercase,
    /// Without marks such as accents (after a decomposing form).
    StripAccents,
    /// Something before the text, if it is not empty.
    Prepend(String),
    /// One string for another.
    Replace(String, String),
    /// Without white space at the ends.
    Strip {
        /// At the beginning.
        left: bool,
        /// At the end.
        right: bool,
    },
    /// BERT's (Devlin et al. 2019).
    Bert {
        /// Drop control characters, make all white space a space.
        clean: bool,
        /// Set spaces around Chinese characters.
        chinese: bool,
        /// Drop marks.
        accents: bool,
        /// Lower case.
        lowercase: bool,
    },
}

impl Normalizer {
    /// The changed text.
    ///
    /// ```
    /// use llm_lab::tokenizer::text::Normalizer;
    /// let bert = Normalizer::Bert { clean: true, chinese: true, accents: true, lowercase: true };
    /// assert_eq!(bert.apply("Café 中文"), "cafe  中  文 ");
    /// ```
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Owned(match self {
            Self::Nfc => text.nfc().collect(),
            Self::Nfd => text.nfd().collect(),
            Self::Nfkc => text.nfkc().collect(),
            Self::Nfkd => text.nfkd().collect(),
            Self::Lowercase => lower(text),
            Self::StripAccents => text.chars().filter(|c| !MARKS.holds(*c)).collect(),
            Self::Prepend(before) if !text.is_empty() => format!("{before}{text}"),
            Self::Replace(from, to) if text.contains(from.as_str()) => text.replace(from, to),
            Self::Prepend(_) | Self::Replace(..) => return Cow::Borrowed(text),
            Self::Strip { left, right } => {
                let text = if *left { text.trim_start() } else { text };
                return Cow::Borrowed(if *right { text.trim_end() } else { text });
            }
            Self::Bert { clean, chinese, accents, lowercase } => {
                let mut text = text.to_string();
                if *clean {
                    text = text.chars().filter_map(cleaned).collect();
                }
                if *chinese {
                    text = spaced(&text);
                }
                if *accents {
                    text = text.nfd().filter(|c| !MARKS.holds(*c)).collect();
                }
                if *lowercase { lower(&text) } else { text }
            }
        })
    }
}

/// Lower case character by character, without the rules that look at neighbours (final sigma).
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// BERT's cleaning of one character.
fn cleaned(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' => Some(' '),
        '\0' | '\u{FFFD}' => None,
        c if CONTROLS.holds(c) => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

/// Chinese characters with spaces around each.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let chinese = matches!(c as u32,
            0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F);
        if chinese {
            out.extend([' ', c, ' ']);
        } else {
            out.push(c);
        }
    }
    out
}

/// A set of characters as sorted ranges.
struct Set(Vec<(char, char)>);

static MARKS: LazyLock<Set> = LazyLock::new(|| Set::new(r"\p{Mn}"));
static CONTROLS: LazyLock<Set> = LazyLock::new(|| Set::new(r"[\p{Cc}\p{Cf}\p{Co}]"));

impl Set {
    fn new(class: &str) -> Self {
        let hir = regex_syntax::parse(class);
        Self(match hir.as_ref().map(|h| h.kind()) {
            Ok(HirKind::Class(Class::Unicode(c))) => {
                c.iter().map(|r| (r.start(), r.end())).collect()
            }
            _ => Vec::new(),
        })
    }

    fn holds(&self, c: char) -> bool {
        let after = self.0.partition_point(|r| r.0 <= c);
        after > 0 && c <= self.0[after - 1].1
    }
}
