//! The f32 product on the widest vectors that the machine has, chosen at run time: AVX-512, AVX2
//! with FMA, NEON, or plain arithmetic.
//!
//! C is cut into tiles of a few rows by two vectors. A tile's sums stay in registers while k runs;
//! one step loads a row of B once and multiplies it by one number of each row of A. B is first
//! copied together, a block that stays in the second-level cache at a time, in panels two vectors
//! wide without gaps; where few rows would use the copy, B is read where it lies. Goto & van de Geijn 2008, Anatomy
//! of High-Performance Matrix Multiplication.

use std::cell::RefCell;

use pulp::{Arch, Simd, WithSimd};

use super::few;
use super::transpose::transpose;
use super::{Matrix, MatrixMut, Write};

/// Rows of a tile: 8 rows by 2 vectors are 16 sums, enough to hide the latency of an FMA.
const ROWS: usize = 8;
/// Products of no more rows than this read B where it lies: the copy would cost as much as it
/// saves.
const FEW: usize = 4;
/// The most steps of k that are summed before they are added to C.
const DEPTH: usize = 512;
/// Numbers of B that are copied together: 256 KB.
const BLOCK: usize = 1 << 16;
/// Products of no more rows than this read B where it lies if they can: the copy pays when many
/// rows use it.
const LOW: usize = 96;
/// Rows of A that are multiplied by one block of B before the next rows.
const STRIP: usize = 128;

/// Where blocks are put together; kept from one product to the next.
#[derive(Default)]
struct Copies {
    a: Vec<f32>,
    b: Vec<f32>,
}

thread_local! {
    static COPIES: RefCell<Copies> = RefCell::default();
}

/// C = A·B or C += A·B; the shapes have been checked.
pub(crate) fn product(a: Matrix<f32>, b: Matrix<f32>, c: MatrixMut<f32>, write: Write) {
    product_on(Arch::new(), a, b, c, write);
}

/// The same on given vectors.
pub(super) fn product_on(
    arch: Arch,
    a: Matrix<f32>,
    b: Matrix<f32>,
    c: MatrixMut<f32>,
    write: Write,
) {
    COPIES.with_borrow_mut(|copies| arch.dispatch(Product { a, b, c, write, copies }));
}

struct Product<'a> {
    a: Matrix<'a, f32>,
    b: Matrix<'a, f32>,
    c: MatrixMut<'a, f32>,
    write: Write,
    copies: &'a mut Copies,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (_, _, standing) = self.b.parts();
        let few = self.a.rows() <= FEW && !self.a.parts().2;
        match (few, standing) {
            (true, false) => few::rows_by_lying(simd, self.a, self.b, self.c, self.write),
            (true, true) => few::rows_by_standing(simd, self.a, self.b, self.c, self.write),
            (false, _) => self.tiles(simd),
        }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn tiles<S: Simd>(self, simd: S) {
        let Self { a, b, c, write, copies } = self;
        let (m, depth, n) = (a.rows(), a.columns(), b.columns());
        let (to, stride) = c.parts();
        let panel = 2 * S::F32_LANES;
        for k in (0..depth).step_by(DEPTH) {
            let steps = (depth - k).min(DEPTH);
            let write = if k > 0 { Write::Add } else { write };
            let wide = (BLOCK / steps / panel).max(1) * panel;
            for j in (0..n).step_by(wide) {
                let columns = (n - j).min(wide);
                let block = b.rows_in(k..k + steps).columns_in(j..j + columns);
                let right = Right::new::<S>(block, m, &mut copies.b);
                for i in (0..m).step_by(STRIP) {
                    let rows = (m - i).min(STRIP);
                    let strip = a.rows_in(i..i + rows).columns_in(k..k + steps);
                    let left = Left::new(strip, &mut copies.a);
                    let to = &mut to[i * stride + j..];
                    Part { left, right, steps, rows, columns, stride, write }.run(simd, to);
                }
            }
        }
    }
}

/// The block of B that tiles read, in panels two vectors wide: panel p starts at `p * next`, its
/// rows are `stride` apart.
#[derive(Clone, Copy)]
struct Right<'a> {
    data: &'a [f32],
    stride: usize,
    next: usize,
}

