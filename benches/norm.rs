//! LayerNorm and RMSNorm, forward in place and backward, beside a plain loop over a slice.

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use llm_lab::math::norm::{LayerNorm, RmsNorm};
use ndarray::Array2;

const T: usize = 256;
const D: usize = 1024;

/// RMSNorm as one writes it first: two loops over a token, nothing kept.
fn plain_rms(x: &mut [f32]) {
    for token in x.chunks_mut(D) {
        let mut square = 0.0;
        for v in token.iter() {
            square += v * v;
        }
        let scale = 1.0 / (square / D as f32 + 1e-5).sqrt();
        for v in token {
            *v *= scale;
        }
    }
}

fn norms(criterion: &mut Criterion) {
    let x = Array2::from_shape_fn((T, D), |(t, i)| ((t * 31 + i * 17) % 101) as f32 / 50.0 - 1.0);
    let dy = Array2::from_shape_fn((T, D), |(t, i)| ((t * 13 + i * 29) % 97) as f32 / 48.0 - 1.0);
    let (layer, rms) = (LayerNorm::new(D, 1e-5_f32), RmsNorm::new(D, 1e-5_f32));
    let mut group = criterion.benchmark_group("norm");
    group.throughput(Throughput::Elements((T * D) as u64));
    let mut forward = |name: &str, f: &dyn Fn(&mut Array2<f32>)| {
        group.bench_function(name, |b| {
            b.iter_batched_ref(|| x.clone(), |x| f(black_box(x)), BatchSize::LargeInput);
        });
    };
    forward("layer forward", &|x| layer.forward_in_place(x.view_mut()));
    forward("rms forward", &|x| rms.forward_in_place(x.view_mut()));
    forward("rms plain loops (reference)", &|x| {
        if let Some(x) = x.as_slice_mut() {
            plain_rms(x);
        }
    });
    let (layer_kept, rms_kept) = (layer.forward(x.view()).1, rms.forward(x.view()).1);
    group.bench_function("layer backward", |b| b.iter(|| layer.backward(&layer_kept, dy.view())));
    group.bench_function("rms backward", |b| b.iter(|| rms.backward(&rms_kept, dy.view())));
    group.finish();
}

criterion_group!(benches, norms);
criterion_main!(benches);
