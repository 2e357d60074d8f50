"""What `generate` of `transformers` finds on the small models below checkpoints/, for
tests/parity_search.rs. Greedy decoding and beam search come from transformers 5.23.0; contrastive and
diverse beam search, which left its core, from transformers 4.46.3. Each run replaces its own part of
search.json, or of another file with other prompts:

    python tests/golden/search.py
    python tests/golden/search.py --seed 99 --rows 300 --out fresh.json
    SEARCH_GOLDEN=fresh.json cargo test --test parity_search

Made with torch 2.15.0.
"""

import argparse
import json
import pathlib
import random
import sys
import warnings

sys.path.pop(0)  # tokenize.py beside this file would hide Python's own

import torch
import transformers
from transformers import GPT2LMHeadModel, LlamaForCausalLM

transformers.logging.set_verbosity_error()
warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
MODELS = {"gpt2": GPT2LMHeadModel, "llama": LlamaForCausalLM}
V, CONTEXT = 23, 32


def new(rng):
    """Greedy decoding and beam search, as transformers 5 has them."""
    kind = rng.choice(["greedy", "beam", "beam", "beam"])
    flags = {"max_new_tokens": rng.randint(1, 20), "do_sample": False}
    if rng.random() < 0.4:
        flags["repetition_penalty"] = round(rng.uniform(0.8, 2.0), 3)
    if rng.random() < 0.3:
        flags["no_repeat_ngram_size"] = rng.randint(2, 5)  # 1 may rule out everything
    if rng.random() < 0.7:
        flags["eos_token_id"] = rng.randrange(V)
    if kind == "beam":
        flags["num_beams"] = rng.randint(2, 7)
        flags["num_return_sequences"] = rng.randint(1, flags["num_beams"])
        flags["length_penalty"] = rng.choice([1.0, 0.0, 2.0, -1.0, 0.6])
        flags["early_stopping"] = rng.choice([False, True, "never"])
    return kind, flags


def old(rng):
    """Contrastive and diverse beam search, as transformers 4 had them."""
    flags = {"max_new_tokens": rng.randint(1, 20), "do_sample": False}
    if rng.random() < 0.5:
        return "contrastive", flags | {"penalty_alpha": round(rng.uniform(0.05, 0.95), 3), "top_k": rng.randint(2, 8)}
    groups = rng.randint(2, 3)
    beams = groups * rng.randint(1, 3)
    flags |= {"num_beams": beams, "num_beam_groups": groups, "num_return_sequences": beams}
    flags |= {"diversity_penalty": round(rng.uniform(0.1, 2.0), 3), "length_penalty": rng.choice([1.0, 0.0, 2.0])}
    return "diverse", flags


def row(rng, models, make):
    name = rng.choice(list(models))
    kind, flags = make(rng)
    ids = [rng.randrange(V) for _ in range(rng.randint(1, CONTEXT - flags["max_new_tokens"]))]
    prompt = torch.tensor([ids])
    pad = flags.get("eos_token_id", 0)
    found = models[name].generate(
        prompt, attention_mask=torch.ones_like(prompt), pad_token_id=pad, return_dict_in_generate=True,
        output_scores=True, **flags)
    texts = []
    for sequence in found.sequences.tolist():
        text = sequence[len(ids):]
        if pad in text and "eos_token_id" in flags:
            text = text[: text.index(pad) + 1]
        texts.append(text)
    scores = found.sequences_scores.tolist() if kind in ("beam", "diverse") else []
    scores = [float(f"{x:.7g}") for x in scores]
    return {"model": name, "kind": kind, "ids": ids, "flags": flags, "texts": texts, "scores": scores}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=4711)
    arguments.add_argument("--rows", type=int, default=40)
    arguments.add_argument("--out", type=pathlib.Path, default=HERE / "search.json")
    given = arguments.parse_args()
    modern = int(transformers.__version__.split(".")[0]) >= 5
    rng = random.Random(given.seed)
    models = {name: family.from_pretrained(HERE / "checkpoints" / name).eval() for name, family in MODELS.items()}
    for model in models.values():
        model.config.eos_token_id = model.generation_config.eos_token_id = None
    part = {
        "made_with": {"torch": torch.__version__, "transformers": transformers.__version__},
        "rows": [row(rng, models, new if modern else old) for _ in range(given.rows)],
    }
    whole = json.loads(given.out.read_text()) if given.out.exists() else {}
    whole["transformers5" if modern else "transformers4"] = part
    parts = []
    for name, part in sorted(whole.items()):
        rows = ",\n".join(json.dumps(r) for r in part["rows"])
        parts.append(f'"{name}": {{"made_with": {json.dumps(part["made_with"])}, "rows": [\n{rows}\n]}}')
    given.out.write_text("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    main()
