"""What `transformers` makes of logits: its penalties and filters, alone and in the order of `generate`,
for tests/parity_decoding.rs. Writes decoding.json beside this file, or elsewhere with another seed:

    python tests/golden/decoding.py
    python tests/golden/decoding.py --seed 99 --rows 2000 --out fresh.json
    DECODING_GOLDEN=fresh.json cargo test --test parity_decoding

Made with torch 2.15.0, transformers 5.23.0. The presence and frequency penalties, which `transformers`
lacks, follow the formula in OpenAI's API reference.
"""

import argparse
import json
import pathlib
import sys

sys.path.pop(0)  # tokenize.py beside this file would hide Python's own

import torch
import transformers
from transformers import GenerationConfig
from transformers.generation import logits_process as p

# which of two equals `torch.sort` puts first differs between machines unless one asks: here, and in the
# lab, the order is that of the vocabulary
unstable = torch.sort
torch.sort = lambda x, dim=-1, descending=False: unstable(x, dim=dim, descending=descending, stable=True)

V = 24
INF = float("inf")


class Counts:
    def __init__(self, presence, frequency, prompt):
        self.presence, self.frequency, self.prompt = presence, frequency, prompt

    def __call__(self, ids, scores):
        counts = torch.bincount(ids[0, self.prompt:], minlength=scores.shape[-1]).to(scores.dtype)
        return scores - counts * self.frequency - (counts > 0).to(scores.dtype) * self.presence


def processors(s, prompt):
    """In the order of `generate`; the count penalties follow the repetition penalty."""
    makers = {
        "repetition_penalty": lambda x: p.RepetitionPenaltyLogitsProcessor(x),
        "counts": lambda x: Counts(*x, prompt),
        "no_repeat_ngram": lambda x: p.NoRepeatNGramLogitsProcessor(x),
        "temperature": lambda x: p.TemperatureLogitsWarper(x),
        "top_k": lambda x: p.TopKLogitsWarper(x),
        "top_p": lambda x: p.TopPLogitsWarper(x),
        "min_p": lambda x: p.MinPLogitsWarper(x),
        "typical_p": lambda x: p.TypicalLogitsWarper(x),
        "epsilon_cutoff": lambda x: p.EpsilonLogitsWarper(x),
        "eta_cutoff": lambda x: p.EtaLogitsWarper(x),
    }
    return [make(s[name]) for name, make in makers.items() if name in s]


def order(**flags):
    """The classes that `generate` itself would line up for these flags."""
    config = GenerationConfig(do_sample=True, **flags)
    config._eos_token_tensor = None
    host = type("Host", (transformers.GenerationMixin,), {})()
    host.config = type("Config", (), {"is_encoder_decoder": False})()
    return [type(x).__name__ for x in host._get_logits_processor(config, input_ids_seq_length=4)]


def draw(low, high):
    return low + (high - low) * torch.rand(()).item()


def settings(i):
    """One setting alone for the first rows, then several together."""
    one = {
        "repetition_penalty": lambda: draw(0.5, 2.0),
        "counts": lambda: [draw(-2, 2), draw(-2, 2)],
        "no_repeat_ngram": lambda: int(torch.randint(1, 5, ())),
        "temperature": lambda: draw(0.05, 3.0),
        "top_k": lambda: int(torch.randint(1, V + 3, ())),
        "top_p": lambda: draw(0.01, 0.999),
        "min_p": lambda: draw(0.001, 1.0),
        "typical_p": lambda: draw(0.01, 0.999),
        "epsilon_cutoff": lambda: draw(1e-4, 0.3),
        "eta_cutoff": lambda: draw(1e-4, 0.9),
    }
    names = list(one)
    if i < 4 * len(names):
        chosen = [names[i % len(names)]]
    else:
        chosen = [name for name in names if torch.rand(()) < 0.35]
    return {name: one[name]() for name in chosen}


def row(i):
    kind = i % 5
    spread = [1.0, 3.0, 0.1, 8.0, 1.0][kind]
    logits = spread * torch.randn(1, V)
    if kind == 4:
        logits = torch.round(2 * logits) / 2  # many equals
    ids = torch.randint(0, 4 if i % 2 else V, (1, int(torch.randint(1, 13, ()))))
    prompt = int(torch.randint(0, ids.shape[1] + 1, ()))
    chosen = settings(i)
    after = logits.clone()
    for processor in processors(chosen, prompt):
        after = processor(ids, after)
    return {
        "ids": ids[0].tolist(),
        "prompt": prompt,
        "settings": {k: [float(f"{x:.9g}") for x in v] if isinstance(v, list) else v for k, v in chosen.items()},
        "logits": [float(f"{x:.9g}") for x in logits[0].tolist()],
        "after": [None if x == -INF else float(f"{x:.9g}") for x in after[0].tolist()],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--rows", type=int, default=80)
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent / "decoding.json")
    given = arguments.parse_args()
    torch.manual_seed(given.seed)
    golden = {
        "made_with": {"torch": torch.__version__, "transformers": transformers.__version__},
        "order": order(repetition_penalty=1.2, no_repeat_ngram_size=3, temperature=0.7, top_k=40, top_p=0.9, min_p=0.05,
                       typical_p=0.95, epsilon_cutoff=3e-4, eta_cutoff=2e-3),
        "rows": [row(i) for i in range(given.rows)],
    }
    lines = ",\n".join(json.dumps(r) for r in golden.pop("rows"))
    given.out.write_text(json.dumps(golden)[:-1] + ', "rows": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
