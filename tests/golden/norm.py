"""Makes norm.json: LayerNorm, RMSNorm and BatchNorm, forward and backward, as PyTorch computes them.

    pip install torch numpy
    python tests/golden/norm.py > tests/golden/norm.json

All in float64 on the CPU, so that `tests/parity_norm.rs` can compare tightly; float32 results of the
two per-token norms are kept as well.
"""

import json
import platform
import sys

import torch

T, D = 5, 6
EPS = 1e-5


def numbers(tensor):
    return tensor.detach().double().flatten().tolist()


def per_token(kind, x, dy, gamma, beta):
    x = x.clone().requires_grad_()
    gamma = gamma.clone().requires_grad_()
    beta = beta.clone().requires_grad_()
    if kind == "layer":
        y = torch.nn.functional.layer_norm(x, (D,), gamma, beta, EPS)
    else:
        y = torch.nn.functional.rms_norm(x, (D,), gamma, EPS)
    y.backward(dy)
    found = {"y": numbers(y), "dx": numbers(x.grad), "dgamma": numbers(gamma.grad)}
    if kind == "layer":
        found["dbeta"] = numbers(beta.grad)
    return found


def batch(x, dy, gamma, beta):
    norm = torch.nn.BatchNorm1d(D, eps=EPS, momentum=0.1, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(gamma)
        norm.bias.copy_(beta)
    x = x.clone().requires_grad_()
    y = norm(x)
    y.backward(dy)
    found = {
        "y": numbers(y),
        "dx": numbers(x.grad),
        "dgamma": numbers(norm.weight.grad),
        "dbeta": numbers(norm.bias.grad),
        "running_mean": numbers(norm.running_mean),
        "running_variance": numbers(norm.running_var),
    }
    norm.eval()
    found["eval"] = numbers(norm(x))
    return found


def main():
    draw = torch.Generator().manual_seed(2016)
    x = 3 * torch.randn(T, D, generator=draw, dtype=torch.float64) + 1
    dy = torch.randn(T, D, generator=draw, dtype=torch.float64)
    gamma = torch.randn(D, generator=draw, dtype=torch.float64) + 1
    beta = torch.randn(D, generator=draw, dtype=torch.float64)
    single = [v.float() for v in (x, dy, gamma, beta)]
    golden = {
        "made_with": {"python": platform.python_version(), "torch": torch.__version__},
        "shape": [T, D],
        "eps": EPS,
        "x": numbers(x),
        "dy": numbers(dy),
        "gamma": numbers(gamma),
        "beta": numbers(beta),
        "layer": per_token("layer", x, dy, gamma, beta),
        "rms": per_token("rms", x, dy, gamma, beta),
        "layer_f32": per_token("layer", *single),
        "rms_f32": per_token("rms", *single),
        "batch": batch(x, dy, gamma, beta),
    }
    json.dump(golden, sys.stdout, indent=1)
    print()


main()
