"""Small random models of Hugging Face's families with the logits that `transformers` computes, for
tests/checkpoints.rs. Each folder below tests/golden/checkpoints holds config.json, model.safetensors
and logits.json. Run: python tests/golden/checkpoints.py

Made with torch 2.15.0, transformers 5.23.0, safetensors 0.8.0.
"""

import json
import pathlib
import sys

sys.path.pop(0)  # tokenize.py beside this file would hide Python's own

import torch
import transformers
from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers import MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM

HERE = pathlib.Path(__file__).parent / "checkpoints"
IDS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3]
TYPES = [0] * 9 + [1] * 7
SIZE = dict(
    vocab_size=23, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=32,
)
LLAMA3 = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
              high_freq_factor=4.0, original_max_position_embeddings=16)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=8)
DYNAMIC = dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0)
LINEAR = dict(rope_type="linear", rope_theta=10000.0, factor=2.0)

MODELS = {
    "llama": (LlamaForCausalLM, LlamaConfig(**SIZE)),
    "llama-tied-llama3": (LlamaForCausalLM, LlamaConfig(**SIZE, tie_word_embeddings=True, rope_parameters=LLAMA3)),
    "llama-linear-biased": (LlamaForCausalLM, LlamaConfig(**SIZE, attention_bias=True, mlp_bias=True, rope_parameters=LINEAR)),
    "llama-yarn-wide-heads": (LlamaForCausalLM, LlamaConfig(**SIZE, head_dim=8, rope_parameters=YARN)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SIZE, tie_word_embeddings=True)),
    "mistral": (MistralForCausalLM, MistralConfig(**SIZE, sliding_window=5)),
    "gpt2": (GPT2LMHeadModel, GPT2Config(vocab_size=23, n_positions=32, n_embd=24, n_layer=2, n_head=4)),
    "bert": (BertForMaskedLM, BertConfig(vocab_size=23, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
                                         intermediate_size=40, max_position_embeddings=32)),
    # trained for 8 positions, read with 16
    "llama-dynamic": (LlamaForCausalLM, LlamaConfig(**{**SIZE, "max_position_embeddings": 8}, head_dim=8, rope_parameters=DYNAMIC)),
}


def main():
    torch.manual_seed(7)
    for name, (family, config) in MODELS.items():
        config._attn_implementation = "eager"
        model = family(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
            types = {"token_type_ids": torch.tensor([TYPES])} if name == "bert" else {}
            logits = model(torch.tensor([IDS]), **types).logits[0]
        folder = HERE / name
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        golden = {
            "made_with": {"torch": torch.__version__, "transformers": transformers.__version__},
            "ids": IDS,
            **({"types": TYPES} if name == "bert" else {}),
            "logits": [[round(x, 7) for x in row] for row in logits.tolist()],
        }
        (folder / "logits.json").write_text(json.dumps(golden) + "\n")
        print(name, sum(p.numel() for p in model.parameters()))


if __name__ == "__main__":
    main()
