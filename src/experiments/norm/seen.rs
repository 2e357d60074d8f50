//! What the placement experiments read off a random stack, and how they sum it up over draws.

use ndarray::{Array2, Axis};

use crate::math::linalg::cosine;

/// What one random stack shows at initialization. Lists run over the blocks, first to last; the two
/// of the residual stream begin with the input.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Frobenius norm of the loss's gradient with respect to each feed-forward W₂.
    pub w2_gradient: Vec<f64>,
    /// RMS of the residual stream.
    pub rms: Vec<f64>,
    /// Largest |entry| of the residual stream.
    pub largest: Vec<f64>,
    /// RMS of what each feed-forward branch adds.
    pub added: Vec<f64>,
    /// RMS change of the output after one step of gradient descent, if one was asked for.
    pub change: Option<f64>,
    /// Mean cosine between an input token and the same token at the end.
    pub cosine: f64,
    /// Mean cosine between different tokens at the end: 1 when all tokens have become one.
    pub alike: f64,
    /// Numbers learned.
    pub parameters: usize,
}

/// Mean, least and most of one number over the draws.
pub fn spread(seen: &[Seen], number: impl Fn(&Seen) -> f64) -> (f64, f64, f64) {
    let all: Vec<f64> = seen.iter().map(number).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (mean, least, most)
}

/// The largest |entry|.
pub fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |m, v| f64::max(m, v.abs()))
}

/// Mean over rows of the cosine between rows of `a` and `b`.
pub fn mean_cosine(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let rows = a.rows().into_iter().zip(b.rows());
    rows.map(|(p, q)| cosine(p, q)).sum::<f64>() / a.nrows() as f64
}

/// Mean cosine between different rows, 0 with a row of zeros; NaN for a single row.
pub fn alike(a: &Array2<f64>) -> f64 {
    let n = a.nrows() as f64;
    if a.nrows() < 2 {
        return f64::NAN;
    }
    let lengths = a.map_axis(Axis(1), |row| row.dot(&row).sqrt()); // (T)
    let pointing = lengths.iter().filter(|l| **l > 0.0).count() as f64;
    let lengths = lengths.mapv(|l| if l > 0.0 { l } else { 1.0 }); // (T)
    let unit = a / &lengths.insert_axis(Axis(1)); // (T, d)
    let sum = unit.sum_axis(Axis(0)); // (d); its square counts every pair, and each row with itself
    (sum.dot(&sum) - pointing) / (n * (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn alike_is_the_mean_cosine_over_pairs() {
        let tokens = array![[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]];
        let half = 0.5_f64.sqrt(); // the cosine of 45°
        assert!((alike(&tokens) - 2.0 * half / 3.0).abs() < 1e-12);
        assert!((mean_cosine(&tokens, &tokens) - 1.0).abs() < 1e-12);
        assert!(alike(&array![[1.0, 2.0]]).is_nan());
        assert_eq!(alike(&array![[0.0, 0.0], [0.0, 2.0]]), 0.0);
    }
}
