//! Distributions as a learner types them.

use crate::report::{Error, number, text};

/// How far a typed distribution's sum may lie from 1: three rounded digits of each.
const SLACK: f64 = 0.005;

/// The most outcomes of a typed distribution.
pub const MOST: usize = 100;

/// What was typed after `flag`, divided by its sum. One number is a coin: the probability of heads.
///
/// # Errors
/// If it does not sum to about 1, or has no outcomes or too many.
pub fn normed(typed: &[f64], flag: &str) -> Result<Vec<f64>, Error> {
    if let [heads] = typed {
        return Ok(vec![*heads, 1.0 - heads]);
    }
    let sum: f64 = typed.iter().sum();
    let error = if !(2..=MOST).contains(&typed.len()) {
        text(
            format!("{flag} has {} outcomes", number(typed.len() as f64)),
            format!("{flag} 有 {} 个结果", number(typed.len() as f64)),
        )
    } else if (sum - 1.0).abs() > SLACK {
        text(
            format!("{flag} sums to {}, not to 1", number(sum)),
            format!("{flag} 之和为 {}，不是 1", number(sum)),
        )
    } else {
        return Ok(typed.iter().map(|p| p / sum).collect());
    };
    Err(Error::input(error)
        .allowed(text(
            format!("2 to {MOST} probabilities that sum to 1, or one for a coin"),
            format!("2 到 {MOST} 个和为 1 的概率；硬币只需一个数"),
        ))
        .example("llm-lab loss kl --p 0.5 0.5 --q 0.9 0.1"))
}
