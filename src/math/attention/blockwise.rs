//! Exact attention by blocks of queries and blocks of keys: the scores of two blocks at a time, and
//! a softmax that is corrected as further keys come. Milakov & Gimelshein 2018, Online normalizer
//! calculation for softmax; Dao et al. 2022, FlashAttention.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::heads::{Heads, room};
use super::mask::Mask;
use crate::math::product::{Matrix, MatrixMut, Write, product};
use crate::math::real::Real;
use crate::math::simd::{largest, replace_sum, vectorized};

/// Queries whose scores are held together.
pub const QUERIES: usize = 64;
/// Keys whose scores are held together; blocks begin at its multiples.
pub const KEYS: usize = 256;
/// The most blocks of queries that use a block of keys once it has been transposed.
const SHARING: usize = 4;

/// What a block of queries has to do with a block of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// No query may see any of the keys: nothing is computed.
    Skipped,
    /// Some may see some: scores are computed, and hidden ones become −∞.
    Masked,
    /// All may see all.
    Whole,
}

impl Visit {
    /// Of queries at some positions, for some of `t` keys.
    ///
    /// ```
    /// use llm_lab::math::attention::{Mask, blockwise::Visit};
    /// let visit = |keys| Visit::of(Mask::Causal, 64..128, keys, 256);
    /// assert_eq!(visit(0..64), Visit::Whole);
    /// assert_eq!(visit(64..128), Visit::Masked);
    /// assert_eq!(visit(128..256), Visit::Skipped);
    /// ```
    pub fn of(mask: Mask, queries: Range<usize>, keys: Range<usize>, t: usize) -> Self {
        let (mut any, mut all) = (false, true);
        for seen in queries.map(|i| mask.span(i, t)) {
            any |= seen.start.max(keys.start) < seen.end.min(keys.end);
            all &= seen.start <= keys.start && keys.end <= seen.end;
        }
        match (any, all) {
            (false, _) => Self::Skipped,
            (true, false) => Self::Masked,
            (true, true) => Self::Whole,
        }
    }
}

/// Which pairs of blocks are visited when `n` tokens look at each other: a row for each block of
/// `queries`, in it a place for each block of `keys`. O(n²/keys).
///
/// ```
/// use llm_lab::math::attention::{Mask, blockwise::{Visit::{Masked, Skipped, Whole}, schedule}};
/// assert_eq!(schedule(Mask::Causal, 4, 2, 2), [[Masked, Skipped], [Whole, Masked]]);
/// ```
///
/// # Panics
/// If a block is empty.
pub fn schedule(mask: Mask, n: usize, queries: usize, keys: usize) -> Vec<Vec<Visit>> {
    let blocks = |size: usize| (0..n).step_by(size).map(move |i| i..(i + size).min(n));
    let row = |q: Range<usize>| blocks(keys).map(|k| Visit::of(mask, q.clone(), k, n)).collect();
    blocks(queries).map(row).collect()
}

/// The memory that [`forward`] takes beyond its input and output, in bytes for each thread: some
/// blocks of queries, what they have mixed so far and the state of their softmax, one block of keys
/// and values, and the scores of two blocks. No length is among it. (A head's width that is no
/// multiple of 16 costs [`product`] a copy of a block besides.)
///
/// ```
/// assert_eq!(llm_lab::math::attention::blockwise::bytes::<f32>(64), 329_728);
/// ```
pub fn bytes<F>(width: usize) -> usize {
    let queries = SHARING * QUERIES;
    let numbers = 2 * queries * width + 2 * KEYS * width + QUERIES * KEYS;
    numbers * size_of::<F>() + queries * size_of::<State<F>>()
}

/// How far the softmax of one query has come: the largest score so far, and Σ exp(score − largest).
#[derive(Debug, Clone, Copy)]
struct State<F> {
    largest: F,
    total: F,
}

