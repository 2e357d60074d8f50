//! Entropy, cross-entropy and the divergences between two distributions, in nats. Divide by ln 2 for
//! bits.

use std::f64::consts::LN_2;

/// Shannon's entropy `H(p) = −Σ pᵢ ln pᵢ`, with 0 ln 0 = 0: the mean surprise of someone who knows p.
/// At most ln n. O(n).
///
/// Shannon 1948, A Mathematical Theory of Communication.
///
/// ```
/// use llm_lab::math::divergence::entropy;
/// assert!((entropy(&[0.5, 0.5]) - 2.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(entropy(&[1.0, 0.0]), 0.0);
/// ```
pub fn entropy(p: &[f64]) -> f64 {
    p.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The cross-entropy `H(p, q) = −Σ pᵢ ln qᵢ`: the mean surprise of someone who believes q while p is
/// true. Infinite if q rules out what p allows. O(n).
///
/// ```
/// use llm_lab::math::divergence::cross_entropy;
/// assert_eq!(cross_entropy(&[1.0, 0.0], &[0.25, 0.75]), 4.0_f64.ln());
/// assert_eq!(cross_entropy(&[0.5, 0.5], &[1.0, 0.0]), f64::INFINITY);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn cross_entropy(p: &[f64], q: &[f64]) -> f64 {
    assert_eq!(p.len(), q.len(), "distributions over different outcomes");
    p.iter().zip(q).filter(|(p, _)| **p > 0.0).map(|(p, q)| -p * q.ln()).sum()
}

/// What each outcome adds to [`kl`]: `pᵢ ln(pᵢ/qᵢ)`. Single terms may be negative. O(n).
///
/// # Panics
/// If the lengths differ.
pub fn kl_terms(p: &[f64], q: &[f64]) -> Vec<f64> {
    assert_eq!(p.len(), q.len(), "distributions over different outcomes");
    let term = |(&p, &q): (&f64, &f64)| if p > 0.0 { p * (p.ln() - q.ln()) } else { 0.0 };
    p.iter().zip(q).map(term).collect()
}

/// The Kullback–Leibler divergence `D(p‖q) = Σ pᵢ ln(pᵢ/qᵢ) = H(p, q) − H(p)`: the surprise that
/// believing q costs beyond what p makes unavoidable. Never negative, 0 only for q = p, not
/// symmetric; infinite if q rules out what p allows. O(n).
///
/// Kullback & Leibler 1951, On Information and Sufficiency.
///
/// ```
/// use llm_lab::math::divergence::kl;
/// assert!((kl(&[0.5, 0.5], &[0.9, 0.1]) - 0.5108256237659907).abs() < 1e-15);
/// assert!((kl(&[0.9, 0.1], &[0.5, 0.5]) - 0.3680642071684971).abs() < 1e-15);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn kl(p: &[f64], q: &[f64]) -> f64 {
    kl_terms(p, q).iter().sum()
}

/// The Jensen–Shannon divergence `½ D(p‖m) + ½ D(q‖m)` with m = (p + q)/2: symmetric, and at most
/// ln 2. O(n).
///
/// Lin 1991, Divergence Measures Based on the Shannon Entropy.
///
/// ```
/// use llm_lab::math::divergence::jensen_shannon;
/// assert!((jensen_shannon(&[1.0, 0.0], &[0.0, 1.0]) - 2.0_f64.ln()).abs() < 1e-15);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn jensen_shannon(p: &[f64], q: &[f64]) -> f64 {
    let middle: Vec<f64> = p.iter().zip(q).map(|(p, q)| (p + q) / 2.0).collect();
    (kl(p, &middle) + kl(q, &middle)) / 2.0
}

/// Nats as bits.
///
/// ```
/// assert_eq!(llm_lab::math::divergence::bits(4.0_f64.ln()), 2.0);
/// ```
pub fn bits(nats: f64) -> f64 {
    nats / LN_2
}

/// The logarithm of the normal density with mean `mean` and standard deviation `std` at `x`.
///
/// ```
/// use llm_lab::math::divergence::log_normal;
/// assert!((log_normal(0.0, 0.0, 1.0).exp() - 0.3989422804014327).abs() < 1e-15);
/// ```
pub fn log_normal(x: f64, mean: f64, std: f64) -> f64 {
    let z = (x - mean) / std;
    -0.5 * z * z - std.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln()
}

/// [`kl`] of two densities that are given by their logarithms at points `step` apart: the integral
/// as a sum, very exact where both are smooth and have faded at the ends. Logarithms stay finite where the
/// densities round to 0. O(n).
///
/// # Panics
/// If the lengths differ.
pub fn kl_of_logs(log_p: &[f64], log_q: &[f64], step: f64) -> f64 {
    assert_eq!(log_p.len(), log_q.len(), "densities at different points");
    let term = |(p, q): (&f64, &f64)| p.exp() * (p - q);
    log_p.iter().zip(log_q).map(term).sum::<f64>() * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two distributions over the same outcomes.
    fn pair() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        let normed = |w: Vec<f64>| {
            let sum: f64 = w.iter().sum();
            w.iter().map(|w| w / sum).collect::<Vec<f64>>()
        };
        prop::collection::vec((0.001..1.0_f64, 0.001..1.0_f64), 2..9).prop_map(move |both| {
            let (p, q): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
            (normed(p), normed(q))
        })
    }

    proptest! {
        #[test]
        fn cross_entropy_is_entropy_and_divergence((p, q) in pair()) {
            prop_assert!((cross_entropy(&p, &q) - entropy(&p) - kl(&p, &q)).abs() < 1e-12);
        }

        #[test]
        fn divergence_is_never_negative_and_entropy_never_above_the_uniform((p, q) in pair()) {
            prop_assert!(kl(&p, &q) > -1e-15);
            prop_assert!(kl(&p, &p).abs() < 1e-15);
            prop_assert!(entropy(&p) <= (p.len() as f64).ln() + 1e-12);
        }

        #[test]
        fn jensen_shannon_is_symmetric_and_bounded((p, q) in pair()) {
            let there = jensen_shannon(&p, &q);
            prop_assert!((there - jensen_shannon(&q, &p)).abs() < 1e-15);
            prop_assert!((-1e-15..=LN_2).contains(&there));
        }

        #[test]
        fn divergence_of_normals_is_its_closed_form(
            m1 in -1.0..1.0_f64, m2 in -1.0..1.0_f64, s1 in 0.5..1.5_f64, s2 in 0.5..1.5_f64,
        ) {
            let step = 0.05;
            let at = |m, s| (-300..=300).map(|i| log_normal(f64::from(i) * step, m, s)).collect::<Vec<_>>();
            let found = kl_of_logs(&at(m1, s1), &at(m2, s2), step);
            let exact = (s2 / s1).ln() + (s1 * s1 + (m1 - m2).powi(2)) / (2.0 * s2 * s2) - 0.5;
            prop_assert!((found - exact).abs() < 1e-10, "{} {}", found, exact);
        }
    }
}
