//! Softmax attention: each token mixes the values of others, weighted by how well its query fits
//! their keys. [`attend`] is one head as the formula reads; [`forward`] and [`backward`] are what
//! the Transformer runs: all heads, grouped, in blocks, without ever holding the weights of a whole
//! head. [`blockwise`] cuts the keys into blocks too and runs on all threads, for long sequences.

use ndarray::{Array2, ArrayView2, ArrayViewD, ArrayViewMutD, Axis, NdFloat, Slice};
use ndarray_rand::rand::Rng;

pub mod blockwise;
mod heads;
mod mask;
mod steps;

pub use heads::{Downstream, Heads, Scratch, Upstream, backward, forward, weights};
pub use mask::{Documents, Mask};
pub use steps::Steps;

use super::linear::Linear;
use super::parameters::{Parameters, under};
use super::real::Real;
use super::softmax::{softmax, softmax_backward};

/// What one head gives: `softmax(QKᵀ/√d_k)·V` `(T, d_v)`, and the weights `(T, T)`.
///
/// `query` and `key` are `(T, d_k)`, `value` is `(T, d_v)`. The division by √d_k keeps the variance
/// of the scores at 1 when queries and keys have variance 1. O(T²·(d_k + d_v)). Vaswani et al.
/// 2017.
///
/// ```
/// use llm_lab::math::attention::{Mask, attend};
/// use ndarray::array;
/// let (q, v) = (array![[1.0], [0.0]], array![[2.0], [4.0]]);
/// let (y, weights) = attend(q.view(), q.view(), v.view(), Mask::Causal);
/// assert_eq!(weights, array![[1.0, 0.0], [0.5, 0.5]]);
/// assert_eq!(y, array![[2.0], [3.0]]);
/// ```
///
/// # Panics
/// If the shapes do not fit.
pub fn attend<F: NdFloat>(
    query: ArrayView2<F>,
    key: ArrayView2<F>,
    value: ArrayView2<F>,
    mask: Mask,
) -> (Array2<F>, Array2<F>) {
    let mut scores = query.dot(&key.t()) * inverse_root::<F>(key.ncols()); // (T, T)
    mask.hide(scores.view_mut());
    let weights = softmax(scores.view()); // (T, T)
    (weights.dot(&value), weights)
}

/// The gradients `(dQ, dK, dV)` of [`attend`] for its inputs, the weights `(T, T)` that it gave,
/// and an upstream gradient `dy` `(T, d_v)`. A masked place has the weight 0, so it gets no
/// gradient. Twice the cost of the forward pass.
///
/// # Panics
/// If the shapes do not fit.
pub fn attend_backward<F: NdFloat>(
    query: ArrayView2<F>,
    key: ArrayView2<F>,
    value: ArrayView2<F>,
    weights: ArrayView2<F>,
    dy: ArrayView2<F>,
) -> (Array2<F>, Array2<F>, Array2<F>) {
    let d_value = weights.t().dot(&dy); // (T, d_v)
    let d_weights = dy.dot(&value.t()); // (T, T)
    let d_scores = softmax_backward(weights, d_weights.view()) * inverse_root::<F>(key.ncols()); // (T, T)
    (d_scores.dot(&key), d_scores.t().dot(&query), d_value)
}

fn inverse_root<F: NdFloat>(d: usize) -> F {
    F::from(d).map_or_else(F::one, |d| d.sqrt().recip())
}

/// Multi-head self-attention: each of `heads` heads attends with its own d/h columns of the
/// queries, keys and values, and `output` mixes what they found. Its gradient has the same type.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention<F> {
    /// W_Q, `(d, d)`.
    pub query: Linear<F>,
    /// W_K, `(d, d)`.
    pub key: Linear<F>,
    /// W_V, `(d, d)`.
    pub value: Linear<F>,
    /// W_O, `(d, d)`.
    pub output: Linear<F>,
    /// Into how many heads the columns are divided.
    pub heads: usize,
}

/// What [`Attention::forward`] keeps for the backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionKept<F> {
    /// The input, `(T, d)`.
    pub x: Array2<F>,
    /// The queries, `(T, d)`.
    pub query: Array2<F>,
    /// The keys, `(T, d)`.
    pub key: Array2<F>,
    /// The values, `(T, d)`.
    pub value: Array2<F>,
    /// The weights of each head, `(T, T)`.
    pub weights: Vec<Array2<F>>,
    /// The heads' results side by side, `(T, d)`.
    pub mixed: Array2<F>,
}

impl<F: Real> Attention<F> {
    /// Xavier's initialization: gain 1 for queries and keys, `gain` for values and output
    /// (DeepNorm's β; otherwise 1).
    ///
    /// # Panics
    /// If `heads` does not divide `d`.
    pub fn xavier(d: usize, heads: usize, gain: f64, rng: &mut impl Rng) -> Self {
        assert!(heads > 0 && d.is_multiple_of(heads), "{heads} heads do not divide {d} columns");
        let query = Linear::xavier(d, d, 1.0, rng);
        let key = Linear::xavier(d, d, 1.0, rng);
        let value = Linear::xavier(d, d, gain, rng);
        let output = Linear::xavier(d, d, gain, rng);
        Self { query, key, value, output, heads }
    }