/// What one thread works in.
#[derive(Debug, Default)]
struct Place<F> {
    queries: Vec<F>,
    keys: Vec<F>,
    values: Vec<F>,
    scores: Vec<F>,
    sums: Vec<F>,
    states: Vec<State<F>>,
}

/// The same as [`forward`](super::forward) without the logarithms, on all threads of the current
/// pool: `out` `(n, H·d_h)` for queries `q` `(n, H·d_h)`, keys and values `(T, kv·d_h)`.
///
/// For each block of keys the scores S = scale·Q·Kᵀ of a block of queries are computed, the largest
/// score m and the denominator ℓ of each row are brought up to date, and what has been mixed so far
/// is corrected: m′ = max(m, max S), ℓ′ = ℓ·exp(m − m′) + Σ exp(S − m′), O′ = O·exp(m − m′) +
/// exp(S − m′)·V; at the end O/ℓ. Blocks that the mask hides are never touched. O(n·T·H·d_h)
/// operations, and [`bytes`] of memory for each thread whatever n and T are. The same bits on any
/// number of threads.
///
/// ```
/// use llm_lab::math::attention::{Heads, Mask, blockwise};
/// use llm_lab::math::product::Matrix;
/// let rule =
///     Heads { heads: 1, kv_heads: 1, width: 1, scale: 1.0, mask: Mask::Causal, first: 0, relative: None };
/// let (q, v, mut out) = ([1.0, 0.0], [2.0, 4.0], [0.0; 2]);
/// let (q, v) = (Matrix::new(&q, 1), Matrix::new(&v, 1));
/// blockwise::forward(&rule, q, q, v, &mut out);
/// assert_eq!(out, [2.0, 3.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit.
pub fn forward<F: Real>(rule: &Heads<F>, q: Matrix<F>, k: Matrix<F>, v: Matrix<F>, out: &mut [F]) {
    let (n, wide) = (q.rows(), rule.heads * rule.width);
    assert!(out.len() == n * wide && k.rows() == v.rows(), "the shapes do not fit");
    // the cut depends on n alone, so that the bits do
    let rows = (n / 8).next_multiple_of(QUERIES).clamp(QUERIES, SHARING * QUERIES);
    // the last queries see the most keys: they are begun first, and the threads end together
    let tasks = Mutex::new(out.chunks_mut(rows * wide).enumerate().rev());
    let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let threads = rayon::current_num_threads().min(n.div_ceil(rows));
    (0..threads).into_par_iter().for_each(|_| {
        let mut place = Place::default();
        while let Some((i, out)) = next() {
            let queries = i * rows..i * rows + out.len() / wide;
            for head in 0..rule.heads {
                attend(rule, head, queries.clone(), (q, k, v), out, &mut place);
            }
        }
    });
}

