//! Pieces with a meaning of their own, such as `<|endoftext|>` and `[UNK]`: they are cut out of the
//! text before anything else happens to it.

use std::collections::HashMap;

use super::Normalizer;
use crate::tokenizer::pattern::unicode;

/// One such piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedToken {
    /// Its id.
    pub id: u32,
    /// What it looks like in the text.
    pub content: String,
    /// Only where it is not part of a longer word.
    pub single_word: bool,
    /// Together with the white space before it.
    pub lstrip: bool,
    /// Together with the white space after it.
    pub rstrip: bool,
    /// Looked for in the normalized text instead of the text as given.
    pub normalized: bool,
    /// Whether it steers the model rather than stand for text.
    pub special: bool,
}

impl AddedToken {
    /// A special piece, found anywhere in the text as given.
    pub fn special(content: &str, id: u32) -> Self {
        Self {
            id,
            content: content.to_string(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: true,
        }
    }
}

/// All of them, ready to be found.
#[derive(Debug, Clone, Default)]
pub struct Added {
    tokens: Vec<AddedToken>,
    raw: Finder,
    normalized: Finder,
}

/// What to look for, by first byte, longest first.
#[derive(Debug, Clone, Default)]
struct Finder {
    by_first: HashMap<u8, Vec<(String, usize)>>,
}

impl Added {
    /// Takes a list of pieces; `normalizers` are applied to those that want it.
    pub fn new(tokens: Vec<AddedToken>, normalizers: &[Normalizer]) -> Self {
        let (mut raw, mut normalized) = (Finder::default(), Finder::default());
        for (i, token) in tokens.iter().enumerate() {
            if token.normalized {
                let content = normalizers
                    .iter()
                    .fold(token.content.clone(), |text, n| n.apply(&text).into_owned());
                normalized.add(content, i);
            } else {
                raw.add(token.content.clone(), i);
            }
        }
        Self { tokens, raw, normalized }
    }

    /// The pieces, in the order given.
    pub fn tokens(&self) -> &[AddedToken] {
        &self.tokens
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Cuts a text at the pieces of one kind: hands on `Err(stretch)` for text between them and
    /// `Ok(id)` for each found, leftmost first and the longest of those.
    pub fn cut<'t, E>(
        &self,
        text: &'t str,
        normalized: bool,
        emit: &mut dyn FnMut(Result<u32, &'t str>) -> Result<(), E>,
    ) -> Result<(), E> {
        let finder = if normalized { &self.normalized } else { &self.raw };
        let (mut done, mut at) = (0, 0);
        while !finder.by_first.is_empty() && at < text.len() {
            let Some((which, len)) = finder.at(&text.as_bytes()[at..]) else {
                at += 1;
                continue;
            };
            let token = &self.tokens[which];
            let (mut start, mut end) = (at, at + len);
            at = end;
            if token.single_word && (ends_in_word(&text[..start]) || begins_word(&text[end..])) {
                continue;
            }
            if token.lstrip {
                start = text[done.min(start)..start].trim_end().len() + done.min(start);
            }
            if token.rstrip {
                end = text.len() - text[end..].trim_start().len();
            }
            let start = start.max(done);
            if done < start {
                emit(Err(&text[done..start]))?;
            }
            emit(Ok(token.id))?;
            done = end;
            at = at.max(end);
        }
        if done < text.len() { emit(Err(&text[done..])) } else { Ok(()) }
    }
}

impl Finder {
    fn add(&mut self, content: String, token: usize) {
        if let Some(first) = content.bytes().next() {
            let list = self.by_first.entry(first).or_default();
            list.push((content, token));
            list.sort_by_key(|(content, _)| std::cmp::Reverse(content.len()));
        }
    }

    /// The longest piece that a text begins with.
    #[inline]
    fn at(&self, text: &[u8]) -> Option<(usize, usize)> {
        let list = self.by_first.get(&text[0])?;
        let found = list.iter().find(|(content, _)| text.starts_with(content.as_bytes()));
        found.map(|(content, token)| (*token, content.len()))
    }
}

fn is_word(c: char) -> bool {
    unicode::flags(c) & unicode::WORD != 0
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn begins_word(text: &str) -> bool {
    text.chars().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_piece_wins_and_white_space_goes_with_it() {
        let mut mask = AddedToken::special("<mask>", 7);
        mask.lstrip = true;
        let tokens = vec![AddedToken::special("<m", 1), mask, AddedToken::special("<s>", 2)];
        let added = Added::new(tokens, &[]);
        let mut parts = Vec::new();
        let done: Result<(), ()> = added.cut("a  <mask> b<m中", false, &mut |part| {
            parts.push(part.map_err(str::to_string));
            Ok(())
        });
        assert!(done.is_ok());
        let text = |t: &str| Err(t.to_string());
        assert_eq!(parts, [text("a"), Ok(7), text(" b"), Ok(1), text("中")]);
    }
}
