//! Logits and number formats as a learner types them.

use crate::experiments::params;
use crate::math::precision::Format;
use crate::report::{Error, number, text};

/// The most logits that are printed one by one.
pub const MOST: usize = 64;

/// Reads a logit: a finite number, or `mask` for a masked place, −∞.
pub fn logit(word: &str) -> Result<f64, String> {
    if matches!(word, "mask" | "-inf") {
        return Ok(f64::NEG_INFINITY);
    }
    params::finite(word).map_err(|_| {
        "a finite number, or mask for a masked place ‖ 有限的数，或用 mask 表示被掩码的位置"
            .to_string()
    })
}

/// Reads the name of a format.
pub fn format(word: &str) -> Result<Format, String> {
    let found = Format::ALL.into_iter().find(|format| format.name() == word);
    found.ok_or_else(|| "f32, f16 or bf16 ‖ f32、f16 或 bf16".to_string())
}

/// Refuses logits that the format cannot hold, and more than can be printed.
///
/// # Errors
/// Bad input, naming the first that overflows.
pub fn fit(logits: &[f64], format: Format) -> Result<(), Error> {
    let example = "llm-lab softmax stable 1000 1001";
    if logits.len() > MOST {
        return Err(Error::input(text(
            format!("{} logits are too many to print", logits.len()),
            format!("{} 个 logit 太多，印不下", logits.len()),
        ))
        .allowed(text(format!("1 to {MOST}"), format!("1 到 {MOST} 个")))
        .example(example));
    }
    let overflows = |x: &&f64| x.is_finite() && format.store(**x).is_infinite();
    match logits.iter().find(overflows) {
        None => Ok(()),
        Some(x) => Err(Error::input(text(
            format!("{} is more than {} can hold", number(*x), format.name()),
            format!("{} 超出了 {} 能表示的范围", number(*x), format.name()),
        ))
        .allowed(text(
            format!("up to ±{}", number(format.largest())),
            format!("绝对值不超过 {}", number(format.largest())),
        ))
        .example(example)),
    }
}

/// The last number of the format from `good` towards `bad` for which something holds, by bisection.
pub fn last(format: Format, mut good: f64, mut bad: f64, holds: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = format.store((good + bad) / 2.0);
        if middle == good || middle == bad {
            return good;
        }
        *(if holds(middle) { &mut good } else { &mut bad }) = middle;
    }
}
