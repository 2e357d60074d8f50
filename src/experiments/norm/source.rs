//! Where the tokens of `norm statistics` come from.

use crate::report::{Text, text};

/// Where the tokens of a batch come from, from tame to lifelike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source {
    /// Gaussian vectors.
    Gaussian,
    /// Tokens one by one.
    Independent,
    /// Documents with topics.
    Documents,
    /// The same; words of a topic have like embeddings.
    Similar,
    /// The same; padding counts as tokens.
    Padded,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Gaussian, Self::Independent, Self::Documents, Self::Similar, Self::Padded];

    /// As it stands in the names of metrics.
    pub fn key(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Independent => "independent",
            Self::Documents => "documents",
            Self::Similar => "similar",
            Self::Padded => "padded",
        }
    }

    /// As a learner reads it.
    pub fn name(self) -> Text {
        match self {
            Self::Gaussian => text("Gaussian vectors", "高斯向量"),
            Self::Independent => text("Zipf tokens, drawn one by one", "Zipf 词频，逐个独立抽取"),
            Self::Documents => {
                text("Zipf tokens in documents with topics", "Zipf 词频，按主题成篇")
            }
            Self::Similar => text(
                "the same, words of a topic have like embeddings",
                "同上，且同主题的词嵌入相近",
            ),
            Self::Padded => {
                text("the same, padding counted as tokens", "同上，且把填充也算作 token")
            }
        }
    }
}
