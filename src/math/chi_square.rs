//! Pearson's χ² test: whether counts fit a distribution.

/// How well counts fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// `χ² = Σ (nᵢ − N pᵢ)² / (N pᵢ)` over the cells.
    pub statistic: f64,
    /// Cells − 1.
    pub freedom: usize,
    /// The probability of a statistic at least as large if the distribution is right.
    pub p_value: f64,
}

/// Tests counts against probabilities that sum to 1. Outcomes expected fewer than five times are
/// counted together, the test's usual rule; an outcome of probability 0 that occurred gives an
/// infinite statistic. O(n).
///
/// Pearson 1900, On the Criterion that a Given System of Deviations…
///
/// ```
/// use llm_lab::math::chi_square::fit;
/// let found = fit(&[18, 22, 20], &[1.0 / 3.0; 3]);
/// assert!((found.statistic - 0.4).abs() < 1e-12 && found.freedom == 2);
/// assert!((found.p_value - (-0.2_f64).exp()).abs() < 1e-12); // two degrees: e^(−χ²/2)
/// ```
///
/// # Panics
/// If there is not one probability for each count.
pub fn fit(counts: &[usize], probabilities: &[f64]) -> Fit {
    assert_eq!(counts.len(), probabilities.len(), "a probability for each count");
    let n = counts.iter().sum::<usize>() as f64;
    let (mut statistic, mut cells) = (0.0, 0usize);
    let (mut rare_seen, mut rare_expected) = (0.0, 0.0);
    let mut cell = |seen: f64, expected: f64| {
        statistic += (seen - expected).powi(2) / expected;
        cells += 1;
    };
    for (count, p) in counts.iter().zip(probabilities) {
        let (seen, expected) = (*count as f64, n * p);
        if expected < 5.0 {
            rare_seen += seen;
            rare_expected += expected;
        } else {
            cell(seen, expected);
        }
    }
    if rare_seen > 0.0 || rare_expected > 0.0 {
        cell(rare_seen, rare_expected);
    }
    let freedom = cells.saturating_sub(1);
    Fit { statistic, freedom, p_value: tail(statistic, freedom) }
}

/// P(χ² ≥ x) for some degrees of freedom: the regularized upper incomplete gamma function
/// Q(k/2, x/2). By its series below k/2 + 1, by its continued fraction (Lentz) above.
///
/// ```
/// use llm_lab::math::chi_square::tail;
/// assert!((tail(3.841458820694124, 1) - 0.05).abs() < 1e-12);
/// assert!((tail(18.307038053275146, 10) - 0.05).abs() < 1e-12);
/// assert_eq!(tail(0.0, 3), 1.0);
/// ```
pub fn tail(x: f64, freedom: usize) -> f64 {
    let (a, x) = (freedom as f64 / 2.0, x / 2.0);
    if freedom == 0 || x <= 0.0 {
        return 1.0;
    }
    if !x.is_finite() {
        return 0.0;
    }
    let front = (a * x.ln() - x - libm::lgamma(a)).exp();
    const MOST: usize = 10_000;
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..MOST {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    let tiny = f64::MIN_POSITIVE / f64::EPSILON;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut fraction = d;
    for n in 1..MOST {
        let an = -(n as f64) * (n as f64 - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / if d.abs() < tiny { tiny } else { d };
        c = b + an / c;
        c = if c.abs() < tiny { tiny } else { c };
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_degrees_have_a_closed_form() {
        // Q(m, y) = e^−y Σ_{i<m} yⁱ/i!
        for m in 1..40usize {
            for y in [0.01, 0.5, 3.0, 10.0, 39.0, 80.0] {
                let mut term = 1.0;
                let mut sum = 1.0;
                for i in 1..m {
                    term *= y / i as f64;
                    sum += term;
                }
                let exact = (-y).exp() * sum;
                let found = tail(2.0 * y, 2 * m);
                assert!((found - exact).abs() < 1e-11, "{m} {y}: {found} {exact}");
            }
        }
    }

    #[test]
    fn what_cannot_happen_and_what_is_rare() {
        assert_eq!(fit(&[10, 1], &[1.0, 0.0]).p_value, 0.0);
        assert_eq!(fit(&[10, 0], &[1.0, 0.0]).freedom, 0);
        // the two rare outcomes make one cell
        assert_eq!(fit(&[98, 1, 1], &[0.98, 0.01, 0.01]).freedom, 1);
    }
}
