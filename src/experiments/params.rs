//! Parameter types that several experiments share. A parser answers in both languages,
//! `English ‖ 中文`; the shell shows the half that the learner reads.

use crate::report::{Error, Text, number, text};

/// A finite number: neither NaN nor infinite.
pub fn finite(word: &str) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        _ => Err("a finite number, such as 0.5 or -2e3 ‖ 有限的数，例如 0.5 或 -2e3".to_string()),
    }
}

/// A finite number from `low` to `high`, both allowed.
pub fn between(low: f64, high: f64) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |word| match finite(word) {
        Ok(x) if (low..=high).contains(&x) => Ok(x),
        _ => Err(format!(
            "a number from {0} to {1} ‖ {0} 到 {1} 之间的数",
            number(low),
            number(high)
        )),
    }
}

/// A whole number from `low` to `high`, both allowed.
pub fn count(low: usize, high: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |word| match word.parse::<usize>() {
        Ok(n) if (low..=high).contains(&n) => Ok(n),
        _ => Err(format!(
            "a whole number from {0} to {1} ‖ {0} 到 {1} 之间的整数",
            number(low as f64),
            number(high as f64)
        )),
    }
}

/// An even number from `low` to `high`, both allowed: what is turned in pairs.
pub fn even(low: usize, high: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |word| match word.parse::<usize>() {
        Ok(n) if (low..=high).contains(&n) && n.is_multiple_of(2) => Ok(n),
        _ => Err(format!(
            "an even number from {0} to {1} ‖ {0} 到 {1} 之间的偶数",
            number(low as f64),
            number(high as f64)
        )),
    }
}

/// The words of a typed text that is to be drawn word by word.
///
/// # Errors
/// Bad input unless there are 4 to `most`.
pub fn words(typed: &str, most: usize) -> Result<Vec<&str>, Error> {
    let words: Vec<&str> = typed.split_whitespace().collect();
    if (4..=most).contains(&words.len()) {
        return Ok(words);
    }
    let n = words.len();
    Err(Error::input(text(format!("the text has {n} words"), format!("文本有 {n} 个词")))
        .allowed(text(format!("4 to {most}"), format!("4 到 {most} 个"))))
}

/// What was given, without repetitions, in the order of first mention.
pub fn distinct<T: PartialEq + Clone>(given: &[T]) -> Vec<T> {
    let mut once = Vec::new();
    for one in given {
        if !once.contains(one) {
            once.push(one.clone());
        }
    }
    once
}

/// The most memory that one experiment may take for its arrays.
pub const MEMORY_LIMIT: f64 = 1e9;

/// Refuses a size before memory is taken: `elements` of `bytes_each` must fit in [`MEMORY_LIMIT`].
///
/// # Errors
/// Bad input, naming `what` is too large and how much it would need.
pub fn fits(elements: f64, bytes_each: usize, what: &Text) -> Result<(), Error> {
    let bytes = elements * bytes_each as f64;
    if bytes <= MEMORY_LIMIT {
        return Ok(());
    }
    let gb = |b: f64| number(b / 1e9);
    Err(Error::input(text(
        format!("{} would need {} GB", what.en, gb(bytes)),
        format!("{}需要 {} GB 内存", what.zh, gb(bytes)),
    ))
    .allowed(text(
        format!("up to {} GB", gb(MEMORY_LIMIT)),
        format!("最多 {} GB", gb(MEMORY_LIMIT)),
    )))
}
