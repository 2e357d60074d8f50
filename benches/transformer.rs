//! The tiny transformer at three sizes, each figure beside its reference path: whole training steps
//! on one and two threads beside the same code in f64, whose products are their definition;
//! generation beside a full forward pass for every token; the matrix product beside `ndarray`'s
//! own. Tokens per second are the throughput that criterion prints. Run with `cargo bench --bench
//! transformer`; `benches/pytorch.py` measures the same steps in PyTorch.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use llm_lab::math::product::{Matrix, MatrixMut, Write, product};
use llm_lab::math::real::Real;
use llm_lab::model::decoding::argmax;
use llm_lab::model::{
    Batch, Generation, Greedy, Preset, Size, Trainer, Training, Transformer, generate,
};
use ndarray::Array2;
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Name, sizes, sequences of a batch.
const SIZES: [(&str, Size, usize); 3] = [
    ("S", Size { vocab: 256, context: 128, d: 64, d_ff: 192, layers: 4, heads: 4, kv_heads: 4 }, 8),
    (
        "M",
        Size { vocab: 512, context: 128, d: 128, d_ff: 352, layers: 4, heads: 4, kv_heads: 4 },
        16,
    ),
    (
        "L",
        Size { vocab: 4096, context: 256, d: 288, d_ff: 768, layers: 6, heads: 6, kv_heads: 6 },
        4,
    ),
];

fn model<F: Real>(size: Size) -> Transformer<F> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    Transformer::new(Preset::Llama.config(size).unwrap(), &mut rng).unwrap()
}

fn batch(size: Size, sequences: usize) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut batch = Batch::new(size.context);
    for _ in 0..sequences {
        let text: Vec<u32> =
            (0..=size.context).map(|_| rng.random_range(0..size.vocab as u32)).collect();
        batch.push_text(&text);
    }
    batch
}

fn trainer<F: Real>(size: Size, threads: usize) -> Trainer<F> {
    let training = Training { threads, ..Training::usual(1e-3, 100, 0) };
    Trainer::new(model(size), training).unwrap()
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training step");
    group.sample_size(10);
    for (name, size, sequences) in SIZES {
        let batches = [batch(size, sequences)];
        group.throughput(Throughput::Elements((sequences * size.context) as u64));
        for threads in [1, 2] {
            let mut trainer = trainer::<f32>(size, threads);
            group.bench_function(BenchmarkId::new(name, format!("{threads} threads")), |b| {
                b.iter(|| black_box(trainer.step(&batches).unwrap()));
            });
        }
    }
    let (name, size, _) = SIZES[0];
    let (mut trainer, batches) = (trainer::<f64>(size, 1), [batch(size, 1)]);
    group.throughput(Throughput::Elements(size.context as u64));
    group.bench_function(BenchmarkId::new(name, "reference: f64 by the definition"), |b| {
        b.iter(|| black_box(trainer.step(&batches).unwrap()));
    });
    group.finish();
}

fn generation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("generation of a whole context");
    group.sample_size(20);
    for (name, size, _) in SIZES {
        let model = model::<f32>(size);
        group.throughput(Throughput::Elements(size.context as u64 - 1));
        group.bench_function(BenchmarkId::new(name, "with the cache"), |b| {
            b.iter(|| {
                let mut generation = Generation::new(&model, &[1]).unwrap();
                let each = |token| {
                    black_box(token);
                    Ok(ControlFlow::Continue(()))
                };
                generation.run(size.context - 1, &mut Greedy, each).unwrap();
            });
        });
    }
    let (name, size, _) = SIZES[0];
    let model = model::<f32>(size);
    group.throughput(Throughput::Elements(size.context as u64 - 1));
    group.bench_function(BenchmarkId::new(name, "reference: the whole text for each token"), |b| {
        b.iter(|| {
            let mut text = vec![1];
            while text.len() < size.context {
                let logits = generate::logits(&model, &text).unwrap();
                text.push(argmax(&logits[logits.len() - size.vocab..]));
            }
            black_box(text)
        });
    });
    group.finish();
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("product");
    for (m, k, n) in [(512, 64, 192), (512, 128, 352), (512, 288, 768)] {
        let a = Array2::from_shape_fn((m, k), |(i, j)| ((i * 7 + j) % 11) as f32);
        let b = Array2::from_shape_fn((k, n), |(i, j)| ((i * 5 + j) % 13) as f32);
        let mut c = Array2::<f32>::zeros((m, n));
        let what = format!("{m} x {k} x {n}");
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        group.bench_function(BenchmarkId::new("reference: ndarray", &what), |bench| {
            bench.iter(|| ndarray::linalg::general_mat_mul(1.0, &a, &b, 0.0, &mut c));
        });
        let (a, b) = (a.as_slice().unwrap(), b.as_slice().unwrap());
        let c = c.as_slice_mut().unwrap();
        group.bench_function(BenchmarkId::new("math::product", &what), |bench| {
            bench.iter(|| {
                product(Matrix::new(a, k), Matrix::new(b, n), MatrixMut::new(c, n), Write::Set);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps, generation, products);
criterion_main!(benches);