    /// Attends from every row of `x` `(T, d)`; returns the output `(T, d)` and what
    /// [`backward`](Self::backward) needs. O(T·d² + T²·d).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, x: ArrayView2<F>, mask: Mask) -> (Array2<F>, AttentionKept<F>) {
        let (query, key, value) =
            (self.query.forward(x), self.key.forward(x), self.value.forward(x)); // (T, d)
        let mut mixed = Array2::zeros(value.dim()); // (T, d)
        let mut weights = Vec::with_capacity(self.heads);
        for head in self.columns(value.ncols()) {
            let (y, w) = attend(
                query.slice_axis(Axis(1), head),
                key.slice_axis(Axis(1), head),
                value.slice_axis(Axis(1), head),
                mask,
            );
            mixed.slice_axis_mut(Axis(1), head).assign(&y);
            weights.push(w);
        }
        let y = self.output.forward(mixed.view()); // (T, d)
        (y, AttentionKept { x: x.to_owned(), query, key, value, weights, mixed })
    }

    /// The gradients for an upstream gradient `dy` `(T, d)`: of the input `(T, d)`, and of the
    /// weights as an [`Attention`]. Twice the cost of the forward pass.
    ///
    /// # Panics
    /// If `dy` has not the shape of the input.
    pub fn backward(&self, kept: &AttentionKept<F>, dy: ArrayView2<F>) -> (Array2<F>, Self) {
        let (d_mixed, output) = self.output.backward(kept.mixed.view(), dy); // (T, d)
        let mut d_query = Array2::zeros(kept.query.dim()); // (T, d)
        let (mut d_key, mut d_value) = (d_query.clone(), d_query.clone());
        for (head, weights) in self.columns(d_query.ncols()).zip(&kept.weights) {
            let (q, k, v) = attend_backward(
                kept.query.slice_axis(Axis(1), head),
                kept.key.slice_axis(Axis(1), head),
                kept.value.slice_axis(Axis(1), head),
                weights.view(),
                d_mixed.slice_axis(Axis(1), head),
            );
            d_query.slice_axis_mut(Axis(1), head).assign(&q);
            d_key.slice_axis_mut(Axis(1), head).assign(&k);
            d_value.slice_axis_mut(Axis(1), head).assign(&v);
        }
        let x = kept.x.view();
        let (by_query, query) = self.query.backward(x, d_query.view());
        let (by_key, key) = self.key.backward(x, d_key.view());
        let (by_value, value) = self.value.backward(x, d_value.view());
        let dx = by_query + by_key + by_value; // (T, d)
        (dx, Self { query, key, value, output, heads: self.heads })
    }

    /// The columns of each head.
    fn columns(&self, d: usize) -> impl Iterator<Item = Slice> + use<F> {
        let width = d / self.heads;
        (0..self.heads).map(move |h| Slice::from(h * width..(h + 1) * width))
    }
}

impl<F: Real> Parameters<F> for Attention<F> {
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)> {
        under("query", &self.query)
            .chain(under("key", &self.key))
            .chain(under("value", &self.value))
            .chain(under("output", &self.output))
            .collect()
    }

    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>> {
        let parts = [&mut self.query, &mut self.key, &mut self.value, &mut self.output];
        parts.into_iter().flat_map(Parameters::arrays_mut).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linear::xavier;
    use crate::math::parameters::assert_gradients;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn backward_agrees_with_finite_differences() {
        let packed = Documents::of(&[1, 3]).map(Mask::Packed).unwrap();
        for mask in [Mask::None, Mask::Causal, Mask::Prefix(3), Mask::Sliding(2), packed] {
            let mut rng = ChaCha8Rng::seed_from_u64(2);
            let attention = Attention::<f64>::xavier(6, 2, 1.0, &mut rng);
            let (x, dy) = (xavier(4, 6, 2.0, &mut rng), xavier(4, 6, 1.0, &mut rng));
            let (_, kept) = attention.forward(x.view(), mask);
            let (dx, gradient) = attention.backward(&kept, dy.view());
            let forward = |a: &Attention<f64>, x: ArrayView2<f64>| a.forward(x, mask).0;
            assert_gradients(&attention, &x, &dy, forward, &dx, &gradient, 1e-7);
        }
    }

    #[test]
    fn a_causal_token_does_not_see_the_future() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let attention = Attention::<f64>::xavier(6, 3, 1.0, &mut rng);
        let mut x = xavier(5, 6, 1.0, &mut rng);
        let before = attention.forward(x.view(), Mask::Causal).0;
        x.row_mut(4).fill(7.0);
        let after = attention.forward(x.view(), Mask::Causal).0;
        let past = Slice::from(..4);
        assert_eq!(before.slice_axis(Axis(0), past), after.slice_axis(Axis(0), past));
        assert_ne!(before.row(4), after.row(4));
    }

    #[test]
    fn without_a_mask_the_order_of_tokens_does_not_matter() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let attention = Attention::<f64>::xavier(6, 2, 1.0, &mut rng);
        let x = xavier(5, 6, 1.0, &mut rng);
        let order = [3, 0, 4, 1, 2];
        let y = attention.forward(x.view(), Mask::None).0;
        let moved = attention.forward(x.select(Axis(0), &order).view(), Mask::None).0;
        let apart = moved - y.select(Axis(0), &order);
        assert!(apart.iter().all(|e| e.abs() < 1e-12));
    }
}
