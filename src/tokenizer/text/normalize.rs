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
            Self::Nfc => formed(text, |part, out| out.extend(part.nfc())),
            Self::Nfd => formed(text, |part, out| out.extend(part.nfd())),
            Self::Nfkc => formed(text, |part, out| out.extend(part.nfkc())),
            Self::Nfkd => formed(text, |part, out| out.extend(part.nfkd())),
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
                    text = formed(&text, |part, out| out.extend(part.nfd()));
                    text.retain(|c| !MARKS.holds(c));
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

/// A normal form, with characters younger than Unicode 9 left as they are: the `tokenizers` library
/// has its tables of 2016, and ids shall equal its ids.
fn formed(text: &str, form: impl Fn(&str, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, young)) =
        rest.char_indices().find(|&(_, c)| c > '\u{2ff}' && YOUNG.holds(c))
    {
        form(&rest[..at], &mut out);
        out.push(young);
        rest = &rest[at + young.len_utf8()..];
    }
    form(rest, &mut out);
    out
}

/// A set of characters as sorted ranges.
struct Set(Vec<(char, char)>);

static YOUNG: LazyLock<Set> = LazyLock::new(|| Set::new(r"\P{Age:9.0}"));
// The categories are those of Unicode 8, again as in the `tokenizers` library: without what is
// younger, and without the few characters that changed sides later.
static MARKS: LazyLock<Set> = LazyLock::new(|| {
    Set::new(r"[[\p{Mn}&&\p{Age:8.0}--[\x{1885}\x{1886}\x{A9BD}\x{111C9}]]\x{1734}]")
});
static CONTROLS: LazyLock<Set> = LazyLock::new(|| Set::new(r"[[\p{Cc}\p{Cf}\p{Co}]&&\p{Age:8.0}]"));

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_characters_stay_as_the_tokenizers_library_leaves_them() {
        // Confirmed with tokenizers 0.23, over every code point.
        assert_eq!(Normalizer::Nfkc.apply("ﬁ\u{32ff}e\u{301}"), "fi\u{32ff}é"); // Unicode 12.1
        assert_eq!(Normalizer::Nfd.apply("é\u{8d3}é"), "e\u{301}\u{8d3}e\u{301}"); // Unicode 11
        assert_eq!(Normalizer::StripAccents.apply("a\u{301}b\u{1df6}c\u{1734}"), "ab\u{1df6}c");
        assert!(CONTROLS.holds('\u{ad}') && !CONTROLS.holds('\u{890}'));
        let flags = |c| crate::tokenizer::pattern::unicode::flags(c);
        let punctuation = crate::tokenizer::pattern::unicode::PUNCTUATION;
        assert!("，。¿$\u{166d}".chars().all(|c| flags(c) & punctuation != 0));
        assert_eq!(flags('\u{2e52}') & punctuation, 0); // Unicode 14
    }
}