/// One head for some queries: `out` holds their rows, all heads.
fn attend<F: Real>(
    rule: &Heads<F>,
    head: usize,
    queries: Range<usize>,
    (q, k, v): (Matrix<F>, Matrix<F>, Matrix<F>),
    out: &mut [F],
    place: &mut Place<F>,
) {
    let (d, t, n) = (rule.width, k.rows(), queries.len());
    let (own, shared) = (rule.columns(head), rule.shared(head));
    let scaled = room(&mut place.queries, n * d); // (n, d_h)
    let scale = F::of(rule.scale);
    for (i, row) in queries.clone().zip(scaled.chunks_exact_mut(d)) {
        let from = &q.row(i)[own.clone()];
        row.iter_mut().zip(from).for_each(|(to, x)| *to = *x * scale);
    }
    let sums = room(&mut place.sums, n * d); // (n, d_h)
    sums.fill(F::zero());
    place.states.clear();
    place.states.resize(n, State { largest: F::neg_infinity(), total: F::zero() });

    let reach = rule.reach(queries.start, queries.end, t);
    for start in (reach.start / KEYS * KEYS..reach.end).step_by(KEYS) {
        let keys = start..(start + KEYS).min(reach.end);
        let standing = room(&mut place.keys, d * keys.len()); // (d_h, keys)
        k.rows_in(keys.clone()).columns_in(shared.clone()).transpose_into(standing);
        let standing = Matrix::new(standing, keys.len());
        let values = room(&mut place.values, keys.len() * d); // (keys, d_h)
        for (j, row) in keys.clone().zip(values.chunks_exact_mut(d)) {
            row.copy_from_slice(&v.row(j)[shared.clone()]);
        }
        let values = Matrix::new(values, d);
        let blocks = scaled.chunks(QUERIES * d).zip(sums.chunks_mut(QUERIES * d));
        let blocks = blocks.zip(place.states.chunks_mut(QUERIES));
        for (b, ((scaled, sums), states)) in blocks.enumerate() {
            let first = queries.start + b * QUERIES;
            let seen = rule.reach(first, first + states.len(), t);
            let keys = start.max(seen.start)..keys.end.min(seen.end);
            if keys.is_empty() {
                continue;
            }
            let within = keys.start - start..keys.end - start;
            let scores = room(&mut place.scores, states.len() * keys.len()); // (block, keys)
            let to = MatrixMut::new(scores, keys.len());
            product(Matrix::new(scaled, d), standing.columns_in(within.clone()), to, Write::Set);
            vectorized!(|| {
                let rows = scores.chunks_exact_mut(keys.len()).zip(sums.chunks_exact_mut(d));
                for ((i, (scores, sums)), state) in (first..).zip(rows).zip(states) {
                    hide(rule, head, i, &keys, t, scores);
                    let kept = state.take(scores);
                    if kept != F::one() {
                        sums.iter_mut().for_each(|x| *x *= kept);
                    }
                }
            });
            let weights = Matrix::new(scores, keys.len());
            product(weights, values.rows_in(within), MatrixMut::new(sums, d), Write::Add);
        }
    }
    let rows = out.chunks_exact_mut(rule.heads * d).zip(sums.chunks_exact(d));
    for ((row, sums), state) in rows.zip(&place.states) {
        let share = if state.total > F::zero() { state.total.recip() } else { F::zero() };
        row[own.clone()].iter_mut().zip(sums).for_each(|(y, x)| *y = *x * share);
    }
}

/// Adds the bias by distance to scaled scores of query i for some keys, and hides what it may not
/// see.
#[inline(always)]
fn hide<F: Real>(
    rule: &Heads<F>,
    head: usize,
    i: usize,
    keys: &Range<usize>,
    t: usize,
    scores: &mut [F],
) {
    let seen = rule.mask.span(rule.first + i, t);
    let seen = seen.start.max(keys.start)..seen.end.min(keys.end);
    if seen.is_empty() {
        return scores.fill(F::neg_infinity());
    }
    let inside = seen.start - keys.start..seen.end - keys.start;
    if let Some(bias) = rule.bias(head, i, &seen) {
        scores[inside.clone()].iter_mut().zip(bias).for_each(|(s, b)| *s += *b);
    }
    if inside.len() < scores.len() {
        scores[..inside.start].fill(F::neg_infinity());
        scores[inside.end..].fill(F::neg_infinity());
    }
}

