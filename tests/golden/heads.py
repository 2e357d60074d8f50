"""Makes heads.json: grouped heads under every mask, and cross-attention, forward and backward, as
PyTorch computes them.

    pip install torch
    python tests/golden/heads.py > tests/golden/heads.json

`tests/parity_heads.rs` compares.
"""

import json
import platform
import sys

sys.path.pop(0)  # tokenize.py beside this file would hide Python's own

import torch
from torch.nn import functional as F

T, WIDTH, HEADS = 6, 2, 4
DOCUMENTS = [0, 0, 0, 1, 1, 2]  # lengths 3, 2, 1
MASKS = {
    "none": lambda i, j: True,
    "causal": lambda i, j: j <= i,
    "prefix": lambda i, j: j <= i or j < 4,
    "sliding": lambda i, j: j <= i and i - j < 3,
    "packed": lambda i, j: j <= i and DOCUMENTS[i] == DOCUMENTS[j],
}


def numbers(tensor):
    return tensor.detach().flatten().tolist()


def attention(draw, mask, kv, queries):
    """(queries, HEADS * WIDTH) look at (T, kv * WIDTH)."""
    q, dy = (torch.randn(queries, HEADS * WIDTH, generator=draw, dtype=torch.float64) for _ in range(2))
    k, v = (torch.randn(T, kv * WIDTH, generator=draw, dtype=torch.float64) for _ in range(2))
    seen = torch.tensor([[MASKS[mask](i, j) for j in range(T)] for i in range(queries)])
    inputs = [x.clone().requires_grad_() for x in (q, k, v)]
    split = [x.view(x.shape[0], -1, WIDTH).transpose(0, 1)[None] for x in inputs]  # (1, heads, T, width)
    y = F.scaled_dot_product_attention(*split, attn_mask=seen, enable_gqa=True)
    y = y[0].transpose(0, 1).reshape(queries, HEADS * WIDTH)
    y.backward(dy)
    names = ("q", "k", "v", "dy", "y", "dq", "dk", "dv")
    values = (q, k, v, dy, y, *(x.grad for x in inputs))
    return {"mask": mask, "kv": kv, "queries": queries} | dict(zip(names, map(numbers, values)))


draw = torch.Generator().manual_seed(5)
cases = [attention(draw, mask, kv, T) for mask in MASKS for kv in (4, 2, 1)]
cases += [attention(draw, "none", kv, queries) for kv in (4, 1) for queries in (1, 3)]
json.dump(
    {
        "made_with": {"python": platform.python_version(), "torch": torch.__version__},
        "width": WIDTH,
        "heads": HEADS,
        "documents": [DOCUMENTS.count(i) for i in range(3)],
        "cases": cases,
    },
    sys.stdout,
    indent=None,
)
print()
