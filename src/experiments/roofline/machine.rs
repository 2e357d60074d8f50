//! What this machine can do at best: bytes a second from memory, and operations a second.

use rayon::prelude::*;

use crate::experiments::Context;
use crate::experiments::clock::in_turns;
use crate::math::product::{Matrix, MatrixMut, Write, product};
use crate::math::simd::vectorized;
use crate::report::{Error, text};

/// The limits of a machine.
pub struct Machine {
    /// Bytes a second that a triad moves.
    pub bandwidth: f64,
    /// FLOPs a second of a product whose matrices stay in the cache.
    pub peak: f64,
    /// Threads that worked.
    pub threads: usize,
    /// How far the middle half of the triads lies apart, as a share of the median.
    pub spread: f64,
}

/// Rows and columns of the product for the peak: three matrices of 256 KB.
const SIDE: usize = 256;
/// Products in a row, so that the clock sees about a millisecond.
const ROUNDS: usize = 4;

impl Machine {
    /// Measures both, in turns, on all threads: McCalpin's triad a = b + s·c (1995, STREAM) over
    /// arrays of `megabytes` each, and products of matrices in the cache. The fastest call counts:
    /// a limit is what the machine can do when nothing else runs.
    ///
    /// # Errors
    /// An interruption.
    pub fn measure(megabytes: usize, repeats: usize, context: &Context) -> Result<Self, Error> {
        let n = megabytes * 1_000_000 / size_of::<f32>();
        let (b, c) = (vec![1.5_f32; n], vec![0.5_f32; n]);
        let mut a = vec![0.0_f32; n];
        let threads = rayon::current_num_threads();
        let mut places: Vec<[Vec<f32>; 3]> = (0..threads)
            .map(|_| [vec![0.5; SIDE * SIDE], vec![0.25; SIDE * SIDE], vec![0.0; SIDE * SIDE]])
            .collect();
        let mut calls: Vec<Box<dyn FnMut() + '_>> = vec![
            Box::new(|| triad(&mut a, &b, &c, 3.0)),
            Box::new(|| places.par_iter_mut().for_each(multiply)),
        ];
        let what = text("measuring the machine", "测量这台机器");
        let times = in_turns(context, &mut calls, repeats, (0, 1), &what)?;
        let flops = (2 * SIDE * SIDE * SIDE * ROUNDS * threads) as f64;
        Ok(Self {
            bandwidth: (3 * n * size_of::<f32>()) as f64 / times[0].least(),
            peak: flops / times[1].least(),
            threads,
            spread: times[0].spread(),
        })
    }

    /// Takes note of work that did `rate` FLOPs a second at `intensity`: nothing goes through the
    /// roof. A triad also writes, so that work that only reads may well move more bytes a second.
    pub fn raise(&mut self, rate: f64, intensity: f64) {
        self.peak = self.peak.max(rate);
        self.bandwidth = self.bandwidth.max(rate / intensity);
    }

    /// FLOPs a byte from which on arithmetic is the limit and not memory.
    pub fn ridge(&self) -> f64 {
        self.peak / self.bandwidth
    }

    /// The most FLOPs a second at so many FLOPs a byte: Williams, Waterman & Patterson 2009,
    /// Roofline.
    pub fn roof(&self, intensity: f64) -> f64 {
        self.peak.min(self.bandwidth * intensity)
    }
}

/// a = b + s·c on all threads.
fn triad(a: &mut [f32], b: &[f32], c: &[f32], s: f32) {
    let part = a.len().div_ceil(rayon::current_num_threads()).max(1);
    a.par_chunks_mut(part).zip(b.par_chunks(part)).zip(c.par_chunks(part)).for_each(
        |((a, b), c)| {
            vectorized!(|| {
                a.iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = *c * s + *b);
            });
        },
    );
    std::hint::black_box(&a);
}

fn multiply([a, b, c]: &mut [Vec<f32>; 3]) {
    for _ in 0..ROUNDS {
        let (a, b) = (Matrix::new(a, SIDE), Matrix::new(b, SIDE));
        product(a, b, MatrixMut::new(c, SIDE), Write::Set);
        std::hint::black_box(&c);
    }
}
