//! Causal attention in f32, 8 heads of width 64, by three ways: the whole square of a head as the
//! formula reads (the reference), strips of queries as the Transformer trains with, and blocks of
//! queries and keys on one thread and on two. Run with `cargo bench --bench attention`;
//! `benches/attention.py` takes turns with PyTorch.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use llm_lab::math::attention::{Heads, Mask, Scratch, attend, blockwise, forward};
use llm_lab::math::product::Matrix;
use ndarray::{Array2, Axis, Slice};
use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const HEADS: usize = 8;
const WIDTH: usize = 64;
const WIDE: usize = HEADS * WIDTH;

fn attention(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("causal attention, 8 heads of 64");
    group.sample_size(10);
    for t in [512, 2048] {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let [q, k, v] = [(); 3]
            .map(|()| Array2::<f32>::from_shape_fn((t, WIDE), |_| rng.random_range(-1.7..1.7)));
        let [qs, ks, vs] = [&q, &k, &v].map(|x| Matrix::new(x.as_slice().unwrap(), WIDE));
        let (scale, mask) = (1.0 / (WIDTH as f64).sqrt(), Mask::Causal);
        let rule = Heads {
            heads: HEADS,
            kv_heads: HEADS,
            width: WIDTH,
            scale,
            mask,
            first: 0,
            relative: None,
        };
        let (mut out, mut logs) = (vec![0.0_f32; t * WIDE], vec![0.0_f32; t * HEADS]);
        // visible pairs: 4 FLOPs for each of the d_h numbers
        group.throughput(Throughput::Elements((4 * mask.pairs(t) * WIDE) as u64));
        group.bench_function(BenchmarkId::new("reference: whole square", t), |b| {
            b.iter(|| {
                for head in 0..HEADS {
                    let own = Slice::from(head * WIDTH..(head + 1) * WIDTH);
                    let [q, k, v] = [&q, &k, &v].map(|x| x.slice_axis(Axis(1), own));
                    black_box(attend(q, k, v, mask));
                }
            });
        });
        let mut scratch = Scratch::default();
        group.bench_function(BenchmarkId::new("strips of queries", t), |b| {
            b.iter(|| forward(&rule, qs, ks, vs, &mut out, &mut logs, &mut scratch));
        });
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let name = format!("blocks, {threads} threads");
            group.bench_function(BenchmarkId::new(name, t), |b| {
                b.iter(|| pool.install(|| blockwise::forward(&rule, qs, ks, vs, &mut out)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, attention);
criterion_main!(benches);
