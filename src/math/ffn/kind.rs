//! The kinds of feed-forward block.

use crate::math::activation::Activation;

/// A kind of feed-forward block: its activation, and whether a second projection is gated by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// xW₁W₂: no activation.
    Linear,
    /// ReLU(xW₁)W₂
    Relu,
    /// GELU(xW₁)W₂
    Gelu,
    /// SiLU(xW₁)W₂
    Silu,
    /// (xW ⊙ xV)W₂
    Bilinear,
    /// (σ(xW) ⊙ xV)W₂
    Glu,
    /// (ReLU(xW) ⊙ xV)W₂
    Reglu,
    /// (GELU(xW) ⊙ xV)W₂
    Geglu,
    /// (SiLU(xW) ⊙ xV)W₂
    Swiglu,
}

impl Kind {
    /// All kinds, plain ones first.
    pub const ALL: [Self; 9] = [
        Self::Linear,
        Self::Relu,
        Self::Gelu,
        Self::Silu,
        Self::Bilinear,
        Self::Glu,
        Self::Reglu,
        Self::Geglu,
        Self::Swiglu,
    ];

    /// The name that one types: `swiglu`.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The name in the field: `SwiGLU`.
    pub fn title(self) -> &'static str {
        self.words().1
    }

    /// The formula, without biases.
    ///
    /// ```
    /// use llm_lab::math::ffn::Kind;
    /// assert_eq!(Kind::Swiglu.formula(), "y = (SiLU(xW) ⊙ xV) W₂");
    /// ```
    pub fn formula(self) -> &'static str {
        self.words().2
    }

    /// The kind of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it has V, and so three matrices instead of two.
    pub fn gated(self) -> bool {
        matches!(self, Self::Bilinear | Self::Glu | Self::Reglu | Self::Geglu | Self::Swiglu)
    }

    /// How many weight matrices it has.
    pub fn matrices(self) -> usize {
        if self.gated() { 3 } else { 2 }
    }

    /// g.
    pub fn activation(self) -> Activation {
        match self {
            Self::Linear | Self::Bilinear => Activation::Identity,
            Self::Relu | Self::Reglu => Activation::Relu,
            Self::Gelu | Self::Geglu => Activation::Gelu,
            Self::Silu | Self::Swiglu => Activation::SILU,
            Self::Glu => Activation::Sigmoid,
        }
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Linear => ("linear", "linear", "y = x W₁ W₂"),
            Self::Relu => ("relu", "ReLU", "y = ReLU(xW₁) W₂"),
            Self::Gelu => ("gelu", "GELU", "y = GELU(xW₁) W₂"),
            Self::Silu => ("silu", "SiLU", "y = SiLU(xW₁) W₂"),
            Self::Bilinear => ("bilinear", "Bilinear", "y = (xW ⊙ xV) W₂"),
            Self::Glu => ("glu", "GLU", "y = (σ(xW) ⊙ xV) W₂"),
            Self::Reglu => ("reglu", "ReGLU", "y = (ReLU(xW) ⊙ xV) W₂"),
            Self::Geglu => ("geglu", "GEGLU", "y = (GELU(xW) ⊙ xV) W₂"),
            Self::Swiglu => ("swiglu", "SwiGLU", "y = (SiLU(xW) ⊙ xV) W₂"),
        }
    }
}
