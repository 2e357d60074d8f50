//! Attention of all heads at once, in blocks of queries that stay in the cache.
//!
//! No (T, T) matrix is kept: the backward pass computes the weights of a block again from the
//! queries, the keys and one number a row, the logarithm of the softmax's denominator. Memory grows
//! with T, not T². Dao et al. 2022, FlashAttention.

use std::ops::Range;

use crate::math::product::{Matrix, MatrixMut, Write, product};
use crate::math::real::Real;
use crate::math::simd::{largest, replace_sum, sum2, vectorized};

use super::Mask;

/// Queries of a block.
const BLOCK: usize = 32;

/// The shape and the rule of multi-head attention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heads<'a, F> {
    /// Query heads H.
    pub heads: usize,
    /// Key and value heads: H is multi-head attention, 1 multi-query (Shazeer 2019), between them
    /// grouped-query (Ainslie et al. 2023); each serves H / kv_heads query heads.
    pub kv_heads: usize,
    /// d_h: the width of a head.
    pub width: usize,
    /// Scores are multiplied by this before softmax: 1/√d_h as a rule.
    pub scale: f64,
    /// Who may look at whom.
    pub mask: Mask,
    /// Position of the first query among the keys: 0 in training, the length of the cache in
    /// generation.
    pub first: usize,
    /// A bias of the scores by distance, `(H, 2S − 1)` for S positions: entry `S − 1 + j − i` of a
    /// head's row is added to the score of query i for key j. ALiBi, T5.
    pub relative: Option<Matrix<'a, F>>,
}

/// Places that the blocks work in; kept between calls so that nothing is allocated.
#[derive(Debug, Clone, Default)]
pub struct Scratch<F> {
    keys: Vec<F>,
    values: Vec<F>,
    scores: Vec<F>,
    slopes: Vec<F>,
}

impl<F> Scratch<F> {
    /// The memory that has been taken, in bytes: it grows with the longest sequence so far.
    pub fn bytes(&self) -> usize {
        let all = [&self.keys, &self.values, &self.scores, &self.slopes];
        all.iter().map(|x| x.len() * size_of::<F>()).sum()
    }
}

impl<F: Real> Heads<'_, F> {
    /// The columns of one query head.
    pub(super) fn columns(&self, head: usize) -> Range<usize> {
        head * self.width..(head + 1) * self.width
    }

    /// The columns of the key and value head that a query head uses.
    pub(super) fn shared(&self, head: usize) -> Range<usize> {
        self.columns(head / (self.heads / self.kv_heads))
    }

    /// Everything that queries `from..to` may look at together.
    pub(super) fn reach(&self, from: usize, to: usize, n: usize) -> Range<usize> {
        let spans = (from..to).map(|i| self.mask.span(self.first + i, n));
        spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0)
    }

    /// What query i may look at within `reach`, and the factor that its scores still need: a bias
    /// by distance is added here, to scores that have been scaled.
    #[inline(always)]
    fn place(
        &self,
        head: usize,
        i: usize,
        reach: &Range<usize>,
        t: usize,
        row: &mut [F],
    ) -> (Inside, F) {
        let seen = self.mask.span(self.first + i, t);
        let start = seen.start - reach.start;
        let inside = Inside { start: start as u32, length: seen.len() as u32 };
        let scale = F::of(self.scale);
        let Some(bias) = self.bias(head, i, &seen) else { return (inside, scale) };
        row[start..].iter_mut().zip(bias).for_each(|(s, b)| *s = *s * scale + *b);
        (inside, F::one())
    }

    /// The bias of a head for query i and the keys of a span.
    #[inline(always)]
    pub(super) fn bias(&self, head: usize, i: usize, seen: &Range<usize>) -> Option<&[F]> {
        let relative = self.relative.as_ref()?;
        let start = relative.columns() / 2 + seen.start - (self.first + i);
        Some(&relative.row(head)[start..start + seen.len()])
    }
}

