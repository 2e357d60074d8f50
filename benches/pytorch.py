"""The reference for `cargo bench --bench transformer`: the same models, batches and steps (forward,
backward, clip, AdamW) in PyTorch, eager and compiled, on 1 and 2 threads. Prints tokens per second.

Run: python benches/pytorch.py [S M L]        (written for torch 2.15.0)
"""

import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

# vocab, context, d, d_ff, layers, heads, batch
SIZES = {
    "S": (256, 128, 64, 192, 4, 4, 8),
    "M": (512, 128, 128, 352, 4, 4, 16),
    "L": (4096, 256, 288, 768, 6, 6, 4),
}


class Block(nn.Module):
    def __init__(self, d, d_ff, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(d, eps=1e-5), nn.RMSNorm(d, eps=1e-5)
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        self.gate, self.up = nn.Linear(d, d_ff, bias=False), nn.Linear(d, d_ff, bias=False)
        self.down = nn.Linear(d_ff, d, bias=False)

    def forward(self, x, cos, sin):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = turn(q, cos, sin), turn(k, cos, sin)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


def turn(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Model(nn.Module):
    def __init__(self, vocab, t, d, d_ff, layers, heads):
        super().__init__()
        self.embedding = nn.Embedding(vocab, d)
        self.blocks = nn.ModuleList(Block(d, d_ff, heads) for _ in range(layers))
        self.norm, self.head = nn.RMSNorm(d, eps=1e-5), nn.Linear(d, vocab, bias=False)
        half = d // heads // 2
        angle = torch.outer(torch.arange(t), 10000.0 ** (-torch.arange(half) / half))
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, tokens, targets):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def measure(name, threads, compiled):
    vocab, t, d, d_ff, layers, heads, batch = SIZES[name]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = Model(vocab, t, d, d_ff, layers, heads)
    run = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    text = torch.randint(vocab, (batch, t + 1))

    def step():
        loss = run(text[:, :-1], text[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    for _ in range(3):
        step()
    best = 0.0
    for _ in range(4):
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < 1.5:
            step()
            steps += 1
        best = max(best, steps * batch * t / (time.perf_counter() - start))
    return best


for size in sys.argv[1:] or SIZES:
    for threads in (1, 2):
        for compiled in (False, True):
            try:
                speed = f"{measure(size, threads, compiled):10.0f} tokens/s"
            except Exception as error:  # no compiler on this machine
                speed = f"not run: {type(error).__name__}"
            print(f"{size} {threads} threads {'compiled' if compiled else 'eager':8} {speed}", flush=True)