impl<'a> Right<'a> {
    /// Where B lies, if its panels are whole and few rows of A will read them; otherwise copied
    /// together: panel after panel, each with all its rows, the last one filled up with zeros.
    #[inline(always)]
    fn new<S: Simd>(b: Matrix<'a, f32>, m: usize, place: &'a mut Vec<f32>) -> Self {
        let width = 2 * S::F32_LANES;
        let (data, stride, standing) = b.parts();
        let (k, n) = (b.rows(), b.columns());
        if !standing && m <= LOW && n.is_multiple_of(S::F32_LANES) {
            return Self { data, stride, next: width };
        }
        let place = room(place, n.div_ceil(width) * width * k);
        for (p, panel) in place.chunks_exact_mut(width * k).enumerate() {
            let j = p * width;
            let valid = (n - j).min(width);
            if valid < width {
                panel.fill(0.0);
            }
            if standing {
                transpose(&data[j * stride..], stride, (valid, k), panel, width);
            } else if valid == width {
                let rows = S::as_mut_simd_f32s(panel).0.chunks_exact_mut(2);
                for (row, from) in rows.zip(data[j..].chunks(stride)) {
                    row.copy_from_slice(S::as_simd_f32s(&from[..width]).0);
                }
            } else {
                for (row, from) in panel.chunks_exact_mut(width).zip(data[j..].chunks(stride)) {
                    row[..valid].copy_from_slice(&from[..valid]);
                }
            }
        }
        Self { data: place, stride: width, next: width * k }
    }
}

/// The first `n` places; the buffer only ever grows.
fn room(buffer: &mut Vec<f32>, n: usize) -> &mut [f32] {
    if buffer.len() < n {
        buffer.resize(n, 0.0);
    }
    &mut buffer[..n]
}

/// The rows of A that tiles read. Those of a transpose are read in groups of [`ROWS`] columns: group
/// g starts at `g * next`, its lines are `stride` apart.
#[derive(Clone, Copy)]
struct Left<'a> {
    data: &'a [f32],
    stride: usize,
    next: usize,
    standing: bool,
}

impl<'a> Left<'a> {
    /// Where A lies; a transpose without whole groups is copied together and filled up with zeros.
    #[inline(always)]
    fn new(a: Matrix<'a, f32>, place: &'a mut Vec<f32>) -> Self {
        let (data, stride, standing) = a.parts();
        let (m, k) = (a.rows(), a.columns());
        if !standing || m.is_multiple_of(ROWS) {
            return Self { data, stride, next: ROWS, standing };
        }
        let place = room(place, m.div_ceil(ROWS) * ROWS * k);
        for (g, group) in place.chunks_exact_mut(ROWS * k).enumerate() {
            let i = g * ROWS;
            let valid = (m - i).min(ROWS);
            for (row, from) in group.as_chunks_mut::<ROWS>().0.iter_mut().zip(data.chunks(stride)) {
                *row = [0.0; ROWS];
                row[..valid].copy_from_slice(&from[i..i + valid]);
            }
        }
        Self { data: place, stride: ROWS, next: ROWS * k, standing }
    }
}

/// Some rows of A times one block of B.
#[derive(Clone, Copy)]
struct Part<'a> {
    left: Left<'a>,
    right: Right<'a>,
    steps: usize,
    rows: usize,
    columns: usize,
    stride: usize,
    write: Write,
}

