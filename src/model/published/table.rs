//! The configurations themselves, oldest first.

use super::{Bias, Model, Norm, Position, Stack, Subwords};
use crate::math::ffn::Kind;
use crate::model::Placement;

const TRANSFORMER: &str = "Vaswani et al. 2017, Attention Is All You Need";
const BERT: &str = "Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers";
pub(super) const GPT_2: &str =
    "Radford et al. 2019, Language Models are Unsupervised Multitask Learners";
const T5: &str = "Raffel et al. 2020, Exploring the Limits of Transfer Learning (T5)";
const T5_GLU: &str =
    "Shazeer 2020, GLU Variants Improve Transformer; released T5 v1.1 configuration";
const LLAMA: &str = "Touvron et al. 2023, LLaMA: Open and Efficient Foundation Language Models";
pub(super) const LLAMA_2: &str =
    "Touvron et al. 2023, Llama 2: Open Foundation and Fine-Tuned Chat Models";
const LLAMA_3: &str = "Grattafiori et al. 2024, The Llama 3 Herd of Models";
const CHATGLM: &str =
    "GLM Team 2024, ChatGLM: A Family of LLMs from GLM-130B to GLM-4; released configuration";

/// A model of which nothing is known yet: what each entry starts from.
const UNKNOWN: Model = Model {
    id: "",
    name: "",
    year: 0,
    organization: "",
    source: "",
    stack: Stack::Decoder,
    norm: None,
    placement: None,
    outer_norms: None,
    qk_norm: false,
    ffn: None,
    position: None,
    d_model: None,
    d_ff: None,
    n_layers: None,
    n_heads: None,
    n_kv_heads: None,
    d_head: None,
    tokenizer: None,
    vocab: None,
    tied: None,
    bias: None,
};

/// Post-LN with LayerNorm, all heads their own keys, biases everywhere: the first generation.
const POST_LN: Model = Model {
    norm: Some(Norm::LayerNorm),
    placement: Some(Placement::Post),
    outer_norms: Some(0),
    bias: Some(Bias::All),
    tied: Some(true),
    ..UNKNOWN
};

/// An encoder in the manner of BERT: Post-LN, and one LayerNorm after the embedding.
const BERT_LIKE: Model =
    Model { stack: Stack::Encoder, outer_norms: Some(1), ffn: Some(Kind::Gelu), ..POST_LN };

/// A decoder in the manner of GPT-2: Pre-LN, and one LayerNorm at the end.
pub(super) const GPT_2_LIKE: Model = Model {
    placement: Some(Placement::Pre),
    outer_norms: Some(1),
    ffn: Some(Kind::Gelu),
    ..POST_LN
};

/// A decoder in the manner of LLaMA: Pre-RMSNorm, SwiGLU, RoPE, no biases.
pub(super) const LLAMA_LIKE: Model = Model {
    norm: Some(Norm::RmsNorm),
    placement: Some(Placement::Pre),
    outer_norms: Some(1),
    ffn: Some(Kind::Swiglu),
    position: Some(Position::Rope),
    tied: Some(false),
    bias: Some(Bias::None),
    ..UNKNOWN
};

/// T5: an encoder–decoder with RMSNorm before each sub-layer and at the end of both stacks.
const T5_LIKE: Model = Model {
    organization: "Google",
    stack: Stack::EncoderDecoder,
    norm: Some(Norm::RmsNorm),
    placement: Some(Placement::Pre),
    outer_norms: Some(2),
    position: Some(Position::Relative),
    bias: Some(Bias::None),
    ..UNKNOWN
}
.sized(768, 0, 12, 12, 12, 64, 32_128);

impl Model {
    /// Width, inner width, layers, heads, key–value heads, head width, embedding rows.
    #[allow(clippy::too_many_arguments)]
    pub(super) const fn sized(
        mut self,
        d_model: usize,
        d_ff: usize,
        n_layers: usize,
        n_heads: usize,
        n_kv_heads: usize,
        d_head: usize,
        vocab: usize,
    ) -> Self {
        self.d_model = Some(d_model);
        self.d_ff = Some(d_ff);
        self.n_layers = Some(n_layers);
        self.n_heads = Some(n_heads);
        self.n_kv_heads = Some(n_kv_heads);
        self.d_head = Some(d_head);
        self.vocab = Some(vocab);
        self
    }

