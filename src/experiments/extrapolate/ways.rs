//! What is trained, and the ways in which a trained model is then asked to read longer texts.

use crate::math::attention::Mask;
use crate::model::{Position, Rope, Scaling, Transformer};
use crate::report::Error;

/// The base of RoPE in these models: at 10,000 half of the pairs of a narrow head would not move within a
/// short text.
const BASE: f64 = 10_000.0;

/// What can be trained, by name.
pub const KINDS: [&str; 6] = ["learned", "sinusoidal", "none", "t5", "alibi", "rope"];

/// The position of a name.
pub fn position(kind: &str) -> Position {
    match kind {
        "learned" => Position::Learned,
        "sinusoidal" => Position::Sinusoidal,
        "none" => Position::None,
        "t5" => Position::Relative { buckets: 32, farthest: 128 },
        "alibi" => Position::Alibi,
        _ => Position::Rope(Rope::new(BASE)),
    }
}

/// A way of reading longer texts with a model that was trained with RoPE.
pub struct Way {
    /// Its name.
    pub name: &'static str,
    /// RoPE's change.
    pub scaling: Scaling,
    /// Who may look at whom.
    pub mask: Mask,
    /// Whether it is first trained for some steps on texts of the longest length.
    pub tuned: bool,
}

/// All ways for a factor and a training length; the first is the untouched one.
pub fn ways(factor: f64, train_length: usize) -> Vec<Way> {
    let original = train_length as f64;
    let yarn = Scaling::Yarn {
        factor,
        fast: 32.0,
        slow: 1.0,
        original,
        attention: 0.1 * factor.ln() + 1.0,
        truncate: true,
    };
    let way = |name, scaling, tuned| Way { name, scaling, mask: Mask::Causal, tuned };
    vec![
        way("rope", Scaling::None, false),
        way("pi", Scaling::Linear(factor), false),
        way("ntk", Scaling::Ntk(factor), false),
        way("dynamic", Scaling::Dynamic { factor: 1.0, original }, false),
        way("yarn", yarn, false),
        Way { mask: Mask::Sliding(train_length), ..way("window", Scaling::None, false) },
        way("tuned", Scaling::None, true),
        way("pi-tuned", Scaling::Linear(factor), true),
    ]
}

/// The same weights for texts of `context` tokens. Rows of a learned table that training never saw are as
/// they were drawn.
///
/// # Errors
/// Bad input if such a model cannot be built.
pub fn stretched(
    model: &Transformer<f32>,
    context: usize,
    way: Option<&Way>,
) -> Result<Transformer<f32>, Error> {
    let mut config = model.config.clone();
    // a learned table already has the rows of the longest text
    config.context = config.context.max(context);
    if let (Position::Rope(rope), Some(way)) = (&mut config.position, way) {
        rope.scaling = way.scaling;
        config.mask = way.mask;
    }
    let mut longer = Transformer::zeros(config)?;
    longer.weights.copy_from_slice(&model.weights);
    Ok(longer)
}
