"""Blockwise causal attention beside PyTorch's scaled_dot_product_attention, in one run: the two take
turns, round after round. f32, 8 heads of width 64, 2 threads; medians and best calls in milliseconds.

Run: cargo build --release && python benches/attention.py [T …]        (written for torch 2.15.0)
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch

ROUNDS, CALLS = 7, 7
LAB = os.environ.get("LLM_LAB", "target/release/llm-lab")


def pytorch(t):
    q, k, v = (torch.randn(1, 8, t, 64) for _ in range(3))
    times = []
    with torch.no_grad():
        for call in range(2 + CALLS):
            start = time.perf_counter()
            torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            if call >= 2:
                times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def lab(t):
    words = f"flash compare --only-blocks --heads 8 --head-width 64 --lengths {t} --repeats {CALLS} --format json"
    environment = dict(os.environ, RAYON_NUM_THREADS="2")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([LAB, *words.split(), "--out", folder], env=environment, capture_output=True,
                              text=True, check=True)
    return json.loads(done.stdout)["metrics"][f"t{t}.threads.time"]["value"]


def main():
    torch.set_num_threads(2)
    print(f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, 2 threads each")
    for t in [int(word) for word in sys.argv[1:]] or [512, 2048, 8192]:
        rounds = [(pytorch(t), lab(t)) for _ in range(ROUNDS)]
        theirs, ours = (statistics.median(column) for column in zip(*rounds))
        best = [min(column) for column in zip(*rounds)]
        ratio = statistics.median(a / b for a, b in rounds)
        print(f"T {t}: PyTorch {theirs:.1f} (best {best[0]:.1f}), here {ours:.1f} (best {best[1]:.1f}); "
              f"times PyTorch's rate, round by round: {ratio:.2f}")


if __name__ == "__main__":
    main()