    const fn cut(mut self, tokenizer: Subwords) -> Self {
        self.tokenizer = Some(tokenizer);
        self
    }

    pub(super) const fn named(
        mut self,
        id: &'static str,
        name: &'static str,
        year: u16,
        organization: &'static str,
        source: &'static str,
    ) -> Self {
        self.id = id;
        self.name = name;
        self.year = year;
        self.organization = organization;
        self.source = source;
        self
    }
}

/// Every model that the lab knows, oldest first.
pub const MODELS: &[Model] = &[
    // 2017–2019: Post-LN, and GPT-2 that moves the norm
    Model {
        ffn: Some(Kind::Relu),
        position: Some(Position::Sinusoidal),
        stack: Stack::EncoderDecoder,
        vocab: None, // "about 37000"
        ..POST_LN.sized(512, 2048, 6, 8, 8, 64, 0)
    }
    .named("transformer-base", "Transformer (base)", 2017, "Google", TRANSFORMER)
    .cut(Subwords::Bpe),
    Model {
        ffn: Some(Kind::Gelu),
        position: Some(Position::Learned(512)),
        ..POST_LN.sized(768, 3072, 12, 12, 12, 64, 40_478)
    }
    .named("gpt-1", "GPT-1", 2018, "OpenAI", "Radford et al. 2018, Improving Language Understanding by Generative Pre-Training; released weights")
    .cut(Subwords::Bpe),
    Model {
        position: Some(Position::Learned(512)),
        ..BERT_LIKE.sized(768, 3072, 12, 12, 12, 64, 30_522)
    }
    .named("bert-base", "BERT base", 2018, "Google", BERT)
    .cut(Subwords::WordPiece),
    Model {
        position: Some(Position::Learned(512)),
        ..BERT_LIKE.sized(1024, 4096, 24, 16, 16, 64, 30_522)
    }
    .named("bert-large", "BERT large", 2018, "Google", BERT)
    .cut(Subwords::WordPiece),
    Model {
        position: Some(Position::Learned(1024)),
        ..GPT_2_LIKE.sized(768, 3072, 12, 12, 12, 64, 50_257)
    }
    .named("gpt-2", "GPT-2 small", 2019, "OpenAI", GPT_2)
    .cut(Subwords::ByteBpe),
    Model {
        position: Some(Position::Learned(1024)),
        ..GPT_2_LIKE.sized(1600, 6400, 48, 25, 25, 64, 50_257)
    }
    .named("gpt-2-xl", "GPT-2 XL", 2019, "OpenAI", GPT_2)
    .cut(Subwords::ByteBpe),
    Model {
        position: Some(Position::Relative),
        outer_norms: Some(0),
        ..BERT_LIKE.sized(1024, 4096, 24, 16, 16, 64, 32_000)
    }
    .named("xlnet-large", "XLNet large", 2019, "CMU, Google", "Yang et al. 2019, XLNet: Generalized Autoregressive Pretraining")
    .cut(Subwords::SpUnigram),
    Model {
        position: Some(Position::Learned(512)),
        ..BERT_LIKE.sized(1024, 4096, 24, 16, 16, 64, 50_265)
    }
    .named("roberta-large", "RoBERTa large", 2019, "Facebook", "Liu et al. 2019, RoBERTa: A Robustly Optimized BERT Pretraining Approach; released weights")
    .cut(Subwords::ByteBpe),
    Model { ffn: Some(Kind::Relu), tied: Some(true), d_ff: Some(3072), ..T5_LIKE }
        .named("t5-base", "T5 v1.0 base", 2019, "Google", T5)
        .cut(Subwords::SpUnigram),
    // 2020–2022: scale, GLU variants, attempts at stability
    Model { ffn: Some(Kind::Geglu), tied: Some(false), d_ff: Some(2048), ..T5_LIKE }
        .named("t5-v1.1-base", "T5 v1.1 base", 2020, "Google", T5_GLU)
        .cut(Subwords::SpUnigram),
    Model {
        position: Some(Position::Learned(2048)),
        ..GPT_2_LIKE.sized(12_288, 49_152, 96, 96, 96, 128, 50_257)
    }
    .named("gpt-3", "GPT-3 175B", 2020, "OpenAI", "Brown et al. 2020, Language Models are Few-Shot Learners")
    .cut(Subwords::ByteBpe),
    Model {
        norm: Some(Norm::LayerNorm),
        placement: Some(Placement::Sandwich),
        d_model: Some(2560),
        n_layers: Some(48),
        n_heads: Some(40),
        ..UNKNOWN
    }
    .named("cogview", "CogView", 2021, "Tsinghua, Alibaba", "Ding et al. 2021, CogView: Mastering Text-to-Image Generation via Transformers")
    .cut(Subwords::SentencePiece),
    Model {
        norm: Some(Norm::RmsNorm),
        placement: Some(Placement::Pre),
        position: Some(Position::Relative),
        ..UNKNOWN.sized(16_384, 65_536, 80, 128, 128, 128, 32_000)
    }
    .named("gopher-280b", "Gopher 280B", 2021, "DeepMind", "Rae et al. 2021, Scaling Language Models: Methods, Analysis & Insights from Training Gopher")
    .cut(Subwords::SentencePiece),
    Model {
        ffn: Some(Kind::Geglu),
        position: Some(Position::Relative),
        d_model: Some(8192),
        d_ff: Some(65_536),
        n_layers: Some(64),
        n_heads: Some(128),
        d_head: Some(128),
        ..UNKNOWN
    }
    .named("lamda-137b", "LaMDA 137B", 2022, "Google", "Thoppilan et al. 2022, LaMDA: Language Models for Dialog Applications")
    .cut(Subwords::SpBpe),
    Model {
        norm: Some(Norm::LayerNormNoBias),
        outer_norms: None,
        vocab: None, // "256k"
        tied: Some(true),
        ..LLAMA_LIKE.sized(18_432, 73_728, 118, 48, 1, 256, 0)
    }
    .named("palm-540b", "PaLM 540B", 2022, "Google", "Chowdhery et al. 2022, PaLM: Scaling Language Modeling with Pathways")
    .cut(Subwords::SentencePiece),
    Model {
        ffn: Some(Kind::Relu),
        position: Some(Position::Learned(2050)), // 2048 positions behind an offset of 2
        ..GPT_2_LIKE.sized(12_288, 49_152, 96, 96, 96, 128, 50_272)
    }
    .named("opt-175b", "OPT-175B", 2022, "Meta", "Zhang et al. 2022, OPT: Open Pre-trained Transformer Language Models; released configuration")
    .cut(Subwords::ByteBpe),
    Model {
        norm: Some(Norm::LayerNorm),
        placement: Some(Placement::DeepNorm),
        ffn: Some(Kind::Geglu),
        position: Some(Position::Rope),
        vocab: None, // "150,000 tokens", padded in the release
        ..UNKNOWN.sized(12_288, 32_768, 70, 96, 96, 128, 0)
    }
    .named("glm-130b", "GLM-130B", 2022, "Tsinghua, Zhipu", "Zeng et al. 2023, GLM-130B: An Open Bilingual Pre-trained Model")
    .cut(Subwords::SentencePiece),
    Model {
        outer_norms: Some(2), // after the embedding, and at the end
        position: Some(Position::Alibi),
        ..GPT_2_LIKE.sized(14_336, 57_344, 70, 112, 112, 128, 250_880)
    }
    .named("bloom-176b", "BLOOM 176B", 2022, "BigScience", "Le Scao et al. 2022, BLOOM: A 176B-Parameter Open-Access Multilingual Language Model")
    .cut(Subwords::ByteBpe),
    // since 2023: Pre-RMSNorm, SwiGLU, RoPE
    LLAMA_LIKE
        .sized(4096, 11_008, 32, 32, 32, 128, 32_000)
        .named("llama-7b", "LLaMA 7B", 2023, "Meta", LLAMA)
        .cut(Subwords::SpBpe),
    LLAMA_LIKE
        .sized(5120, 13_824, 40, 40, 40, 128, 32_000)
        .named("llama-13b", "LLaMA 13B", 2023, "Meta", LLAMA)
        .cut(Subwords::SpBpe),
    LLAMA_LIKE
        .sized(6656, 17_920, 60, 52, 52, 128, 32_000)
        .named("llama-33b", "LLaMA 33B", 2023, "Meta", LLAMA)
        .cut(Subwords::SpBpe),
    LLAMA_LIKE
        .sized(8192, 22_016, 80, 64, 64, 128, 32_000)
        .named("llama-65b", "LLaMA 65B", 2023, "Meta", LLAMA)
        .cut(Subwords::SpBpe),
    Model { bias: Some(Bias::Qkv), ..LLAMA_LIKE.sized(4096, 13_696, 28, 32, 2, 128, 65_024) }
        .named("chatglm2-6b", "ChatGLM2-6B", 2023, "Zhipu, Tsinghua", CHATGLM)
        .cut(Subwords::SentencePiece),
    Model { bias: Some(Bias::Qkv), ..LLAMA_LIKE.sized(4096, 13_696, 28, 32, 2, 128, 65_024) }
        .named("chatglm3-6b", "ChatGLM3-6B", 2023, "Zhipu, Tsinghua", CHATGLM)
        .cut(Subwords::SentencePiece),
    LLAMA_LIKE
        .sized(4096, 11_008, 32, 32, 32, 128, 32_000)
        .named("llama-2-7b", "Llama 2 7B", 2023, "Meta", LLAMA_2)
        .cut(Subwords::SpBpe),
    LLAMA_LIKE
        .sized(8192, 28_672, 80, 64, 8, 128, 32_000)
        .named("llama-2-70b", "Llama 2 70B", 2023, "Meta", LLAMA_2)
        .cut(Subwords::SpBpe),
    LLAMA_LIKE
        .sized(4096, 14_336, 32, 32, 8, 128, 32_000)
        .named("mistral-7b", "Mistral 7B", 2023, "Mistral AI", "Jiang et al. 2023, Mistral 7B")
        .cut(Subwords::SpBpe),
    LLAMA_LIKE
        .sized(4096, 14_336, 32, 32, 8, 128, 128_256)
        .named("llama-3-8b", "Llama 3 8B", 2024, "Meta", LLAMA_3)
        .cut(Subwords::ByteBpe),
    LLAMA_LIKE
        .sized(8192, 28_672, 80, 64, 8, 128, 128_256)
        .named("llama-3-70b", "Llama 3 70B", 2024, "Meta", LLAMA_3)
        .cut(Subwords::ByteBpe),
    Model { bias: Some(Bias::Qkv), ..LLAMA_LIKE.sized(4096, 13_696, 40, 32, 2, 128, 151_552) }
        .named("glm-4-9b", "GLM-4-9B", 2024, "Zhipu", CHATGLM)
        .cut(Subwords::ByteBpe),
    Model { bias: Some(Bias::Qkv), ..LLAMA_LIKE.sized(3584, 18_944, 28, 28, 4, 128, 152_064) }
        .named("qwen2-7b", "Qwen2 7B", 2024, "Alibaba", "Yang et al. 2024, Qwen2 Technical Report; released configuration")
        .cut(Subwords::ByteBpe),
    Model {
        placement: Some(Placement::Sandwich),
        ffn: Some(Kind::Geglu),
        tied: Some(true),
        ..LLAMA_LIKE.sized(3584, 14_336, 42, 16, 8, 256, 256_000)
    }
    .named("gemma-2-9b", "Gemma 2 9B", 2024, "Google", "Gemma Team 2024, Gemma 2: Improving Open Language Models at a Practical Size; released configuration")
    .cut(Subwords::SentencePiece),
    Model { bias: Some(Bias::Qkv), ..LLAMA_LIKE.sized(3584, 18_944, 28, 28, 4, 128, 152_064) }
        .named("qwen2.5-7b", "Qwen2.5 7B", 2024, "Alibaba", "Qwen Team 2024, Qwen2.5 Technical Report; released configuration")
        .cut(Subwords::ByteBpe),
    Model { qk_norm: true, ..LLAMA_LIKE.sized(4096, 12_288, 36, 32, 8, 128, 151_936) }
        .named("qwen3-8b", "Qwen3 8B", 2025, "Alibaba", "Qwen Team 2025, Qwen3 Technical Report; released configuration")
        .cut(Subwords::ByteBpe),
];
