//! The distinct words of a corpus with how often each occurs: all that a trainer needs to see.

use super::pattern::unicode::{SPACE, Scan};
use super::table::Table;
use crate::report::{Error, text};

/// Words (pieces of the pre-tokenizer) with their counts, in order of their first occurrence.
#[derive(Debug, Clone, Default)]
pub struct Words {
    table: Table,
    counts: Vec<u64>,
}

/// What is cut into words at a time; white space at its ends is seen as the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// A line with its newline, as the `tokenizers` library reads files.
    #[default]
    Line,
    /// The whole text.
    Whole,
}

impl Words {
    /// Adds `n` occurrences of a word; empty words are left out.
    #[inline]
    pub fn add(&mut self, word: &[u8], n: u64) {
        if word.is_empty() {
            return;
        }
        let number = self.table.insert(word) as usize;
        if number == self.counts.len() {
            self.counts.push(n);
        } else {
            self.counts[number] += n;
        }
    }

    /// How many distinct words there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many bytes the distinct words have together.
    pub fn bytes(&self) -> usize {
        self.table.bytes()
    }

    /// Each word with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.table.iter().zip(self.counts.iter().copied())
    }

    /// Words from a list such as `[("hug", 10), ("pug", 5)]`.
    ///
    /// ```
    /// use llm_lab::tokenizer::Words;
    /// let words = Words::from_counts([("low", 5), ("lower", 2), ("low", 1)]);
    /// assert_eq!(words.iter().collect::<Vec<_>>(), [(&b"low"[..], 6), (&b"lower"[..], 2)]);
    /// ```
    pub fn from_counts<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>) -> Self {
        let mut words = Self::default();
        for (word, n) in counts {
            words.add(word.as_bytes(), n);
        }
        words
    }

    /// Counts the words of a corpus on several threads. `cut` hands each word of a text to the
    /// closure; the result does not depend on `threads`. O(bytes).
    ///
    /// # Errors
    /// If the corpus holds no word, or a byte that is not UTF-8 while `cut` asks for text.
    pub fn count<C>(corpus: &[u8], unit: Unit, threads: usize, cut: C) -> Result<Self, Error>
    where
        C: Fn(&[u8], &mut dyn FnMut(&[u8])) + Sync,
    {
        let of_part = |part: &[u8]| {
            let mut words = Self::default();
            match unit {
                Unit::Whole => cut(part, &mut |w| words.add(w, 1)),
                Unit::Line => {
                    for line in part.split_inclusive(|b| *b == b'\n') {
                        cut(line, &mut |w| words.add(w, 1));
                    }
                }
            }
            words
        };
        let safe = if unit == Unit::Line { line_begins } else { space_begins };
        let parts = parts(corpus, threads.max(1), safe);
        let words = if let [only] = parts[..] {
            of_part(only)
        } else {
            let of_part = &of_part;
            let counted: Vec<_> = std::thread::scope(|scope| {
                let running: Vec<_> =
                    parts.iter().map(|part| scope.spawn(move || of_part(part))).collect();
                running.into_iter().map(|thread| thread.join()).collect()
            });
            let mut all = Self::default();
            for part in counted {
                let part = part.map_err(|_| failed())?;
                if all.is_empty() {
                    all = part;
                } else {
                    part.iter().for_each(|(word, n)| all.add(word, n));
                }
            }
            all
        };
        if words.is_empty() {
            return Err(Error::input(text("the corpus is empty", "语料是空的"))
                .allowed(text("a text with at least one word", "至少含一个词的文本")));
        }
        Ok(words)
    }
}

/// A thread that ended early: only lack of memory does that.
fn failed() -> Error {
    Error::Machine(text("a counting thread failed", "计数线程失败"))
}

/// Below this many bytes a second thread costs more than it saves.
pub(super) const WORTH_A_THREAD: usize = 1 << 18;

/// Cuts a corpus into about `threads` parts, only where it is `safe`.
pub(super) fn parts(
    corpus: &[u8],
    threads: usize,
    safe: impl Fn(&[u8], usize) -> bool,
) -> Vec<&[u8]> {
    let threads = threads.min(corpus.len() / WORTH_A_THREAD + 1);
    let mut parts = Vec::with_capacity(threads);
    let mut start = 0;
    for t in 1..threads {
        let from = (corpus.len() / threads * t).max(start + 1);
        if let Some(cut) = (from..corpus.len()).find(|&i| safe(corpus, i)) {
            parts.push(&corpus[start..cut]);
            start = cut;
        }
    }
    parts.push(&corpus[start..]);
    parts
}

/// Whether a line begins at `i`.
pub(super) fn line_begins(corpus: &[u8], i: usize) -> bool {
    corpus[i - 1] == b'\n'
}

/// Whether `i` stands between a letter and a space with a letter behind it: every scheme cuts there.
pub(super) fn space_begins(corpus: &[u8], i: usize) -> bool {
    corpus[i - 1].is_ascii_lowercase()
        && corpus[i] == b' '
        && corpus.get(i + 1).is_some_and(u8::is_ascii_alphabetic)
}

/// Whether a lone newline ends before `i`, without other white space around it: every scheme cuts
/// there that cuts at white space of all kinds.
pub(super) fn lone_line_begins(corpus: &[u8], i: usize) -> bool {
    let starts = |at: &usize| corpus[*at] & 0xC0 != 0x80;
    let Some(before) = (0..i - 1).rev().find(starts) else { return false };
    let dark = |at| Scan::new(corpus).at(at).0 & SPACE == 0;
    line_begins(corpus, i) && dark(before) && dark(i)
}
