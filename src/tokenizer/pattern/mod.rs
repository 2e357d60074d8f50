//! Cutting text into the pieces across which no merge may reach. The published schemes give a
//! regular expression; here each is a scanner written by hand, some ten times as fast, and a test
//! compares it with the expression on arbitrary text.

mod scan;
pub mod unicode;

use unicode::Scan;

/// Where a byte-level scheme cuts the text before it merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pattern {
    /// Nowhere: merges reach across spaces and punctuation.
    None,
    /// Words with their leading space, numbers, runs of other symbols (Radford et al. 2019).
    #[default]
    Gpt2,
    /// GPT-4's (`cl100k_base`): contractions in either case, numbers by threes, newlines apart.
    Gpt4,
    /// The form of [`Pattern::Gpt4`] that Llama 3 publishes: it differs only in the white space
    /// that ends a text.
    Llama3,
    /// As [`Pattern::Llama3`], with digits one by one (Qwen 2).
    Qwen2,
    /// GPT-4o's (`o200k_base`): words also cut where lower case turns to upper case.
    O200k,
}

impl Pattern {
    /// Every pattern, for tests and tables.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Gpt2, Self::Gpt4, Self::Llama3, Self::Qwen2, Self::O200k];

    /// The expression that the scanner stands for, in the dialect of Oniguruma, which is what a
    /// `tokenizer.json` carries; `None` for [`Pattern::None`].
    ///
    /// Tiktoken writes `\p{N}{1,3}+`, which Oniguruma would read as "one or more times up to three".
    pub fn regex(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::Gpt2 => {
                r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
            }
            Self::Gpt4 => {
                r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
            }
            Self::Llama3 => {
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            }
            Self::Qwen2 => {
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            }
            Self::O200k => {
                r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            }
        })
    }

    /// The pattern that an expression of a `tokenizer.json` stands for, if it is a known one.
    pub fn from_regex(regex: &str) -> Option<Self> {
        let published = match regex {
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
            | r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s" => {
                Some(Self::Gpt2)
            }
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+" => {
                Some(Self::Llama3)
            }
            _ => None,
        };
        published.or_else(|| Self::ALL.into_iter().find(|p| p.regex() == Some(regex)))
    }

    /// Where the piece that begins at byte `i` of the text ends; always after `i`.
    ///
    /// # Panics
    /// If `i` is not inside the text.
    #[inline]
    pub fn end(self, text: &Scan<'_>, i: usize) -> usize {
        match self {
            Self::None => text.bytes.len(),
            Self::Gpt2 => scan::gpt2(text, i),
            Self::Gpt4 => scan::gpt4(text, i, 3, true),
            Self::Llama3 => scan::gpt4(text, i, 3, false),
            Self::Qwen2 => scan::gpt4(text, i, 1, false),
            Self::O200k => scan::o200k(text, i),
        }
    }

    /// The pieces of a text, in order; together they are the text. O(bytes).
    ///
    /// ```
    /// use llm_lab::tokenizer::Pattern;
    /// let cut = |p: Pattern, text: &str| {
    ///     p.pieces(text.as_bytes()).map(|b| String::from_utf8_lossy(b).into_owned()).collect::<Vec<_>>()
    /// };
    /// assert_eq!(cut(Pattern::Gpt2, "It's 1234 cats"), ["It", "'s", " 1234", " cats"]);
    /// assert_eq!(cut(Pattern::Gpt4, "It's 1234 cats"), ["It", "'s", " ", "123", "4", " cats"]);
    /// assert_eq!(cut(Pattern::O200k, "It's 1234 myCats"), ["It's", " ", "123", "4", " my", "Cats"]);
    /// ```
    pub fn pieces(self, text: &[u8]) -> impl Iterator<Item = &[u8]> {
        let scan = Scan::new(text);
        let mut at = 0;
        std::iter::from_fn(move || {
            if at >= text.len() {
                return None;
            }
            let start = at;
            at = self.end(&scan, start);
            Some(&text[start..at])
        })
    }
}
