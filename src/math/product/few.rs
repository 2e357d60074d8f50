//! Products of a few rows, as in generation: B is read once, where it lies.

use pulp::Simd;

use super::fast::{multiply, put};
use super::{Matrix, MatrixMut, Write};

/// A few rows times a matrix whose rows lie in memory: the sums of some columns stay in registers
/// while B streams through once.
#[inline(always)]
pub(super) fn rows_by_lying<S: Simd>(
    simd: S,
    a: Matrix<f32>,
    b: Matrix<f32>,
    mut c: MatrixMut<f32>,
    write: Write,
) {
    let (data, stride, _) = b.parts();
    let (from, a_stride, _) = a.parts();
    let lanes = S::F32_LANES;
    for i in 0..a.rows() {
        let x = &from[i * a_stride..][..a.columns()];
        let (mut to, mut j) = (c.row_mut(i), 0);
        while !to.is_empty() {
            let vectors = to.len() / lanes;
            let width = match vectors {
                8.. => 8 * lanes,
                4.. => 4 * lanes,
                2.. => 2 * lanes,
                1 => lanes,
                0 => to.len(),
            };
            let (place, rest) = to.split_at_mut(width);
            let rows = &data[j..];
            match vectors {
                8.. => columns::<S, 8, 4, 2>(simd, x, rows, stride, place, write),
                4.. => columns::<S, 4, 4, 4>(simd, x, rows, stride, place, write),
                2.. => columns::<S, 2, 8, 8>(simd, x, rows, stride, place, write),
                _ => columns::<S, 1, 8, 8>(simd, x, rows, stride, place, write),
            }
            (to, j) = (rest, j + width);
        }
    }
}

/// `V` vectors of columns, or fewer than one: `Q` rows of B at a time, so that memory has several
/// requests to work on, added to `N` sums in turn, enough to hide the latency of an FMA.
#[inline(always)]
fn columns<S: Simd, const V: usize, const Q: usize, const N: usize>(
    simd: S,
    x: &[f32],
    b: &[f32],
    stride: usize,
    to: &mut [f32],
    write: Write,
) {
    let width = to.len();
    let mut sums = [[simd.splat_f32s(0.0); V]; N];
    let vectors = |row: &[f32]| -> [S::f32s; V] {
        if width < S::F32_LANES {
            return [simd.partial_load_f32s(&row[..width]); V];
        }
        let row = S::as_simd_f32s(&row[..V * S::F32_LANES]).0;
        std::array::from_fn(|v| row[v])
    };
    let (groups, rest) = x.as_chunks::<Q>();
    for (x, rows) in groups.iter().zip(b.chunks(Q * stride)) {
        for q in 0..Q {
            let row = vectors(&rows[q * stride..]);
            multiply(simd, row, |_| x[q], std::array::from_mut(&mut sums[q % N]));
        }
    }
    let rows = b.chunks(stride).skip(groups.len() * Q);
    for (q, (x, row)) in rest.iter().zip(rows).enumerate() {
        multiply(simd, vectors(row), |_| *x, std::array::from_mut(&mut sums[q % N]));
    }
    let mut sum = [simd.splat_f32s(0.0); V];
    for part in sums {
        sum = std::array::from_fn(|v| simd.add_f32s(sum[v], part[v]));
    }
    put(simd, sum, to, write);
}

/// A few rows times a matrix whose columns lie in memory: dot products, four columns at a time.
#[inline(always)]
pub(super) fn rows_by_standing<S: Simd>(
    simd: S,
    a: Matrix<f32>,
    b: Matrix<f32>,
    mut c: MatrixMut<f32>,
    write: Write,
) {
    const COLUMNS: usize = 4;
    let (data, stride, _) = b.parts();
    let (from, a_stride, _) = a.parts();
    let k = a.columns();
    for i in 0..a.rows() {
        let row = &from[i * a_stride..][..k];
        let (head, tail) = S::as_simd_f32s(row);
        for (group, to) in c.row_mut(i).chunks_mut(COLUMNS).enumerate() {
            let last = to.len() - 1;
            let columns: [&[f32]; COLUMNS] =
                std::array::from_fn(|q| &data[(group * COLUMNS + q.min(last)) * stride..][..k]);
            let parts = columns.map(|column| S::as_simd_f32s(column));
            let mut sums = [simd.splat_f32s(0.0); COLUMNS];
            for (p, x) in head.iter().enumerate() {
                for q in 0..COLUMNS {
                    sums[q] = simd.mul_add_e_f32s(*x, parts[q].0[p], sums[q]);
                }
            }
            for ((to, sum), (_, rest)) in to.iter_mut().zip(sums).zip(parts) {
                let rest: f32 = tail.iter().zip(rest).map(|(x, y)| x * y).sum();
                let sum = simd.reduce_sum_f32s(sum) + rest;
                *to = if write == Write::Add { *to + sum } else { sum };
            }
        }
    }
}
