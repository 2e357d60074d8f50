"""Makes attention.json: one head with everything in between, softmax in real number formats, and
singular values of attention matrices, as PyTorch and NumPy compute them.

    pip install torch numpy
    python tests/golden/attention.py > tests/golden/attention.json

`tests/parity_attention.rs` compares.
"""

import json
import platform
import sys

sys.path.pop(0)  # tokenize.py beside this file would hide Python's own

import numpy
import torch
from torch.nn import functional as F

T, D, DV = 6, 4, 3
MASKS = {
    "none": lambda i, j: True,
    "causal": lambda i, j: j <= i,
    "prefix": lambda i, j: j <= i or j < 3,
    "sliding": lambda i, j: j <= i and i - j < 2,
}
FORMATS = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
ROWS = [[1000.0, 1001.0], [-1000.0, -1001.0], [0.0, -200.0], [3.0, 1.0], [11.0, 11.0], [0.5, -17.0], [88.0, 89.0]]
POINTS = [88.72283172607422, 88.72283935546875, -87.33654022216797, -103.97207641601562, -103.97208404541016,
          11.0859375, 11.09375, -9.703125, -17.328125, -17.34375, 88.5, 89.0, -92.5, -93.0, 1.0, -5.0]


def numbers(tensor):
    return [str(x) if x != x or abs(x) == float("inf") else x for x in tensor.detach().double().flatten().tolist()]


def head(draw, mask):
    q, k, v, dy = (torch.randn(T, n, generator=draw, dtype=torch.float64) for n in (D, D, DV, DV))
    seen = torch.tensor([[MASKS[mask](i, j) for j in range(T)] for i in range(T)])
    inputs = [x.clone().requires_grad_() for x in (q, k, v)]
    y = F.scaled_dot_product_attention(*(x[None] for x in inputs), attn_mask=seen[None])[0]
    y.backward(dy)
    weights = ((q @ k.T) / D**0.5).masked_fill(~seen, float("-inf")).softmax(-1)
    names = ("q", "k", "v", "dy", "scores", "weights", "y", "dq", "dk", "dv")
    values = (q, k, v, dy, q @ k.T, weights, y, *(x.grad for x in inputs))
    return dict(zip(names, map(numbers, values)))


def softmax(name, row):
    x = torch.tensor(row, dtype=FORMATS[name])
    e = x.exp()
    p = (x - x.max()).exp()
    p = p / p.sum()
    return {"format": name, "x": row, "exp": numbers(e), "naive": numbers(e / e.sum()), "shifted": numbers(p),
            "log": numbers(p.log()), "log_softmax": numbers(x.log_softmax(-1))}


def spectrum(draw, causal):
    q, k = (torch.randn(24, 4, generator=draw, dtype=torch.float64) for _ in range(2))
    scores = q @ k.T
    hidden = torch.triu(torch.ones(24, 24, dtype=torch.bool), 1) if causal else torch.zeros(24, 24, dtype=torch.bool)
    weights = (scores / 2).masked_fill(hidden, float("-inf")).softmax(-1)
    s = numpy.linalg.svd(weights.numpy(), compute_uv=False)
    share = s / s.sum()
    return {
        "causal": causal, "q": numbers(q), "k": numbers(k),
        "scores": numpy.linalg.svd(scores.numpy(), compute_uv=False).tolist(),
        "weights": s.tolist(),
        "effective_rank": float(numpy.exp(-(share * numpy.log(share)).sum())),
        "log_det": float(numpy.linalg.slogdet(weights.numpy())[1]),
    }


def main():
    draw = torch.Generator().manual_seed(2017)
    golden = {
        "made_with": {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__},
        "shape": [T, D, DV],
        "heads": {mask: head(draw, mask) for mask in MASKS},
        "softmax": [softmax(name, row) for name in FORMATS for row in ROWS],
        "exp": {name: numbers(torch.tensor(POINTS, dtype=kind).exp()) for name, kind in FORMATS.items()},
        "points": POINTS,
        "spectra": [spectrum(draw, causal) for causal in (False, True)],
    }
    json.dump(golden, sys.stdout, indent=1)
    print()


main()
