"""Makes activation.json: the activations with two derivatives, and feed-forward blocks with all
gradients, as PyTorch computes them.

    pip install torch numpy
    python tests/golden/activation.py > tests/golden/activation.json

All in float64 on the CPU, so that `tests/parity_activation.rs` can compare tightly.
"""

import json
import platform
import sys

import torch
from torch.nn import functional as F

# No kinks among the points: there frameworks choose a slope, and no second derivative exists.
POINTS = [-40.0, -12.5, -6.0, -2.9, -1.3, -0.7518, -0.1, 1e-6, 0.25, 1.0, 1.702, 2.7, 5.5, 19.0, 60.0]

FUNCTIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky-relu": lambda x: F.leaky_relu(x, 0.1),
    "softplus": lambda x: F.softplus(x, threshold=1000.0),
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "gelu-sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
    "silu": F.silu,
    "swish-0.1": lambda x: x * torch.sigmoid(0.1 * x),
    "hard-swish": F.hardswish,
}

BLOCKS = {
    "relu": lambda u, v: F.relu(u),
    "gelu": lambda u, v: F.gelu(u),
    "bilinear": lambda u, v: u * v,
    "glu": lambda u, v: torch.sigmoid(u) * v,
    "reglu": lambda u, v: F.relu(u) * v,
    "geglu": lambda u, v: F.gelu(u) * v,
    "swiglu": lambda u, v: F.silu(u) * v,
}
T, D, D_FF = 3, 4, 5


def numbers(tensor):
    return tensor.detach().flatten().tolist()


def jet(function):
    x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    value = function(x)
    (slope,) = torch.autograd.grad(value.sum(), x, create_graph=True)
    found = {"value": numbers(value), "slope": numbers(slope)}
    if slope.requires_grad:
        try:
            (curvature,) = torch.autograd.grad(slope.sum(), x)
            found["curvature"] = numbers(curvature)
        except RuntimeError:  # no second derivative in PyTorch
            pass
    return found


def block(inner, draw):
    def randn(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64).requires_grad_()

    x, w, v, w2 = randn(T, D), randn(D, D_FF), randn(D, D_FF), randn(D_FF, D)
    b, c, b2 = randn(D_FF), randn(D_FF), randn(D)
    dy = torch.randn(T, D, generator=draw, dtype=torch.float64)
    y = inner(x @ w + b, x @ v + c) @ w2 + b2
    y.backward(dy)
    arrays = {"x": x, "w": w, "v": v, "w2": w2, "b": b, "c": c, "b2": b2}
    found = {"y": numbers(y), "dy": numbers(dy)}
    for name, array in arrays.items():
        found[name] = numbers(array)
        if array.grad is not None:
            found["d" + name] = numbers(array.grad)
    return found


def main():
    draw = torch.Generator().manual_seed(2016)
    golden = {
        "made_with": {"python": platform.python_version(), "torch": torch.__version__},
        "points": POINTS,
        "functions": {name: jet(f) for name, f in FUNCTIONS.items()},
        "shape": [T, D, D_FF],
        "blocks": {name: block(f, draw) for name, f in BLOCKS.items()},
    }
    json.dump(golden, sys.stdout, indent=1)
    print()


main()
