//! How a model knows positions, as a choice.

use crate::math::position::frequencies;
use crate::report::{Error, text};

/// How a model knows positions.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Position {
    /// Not at all: a causal model can still count what it sees.
    None,
    /// A learned table, added to the embedding (GPT-2, BERT).
    Learned,
    /// Two learned tables, both added: one for the place in the text, where all tokens of a hidden
    /// span have one place, and one for the place in the span (Du et al. 2022, GLM).
    TwoRows,
    /// Sines and cosines, added to the embedding (Vaswani et al. 2017).
    Sinusoidal,
    /// Rotated queries and keys (Su et al. 2021).
    Rope(Rope),
    /// A penalty linear in the distance (Press, Smith & Lewis 2022).
    Alibi,
    /// A learned bias of each head for each bucket of distances (Raffel et al. 2020).
    Relative {
        /// How many biases a head has.
        buckets: usize,
        /// The distance from which on all share the last bucket.
        farthest: usize,
    },
}

/// The choices of RoPE.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rope {
    /// The base of the frequencies: 10,000 as a rule, 500,000 in LLaMA 3.
    pub base: f64,
    /// Share of a head's features that turn: 1 as a rule, 0.5 in GLM.
    pub fraction: f64,
    /// Whether neighbours make a pair (GLM) or the two halves do (LLaMA in Hugging Face's layout).
    pub interleaved: bool,
    /// How longer contexts are squeezed in.
    pub scaling: Scaling,
}

/// How RoPE's frequencies are changed for longer contexts.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Scaling {
    /// Not.
    None,
    /// All divided by a factor (Chen et al. 2023, position interpolation).
    Linear(f64),
    /// The base multiplied by factor^(w/(w − 2)) for w turning features: the slowest pair is divided by
    /// the factor, the fastest kept, those between in between (NTK-aware; bloc97 2023).
    Ntk(f64),
    /// The same with a factor that grows with the text, `factor·T/original − (factor − 1)`, and 1 up to
    /// the original length (dynamic NTK; emozilla 2023). Every token past it moves all frequencies.
    Dynamic {
        /// By how much.
        factor: f64,
        /// The context that the model was first trained for.
        original: f64,
    },
    /// LLaMA 3.1's: long waves divided by a factor, short ones kept, a ramp between.
    Llama3 {
        /// By how much.
        factor: f64,
        /// Waves longer than original/low are divided.
        low: f64,
        /// Waves shorter than original/high are kept.
        high: f64,
        /// The context that the model was first trained for.
        original: f64,
    },
    /// YaRN: features that turn often are kept, slow ones divided, a ramp between (Peng et al.
    /// 2023).
    Yarn {
        /// By how much.
        factor: f64,
        /// Features that turn more often than this over the original context are kept.
        fast: f64,
        /// Features that turn less often are divided.
        slow: f64,
        /// The context that the model was first trained for.
        original: f64,
        /// What cosines and sines are multiplied by.
        attention: f64,
        /// Whether the ramp starts and ends at whole pairs.
        truncate: bool,
    },
}

impl Rope {
    /// The plain form with a base.
    pub const fn new(base: f64) -> Self {
        Self { base, fraction: 1.0, interleaved: false, scaling: Scaling::None }
    }

    /// How many features of a head turn.
    pub fn width(&self, head_width: usize) -> usize {
        (head_width as f64 * self.fraction).round() as usize
    }

    /// How far each pair turns from one position to the next, in radians.
    ///
    /// ```
    /// use llm_lab::model::{Rope, Scaling};
    /// let rope = Rope { scaling: Scaling::Ntk(4.0), ..Rope::new(10_000.0) };
    /// let f = rope.frequencies(4); // plain: 1 and 0.01
    /// assert!(f[0] == 1.0 && (f[1] - 0.0025).abs() < 1e-15);
    /// ```
    pub fn frequencies(&self, head_width: usize) -> Vec<f64> {
        self.frequencies_for(head_width, 0)
    }

    /// The same for a text of `length` tokens: it matters to [`Scaling::Dynamic`] only.
    pub fn frequencies_for(&self, head_width: usize, length: usize) -> Vec<f64> {
        let width = self.width(head_width);
        let plain = frequencies(self.base, width);
        let scale = |(i, f)| self.scaling.apply(f, i, (width, length), self.base);
        plain.into_iter().enumerate().map(scale).collect()
    }

    /// Whether a text of `length` tokens has frequencies of its own.
    pub fn moves_at(&self, length: usize) -> bool {
        matches!(self.scaling, Scaling::Dynamic { original, .. } if length as f64 > original)
    }

    /// What cosines and sines are multiplied by.
    pub fn attention(&self) -> f64 {
        match self.scaling {
            Scaling::Yarn { attention, .. } => attention,
            _ => 1.0,
        }
    }
}

