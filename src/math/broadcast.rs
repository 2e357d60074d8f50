//! The matrix product of stacks of matrices, by the rules of NumPy and PyTorch: which axes are
//! multiplied, and which only have to agree.

use ndarray::{Array2, ArrayD, ArrayViewD, Axis, Dimension, IxDyn};

/// Why two stacks cannot be multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// The columns of the left matrices are not as many as the rows of the right ones.
    Inner {
        /// Columns on the left.
        columns: usize,
        /// Rows on the right.
        rows: usize,
    },
    /// An axis before the last two has two lengths, neither of them 1.
    Stack {
        /// Which axis, from the left.
        axis: usize,
        /// Its length on the left.
        left: usize,
        /// And on the right.
        right: usize,
    },
}

/// `C[…] = A[…]·B[…]`: the last two axes are matrices `(m, k)` and `(k, n)`, those before them are
/// matched one by one, an axis of length 1 being repeated. O(stack·m·k·n).
///
/// ```
/// use llm_lab::math::broadcast::{Mismatch, matmul};
/// use ndarray::ArrayD;
/// let a = ArrayD::<f64>::ones(vec![2, 3, 4]);
/// let b = ArrayD::<f64>::ones(vec![1, 4, 5]);
/// assert_eq!(matmul(a.view(), b.view()).map(|c| c.shape().to_vec()), Ok(vec![2, 3, 5]));
/// assert_eq!(matmul(b.view(), a.view()), Err(Mismatch::Inner { columns: 5, rows: 3 }));
/// ```
///
/// # Errors
/// Axes that do not fit.
///
/// # Panics
/// If the stacks have not equally many axes, two at least.
pub fn matmul(a: ArrayViewD<f64>, b: ArrayViewD<f64>) -> Result<ArrayD<f64>, Mismatch> {
    assert!(a.ndim() == b.ndim() && a.ndim() >= 2, "stacks of matrices with equally many axes");
    let stack = a.ndim() - 2;
    let (m, k) = (a.shape()[stack], a.shape()[stack + 1]);
    let (rows, n) = (b.shape()[stack], b.shape()[stack + 1]);
    let mut shape = Vec::with_capacity(a.ndim());
    for (axis, (&left, &right)) in a.shape().iter().zip(b.shape()).take(stack).enumerate() {
        if left != right && left != 1 && right != 1 {
            return Err(Mismatch::Stack { axis, left, right });
        }
        shape.push(if left == 1 { right } else { left });
    }
    if k != rows {
        return Err(Mismatch::Inner { columns: k, rows });
    }
    shape.extend([m, n]);
    let mut c = ArrayD::zeros(shape.clone()); // (…, m, n)
    for place in ndarray::indices(&shape[..stack]) {
        let product = matrix(&a, place.slice()).dot(&matrix(&b, place.slice())); // (m, n)
        let mut target = c.view_mut();
        for i in place.slice() {
            target.index_axis_inplace(Axis(0), *i);
        }
        target.assign(&product.into_dyn());
    }
    Ok(c)
}

/// The matrix at a place of a stack; axes of length 1 have but one place.
fn matrix(stack: &ArrayViewD<f64>, place: &[usize]) -> Array2<f64> {
    let mut view = stack.view();
    for i in place {
        let i = if view.shape()[0] == 1 { 0 } else { *i };
        view.index_axis_inplace(Axis(0), i);
    }
    let shape = (view.shape()[0], view.shape()[1]);
    Array2::from_shape_fn(shape, |(i, j)| view[IxDyn(&[i, j])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_matrix_is_multiplied_with_its_partner() {
        let count = |shape: &[usize]| {
            let n: usize = shape.iter().product();
            let numbers = (0..n).map(|i| (i * 7 % 11) as f64 - 5.0).collect();
            ArrayD::from_shape_vec(shape, numbers).unwrap()
        };
        let (a, b) = (count(&[2, 1, 3, 4]), count(&[1, 5, 4, 2]));
        let c = matmul(a.view(), b.view()).unwrap();
        assert_eq!(c.shape(), [2, 5, 3, 2]);
        for (place, value) in c.indexed_iter() {
            let (x, y, i, j) = (place[0], place[1], place[2], place[3]);
            let sum: f64 = (0..4).map(|l| a[[x, 0, i, l]] * b[[0, y, l, j]]).sum();
            assert!((value - sum).abs() < 1e-12);
        }
    }

    #[test]
    fn axes_that_do_not_fit_are_named() {
        let of = |shape: &[usize]| ArrayD::<f64>::zeros(shape);
        let wrong = matmul(of(&[1, 6, 2, 4]).view(), of(&[1, 2, 6, 4]).view());
        assert_eq!(wrong, Err(Mismatch::Stack { axis: 1, left: 6, right: 2 }));
        let wrong = matmul(of(&[1, 6, 6, 4]).view(), of(&[1, 6, 6, 4]).view());
        assert_eq!(wrong, Err(Mismatch::Inner { columns: 4, rows: 6 }));
    }
}
