"""Golden values for the tokenizers, made with Hugging Face `tokenizers` and `tiktoken`.

    pip install tokenizers==0.23.3 tiktoken==0.14.0
    python tests/golden/tokenize.py                 # writes tests/golden/tokenize.json
    python tests/golden/tokenize.py check LLM_LAB   # trains with that binary, compares merges and ids

`check` trains every scheme with the binary on texts assembled here, loads each tokenizer.json that
it wrote with `tokenizers`, and compares ids on the same texts; for byte-level BPE also the merges
with those of Hugging Face's own trainer.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

GPT4 = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)

ENGLISH = """The tokenizer learns which pairs stand side by side most often, and it's the merges that
it keeps. We'll merge, they've merged, I'd merge; DON'T merge across  spaces!  Numbers: 1234567, 3.14.
A lowest newest widest tower; low lower lowest; new newer newest; wide wider widest.
\tfor i in range(10):\n\t\tprint(i, "x" * i)   # code
aaaa aaaaaaa abababab abcabcabc hello hello, world world!
"""
CHINESE = """分词器把文本切成词元,再把词元变成编号。词表越大,词元越少。
中文没有空格,字节级的合并从三个字节开始。我们训练一个很小的模型,看它怎样切分中文。
词表、词元、编号:每一个都可以数出来。2024年,模型有1234个词元。
"""
PROBES = [
    "",
    " ",
    "unwantedX lowest hello",
    "  two  spaces\n\n\nlines\r\n\ttabs  ",
    "It's we'LL I'D 'S don't",
    "中文分词器,词表 2024 年!",
    "emoji 😀 👨‍👩‍👧 naïve Ωmega ﬁne \u0301x ǅ",
    "<unk> [UNK] <|endoftext|> <0x41>",
    "def f(x): return x ** 2  # 12345678",
    "aaaaaaaaaaaaaaaaaaaaa abababababab",
]


def byte_level(pattern):
    if pattern == "gpt2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if pattern == "none":
        return plain
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(GPT4), "isolated"), plain])


def train_bpe(lines, pattern, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = byte_level(pattern)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def train_wordpiece(lines):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def train_unigram(lines):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=180, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def train_char(lines):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.BPEDecoder()
    trainer = trainers.BpeTrainer(
        vocab_size=150, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def ids(tokenizer, text):
    return tokenizer.encode(text).ids


def golden():
    corpus = ENGLISH + CHINESE
    lines = corpus.splitlines(keepends=True)
    merges = []
    for pattern in ["gpt2", "gpt4", "none"]:
        tokenizer = train_bpe(lines, pattern, 380)
        model = json.loads(tokenizer.to_str())["model"]
        merges.append({"pattern": pattern, "vocab_size": 380, "merges": model["merges"],
                       "ids": [ids(tokenizer, p) for p in PROBES]})
    files = []
    for train in [train_wordpiece, train_unigram, train_char]:
        tokenizer = train(lines)
        files.append({"json": json.loads(tokenizer.to_str()),
                      "ids": [ids(tokenizer, p) for p in PROBES],
                      "decoded": [tokenizer.decode(ids(tokenizer, p), skip_special_tokens=False)
                                  for p in PROBES]})
    out = {"tokenizers": tokenizers.__version__, "corpus": corpus, "probes": PROBES,
           "trained": merges, "files": files}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    print(path, path.stat().st_size, "bytes")


def texts():
    """Texts of several kinds, repeated and shuffled with a fixed seed."""
    draw = random.Random(7)
    words = (ENGLISH + CHINESE).split()
    yield "both", ENGLISH + CHINESE
    yield "shuffled", "\n".join(" ".join(draw.choices(words, k=12)) for _ in range(400)) + "\n"
    yield "repeats", "\n".join("ab" * draw.randint(1, 9) + " " + "a" * draw.randint(1, 30)
                               for _ in range(300)) + "\n"
    letters = [chr(c) for c in range(0x4E00, 0x4E00 + 60)]
    yield "chinese", "\n".join("".join(draw.choices(letters, weights=range(60, 0, -1), k=30))
                               for _ in range(300)) + "\n"


def check(binary):
    def run(*arguments):
        return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True).stdout

    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        corpus, saved = f"{folder}/corpus.txt", f"{folder}/tokenizer.json"
        for name, text in texts():
            pathlib.Path(corpus).write_text(text, "utf-8", newline="")
            probes = PROBES + [text]
            for scheme, pattern, size in [
                ("byte-bpe", "gpt2", 420), ("byte-bpe", "gpt4", 420), ("byte-bpe", "none", 300),
                ("char-bpe", "gpt2", 320), ("wordpiece", "gpt2", 320), ("unigram", "gpt2", 300),
            ]:
                run("tokenizer", "train", "--scheme", scheme, "--pattern", pattern, "--vocab-size",
                    str(size), "--corpus", corpus, "--save", saved, "--up-to")
                theirs = Tokenizer.from_file(saved)
                same = True
                if scheme == "byte-bpe":
                    mine = json.loads(pathlib.Path(saved).read_text("utf-8"))["model"]["merges"]
                    lines = text.splitlines(keepends=True)
                    other = json.loads(train_bpe(lines, pattern, size).to_str())["model"]["merges"]
                    same = mine == other
                for probe in probes:
                    file = f"{folder}/probe.txt"
                    pathlib.Path(file).write_text(probe, "utf-8", newline="")
                    out = run("tokenizer", "encode", "--with", saved, "--file", file, "--format", "json")
                    same &= lab_ids(out) == [ids(theirs, line) for line in lines_of(probe)]
                wrong += not same
                print(f"{name:10} {scheme:10} {pattern:5}", "same" if same else "DIFFERENT")
    sys.exit(wrong > 0)


def lines_of(text):
    """Lines as the command reads them: without their newline."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def lab_ids(out):
    """The ids of each line in a report."""
    lines = json.loads(out)["output"].splitlines()
    return [[int(i) for i in line.split()] for line in lines]


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    else:
        golden()