impl Part<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S, to: &mut [f32]) {
        let width = 2 * S::F32_LANES;
        // AVX2 has 16 registers: 8 rows of 2 vectors would take them all
        let most = if S::F32_LANES == 8 { ROWS / 2 } else { ROWS };
        for (p, j) in (0..self.columns).step_by(width).enumerate() {
            let valid = (self.columns - j).min(width);
            let panel = &self.right.data[p * self.right.next..];
            let mut i = 0;
            while i < self.rows {
                let to = &mut to[i * self.stride + j..];
                let rows = self.rows - i;
                let tile = (self, i, panel, valid);
                // a transpose is read in groups of 8 rows, filled up with zeros
                let rows = if self.left.standing { ROWS } else { rows }.min(most);
                i += match (rows, valid > S::F32_LANES) {
                    (ROWS.., true) => simd.vectorize(Tile::<ROWS, 2>::new(tile, to)),
                    (ROWS.., false) => simd.vectorize(Tile::<ROWS, 1>::new(tile, to)),
                    (4.., true) => simd.vectorize(Tile::<4, 2>::new(tile, to)),
                    (4.., false) => simd.vectorize(Tile::<4, 1>::new(tile, to)),
                    (_, true) => simd.vectorize(Tile::<1, 2>::new(tile, to)),
                    (_, false) => simd.vectorize(Tile::<1, 1>::new(tile, to)),
                };
            }
        }
    }
}

/// `M` rows by `V` vectors of C, from row i of the part on.
struct Tile<'a, const M: usize, const V: usize> {
    part: Part<'a>,
    i: usize,
    panel: &'a [f32],
    valid: usize,
    to: &'a mut [f32],
}

impl<'a, const M: usize, const V: usize> Tile<'a, M, V> {
    #[inline(always)]
    fn new(
        (part, i, panel, valid): (Part<'a>, usize, &'a [f32], usize),
        to: &'a mut [f32],
    ) -> Self {
        Self { part, i, panel, valid, to }
    }
}

impl<const M: usize, const V: usize> WithSimd for Tile<'_, M, V> {
    /// How many rows are done.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let Self { part, i, panel, valid, to } = self;
        let Part { left, right, steps, .. } = part;
        let vectors = |row: &'_ [f32]| -> [S::f32s; V] {
            let row = S::as_simd_f32s(&row[..V * S::F32_LANES]).0;
            std::array::from_fn(|v| row[v])
        };
        let panel = panel.chunks(right.stride).take(steps).map(vectors);
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        if left.standing {
            let group = &left.data[i / ROWS * left.next..];
            for (row, a) in panel.zip(group.chunks(left.stride)) {
                let a = &a[i % ROWS..][..M];
                multiply(simd, row, |q| a[q], &mut sums);
            }
        } else {
            let lines: [&[f32]; M] =
                std::array::from_fn(|q| &left.data[(i + q) * left.stride..][..steps]);
            for (k, row) in panel.enumerate() {
                multiply(simd, row, |q| lines[q][k], &mut sums);
            }
        }
        // by value, row after row: so the sums stay in registers until here
        let rows = M.min(part.rows - i);
        for (q, sum) in sums.into_iter().enumerate() {
            if q < rows {
                put(simd, sum, &mut to[q * part.stride..][..valid], part.write);
            }
        }
        M
    }
}

/// One step of k: each row's sums grow by its number of A times the row of B.
#[inline(always)]
pub(super) fn multiply<S: Simd, const M: usize, const V: usize>(
    simd: S,
    row: [S::f32s; V],
    a: impl Fn(usize) -> f32,
    sums: &mut [[S::f32s; V]; M],
) {
    for (q, sums) in sums.iter_mut().enumerate() {
        let x = simd.splat_f32s(a(q));
        for (sum, row) in sums.iter_mut().zip(row) {
            *sum = simd.mul_add_e_f32s(x, row, *sum);
        }
    }
}

/// Writes one row of a tile; only as much as is valid of the last vector.
#[inline(always)]
pub(super) fn put<S: Simd, const V: usize>(
    simd: S,
    sum: [S::f32s; V],
    to: &mut [f32],
    write: Write,
) {
    let (whole, _) = S::as_mut_simd_f32s(to);
    if whole.len() == V {
        for (to, sum) in whole.iter_mut().zip(sum) {
            *to = if write == Write::Add { simd.add_f32s(*to, sum) } else { sum };
        }
        return;
    }
    for (part, sum) in to.chunks_mut(S::F32_LANES).zip(sum) {
        let old = simd.partial_load_f32s(part);
        let new = if write == Write::Add { simd.add_f32s(old, sum) } else { sum };
        simd.partial_store_f32s(part, new);
    }
}
