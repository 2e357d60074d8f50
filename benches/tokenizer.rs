//! Training and encoding, each beside a plain path: recounting all pairs at every merge, and looking
//! at all neighbours of a word at every merge.
//!
//! `cargo bench --bench tokenizer`. The corpus is drawn from a seed: words with Zipf frequencies,
//! letters for the English-like one, Chinese characters for the other.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use llm_lab::tokenizer::{Builtin, Encoder, Model, Pattern, Plan, Scheme, Tokenizer, trace};
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

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

fn encoding(c: &mut Criterion) {
    let english: Vec<char> = ('a'..='z').collect();
    let text = corpus(1_000_000, 40_000, &english, " ");
    let tokenizer = trained(&text, 4096);
    let mut group = c.benchmark_group("encode-1MB");
    group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("trained", |b| b.iter(|| tokenizer.encode(black_box(&text)).unwrap()));
    group.bench_function("trained, 2 threads", |b| {
        b.iter(|| tokenizer.encode_long(black_box(&text), 2).unwrap());
    });
    let gpt2 = Builtin::Gpt2.tokenizer().unwrap();
    group.bench_function("gpt2", |b| b.iter(|| gpt2.encode(black_box(&text)).unwrap()));
    let tiktoken = tiktoken_rs::r50k_base().unwrap();
    group.bench_function("gpt2 by tiktoken-rs", |b| {
        b.iter(|| tiktoken.encode_ordinary(black_box(&text)));
    });
    let ids = tokenizer.encode(&text).unwrap();
    group.bench_function("decode", |b| b.iter(|| tokenizer.decode(black_box(&ids)).unwrap()));
    let Model::Bpe(model) = tokenizer.model() else { return };
    group.bench_function("all neighbours at every merge", |b| {
        b.iter(|| {
            let pieces = Pattern::Gpt2.pieces(black_box(text.as_bytes()));
            pieces.map(|piece| trace::word(model, piece).2.len()).sum::<usize>()
        });
    });
    group.finish();
    let word: String = text.chars().filter(|c| c.is_ascii_lowercase()).take(700_000).collect();
    let mut group = c.benchmark_group("one-long-word");
    group.sample_size(10).throughput(Throughput::Bytes(word.len() as u64));
    group.bench_function("heap", |b| {
        b.iter(|| {
            let mut ids = Vec::new();
            Encoder::new(&tokenizer, 0).encode(black_box(&word), &mut ids).unwrap();
            ids
        });
    });
    group.finish();
}

criterion_group!(benches, training, encoding);
criterion_main!(benches);