impl<F: Real> State<F> {
    /// Takes further scores in, which become weights relative to the largest score so far; returns
    /// the factor that earlier weights need now.
    #[inline(always)]
    fn take(&mut self, scores: &mut [F]) -> F {
        let most = largest(scores);
        let most = if most > self.largest { most } else { self.largest };
        if most == F::neg_infinity() {
            scores.fill(F::zero()); // nothing has been seen yet
            return F::one();
        }
        let kept = if most > self.largest { (self.largest - most).exp() } else { F::one() };
        let sum = replace_sum(scores, |s| (s - most).fast_exp());
        *self = Self { largest: most, total: self.total * kept + sum };
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::attention::{Scratch, forward as by_queries};
    use crate::math::linear::xavier;
    use ndarray_rand::rand::SeedableRng;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;

    fn numbers<F: Real>(rows: usize, columns: usize, seed: u64) -> Vec<F> {
        let gain = ((rows + columns) as f64 / 2.0).sqrt(); // variance 1
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        xavier::<F>(rows, columns, gain, &mut rng).into_raw_vec_and_offset().0
    }

    /// The largest difference from the Transformer's own path, on so many threads.
    fn apart<F: Real>(rule: &Heads<F>, n: usize, t: usize) -> f64 {
        let (wide, narrow) = (rule.heads * rule.width, rule.kv_heads * rule.width);
        let (q, k, v) = (numbers(n, wide, 1), numbers(t, narrow, 2), numbers(t, narrow, 3));
        let (q, k, v) = (Matrix::new(&q, wide), Matrix::new(&k, narrow), Matrix::new(&v, narrow));
        let (mut one, mut other) = (vec![F::one(); n * wide], vec![F::one(); n * wide]);
        forward(rule, q, k, v, &mut one);
        by_queries(
            rule,
            q,
            k,
            v,
            &mut other,
            &mut vec![F::zero(); n * rule.heads],
            &mut Scratch::default(),
        );
        let apart = one.iter().zip(&other).map(|(a, b)| (*a - *b).abs().to_f64().unwrap());
        apart.fold(0.0, f64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn it_is_the_attention_of_the_transformer(
            n in 1..300usize, kind in 0..4usize, window in 1..400usize, grouped: bool, past in 0..300usize, biased: bool,
        ) {
            let masks = [Mask::None, Mask::Causal, Mask::Prefix(window), Mask::Sliding(window)];
            let (t, heads) = (n + past, 4);
            let relative = numbers::<f64>(heads, 2 * t - 1, 4);
            let rule = Heads {
                heads,
                kv_heads: if grouped { 2 } else { 4 },
                width: 5,
                scale: 0.4,
                mask: masks[kind],
                first: past,
                relative: biased.then(|| Matrix::new(&relative, 2 * t - 1)),
            };
            prop_assert!(apart(&rule, n, t) < 1e-13);
        }
    }

    fn causal(heads: usize) -> Heads<'static, f32> {
        let mask = Mask::Causal;
        Heads { heads, kv_heads: heads, width: 64, scale: 0.125, mask, first: 0, relative: None }
    }

    #[test]
    fn rounding_in_f32_is_small() {
        assert!(apart(&causal(2), 700, 700) < 2e-6);
    }

    #[test]
    fn threads_change_no_bit() {
        let (n, rule) = (700, causal(2));
        let (q, k, v) = (numbers(n, 128, 1), numbers(n, 128, 2), numbers(n, 128, 3));
        let once = |threads| {
            let mut out = vec![0.0; n * 128];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let [q, k, v] = [&q, &k, &v].map(|x| Matrix::new(x, 128));
            pool.install(|| forward(&rule, q, k, v, &mut out));
            out
        };
        assert_eq!(once(1), once(3));
    }

    /// The places never hold more than is said, however long the sequence is.
    #[test]
    fn the_memory_is_what_it_says() {
        let mut place = Place::<f32>::default();
        for n in [1, 100, 2000] {
            let x = numbers(n, 64, 1);
            let x = Matrix::new(&x, 64);
            let queries = n - n.min(SHARING * QUERIES)..n;
            let mut out = vec![0.0; queries.len() * 64];
            attend(&causal(1), 0, queries, (x, x, x), &mut out, &mut place);
            let Place { queries, keys, values, scores, sums, states } = &place;
            let numbers =
                [queries, keys, values, scores, sums].map(|x| x.len()).iter().sum::<usize>();
            let taken = 4 * numbers + states.len() * size_of::<State<f32>>();
            assert!(taken <= bytes::<f32>(64), "{n}: {taken}");
            assert!(n < 2000 || taken == bytes::<f32>(64), "{taken}");
        }
    }
}
