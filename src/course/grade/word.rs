//! Words: case, spaces, width and punctuation do not matter.

/// Full-width forms and typographic signs as their plain ones: `１２，５` is `12,5`, `−` is `-`.
pub fn fold(line: &str) -> String {
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
        '−' | '–' | '—' | '‐' | '‑' => '-',
        '、' => ',',
        '。' => '.',
        '×' | '·' | '⋅' => '*',
        '’' | '‘' => '\'',
        'μ' => 'µ',
        c => c,
    };
    line.chars().map(plain).collect()
}

/// What is compared: letters, digits and the signs of formulas; a hyphen between letters is a space.
fn bare(line: &str) -> String {
    let folded = fold(line).to_lowercase();
    let trimmed = folded.trim();
    let articles = ["the ", "a ", "an "];
    let trimmed = articles.iter().find_map(|a| trimmed.strip_prefix(a)).unwrap_or(trimmed);
    let chars: Vec<char> = trimmed.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let after = chars[i + 1..].iter().find(|c| !c.is_whitespace());
        let before = out.chars().last();
        let letter = |c: Option<char>| c.is_none_or(char::is_alphabetic);
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let kept = match c {
            '-' => !(letter(before) && letter(after.copied()) && before.is_some()),
            '.' => digit(before) && digit(after.copied()),
            ',' => false,
            '+' | '*' | '/' | '=' | '<' | '>' | '^' | '%' | '!' | '#' | '|' | '&' | '@' | '~' => {
                true
            }
            '[' | ']' => true,
            c => c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !is_quote(c)),
        };
        if kept {
            out.push(c);
        }
    }
    if out.is_empty() { trimmed.to_string() } else { out }
}

fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '「' | '」' | '《' | '》' | ':' | ';' | '(' | ')')
}

/// Whether two answers are the same word.
///
/// ```
/// use llm_lab::course::grade::same;
/// assert!(same("Layer-Norm", "layer norm"));
/// assert!(same("ＲＭＳＮｏｒｍ。", "RMSNorm"));
/// assert!(!same("-1", "1"));
/// ```
pub fn same(a: &str, b: &str) -> bool {
    bare(a) == bare(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_does_not_matter_but_signs_do() {
        assert!(same("the mean", "Mean."));
        assert!(same("x / 2", "x/2"));
        assert!(same("层 归一化", "层归一化。"));
        assert!(same("pre-LN", "PreLN"));
        assert!(!same("x/2", "x2"));
        assert!(!same("0.5", "05"));
        assert!(!same("a", "b"));
        assert!(!same("C++", "C"));
    }
}