/// Mixes the values: `out` `(n, H·d_h)` for queries `q` `(n, H·d_h)`, keys and values `(T,
/// kv·d_h)`. `logs` `(H, n)` takes the logarithm of each softmax's denominator, which [`backward`]
/// needs. A token that may look at nothing gets zeros. O(n·T·H·d_h).
///
/// ```
/// use llm_lab::math::attention::{Heads, Mask, Scratch, forward};
/// use llm_lab::math::product::Matrix;
/// let rule =
///     Heads { heads: 1, kv_heads: 1, width: 1, scale: 1.0, mask: Mask::Causal, first: 0, relative: None };
/// let (q, v, mut out, mut logs) = ([1.0, 0.0], [2.0, 4.0], [0.0; 2], [0.0; 2]);
/// let (q, v) = (Matrix::new(&q, 1), Matrix::new(&v, 1));
/// forward(&rule, q, q, v, &mut out, &mut logs, &mut Scratch::default());
/// assert_eq!(out, [2.0, 3.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit.
pub fn forward<F: Real>(
    rule: &Heads<F>,
    q: Matrix<F>,
    k: Matrix<F>,
    v: Matrix<F>,
    out: &mut [F],
    logs: &mut [F],
    scratch: &mut Scratch<F>,
) {
    let (n, t) = (q.rows(), k.rows());
    for head in 0..rule.heads {
        let (own, shared) = (rule.columns(head), rule.shared(head));
        let (keys, values) = (k.columns_in(shared.clone()), v.columns_in(shared)); // (T, d_h)
        // one query reads the keys where they lie; more are worth a transpose
        let keys = if n == 1 { keys.t() } else { transposed(keys, &mut scratch.keys) }; // (d_h, T)
        let logs = &mut logs[head * n..(head + 1) * n];
        for from in (0..n).step_by(BLOCK) {
            let to = (from + BLOCK).min(n);
            let reach = rule.reach(from, to, t);
            let scores = room(&mut scratch.scores, (to - from) * reach.len()); // (block, reach)
            let queries = q.rows_in(from..to).columns_in(own.clone()); // (block, d_h)
            let place = MatrixMut::new(scores, reach.len());
            product(queries, keys.columns_in(reach.clone()), place, Write::Set);
            let mut shares = [F::zero(); BLOCK];
            vectorized!(|| {
                let rows = (from..to).zip(scores.chunks_exact_mut(reach.len()));
                for ((i, row), share) in rows.zip(&mut shares) {
                    (logs[i], *share) = weigh(rule, head, i, &reach, t, row);
                }
            });
            let place = MatrixMut::new(out, rule.heads * rule.width);
            let place = place.rows_in(from..to).columns_in(own.clone()); // (block, d_h)
            let weights = Matrix::new(scores, reach.len());
            product(weights, values.rows_in(reach), place, Write::Set);
            // the denominators come last: d_h numbers a query instead of one for each key
            let rows = out.chunks_exact_mut(rule.heads * rule.width).skip(from);
            vectorized!(|| {
                for (row, share) in rows.zip(&shares[..to - from]) {
                    row[own.clone()].iter_mut().for_each(|x| *x *= *share);
                }
            });
        }
    }
}

/// Turns the scores of query i into weights without their common denominator, where they lie;
/// returns the logarithm of the denominator and its inverse.
#[inline(always)]
fn weigh<F: Real>(
    rule: &Heads<F>,
    head: usize,
    i: usize,
    reach: &Range<usize>,
    t: usize,
    row: &mut [F],
) -> (F, F) {
    let (inside, scale) = rule.place(head, i, reach, t, row);
    // whole rows, masked: their lengths suit vectors, those of the spans do not
    for (j, s) in row.iter_mut().enumerate() {
        *s = if inside.holds(j) { *s * scale } else { F::neg_infinity() };
    }
    let most = largest(row);
    let most = if most == F::neg_infinity() { F::zero() } else { most };
    let total = replace_sum(row, |s| (s - most).fast_exp());
    if total > F::zero() { (most + total.ln(), total.recip()) } else { (F::infinity(), F::zero()) }
}

