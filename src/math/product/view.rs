//! Row-major views with a stride, the shape that BLAS calls a matrix with a leading dimension.

use std::ops::Range;

use super::transpose;
use crate::math::simd::vectorized;

/// A matrix to read: rows of `stride` numbers, of which the first `columns` count; or its
/// transpose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matrix<'a, F> {
    data: &'a [F],
    lines: usize,
    width: usize,
    stride: usize,
    transposed: bool,
}

impl<'a, F: Copy> Matrix<'a, F> {
    /// All of `data` as rows of `columns` numbers.
    ///
    /// # Panics
    /// If `columns` is 0 or does not divide the length.
    pub fn new(data: &'a [F], columns: usize) -> Self {
        assert!(columns > 0 && data.len().is_multiple_of(columns), "no whole rows");
        let lines = data.len() / columns;
        Self { data, lines, width: columns, stride: columns, transposed: false }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        if self.transposed { self.width } else { self.lines }
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        if self.transposed { self.lines } else { self.width }
    }

    /// The transpose: the same numbers, read the other way.
    pub fn t(mut self) -> Self {
        self.transposed = !self.transposed;
        self
    }

    /// Some of the rows.
    ///
    /// # Panics
    /// If the range does not lie inside.
    pub fn rows_in(self, range: Range<usize>) -> Self {
        if self.transposed { self.t().columns_in(range).t() } else { self.lines_in(range) }
    }

    /// Some of the columns: one head of the queries, for instance.
    ///
    /// # Panics
    /// If the range does not lie inside.
    pub fn columns_in(self, range: Range<usize>) -> Self {
        if self.transposed { self.t().lines_in(range).t() } else { self.width_in(range) }
    }

    fn lines_in(mut self, range: Range<usize>) -> Self {
        assert!(range.end <= self.lines, "rows {range:?} of {}", self.lines);
        self.data = &self.data[(range.start * self.stride).min(self.data.len())..];
        self.lines = range.len();
        self
    }

    fn width_in(mut self, range: Range<usize>) -> Self {
        assert!(range.end <= self.width, "columns {range:?} of {}", self.width);
        self.data = &self.data[range.start.min(self.data.len())..];
        self.width = range.len();
        self
    }

    /// One element.
    ///
    /// # Panics
    /// If it lies outside.
    pub fn at(&self, row: usize, column: usize) -> F {
        let (line, place) = if self.transposed { (column, row) } else { (row, column) };
        self.data[line * self.stride + place]
    }

    /// One row of a matrix that is not transposed.
    ///
    /// # Panics
    /// If it lies outside, or if the matrix is transposed.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &'a [F] {
        assert!(!self.transposed && row < self.lines, "no row {row}");
        &self.data[row * self.stride..][..self.width]
    }

    /// Copies the transpose of a matrix that is not itself a transpose, row by row without gaps.
    ///
    /// # Panics
    /// If it does not fit, or if the matrix is transposed.
    pub fn transpose_into(&self, place: &mut [F]) {
        assert!(!self.transposed, "the matrix is a transpose already");
        let size = (self.lines, self.width);
        vectorized!(|| transpose(self.data, self.stride, size, place, self.lines));
    }

    /// The numbers from the first one on, how far the lines lie apart in memory, and whether a line
    /// is a column rather than a row.
    pub(super) fn parts(&self) -> (&'a [F], usize, bool) {
        (self.data, self.stride, self.transposed)
    }
}

/// A matrix to write, row by row.
#[derive(Debug)]
pub struct MatrixMut<'a, F> {
    data: &'a mut [F],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a, F: Copy> MatrixMut<'a, F> {
    /// All of `data` as rows of `columns` numbers.
    ///
    /// # Panics
    /// If `columns` is 0 or does not divide the length.
    pub fn new(data: &'a mut [F], columns: usize) -> Self {
        assert!(columns > 0 && data.len().is_multiple_of(columns), "no whole rows");
        let rows = data.len() / columns;
        Self { data, rows, columns, stride: columns }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Some of the rows.
    ///
    /// # Panics
    /// If the range does not lie inside.
    pub fn rows_in(mut self, range: Range<usize>) -> Self {
        assert!(range.end <= self.rows, "rows {range:?} of {}", self.rows);
        let start = (range.start * self.stride).min(self.data.len());
        self.data = &mut self.data[start..];
        self.rows = range.len();
        self
    }

    /// Some of the columns.
    ///
    /// # Panics
    /// If the range does not lie inside.
    pub fn columns_in(mut self, range: Range<usize>) -> Self {
        assert!(range.end <= self.columns, "columns {range:?} of {}", self.columns);
        let start = range.start.min(self.data.len());
        self.data = &mut self.data[start..];
        self.columns = range.len();
        self
    }

    /// One row.
    ///
    /// # Panics
    /// If it lies outside.
    pub fn row_mut(&mut self, row: usize) -> &mut [F] {
        &mut self.data[row * self.stride..][..self.columns]
    }

    /// The numbers from the first one on, and how far the rows lie apart in memory.
    pub(super) fn parts(self) -> (&'a mut [F], usize) {
        (self.data, self.stride)
    }
}
