//! Matrix products on borrowed slices: what a Transformer spends its time on.
//!
//! [`Matrix`] is a row-major view with a stride, so that a head is a range of columns and a
//! transpose costs nothing. [`product`] runs f32 on the widest vectors of the machine
//! ([`fast`](self), with one thread) and f64 by the definition, which is also what f32 is tested
//! against.

mod fast;
mod few;
mod transpose;
mod view;

pub(crate) use fast::product as product_f32;
pub(crate) use transpose::transpose;
pub use view::{Matrix, MatrixMut};

use super::real::Real;

/// What happens to the values that the result's place already holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// They are replaced.
    Set,
    /// The result is added to them, as gradients are.
    Add,
}

/// C = A·B, or C += A·B: `a` is `(M, K)`, `b` `(K, N)`, `c` `(M, N)`. 2·M·K·N FLOPs. Every element
/// is summed over K in order by one thread, so that the same input gives the same bits.
///
/// ```
/// use llm_lab::math::product::{Matrix, MatrixMut, Write, product};
/// let (a, b) = ([1.0_f32, 2.0, 3.0, 4.0], [1.0, 1.0, 0.0, 1.0]);
/// let mut c = [100.0; 4];
/// product(Matrix::new(&a, 2), Matrix::new(&b, 2), MatrixMut::new(&mut c, 2), Write::Set);
/// assert_eq!(c, [1.0, 3.0, 3.0, 7.0]);
/// product(Matrix::new(&a, 2), Matrix::new(&b, 2).t(), MatrixMut::new(&mut c, 2), Write::Add);
/// assert_eq!(c, [4.0, 5.0, 10.0, 11.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit.
pub fn product<F: Real>(a: Matrix<F>, b: Matrix<F>, c: MatrixMut<F>, write: Write) {
    assert!(
        a.columns() == b.rows() && a.rows() == c.rows() && b.columns() == c.columns(),
        "shapes {:?} x {:?} do not give {:?}",
        (a.rows(), a.columns()),
        (b.rows(), b.columns()),
        (c.rows(), c.columns())
    );
    F::product(a, b, c, write);
}

/// The product by its definition, element by element: the reference, and the path of f64.
pub(crate) fn by_definition<F: Real>(
    a: Matrix<F>,
    b: Matrix<F>,
    mut c: MatrixMut<F>,
    write: Write,
) {
    for i in 0..c.rows() {
        for j in 0..c.columns() {
            let sum = (0..a.columns()).fold(F::zero(), |sum, k| sum + a.at(i, k) * b.at(k, j));
            let place = &mut c.row_mut(i)[j];
            *place = if write == Write::Add { *place + sum } else { sum };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulp::Arch;

    /// Whole numbers, whose products are exact in f32, so that both paths must agree to the bit.
    fn numbers(n: usize, salt: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + salt * 31) % 17) as f32 - 8.0).collect()
    }

    /// A view `(rows, columns)` into `data`, lying or standing.
    fn view(data: &[f32], rows: usize, columns: usize, transposed: bool) -> Matrix<'_, f32> {
        if transposed { Matrix::new(data, rows).t() } else { Matrix::new(data, columns) }
    }

    /// The vectors of this machine and all narrower ones.
    fn every_arch() -> Vec<Arch> {
        let mut all = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_definition(
            m in 1..150usize, k in 1..70usize, n in 1..80usize,
            a_t: bool, b_t: bool, add: bool,
        ) {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let (a, b) = (view(&a, m, k, a_t), view(&b, k, n, b_t));
            let write = if add { Write::Add } else { Write::Set };
            let mut slow = numbers(m * n, 3);
            by_definition(a, b, MatrixMut::new(&mut slow, n), write);
            for arch in every_arch() {
                let mut fast = numbers(m * n, 3);
                fast::product_on(arch, a, b, MatrixMut::new(&mut fast, n), write);
                prop_assert_eq!(&fast, &slow, "{:?}", arch);
            }
        }

        #[test]
        fn ranges_of_rows_and_columns_are_views(m in 1..20usize, n in 1..20usize, k in 1..9usize) {
            let (a, b) = (numbers(30 * 30, 1), numbers(30 * 30, 2));
            let a = Matrix::new(&a, 30).rows_in(3..3 + m).columns_in(5..5 + k);
            let b = Matrix::new(&b, 30).rows_in(1..1 + n).columns_in(2..2 + k).t();
            let (mut fast, mut slow) = (numbers(30 * 30, 3), numbers(30 * 30, 3));
            fn place(data: &mut [f32], m: usize, n: usize) -> MatrixMut<'_, f32> {
                MatrixMut::new(data, 30).rows_in(4..4 + m).columns_in(7..7 + n)
            }
            product(a, b, place(&mut fast, m, n), Write::Add);
            by_definition(a, b, place(&mut slow, m, n), Write::Add);
            prop_assert_eq!(fast, slow);
        }
    }

    #[test]
    fn blocks_meet_without_a_seam() {
        let (m, k, n) = (131, 1030, 200);
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        for transposed in [false, true] {
            let (a, b) = (view(&a, m, k, transposed), view(&b, k, n, transposed));
            let (mut fast, mut slow) = (numbers(m * n, 3), numbers(m * n, 3));
            product(a, b, MatrixMut::new(&mut fast, n), Write::Add);
            by_definition(a, b, MatrixMut::new(&mut slow, n), Write::Add);
            assert_eq!(fast, slow);
        }
    }
}