/// The places of a row that a query may look at, so that one comparison tells whether a place is
/// among them.
#[derive(Clone, Copy)]
struct Inside {
    start: u32,
    length: u32,
}

impl Inside {
    #[inline(always)]
    fn holds(self, j: usize) -> bool {
        (j as u32).wrapping_sub(self.start) < self.length
    }
}

/// What [`backward`] is given: the inputs and results of the forward pass and the upstream
/// gradient.
#[derive(Debug, Clone, Copy)]
pub struct Upstream<'a, F> {
    /// The queries, `(T, H·d_h)`.
    pub q: Matrix<'a, F>,
    /// The keys, `(T, kv·d_h)`.
    pub k: Matrix<'a, F>,
    /// The values, `(T, kv·d_h)`.
    pub v: Matrix<'a, F>,
    /// What came out, `(T, H·d_h)`.
    pub out: Matrix<'a, F>,
    /// The logarithms of the denominators, `(H, T)`.
    pub logs: &'a [F],
    /// The gradient of what came out, `(T, H·d_h)`.
    pub d_out: Matrix<'a, F>,
}

/// Where [`backward`] writes.
#[derive(Debug)]
pub struct Downstream<'a, F> {
    /// The gradient of the queries, `(T, H·d_h)`.
    pub q: &'a mut [F],
    /// Of the keys, `(T, kv·d_h)`.
    pub k: &'a mut [F],
    /// Of the values, `(T, kv·d_h)`.
    pub v: &'a mut [F],
    /// Of the bias by distance, `(H, 2S − 1)`: added to; empty where nothing is learned.
    pub relative: &'a mut [F],
}

/// The gradients of [`forward`]. With the weights P computed again and D the row sums of
/// `d_out ⊙ out`: `dV = Pᵀ·dO`, `dS = P ⊙ (dO·Vᵀ − D)`, `dQ = scale·dS·K`, `dK = scale·dSᵀ·Q`, and
/// each bias gets the sum of dS over its diagonal. 2.5 times the cost of the forward pass.
///
/// # Panics
/// If the shapes do not fit.
pub fn backward<F: Real>(
    rule: &Heads<F>,
    up: Upstream<F>,
    down: Downstream<F>,
    scratch: &mut Scratch<F>,
) {
    let t = up.k.rows();
    down.k.fill(F::zero());
    down.v.fill(F::zero());
    let (wide, narrow) = (rule.heads * rule.width, rule.kv_heads * rule.width);
    for head in 0..rule.heads {
        let (own, shared) = (rule.columns(head), rule.shared(head));
        let (k, v) = (up.k.columns_in(shared.clone()), up.v.columns_in(shared.clone())); // (T, d_h)
        let keys = transposed(k, &mut scratch.keys); // (d_h, T)
        let values = transposed(v, &mut scratch.values); // (d_h, T)
        for from in (0..t).step_by(BLOCK) {
            let to = (from + BLOCK).min(t);
            let reach = rule.reach(from, to, t);
            let size = (to - from) * reach.len();
            let weights = room(&mut scratch.scores, size); // (block, reach)
            let slopes = room(&mut scratch.slopes, size); // (block, reach)
            let n = reach.len();
            let inputs = up.q.rows_in(from..to).columns_in(own.clone()); // (block, d_h)
            let d_out = up.d_out.rows_in(from..to).columns_in(own.clone()); // (block, d_h)
            product(inputs, keys.columns_in(reach.clone()), MatrixMut::new(weights, n), Write::Set);
            product(d_out, values.columns_in(reach.clone()), MatrixMut::new(slopes, n), Write::Set);
            vectorized!(|| {
                let rows = weights.chunks_exact_mut(n).zip(slopes.chunks_exact_mut(n));
                for (i, (p, ds)) in (from..to).zip(rows) {
                    let out = &up.out.row(i)[own.clone()];
                    let along = sum2(out, &up.d_out.row(i)[own.clone()], |o, d| o * d);
                    let log = up.logs[head * t + i];
                    slope(rule, head, i, (&reach, t), (log, along), p, ds);
                    if !down.relative.is_empty() {
                        let seen = rule.mask.span(rule.first + i, t);
                        let s = down.relative.len() / rule.heads; // 2S − 1
                        let start = head * s + s / 2 + seen.start - i;
                        let row = &ds[seen.start - reach.start..][..seen.len()];
                        let place = &mut down.relative[start..start + seen.len()];
                        place.iter_mut().zip(row).for_each(|(b, s)| *b += *s);
                    }
                    let scale = F::of(rule.scale);
                    ds.iter_mut().for_each(|s| *s *= scale);
                }
            });
            let (p, ds) = (Matrix::new(weights, n), Matrix::new(slopes, n));
            let dq = MatrixMut::new(down.q, wide).rows_in(from..to).columns_in(own.clone());
            let dk = MatrixMut::new(down.k, narrow).rows_in(reach.clone());
            let dv = MatrixMut::new(down.v, narrow).rows_in(reach.clone());
            product(ds, k.rows_in(reach), dq, Write::Set); // (block, d_h)
            product(ds.t(), inputs, dk.columns_in(shared.clone()), Write::Add); // (reach, d_h)
            product(p.t(), d_out, dv.columns_in(shared.clone()), Write::Add); // (reach, d_h)
        }
    }
}

