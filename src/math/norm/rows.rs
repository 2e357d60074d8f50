//! LayerNorm and RMSNorm over rows that lie in memory, without allocating: what the Transformer
//! runs. [`LayerNorm`](super::LayerNorm) and [`RmsNorm`](super::RmsNorm) are the same formulas with
//! parameters of their own.

use crate::math::real::Real;
use crate::math::simd::{sum, sum2, vectorized};

/// The rule of a norm: which statistics, and ε.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows<'a, F> {
    /// Whether the mean is subtracted (LayerNorm) or not (RMSNorm).
    pub centre: bool,
    /// ε.
    pub eps: f64,
    /// γ, `(d)`.
    pub gamma: &'a [F],
    /// β, `(d)`, or empty.
    pub beta: &'a [F],
}

impl<F: Real> Rows<'_, F> {
    /// Normalizes each row of `x` `(T, d)` into `y` `(T, d)`; `kept` `(T, 2)` takes each row's mean
    /// and its factor `1/√(variance + ε)`. O(T·d).
    ///
    /// ```
    /// use llm_lab::math::norm::Rows;
    /// let norm = Rows { centre: true, eps: 0.0, gamma: &[1.0, 2.0], beta: &[] };
    /// let (mut y, mut kept) = ([0.0; 2], [0.0; 2]);
    /// norm.forward(&[1.0, 5.0], &mut y, &mut kept);
    /// assert_eq!((y, kept), ([-1.0, 2.0], [3.0, 0.5])); // mean 3, deviation 2
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, x: &[F], y: &mut [F], kept: &mut [F]) {
        let width = self.gamma.len();
        assert!(x.len() == y.len() && kept.len() * width == 2 * x.len(), "shapes differ");
        let (d, eps) = (F::of(width as f64), F::of(self.eps));
        vectorized!(|| {
            let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width));
            for ((x, y), kept) in rows.zip(kept.chunks_exact_mut(2)) {
                let mean = if self.centre { sum(x, |v| v) / d } else { F::zero() };
                let variance = sum(x, |v| (v - mean) * (v - mean)) / d;
                let factor = (variance + eps).sqrt().recip();
                for ((y, x), g) in y.iter_mut().zip(x).zip(self.gamma) {
                    *y = (*x - mean) * factor * *g;
                }
                y.iter_mut().zip(self.beta).for_each(|(y, b)| *y += *b);
                kept.copy_from_slice(&[mean, factor]);
            }
        });
    }

    /// From the input `x` `(T, d)`, what `forward` kept and the upstream `dy` `(T, d)`: the
    /// gradient of the input into `dx` `(T, d)`, those of γ and β added to `d_gamma` and `d_beta`
    /// `(d)`. The formulas are those of [`LayerNorm::backward`](super::LayerNorm::backward).
    /// O(T·d).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn backward(
        &self,
        x: &[F],
        kept: &[F],
        dy: &[F],
        dx: &mut [F],
        d_gamma: &mut [F],
        d_beta: &mut [F],
    ) {
        let width = self.gamma.len();
        assert!(x.len() == dy.len() && x.len() == dx.len(), "shapes differ");
        let d = F::of(width as f64);
        vectorized!(|| {
            let rows = x.chunks_exact(width).zip(dy.chunks_exact(width));
            let rows = rows.zip(dx.chunks_exact_mut(width)).zip(kept.chunks_exact(2));
            for (((x, dy), dx), kept) in rows {
                let (mean, factor) = (kept[0], kept[1]);
                for ((dx, dy), g) in dx.iter_mut().zip(dy).zip(self.gamma) {
                    *dx = *dy * *g;
                }
                let along_x = sum2(dx, x, |g, x| g * (x - mean)) * factor / d;
                let along_1 = if self.centre { sum(dx, |g| g) / d } else { F::zero() };
                for (((dx, x), dy), d_gamma) in dx.iter_mut().zip(x).zip(dy).zip(d_gamma.iter_mut())
                {
                    let x_hat = (*x - mean) * factor;
                    *dx = (*dx - along_1 - x_hat * along_x) * factor;
                    *d_gamma += *dy * x_hat;
                }
                d_beta.iter_mut().zip(dy).for_each(|(b, dy)| *b += *dy);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linear::xavier;
    use crate::math::norm::{LayerNorm, RmsNorm};
    use ndarray::Array2;
    use ndarray_rand::rand::SeedableRng;

    fn close(a: &[f64], b: &Array2<f64>) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn rows_are_the_norms() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let (x, dy): (Array2<f64>, _) =
            (xavier(5, 37, 4.0, &mut rng), xavier(5, 37, 1.0, &mut rng));
        let (mut layer, mut rms) = (LayerNorm::new(37, 1e-5), RmsNorm::new(37, 1e-5));
        layer.gamma = xavier(1, 37, 3.0, &mut rng).row(0).to_owned();
        layer.beta = xavier(1, 37, 3.0, &mut rng).row(0).to_owned();
        rms.gamma = layer.gamma.clone();
        for centre in [true, false] {
            let gamma = layer.gamma.as_slice().unwrap();
            let beta = if centre { layer.beta.as_slice().unwrap() } else { &[] };
            let rows = Rows { centre, eps: 1e-5, gamma, beta };
            let (mut y, mut kept, mut dx) = ([0.0; 185], [0.0; 10], [0.0; 185]);
            let (mut dg, mut db) = ([0.0; 37], [0.0; 37]);
            rows.forward(x.as_slice().unwrap(), &mut y, &mut kept);
            let dy_flat = dy.as_slice().unwrap();
            rows.backward(x.as_slice().unwrap(), &kept, dy_flat, &mut dx, &mut dg, &mut db);
            let row = |a: ndarray::Array1<f64>| a.insert_axis(ndarray::Axis(0));
            let (expected, gx, gg) = if centre {
                let (y, kept) = layer.forward(x.view());
                let g = layer.backward(&kept, dy.view());
                assert!(close(&db, &row(g.beta)));
                (y, g.x, g.gamma)
            } else {
                let (y, kept) = rms.forward(x.view());
                let g = rms.backward(&kept, dy.view());
                (y, g.x, g.gamma)
            };
            assert!(close(&y, &expected) && close(&dx, &gx) && close(&dg, &row(gg)));
        }
    }
}
