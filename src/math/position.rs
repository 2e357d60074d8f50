//! How positions enter a Transformer: sines added to the embedding, rotations of queries and keys,
//! or biases of the scores by distance.

use super::real::Real;
use super::simd::vectorized;

/// One entry of the sinusoidal encoding: `sin(p / 10000^(2i/d))` for feature 2i, the cosine for 2i
/// + 1. Vaswani et al. 2017.
///
/// ```
/// use llm_lab::math::position::sinusoidal;
/// assert_eq!(sinusoidal(0, 0, 8), 0.0);
/// assert_eq!(sinusoidal(0, 1, 8), 1.0);
/// assert!((sinusoidal(3, 2, 4) - 0.03_f64.sin()).abs() < 1e-15);
/// ```
pub fn sinusoidal(position: usize, feature: usize, d: usize) -> f64 {
    let pair = feature / 2;
    let angle = position as f64 / 10_000.0_f64.powf(2.0 * pair as f64 / d as f64);
    if feature.is_multiple_of(2) { angle.sin() } else { angle.cos() }
}

/// The slope of ALiBi's penalty for one head: `2^(−8(h+1)/H)` for a power of two; otherwise the
/// slopes of the next lower power of two, then every second one of twice as many heads. Press,
/// Smith & Lewis 2022.
///
/// ```
/// use llm_lab::math::position::alibi_slope;
/// assert_eq!(alibi_slope(0, 8), 0.5);
/// assert_eq!(alibi_slope(7, 8), 1.0 / 256.0);
/// assert_eq!(alibi_slope(2, 3), 0.25);
/// ```
pub fn alibi_slope(head: usize, heads: usize) -> f64 {
    let power = if heads.is_power_of_two() { heads } else { heads.next_power_of_two() / 2 };
    let step = 8.0 / power as f64;
    let exponent = if head < power {
        step * (head + 1) as f64
    } else {
        step * (2 * (head - power) + 1) as f64 / 2.0
    };
    (-exponent).exp2()
}

/// Which of `buckets` learned biases T5 uses for key j and query i at `offset` j − i: half of a
/// side's buckets for the nearest distances one by one, the rest on a logarithmic scale up to
/// `farthest`. With `causal` all buckets look back. Raffel et al. 2020.
///
/// ```
/// use llm_lab::math::position::t5_bucket;
/// assert_eq!(t5_bucket(-3, 32, 128, true), 3);
/// assert_eq!(t5_bucket(-1000, 32, 128, true), 31);
/// assert_eq!(t5_bucket(2, 32, 128, false), 18);
/// ```
pub fn t5_bucket(offset: isize, buckets: usize, farthest: usize, causal: bool) -> usize {
    let side = if causal { buckets } else { buckets / 2 };
    let start = if !causal && offset > 0 { side } else { 0 };
    let distance = if causal { (-offset).max(0).unsigned_abs() } else { offset.unsigned_abs() };
    let exact = side / 2;
    if distance < exact.max(1) {
        return start + distance.min(side - 1);
    }
    // as T5's code computes it, in f32: at the border of two buckets the rounding decides
    let start_of_logs = exact.max(1) as f64;
    let ln = |x: f64| f64::from(x as f32).ln() as f32;
    let share =
        ln(distance as f64 / start_of_logs) / ((farthest as f64 / start_of_logs).ln() as f32);
    let bucket = exact + (share * (side - exact) as f32) as usize;
    start + bucket.min(side - 1)
}

/// The angles of RoPE: how far pair i turns from one position to the next, `base^(−2i/width)` for
/// the first `width` features of a head. Su et al. 2021, RoFormer.
///
/// ```
/// use llm_lab::math::position::frequencies;
/// assert_eq!(frequencies(10_000.0, 4), [1.0, 0.01]);
/// ```
pub fn frequencies(base: f64, width: usize) -> Vec<f64> {
    (0..width / 2).map(|i| base.powf(-2.0 * i as f64 / width as f64)).collect()
}

/// Cosines and sines of every position's rotations.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation<F> {
    cos: Vec<F>,
    sin: Vec<F>,
    pairs: usize,
    interleaved: bool,
}

