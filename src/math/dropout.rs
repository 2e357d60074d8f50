//! Dropout whose mask is a function of a key and the place, so that the backward pass draws it
//! again instead of keeping it, and every number of threads draws the same.

use super::real::Real;
use super::simd::vectorized;

/// Zeroes each number with probability `p` and divides the others by 1 − p, so that the mean stays
/// (Srivastava et al. 2014). Place `i` of `x` is number `first + i` of the mask of `key`. The same
/// call on a gradient is the backward pass. O(n).
///
/// ```
/// use llm_lab::math::dropout::drop;
/// let mut x = [1.0_f64; 10_000];
/// drop(&mut x, 0.25, 7, 0);
/// let mean = x.iter().sum::<f64>() / 10_000.0;
/// assert!((mean - 1.0).abs() < 0.02 && x.contains(&0.0));
/// ```
pub fn drop<F: Real>(x: &mut [F], p: f64, key: u64, first: usize) {
    if p <= 0.0 {
        return;
    }
    let bar = (p * 2.0_f64.powi(32)) as u32;
    let share = F::of(1.0 / (1.0 - p));
    let (low, high) = (key as u32, (key >> 32) as u32);
    vectorized!(|| {
        for (i, x) in x.iter_mut().enumerate() {
            let draw = scramble(scramble((first + i) as u32 ^ low) ^ high);
            *x = if draw < bar { F::zero() } else { *x * share };
        }
    });
}

/// A permutation of the 32-bit numbers that spreads every bit: the finalizer of MurmurHash3
/// (Appleby 2011).
#[inline(always)]
fn scramble(mut h: u32) -> u32 {
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}