/// Turns the scores of query i into weights P and the gradient of the weights into that of the
/// scores before their scale, `P ⊙ (dP − D)`.
#[inline(always)]
fn slope<F: Real>(
    rule: &Heads<F>,
    head: usize,
    i: usize,
    (reach, t): (&Range<usize>, usize),
    (log, along): (F, F),
    p: &mut [F],
    ds: &mut [F],
) {
    let (inside, scale) = rule.place(head, i, reach, t, p);
    for (j, (p, ds)) in p.iter_mut().zip(ds).enumerate() {
        let score = if inside.holds(j) { *p * scale - log } else { F::neg_infinity() };
        *p = score.fast_exp();
        *ds = *p * (*ds - along);
    }
}

/// The weights of one head as a whole `(n, T)`, to look at.
///
/// # Panics
/// If the shapes do not fit.
pub fn weights<F: Real>(rule: &Heads<F>, q: Matrix<F>, k: Matrix<F>, head: usize) -> Vec<F> {
    let (n, t) = (q.rows(), k.rows());
    let mut scores = vec![F::zero(); n * t]; // (n, T)
    let (q, k) = (q.columns_in(rule.columns(head)), k.columns_in(rule.shared(head)));
    product(q, k.t(), MatrixMut::new(&mut scores, t), Write::Set);
    for (i, row) in scores.chunks_exact_mut(t).enumerate() {
        let (_, share) = weigh(rule, head, i, &(0..t), t, row);
        row.iter_mut().for_each(|w| *w *= share);
    }
    scores
}

/// The transpose of a head's keys or values, copied together.
fn transposed<'a, F: Real>(m: Matrix<F>, place: &'a mut Vec<F>) -> Matrix<'a, F> {
    let (rows, columns) = (m.rows(), m.columns());
    let place = room(place, rows * columns);
    m.transpose_into(place);
    Matrix::new(place, rows)
}

/// The first `n` places; the buffer only ever grows.
pub(super) fn room<F: Real>(buffer: &mut Vec<F>, n: usize) -> &mut [F] {
    if buffer.len() < n {
        buffer.resize(n, F::zero());
    }
    &mut buffer[..n]
}
