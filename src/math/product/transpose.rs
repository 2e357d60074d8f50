//! Transposing copies.

/// Side of the squares that are turned at once: they fit in registers.
const SIDE: usize = 8;

/// Copies the transpose of `rows` lines of `columns` numbers, `stride` apart in `from`, to lines
/// `to_stride` apart in `to`: `to[j][i] = from[i][j]`. O(rows·columns).
///
/// # Panics
/// If a line does not fit.
#[inline(always)]
pub(crate) fn transpose<F: Copy>(
    from: &[F],
    stride: usize,
    (rows, columns): (usize, usize),
    to: &mut [F],
    to_stride: usize,
) {
    let (whole_rows, whole_columns) = (rows - rows % SIDE, columns - columns % SIDE);
    for i in (0..whole_rows).step_by(SIDE) {
        let lines: [&[F]; SIDE] = std::array::from_fn(|q| &from[(i + q) * stride..][..columns]);
        let squares = lines.map(|line| line.as_chunks::<SIDE>().0);
        for j in 0..whole_columns / SIDE {
            let square: [[F; SIDE]; SIDE] = std::array::from_fn(|q| squares[q][j]);
            for r in 0..SIDE {
                let line: [F; SIDE] = std::array::from_fn(|q| square[q][r]);
                to[(j * SIDE + r) * to_stride + i..][..SIDE].copy_from_slice(&line);
            }
        }
    }
    let mut one = |i: usize, j: usize| to[j * to_stride + i] = from[i * stride + j];
    for i in 0..rows {
        (if i < whole_rows { whole_columns } else { 0 }..columns).for_each(|j| one(i, j));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_finds_its_place(rows in 0..30usize, columns in 0..30usize) {
            let from: Vec<usize> = (0..32 * 31).collect();
            let mut to = vec![usize::MAX; 33 * 31];
            transpose(&from, 31, (rows, columns), &mut to, 33);
            for i in 0..rows {
                for j in 0..columns {
                    prop_assert_eq!(to[j * 33 + i], from[i * 31 + j]);
                }
            }
            let written = to.iter().filter(|x| **x != usize::MAX).count();
            prop_assert_eq!(written, rows * columns);
        }
    }
}
