//! Where the norm stands relative to the residual branch.

/// The place of the norm around a sub-layer F (attention or feed-forward).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Placement {
    /// `N(x + F(x))`: the original Transformer (Vaswani et al. 2017).
    Post,
    /// `x + F(N(x))`, and a norm at the end of the stack: GPT-2 (Radford et al. 2019).
    Pre,
    /// `x + N(F(N(x)))`, and a norm at the end: CogView (Ding et al. 2021).
    Sandwich,
    /// `N(αx + F(x))`, F starting smaller by β: DeepNet (Wang et al. 2022).
    DeepNorm,
}

impl Placement {
    /// All of them, in the order of history.
    pub const ALL: [Self; 4] = [Self::Post, Self::Pre, Self::Sandwich, Self::DeepNorm];

    /// The name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "Post-LN",
            Self::Pre => "Pre-LN",
            Self::Sandwich => "Sandwich-LN",
            Self::DeepNorm => "DeepNorm",
        }
    }

    /// The name as a word of a command or a metric.
    pub fn id(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Pre => "pre",
            Self::Sandwich => "sandwich",
            Self::DeepNorm => "deepnorm",
        }
    }

    /// The rule as a formula.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Post => "x ← LN(x + F(x))",
            Self::Pre => "x ← x + F(LN(x)), LN at the end",
            Self::Sandwich => "x ← x + LN(F(LN(x))), LN at the end",
            Self::DeepNorm => "x ← LN(α·x + F(x)), F initialized with gain β",
        }
    }

    /// Whether nothing normalizes the residual stream itself, so that a norm closes the stack.
    pub fn has_final_norm(self) -> bool {
        matches!(self, Self::Pre | Self::Sandwich)
    }
}
