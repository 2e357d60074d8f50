//! Other sizes of the families in [`MODELS`](super::MODELS): the same parts, another width and
//! depth. They are counted, and left out of the comparison of families.

use super::table::{GPT_2, GPT_2_LIKE, LLAMA_2, LLAMA_LIKE};
use super::{Bias, Model, Position};

const QWEN_2: &str = "Yang et al. 2024, Qwen2 Technical Report; released configuration";

const GPT_2_SIZE: Model = Model { position: Some(Position::Learned(1024)), ..GPT_2_LIKE };
const QWEN_2_SIZE: Model = Model { bias: Some(Bias::Qkv), ..LLAMA_LIKE };
const QWEN_2_SMALL: Model = Model { tied: Some(true), ..QWEN_2_SIZE };

/// Further sizes, smallest first in each family.
pub const SIZES: &[Model] = &[
    GPT_2_SIZE.sized(1024, 4096, 24, 16, 16, 64, 50_257).named(
        "gpt-2-medium",
        "GPT-2 medium",
        2019,
        "OpenAI",
        GPT_2,
    ),
    GPT_2_SIZE.sized(1280, 5120, 36, 20, 20, 64, 50_257).named(
        "gpt-2-large",
        "GPT-2 large",
        2019,
        "OpenAI",
        GPT_2,
    ),
    LLAMA_LIKE.sized(5120, 13_824, 40, 40, 40, 128, 32_000).named(
        "llama-2-13b",
        "Llama 2 13B",
        2023,
        "Meta",
        LLAMA_2,
    ),
    QWEN_2_SMALL.sized(896, 4864, 24, 14, 2, 64, 151_936).named(
        "qwen2-0.5b",
        "Qwen2 0.5B",
        2024,
        "Alibaba",
        QWEN_2,
    ),
    QWEN_2_SMALL.sized(1536, 8960, 28, 12, 2, 128, 151_936).named(
        "qwen2-1.5b",
        "Qwen2 1.5B",
        2024,
        "Alibaba",
        QWEN_2,
    ),
    QWEN_2_SIZE.sized(8192, 29_568, 80, 64, 8, 128, 152_064).named(
        "qwen2-72b",
        "Qwen2 72B",
        2024,
        "Alibaba",
        QWEN_2,
    ),
];
