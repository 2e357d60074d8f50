//! Relative positions as learned vectors that keys get before they meet queries (Shaw, Uszkoreit &
//! Vaswani 2018, Self-Attention with Relative Position Representations).

use ndarray::{Array2, ArrayView2, NdFloat};

/// The row of a table `(2k + 1, d)` for key j and query i at `offset` j − i: all distances beyond
/// `limit` k share the last row of their side.
///
/// ```
/// use llm_lab::math::relative::clipped;
/// assert_eq!([-9, -2, 0, 1, 9].map(|o| clipped(o, 2)), [0, 0, 2, 3, 4]);
/// ```
pub fn clipped(offset: isize, limit: usize) -> usize {
    let k = limit.min(isize::MAX as usize) as isize;
    (offset.clamp(-k, k) + k) as usize
}

/// The scores `qᵢ·(kⱼ + a_clip(j − i))/√d` `(T, T)` of queries and keys `(T, d)` with a `table` of
/// relative keys `(2k + 1, d)`. All queries meet all 2k + 1 rows once and each pair picks its own:
/// O(T²·d + T·k·d), and no `(T, T, d)` array.
///
/// ```
/// use llm_lab::math::relative::scores;
/// use ndarray::array;
/// let (q, k) = (array![[1.0], [2.0]], array![[3.0], [5.0]]);
/// let table = array![[10.0], [20.0], [30.0]]; // for offsets −1, 0, 1
/// let s = scores(q.view(), k.view(), table.view());
/// assert_eq!(s, array![[23.0, 35.0], [26.0, 50.0]]);
/// ```
///
/// # Panics
/// If the shapes do not fit, or the table has an even number of rows.
pub fn scores<F: NdFloat>(q: ArrayView2<F>, k: ArrayView2<F>, table: ArrayView2<F>) -> Array2<F> {
    let limit = limit_of(table);
    let by_offset = q.dot(&table.t()); // (T, 2k + 1)
    let mut scores = q.dot(&k.t()); // (T, T)
    for ((i, j), s) in scores.indexed_iter_mut() {
        *s = (*s + by_offset[[i, clipped(j as isize - i as isize, limit)]]) * root(q.ncols());
    }
    scores
}

/// The gradients `(dQ, dK, dA)` of [`scores`] for an upstream gradient `(T, T)`. Twice its cost.
///
/// # Panics
/// As [`scores`].
pub fn scores_backward<F: NdFloat>(
    q: ArrayView2<F>,
    k: ArrayView2<F>,
    table: ArrayView2<F>,
    d_scores: ArrayView2<F>,
) -> (Array2<F>, Array2<F>, Array2<F>) {
    let limit = limit_of(table);
    let d_scores = &d_scores * root::<F>(q.ncols()); // (T, T)
    let mut by_offset = Array2::zeros((q.nrows(), table.nrows())); // (T, 2k + 1)
    for ((i, j), d) in d_scores.indexed_iter() {
        by_offset[[i, clipped(j as isize - i as isize, limit)]] += *d;
    }
    let dq = d_scores.dot(&k) + by_offset.dot(&table); // (T, d)
    (dq, d_scores.t().dot(&q), by_offset.t().dot(&q))
}

/// The same scores as the formula reads, with the key of every pair written out: `(T, T, d)` numbers.
/// To compare with; O(T²·d).
///
/// # Panics
/// As [`scores`].
pub fn scores_by_definition<F: NdFloat>(
    q: ArrayView2<F>,
    k: ArrayView2<F>,
    table: ArrayView2<F>,
) -> Array2<F> {
    let limit = limit_of(table);
    Array2::from_shape_fn((q.nrows(), k.nrows()), |(i, j)| {
        let key = &k.row(j) + &table.row(clipped(j as isize - i as isize, limit)); // (d)
        q.row(i).dot(&key) * root(q.ncols())
    })
}

fn limit_of<F>(table: ArrayView2<F>) -> usize {
    assert!(table.nrows() % 2 == 1, "a table of relative keys has 2k + 1 rows");
    table.nrows() / 2
}

fn root<F: NdFloat>(d: usize) -> F {
    F::from(d).map_or_else(F::one, |d| d.sqrt().recip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::difference;
    use crate::math::linear::xavier;
    use ndarray::{Array1, ArrayView1};
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn drawn() -> [Array2<f64>; 4] {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        [(5, 4), (5, 4), (5, 4), (5, 5)].map(|(n, d)| xavier(n, d, 3.0, &mut rng))
    }

    #[test]
    fn picking_is_the_definition() {
        let [q, k, table, _] = drawn();
        let apart = scores(q.view(), k.view(), table.view())
            - scores_by_definition(q.view(), k.view(), table.view());
        assert!(apart.iter().all(|e| e.abs() < 1e-14));
    }

    #[test]
    fn backward_agrees_with_finite_differences() {
        let [q, k, table, up] = drawn();
        let (dq, dk, da) = scores_backward(q.view(), k.view(), table.view(), up.view());
        let all = [q, k, table];
        for (i, analytic) in [dq, dk, da].iter().enumerate() {
            let loss = |v: ArrayView1<f64>| {
                let mut moved = all.clone();
                moved[i].iter_mut().zip(v).for_each(|(x, v)| *x = *v);
                (scores(moved[0].view(), moved[1].view(), moved[2].view()) * &up).sum()
            };
            let at: Array1<f64> = all[i].iter().copied().collect();
            let numeric = difference::gradient(loss, at.view()).to_vec();
            let analytic: Vec<f64> = analytic.iter().copied().collect();
            assert!(difference::relative_error(&numeric, &analytic) < 1e-7, "input {i}");
        }
    }
}
