//! What the experiments on RoPE share: the flags of a head, vectors, and a turn to one position.

use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha8Rng;

use crate::experiments::params;
use crate::math::position::{Rotation, frequencies};
use crate::math::real::Real;
use crate::report::{Error, text};

/// A head that turns.
#[derive(Debug, Clone, clap::Args)]
pub struct Head {
    /// Width of a head, even ‖ 头宽（偶数）
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::even(2, 1024))]
    pub head_width: usize,
    /// The base of the frequencies ‖ 频率的底数
    #[arg(long, value_name = "BASE", default_value = "10000", value_parser = params::between(1.0, 1e12))]
    pub base: f64,
}

impl Head {
    /// The rotations for positions 0 to `last`, as the model makes them.
    ///
    /// # Errors
    /// Bad input if the table would not fit into memory.
    pub fn table<F: Real>(&self, last: usize, interleaved: bool) -> Result<Rotation<F>, Error> {
        let numbers = (last + 1) as f64 * self.head_width as f64;
        params::fits(numbers, 8, &text("the table of rotations", "旋转表"))?;
        let frequencies = frequencies(self.base, self.head_width);
        Ok(Rotation::new(last + 1, &frequencies, interleaved, 1.0))
    }
}

/// `x` turned to a position.
pub fn turned<F: Real>(table: &Rotation<F>, x: &[F], position: usize) -> Vec<F> {
    let mut x = x.to_vec();
    let d = x.len();
    table.turn(&mut x, d, d, position, false);
    x
}

/// The dot product.
pub fn dot<F: Real>(a: &[F], b: &[F]) -> F {
    a.iter().zip(b).fold(F::zero(), |sum, (x, y)| sum + *x * *y)
}

/// The largest distance between numbers of two lists.
pub fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// Independent normal numbers.
pub fn normal(n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..n).map(|_| StandardNormal.sample(rng)).collect()
}
