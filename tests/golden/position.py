"""Makes position.json: RoPE's frequencies under every scaling, ALiBi's slopes and T5's buckets as
`transformers` computes them, for tests/parity_position.rs.

    pip install torch transformers
    python tests/golden/position.py > tests/golden/position.json

Another seed draws other inputs: python tests/golden/position.py 7
"""

import json
import platform
import random
import sys

sys.path.pop(0)  # tokenize.py beside this file would hide Python's own

import torch
import transformers
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.t5.modeling_t5 import T5Attention


def rope(draw):
    width = 2 * draw.randint(2, 64)
    original = draw.choice([16, 100, 2048, 4096, 8192])
    base = draw.choice([100.0, 10_000.0, 500_000.0, 1e6])
    factor = draw.choice([1.0, 1.5, 2.0, 4.0, 8.0, 32.0])
    kind = draw.choice(["linear", "dynamic", "yarn", "llama3"])
    said = dict(rope_type=kind, rope_theta=base, factor=factor)
    if kind == "llama3":
        low = draw.choice([1.0, 2.0])
        said |= dict(low_freq_factor=low, high_freq_factor=low * draw.choice([2.0, 4.0]))
    if kind == "yarn":
        said |= dict(beta_fast=draw.choice([32.0, 16.0]), beta_slow=draw.choice([1.0, 2.0]), truncate=draw.random() < 0.7)
    if kind in ("llama3", "yarn"):
        said |= dict(original_max_position_embeddings=original)
    length = draw.choice([original // 2, original, 2 * original + 3, 5 * original])
    config = LlamaConfig(
        hidden_size=width * 2, num_attention_heads=2, head_dim=width, rope_parameters=said,
        max_position_embeddings=original if kind == "dynamic" else int(original * factor),
    )
    frequencies, attention = ROPE_INIT_FUNCTIONS[kind](config, "cpu", seq_len=length)
    return dict(width=width, original=original, length=length, said=said, frequencies=frequencies.tolist(), attention=attention)


def alibi(heads):
    # one query and two keys: the second key's bias is the slope
    return build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[:, 0, 1].tolist()


def t5(draw):
    while True:
        causal, buckets = draw.random() < 0.5, draw.randint(4, 96)
        farthest = draw.choice([20, 64, 100, 128, 256, 777])
        if draw.random() < 0.3:
            buckets, farthest = 32, 128
        if farthest > (buckets if causal else buckets // 2) // 2:
            break
    offsets = [draw.randint(-2 * farthest, 2 * farthest) for _ in range(60)] + list(range(-40, 41))
    found = T5Attention._relative_position_bucket(torch.tensor(offsets), not causal, buckets, farthest)
    return dict(causal=causal, buckets=buckets, farthest=farthest, offsets=offsets, found=found.tolist())


def main():
    draw = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 2021)
    golden = {
        "made_with": {
            "python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
        },
        "rope": [rope(draw) for _ in range(40)],
        "alibi": [alibi(heads) for heads in [*range(1, 41), 64, 71, 112, 128]],
        "t5": [t5(draw) for _ in range(40)],
    }
    json.dump(golden, sys.stdout, indent=None)
    print()


main()
