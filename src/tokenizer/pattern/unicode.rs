//! What kind of character stands at a place of a text: one byte of flags for every code point,
//! filled once from the Unicode tables of `regex-syntax`, so that the scanners agree with a regular
//! expression over the same classes.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// `\p{L}`: letters.
pub const LETTER: u8 = 1;
/// `\p{N}`: numbers.
pub const NUMBER: u8 = 2;
/// `\s`: white space.
pub const SPACE: u8 = 4;
/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`: what may begin a capitalized word.
pub const UPPER: u8 = 8;
/// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`: what may continue it.
pub const LOWER: u8 = 16;
/// `\w`: word characters.
pub const WORD: u8 = 32;
/// `\p{P}` of Unicode 8, as the `tokenizers` library has it, and the ASCII symbols: what BERT calls
/// punctuation.
pub const PUNCTUATION: u8 = 64;

const CLASSES: [(u8, &str); 7] = [
    (LETTER, r"\p{L}"),
    (NUMBER, r"\p{N}"),
    (SPACE, r"\s"),
    (UPPER, r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"),
    (LOWER, r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"),
    (WORD, r"\w"),
    (PUNCTUATION, r"[[\p{P}&&\p{Age:8.0}][:punct:]\x{166D}\x{111C9}]"),
];

/// Flags for each of the 1,114,112 code points.
static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut table = vec![0u8; 0x11_0000];
    for (flag, class) in CLASSES {
        // A class that does not parse leaves its flag unset; the tests would show it.
        let Ok(hir) = regex_syntax::parse(class) else { continue };
        if let HirKind::Class(Class::Unicode(ranges)) = hir.kind() {
            for range in ranges.iter() {
                for flags in &mut table[range.start() as usize..=range.end() as usize] {
                    *flags |= flag;
                }
            }
        }
    }
    table
});

/// A text with the table at hand. Bytes that are not UTF-8 count as characters of no class.
#[derive(Clone, Copy)]
pub struct Scan<'a> {
    /// The text.
    pub bytes: &'a [u8],
    table: &'static [u8],
}

/// The flags of one character.
pub fn flags(c: char) -> u8 {
    TABLE[c as usize]
}

impl<'a> Scan<'a> {
    /// A text to scan.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, table: &TABLE }
    }

    /// The flags of the character at byte `i` and its length in bytes; `(0, 0)` at the end.
    #[inline]
    pub fn at(&self, i: usize) -> (u8, usize) {
        match self.bytes.get(i) {
            None => (0, 0),
            Some(&b) if b < 0x80 => (self.table[b as usize], 1),
            Some(_) => self.wide(i),
        }
    }

    /// Where the run of characters from `i` on ends that have any of `wanted`.
    #[inline]
    pub fn run(&self, mut i: usize, wanted: u8) -> usize {
        loop {
            let (flags, len) = self.at(i);
            if flags & wanted == 0 {
                return i;
            }
            i += len;
        }
    }

    /// Where the run of characters from `i` on ends that have none of `unwanted`.
    #[inline]
    pub fn run_without(&self, mut i: usize, unwanted: u8) -> usize {
        loop {
            let (flags, len) = self.at(i);
            if len == 0 || flags & unwanted != 0 {
                return i;
            }
            i += len;
        }
    }

    /// Decodes a character of two to four bytes.
    fn wide(&self, i: usize) -> (u8, usize) {
        let b = self.bytes;
        let tail = |k: usize| match b.get(i + k) {
            Some(&x) if x & 0xC0 == 0x80 => Some(u32::from(x & 0x3F)),
            _ => None,
        };
        let first = u32::from(b[i]);
        let code = match first {
            0xC2..=0xDF => tail(1).map(|x| ((first & 0x1F) << 6 | x, 2)),
            0xE0..=0xEF => match (tail(1), tail(2)) {
                (Some(x), Some(y)) => Some(((first & 0x0F) << 12 | x << 6 | y, 3)),
                _ => None,
            },
            0xF0..=0xF4 => match (tail(1), tail(2), tail(3)) {
                (Some(x), Some(y), Some(z)) => {
                    Some(((first & 0x07) << 18 | x << 12 | y << 6 | z, 4))
                }
                _ => None,
            },
            _ => None,
        };
        match code {
            // Overlong forms and surrogates are no characters.
            Some((c, len)) if char::from_u32(c).is_some_and(|c| c.len_utf8() == len) => {
                (self.table[c as usize], len)
            }
            _ => (0, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_filled() {
        assert_eq!(flags('a'), LETTER | LOWER | WORD);
        assert_eq!(flags('Z'), LETTER | UPPER | WORD);
        assert_eq!(flags('中'), LETTER | UPPER | LOWER | WORD);
        assert_eq!(flags('7'), NUMBER | WORD);
        assert_eq!(flags('\u{3000}'), SPACE);
        assert_eq!(flags(','), PUNCTUATION);
        assert_eq!(flags('$'), PUNCTUATION);
        assert_eq!(flags('\u{301}'), UPPER | LOWER | WORD);
        assert_eq!(flags('😀'), 0);
    }

    #[test]
    fn broken_utf8_is_one_byte_without_a_class() {
        for bytes in [&b"\xff"[..], b"\xe4\xb8", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]
        {
            assert_eq!(Scan::new(bytes).at(0), (0, 1), "{bytes:x?}");
        }
    }
}
