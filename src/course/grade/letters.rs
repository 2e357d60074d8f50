//! Options by letter or number: `c`, `3`, `a c`, `ac`, `a,c`, `3 1 2`.

use super::fold;

/// The letter of an option, counted from 0.
pub fn label(index: usize) -> char {
    char::from(b'a' + (index % 26) as u8)
}

/// The options that a line names, in its order, among `count` of them; nothing if anything in it is
/// not an option. Words between (`and`, `和`, `>`, `→`) are passed over.
///
/// ```
/// use llm_lab::course::grade::letters;
/// assert_eq!(letters("C, a", 3), Some(vec![2, 0]));
/// assert_eq!(letters("312", 3), Some(vec![2, 0, 1]));
/// assert_eq!(letters("x", 3), None);
/// ```
pub fn letters(line: &str, count: usize) -> Option<Vec<usize>> {
    let line = fold(line).to_lowercase();
    let between = |c: char| {
        c.is_whitespace() || c.is_ascii_punctuation() || matches!(c, '→' | '和' | '与' | '、')
    };
    let mut found = Vec::new();
    for word in line.split(between).filter(|w| !w.is_empty() && !matches!(*w, "and" | "then")) {
        match one(word, count) {
            Some(index) => found.push(index),
            None => {
                let each = word.chars().map(|c| one(c.encode_utf8(&mut [0; 4]), count));
                found.extend(each.collect::<Option<Vec<_>>>()?);
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// One option: its letter, or its number from 1.
fn one(word: &str, count: usize) -> Option<usize> {
    let mut chars = word.chars();
    let index = match (chars.next(), chars.next()) {
        (Some(c @ 'a'..='z'), None) => usize::from(c as u8 - b'a'),
        _ => word.parse::<usize>().ok()?.checked_sub(1)?,
    };
    (index < count.min(26)).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_numbers_in_every_writing() {
        for line in
            ["a c", "ac", "a,c", "A、C", "(a) (c)", "1 3", "13", "ａ和ｃ", "a and c", "a) c)"]
        {
            assert_eq!(letters(line, 4), Some(vec![0, 2]), "{line}");
        }
        assert_eq!(letters("c > a > b", 3), Some(vec![2, 0, 1]));
        assert_eq!(letters("12", 12), Some(vec![11]));
        for line in ["", "e", "5", "0", "answer", "é", "99999999999999999999"] {
            assert_eq!(letters(line, 4), None, "{line}");
        }
    }
}