impl<F: Real> Rotation<F> {
    /// The table for `positions` and the given frequencies. A pair is made of features i and i + n
    /// (`interleaved` false, as LLaMA's released code for Hugging Face stores it) or 2i and 2i + 1
    /// (as in RoFormer and GLM). `attention` multiplies cosines and sines (YaRN; otherwise 1).
    pub fn new(positions: usize, frequencies: &[f64], interleaved: bool, attention: f64) -> Self {
        // rounded as F rounds: models have been trained with angles in f32, far positions included
        let angle = |i: usize| {
            let (position, pair) = (i / frequencies.len(), i % frequencies.len());
            let angle = F::of(position as f64) * F::of(frequencies[pair]);
            angle.to_f64().unwrap_or(f64::NAN)
        };
        let n = positions * frequencies.len();
        let cos = (0..n).map(|i| F::of(angle(i).cos() * attention)).collect(); // (S, pairs)
        let sin = (0..n).map(|i| F::of(angle(i).sin() * attention)).collect(); // (S, pairs)
        Self { cos, sin, pairs: frequencies.len(), interleaved }
    }

    /// Turns every head of `x` `(n, heads·width)` by its row's position, `first` and on; `back`
    /// turns the other way: the inverse, and for a gradient the backward pass. Features past the
    /// pairs stay. O(n·heads·width).
    ///
    /// ```
    /// use llm_lab::math::position::Rotation;
    /// let quarter = Rotation::new(2, &[std::f64::consts::FRAC_PI_2], false, 1.0);
    /// let mut x = [1.0, 0.0, 1.0, 0.0_f64];
    /// quarter.turn(&mut x, 2, 2, 0, false);
    /// assert!((x[2]).abs() < 1e-15 && (x[3] - 1.0).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// If a position lies outside the table.
    pub fn turn(&self, x: &mut [F], columns: usize, width: usize, first: usize, back: bool) {
        let n = self.pairs;
        if n == 0 {
            return;
        }
        vectorized!(|| {
            for (i, row) in x.chunks_exact_mut(columns).enumerate() {
                let place = (first + i) * n..(first + i + 1) * n;
                let (cos, sin) = (&self.cos[place.clone()], &self.sin[place]);
                for head in row.chunks_exact_mut(width) {
                    if self.interleaved {
                        for ((pair, c), s) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                            let s = if back { -*s } else { *s };
                            let (a, b) = (pair[0], pair[1]);
                            pair[0] = a * *c - b * s;
                            pair[1] = b * *c + a * s;
                        }
                    } else {
                        let (low, high) = head.split_at_mut(n);
                        turn_halves(low, high, cos, sin, back);
                    }
                }
            }
        });
    }
}

/// Turns the pairs whose first numbers are `low` and whose second ones are `high`: eight at a time,
/// so that a narrow head too is a few vectors.
#[inline(always)]
fn turn_halves<F: Real>(low: &mut [F], high: &mut [F], cos: &[F], sin: &[F], back: bool) {
    let sign = if back { -F::one() } else { F::one() };
    let one = |a: &mut F, b: &mut F, c: F, s: F| {
        let (x, y, s) = (*a, *b, s * sign);
        *a = x * c - y * s;
        *b = y * c + x * s;
    };
    let (low, low_rest) = low.as_chunks_mut::<8>();
    let (high, high_rest) = high[..cos.len()].as_chunks_mut::<8>();
    let ((cos, cos_rest), (sin, sin_rest)) = (cos.as_chunks::<8>(), sin.as_chunks::<8>());
    for (((a, b), c), s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
        for q in 0..8 {
            one(&mut a[q], &mut b[q], c[q], s[q]);
        }
    }
    for (((a, b), c), s) in low_rest.iter_mut().zip(high_rest).zip(cos_rest).zip(sin_rest) {
        one(a, b, *c, *s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_lengths_and_only_knows_distances() {
        for interleaved in [false, true] {
            let table = Rotation::<f64>::new(9, &frequencies(10_000.0, 6), interleaved, 1.0);
            let (q, k) = ([0.3, -1.0, 2.0, 0.5, 0.7, -0.2], [1.0, 0.2, -0.4, 0.9, 0.1, 2.0]);
            let at = |x: [f64; 6], position| {
                let mut x = x;
                table.turn(&mut x, 6, 6, position, false);
                x
            };
            let dot = |a: [f64; 6], b: [f64; 6]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            assert!((dot(at(q, 5), at(k, 2)) - dot(at(q, 8), at(k, 5))).abs() < 1e-12);
            assert!((dot(at(q, 5), at(q, 5)) - dot(q, q)).abs() < 1e-12);
            assert!((dot(at(q, 5), at(k, 2)) - dot(at(q, 5), at(k, 3))).abs() > 1e-3);
            let mut back = at(q, 7);
            table.turn(&mut back, 6, 6, 7, true);
            assert!(back.iter().zip(q).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
