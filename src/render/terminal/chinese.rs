//! Markdown as Chinese writes it, without spaces. CommonMark sees the ends of emphasis by the spaces and
//! punctuation around them, so `**答。**因为` would stay as it stands; and a line break in the source is a
//! space or none by what it stands between.

use std::borrow::Cow;

use pulldown_cmark::Event;
use unicode_width::UnicodeWidthChar;

/// Set beside the marks of emphasis, where it counts as a letter; taken out again before anything is drawn.
const MARK: char = '\u{e000}';

/// Whether a character belongs to Chinese text: a wide one, or one of the quotes around it.
fn is_chinese(c: char) -> bool {
    c.width() == Some(2) || matches!(c, '\u{2018}'..='\u{201d}')
}

/// Whether a character keeps every space away: wide punctuation.
fn is_wide_punctuation(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}')
}

/// The source with every run of stars that touches Chinese text able to open and to close emphasis.
pub(super) fn prepare(source: &str) -> Cow<'_, str> {
    if !source.contains('*') || !source.chars().any(is_chinese) {
        return Cow::Borrowed(source);
    }
    let signs: Vec<char> = source.chars().filter(|&c| c != MARK).collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < signs.len() {
        let run = signs[at..].iter().take_while(|&&c| c == '*').count();
        if run == 0 {
            out.push(signs[at]);
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| signs.get(i)).copied();
        let after = signs.get(at + run).copied();
        let chinese = before.into_iter().chain(after).any(is_chinese);
        let beside = |c: Option<char>| chinese && c.is_some_and(|c| !c.is_whitespace() && c != '*');
        out.extend(beside(before).then_some(MARK));
        out.extend(&signs[at..at + run]);
        out.extend(beside(after).then_some(MARK));
        at += run;
    }
    Cow::Owned(out)
}

/// An event without the marks of [`prepare`].
pub(super) fn clean(event: Event) -> Event {
    let bare = |words: &str| words.replace(MARK, "").into();
    match event {
        Event::Text(words) if words.contains(MARK) => Event::Text(bare(&words)),
        Event::Code(words) if words.contains(MARK) => Event::Code(bare(&words)),
        other => other,
    }
}

/// Whether a line break between two characters reads as a space: not between Chinese characters, not beside wide
/// punctuation.
pub(super) fn spaced(before: Option<char>, rest: &str) -> bool {
    let after = rest.chars().find(|c| !matches!(c, '*' | '`' | ' ' | '\n') && *c != MARK);
    let none = |c: Option<char>| c.is_some_and(is_wide_punctuation);
    let wide = |c: Option<char>| c.is_some_and(|c| c.width() == Some(2));
    !(none(before) || none(after) || wide(before) && wide(after))
}

#[cfg(test)]
mod tests {
    use crate::render::terminal::{Style, markdown};
    use crate::report::Lang;

    fn drawn(source: &str, color: bool) -> String {
        markdown(source, &Style { lang: Lang::Zh, color, true_color: false, width: 80 })
    }

    #[test]
    fn emphasis_ends_after_chinese_punctuation() {
        assert_eq!(drawn("**第一代：ReLU。**2017 年", false), "第一代：ReLU。2017 年\n");
        assert_eq!(
            drawn("**沿哪个？**这是，**单独**算", true),
            "\u{1b}[1m沿哪个？\u{1b}[0m这是，\u{1b}[1m单独\u{1b}[0m算\n"
        );
        assert_eq!(drawn("是**“门”**，*不*动", false), "是“门”，不动\n");
        assert_eq!(drawn("算 `(2*N)**0.25`，乘 2 * 3", false), "算 (2*N)**0.25，乘 2 * 3\n");
    }

    #[test]
    fn a_line_break_is_a_space_only_where_one_belongs() {
        assert_eq!(
            drawn("元素可能在\n0.1 左右，\n对每个\ntoken\n，一致", false),
            "元素可能在 0.1 左右，对每个 token，一致\n"
        );
        assert_eq!(drawn("维度\n**单独**算", false), "维度单独算\n");
    }
}