impl Scaling {
    /// Whether its numbers make sense.
    fn validate(self) -> Result<(), Error> {
        let positive = |numbers: &[f64]| numbers.iter().all(|n| *n > 0.0 && n.is_finite());
        let sensible = match self {
            Self::None => true,
            Self::Linear(factor) => positive(&[factor]),
            // smaller ones would turn the base around
            Self::Ntk(factor) => positive(&[factor]) && factor >= 1.0,
            Self::Dynamic { factor, original } => positive(&[factor, original]) && factor >= 1.0,
            Self::Llama3 { factor, low, high, original } => {
                positive(&[factor, low, high, original]) && low < high
            }
            Self::Yarn { factor, fast, slow, original, attention, .. } => {
                positive(&[factor, fast, slow, original, attention])
            }
        };
        if sensible {
            return Ok(());
        }
        Err(Error::input(text(
            format!("RoPE's scaling makes no sense: {self:?}"),
            format!("RoPE 的缩放参数不合理：{self:?}"),
        ))
        .allowed(text(
            "positive numbers, low below high, an NTK factor of 1 or more",
            "正数，low 小于 high，NTK 的 factor 不小于 1",
        )))
    }

    /// The frequency of pair i of `width` features instead of the plain one.
    fn apply(self, frequency: f64, i: usize, (width, length): (usize, usize), base: f64) -> f64 {
        match self {
            Self::None => frequency,
            Self::Linear(factor) => frequency / factor,
            Self::Ntk(factor) => frequency * of_larger_base(factor, i, width),
            Self::Dynamic { factor, original } => {
                let share = (length as f64 / original).max(1.0);
                frequency * of_larger_base(factor * share - (factor - 1.0), i, width)
            }
            Self::Llama3 { factor, low, high, original } => {
                let wave = std::f64::consts::TAU / frequency;
                // 0 for long waves, 1 for short ones
                let keep = ((original / wave - low) / (high - low)).clamp(0.0, 1.0);
                (1.0 - keep) * frequency / factor + keep * frequency
            }
            Self::Yarn { factor, fast, slow, original, truncate, .. } => {
                // the pair that turns so many times over the original context
                let pair = |turns: f64| {
                    let waves = original / (turns * std::f64::consts::TAU);
                    width as f64 * waves.ln() / (2.0 * base.ln())
                };
                let whole = |pair: f64, to: fn(f64) -> f64| if truncate { to(pair) } else { pair };
                let low = whole(pair(fast), f64::floor).max(0.0);
                let high = whole(pair(slow), f64::ceil).min(width as f64 - 1.0);
                let span = if high == low { 0.001 } else { high - low };
                let divided = ((i as f64 - low) / span).clamp(0.0, 1.0);
                divided * frequency / factor + (1.0 - divided) * frequency
            }
        }
    }
}

/// What a base multiplied by factor^(w/(w − 2)) does to the frequency of pair i: factor^(−2i/(w − 2)).
fn of_larger_base(factor: f64, i: usize, width: usize) -> f64 {
    if i == 0 { 1.0 } else { factor.powf(-2.0 * i as f64 / (width as f64 - 2.0)) }
}

impl Position {
    /// Whether heads of this width can have such positions.
    ///
    /// # Errors
    /// Bad input for RoPE over an odd number of features, or numbers that make no sense.
    pub fn validate(&self, head_width: usize) -> Result<(), Error> {
        match self {
            Self::Rope(rope) => {
                let turning = rope.width(head_width);
                if !turning.is_multiple_of(2) || turning > head_width {
                    return Err(Error::input(text(
                        format!("RoPE turns pairs, and {turning} features of a head are not pairs"),
                        format!("RoPE 成对旋转，而每个头有 {turning} 个特征，不能配对"),
                    ))
                    .allowed(text("heads of an even width", "宽度为偶数的注意力头")));
                }
                if !(rope.base > 0.0 && rope.base.is_finite()) {
                    return Err(Error::input(text(
                        format!("RoPE's base is {}", rope.base),
                        format!("RoPE 的底数为 {}", rope.base),
                    ))
                    .allowed(text("a positive number, such as 10000", "正数，例如 10000")));
                }
                rope.scaling.validate()
            }
            Self::Relative { buckets, farthest } if *buckets < 4 || farthest < buckets => {
                Err(Error::input(text(
                    format!("{buckets} buckets for distances up to {farthest}"),
                    format!("{buckets} 个桶覆盖距离 {farthest}"),
                ))
                .allowed(text("at least 4, and no more than distances", "至少 4，且不多于距离数")))
            }
            _ => Ok(()),
        }
    }
}
