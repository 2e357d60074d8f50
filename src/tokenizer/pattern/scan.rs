//! The scanners: from the beginning of a piece to its end, alternative by alternative in the order
//! of the expression.

use super::unicode::{LETTER, LOWER, NUMBER, SPACE, Scan, UPPER};

/// `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
pub fn gpt2(text: &Scan<'_>, i: usize) -> usize {
    let first = text.bytes[i];
    if first == b'\''
        && let Some(end) = contraction(text.bytes, i, false)
    {
        return end;
    }
    let start = if first == b' ' { i + 1 } else { i };
    let (flags, len) = text.at(start);
    if flags & LETTER != 0 {
        text.run(start + len, LETTER)
    } else if flags & NUMBER != 0 {
        text.run(start + len, NUMBER)
    } else if len > 0 && flags & SPACE == 0 {
        text.run_without(start + len, LETTER | NUMBER | SPACE)
    } else {
        all_but_last(text, i, text.run(i, SPACE))
    }
}

/// GPT-4's pattern with numbers by up to `digits`. With `end_first` the white space that ends a
/// text is one piece (`\s++$`), as tiktoken has it; otherwise it is still cut after a newline.
pub fn gpt4(text: &Scan<'_>, i: usize, digits: usize, end_first: bool) -> usize {
    let first = text.bytes[i];
    if first == b'\''
        && let Some(end) = contraction(text.bytes, i, true)
    {
        return end;
    }
    let (flags, len) = text.at(i);
    if flags & LETTER != 0 {
        return text.run(i + len, LETTER);
    }
    if flags & NUMBER != 0 {
        return up_to(text, i, digits);
    }
    if first != b'\r' && first != b'\n' {
        // [^\r\n\p{L}\p{N}]?\p{L}+: any one symbol or space sticks to the word after it.
        let (next, next_len) = text.at(i + len);
        if next & LETTER != 0 {
            return text.run(i + len + next_len, LETTER);
        }
    }
    if let Some(end) = symbols(text, i, b"\r\n") {
        return end;
    }
    let end = text.run(i, SPACE);
    if end_first && end == text.bytes.len() { end } else { after_newline(text, i, end) }
}

/// GPT-4o's pattern.
pub fn o200k(text: &Scan<'_>, i: usize) -> usize {
    let first = text.bytes[i];
    let (flags, len) = text.at(i);
    // [^\r\n\p{L}\p{N}]? may take the first character, and gives it back where the word then fails.
    let prefix = flags & (LETTER | NUMBER) == 0 && first != b'\r' && first != b'\n';
    let after = i + len;
    let word = [(prefix, after), (true, i)];
    let ends_lower = || word.iter().filter(|w| w.0).find_map(|w| lower_word(text, w.1));
    let ends_upper = || word.iter().filter(|w| w.0).find_map(|w| upper_word(text, w.1));
    if let Some(end) = ends_lower().or_else(ends_upper) {
        return contraction(text.bytes, end, true).unwrap_or(end);
    }
    if flags & NUMBER != 0 {
        return up_to(text, i, 3);
    }
    if let Some(end) = symbols(text, i, b"\r\n/") {
        return end;
    }
    after_newline(text, i, text.run(i, SPACE))
}

/// `U*L+` from `i`, where the two classes share characters: greedy, then back to the last shared one.
fn lower_word(text: &Scan<'_>, i: usize) -> Option<usize> {
    let mut at = i;
    let mut shared = None;
    loop {
        let (flags, len) = text.at(at);
        if flags & UPPER == 0 {
            break;
        }
        at += len;
        if flags & LOWER != 0 {
            shared = Some(at);
        }
    }
    let end = text.run(at, LOWER);
    if end > at { Some(end) } else { shared }
}

/// `U+` from `i`; the `L*` behind it can match only where [`lower_word`] would have.
fn upper_word(text: &Scan<'_>, i: usize) -> Option<usize> {
    let end = text.run(i, UPPER);
    (end > i).then_some(end)
}

/// ` ?[^\s\p{L}\p{N}]+` and then any of `tail`.
fn symbols(text: &Scan<'_>, i: usize, tail: &[u8]) -> Option<usize> {
    let start = if text.bytes[i] == b' ' { i + 1 } else { i };
    let mut end = text.run_without(start, LETTER | NUMBER | SPACE);
    if end == start {
        return None;
    }
    while text.bytes.get(end).is_some_and(|b| tail.contains(b)) {
        end += 1;
    }
    Some(end)
}

/// `\p{N}{1,most}` from `i`, where a number stands.
fn up_to(text: &Scan<'_>, mut i: usize, most: usize) -> usize {
    for _ in 0..most {
        let (flags, len) = text.at(i);
        if flags & NUMBER == 0 {
            break;
        }
        i += len;
    }
    i
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+` over the white space `i..end`.
fn after_newline(text: &Scan<'_>, i: usize, end: usize) -> usize {
    match text.bytes[i..end].iter().rposition(|b| matches!(b, b'\r' | b'\n')) {
        Some(newline) => i + newline + 1,
        None => all_but_last(text, i, end),
    }
}

/// `\s+(?!\S)|\s+` over the white space `i..end`: the last one is left to the word after it.
fn all_but_last(text: &Scan<'_>, i: usize, end: usize) -> usize {
    if end >= text.bytes.len() {
        return text.bytes.len();
    }
    let mut last = end - 1;
    while text.bytes[last] & 0xC0 == 0x80 {
        last -= 1;
    }
    if last > i { last } else { end }
}

/// Where `'s 't 'm 'd 're 've 'll` ends, if one begins at `i`. Without regard to case also the long
/// s (ſ, U+017F) is an s, as Unicode's case folding has it.
fn contraction(bytes: &[u8], i: usize, any_case: bool) -> Option<usize> {
    if bytes.get(i) != Some(&b'\'') {
        return None;
    }
    let at =
        |k: usize| bytes.get(i + k).map(|b| if any_case { b.to_ascii_lowercase() } else { *b });
    match (at(1)?, at(2)) {
        (b's' | b't' | b'm' | b'd', _) => Some(i + 2),
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(i + 3),
        (0xC5, Some(0xBF)) if any_case => Some(i + 3),
        _ => None,
    }
}
