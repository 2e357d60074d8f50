//! Training and encoding, each beside a reference: recounting all pairs at every merge; tiktoken with
//! the same vocabulary, and looking at all neighbours of a word at every merge.
//!
//! `cargo bench --bench tokenizer`. The corpus is drawn from a seed: words with Zipf frequencies,
//! letters for the English-like one, Chinese characters for the other.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use llm_lab::tokenizer::{Builtin, Model, Pattern, Plan, Scheme, Tokenizer, trace};
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tiktoken_rs::CoreBPE;

/// Text of about `bytes` bytes: `words` distinct words of `letters`, the n-th as often as 1/n.
fn corpus(bytes: usize, words: usize, letters: &[char], gap: &str) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let vocabulary: Vec<String> = (0..words)
        .map(|_| {
            let length = rng.random_range(1..9);
            let letter = |rng: &mut ChaCha8Rng| {
                let x: f64 = rng.random();
                letters[(x * x * letters.len() as f64) as usize]
            };
            (0..length).map(|_| letter(&mut rng)).collect()
        })
        .collect();
    let mut text = String::with_capacity(bytes + 100);
    while text.len() < bytes {
        let x: f64 = rng.random();
        text += &vocabulary[((words as f64).powf(x) - 1.0) as usize % words];
        text += match rng.random_range(0..40) {
            0 => ".\n",
            1 | 2 => ", ",
            _ => gap,
        };
    }
    text
}

fn trained(corpus: &str, size: usize) -> Tokenizer {
    Plan::new(Scheme::ByteBpe, size).train(corpus, &mut |_, _| Ok(())).unwrap()
}

fn training(c: &mut Criterion) {
    let english: Vec<char> = ('a'..='z').collect();
    let chinese: Vec<char> = ('\u{4e00}'..'\u{5600}').collect();
    let texts = [
        ("english-5MB", corpus(5_000_000, 40_000, &english, " ")),
        ("chinese-1MB", corpus(1_100_000, 8_000, &chinese, "")),
    ];
    let mut group = c.benchmark_group("train-4096");
    group.sample_size(10);
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| b.iter(|| trained(black_box(text), 4096)));
    }
    group.finish();
    // The plain path recounts everything at each merge: a smaller load, both ways.
    let small = corpus(20_000, 400, &english, " ");
    let plan = Plan::new(Scheme::ByteBpe, 300);
    let words = plan.words(&small).unwrap();
    let limits = trace::Limits { steps: 44, pairs: 1, words: 0 };
    let mut group = c.benchmark_group("train-300-small");
    group.sample_size(10);
    group.bench_function("heap", |b| b.iter(|| trained(black_box(&small), 300)));
    group.bench_function("recount", |b| {
        b.iter(|| trace::merges(black_box(&words), &plan.bpe_settings(), limits).unwrap());
    });
    group.finish();
}

/// Tiktoken's own encoder with the pieces of a trained byte-level BPE.
fn tiktoken(tokenizer: &Tokenizer) -> CoreBPE {
    let pieces = tokenizer.model().vocab().iter().map(|(id, piece)| (piece.to_vec(), id)).collect();
    let pattern =
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";
    CoreBPE::new(pieces, Default::default(), pattern).unwrap()
}

/// Each figure beside tiktoken's for the same ids, and beside a plain merge loop.
fn encoding(c: &mut Criterion) {
    let english: Vec<char> = ('a'..='z').collect();
    let chinese: Vec<char> = ('\u{4e00}'..'\u{5600}').collect();
    for (name, text) in [
        ("english", corpus(1_000_000, 40_000, &english, " ")),
        ("chinese", corpus(1_000_000, 8_000, &chinese, "")),
    ] {
        let tokenizer = trained(&text, 4096);
        let source = tiktoken(&tokenizer);
        let ids = tokenizer.encode(&text).unwrap();
        assert_eq!(source.encode_ordinary(&text), ids);
        let Model::Bpe(model) = tokenizer.model() else { return };
        let mut group = c.benchmark_group(format!("encode-{name}"));
        group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("llm-lab", |b| b.iter(|| tokenizer.encode(black_box(&text)).unwrap()));
        group.bench_function("llm-lab, 2 threads", |b| {
            b.iter(|| tokenizer.encode_long(black_box(&text), 2).unwrap());
        });
        group.bench_function("tiktoken", |b| b.iter(|| source.encode_ordinary(black_box(&text))));
        group.finish();
        // The plain loop takes time in the square of a word: a short text, both ways.
        let short: String = text.chars().take(5_000).collect();
        let mut group = c.benchmark_group(format!("encode-{name}-short"));
        group.sample_size(10).throughput(Throughput::Bytes(short.len() as u64));
        group
            .bench_function("llm-lab", |b| b.iter(|| tokenizer.encode(black_box(&short)).unwrap()));
        group.bench_function("plain merge loop", |b| {
            b.iter(|| {
                let pieces = Pattern::Gpt2.pieces(black_box(short.as_bytes()));
                pieces.map(|piece| trace::word(model, piece).2.len()).sum::<usize>()
            });
        });
        group.finish();
        let mut group = c.benchmark_group(format!("decode-{name}"));
        group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("llm-lab", |b| b.iter(|| tokenizer.decode(black_box(&ids)).unwrap()));
        group.bench_function("tiktoken", |b| b.iter(|| source.decode(black_box(&ids)).unwrap()));
        group.finish();
    }
}

/// The vocabularies inside the program, on the lessons' kind of mix.
fn built_in(c: &mut Criterion) {
    let letters: Vec<char> = ('a'..='z').chain('\u{4e00}'..'\u{5000}').collect();
    let text = corpus(2_000_000, 40_000, &letters, " ");
    let sources = [tiktoken_rs::r50k_base(), tiktoken_rs::cl100k_base(), tiktoken_rs::o200k_base()];
    for (builtin, source) in Builtin::ALL.into_iter().zip(sources) {
        let (tokenizer, source) = (builtin.tokenizer().unwrap(), source.unwrap());
        let mut group = c.benchmark_group(format!("encode-{}", builtin.name()));
        group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("llm-lab", |b| b.iter(|| tokenizer.encode(black_box(&text)).unwrap()));
        group.bench_function("tiktoken", |b| b.iter(|| source.encode_ordinary(black_box(&text))));
        group.finish();
    }
}

/// A word without spaces, and one a tenth as long: ten times the time shows that nothing is quadratic.
fn long_word(c: &mut Criterion) {
    let english: Vec<char> = ('a'..='z').collect();
    let text = corpus(1_300_000, 40_000, &english, " ");
    let word: String = text.chars().filter(char::is_ascii_lowercase).take(1_000_000).collect();
    let plan = |scheme| Plan::new(scheme, 4096).train(&text, &mut |_, _| Ok(())).unwrap();
    let mut group = c.benchmark_group("one-long-word");
    group.sample_size(10);
    for (name, scheme) in
        [("byte-bpe", Scheme::ByteBpe), ("char-bpe", Scheme::CharBpe), ("unigram", Scheme::Unigram)]
    {
        let tokenizer = plan(scheme);
        for length in [100_000, 1_000_000] {
            let word = &word[..length];
            group.throughput(Throughput::Bytes(length as u64));
            group.bench_function(format!("{name}/{length}"), |b| {
                b.iter(|| tokenizer.encode(black_box(word)).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, training, encoding, built_in, long_word);
criterion_main!(benches);
