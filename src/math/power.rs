//! Power laws fitted to measurements.

/// y = factor · x^exponent, as it fits measured points best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The slope of ln y over ln x.
    pub exponent: f64,
    /// The standard error of the exponent by the scatter of the points; 0 for two of them, through
    /// which a line always goes.
    pub error: f64,
    /// y at x = 1.
    pub factor: f64,
}

/// The power law through positive points, by least squares of ln y over ln x. NaN for fewer than two
/// points. O(n).
///
/// ```
/// use llm_lab::math::power::fit;
/// let law = fit(&[(1.0, 3.0), (2.0, 12.0), (4.0, 48.0)]);
/// assert!((law.exponent - 2.0).abs() < 1e-12 && (law.factor - 3.0).abs() < 1e-12);
/// assert!(law.error < 1e-12 && (law.at(10.0) - 300.0).abs() < 1e-9);
/// ```
pub fn fit(points: &[(f64, f64)]) -> Power {
    let logs: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let mean =
        (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let along: f64 = logs.iter().map(|p| (p.0 - mean.0) * (p.1 - mean.1)).sum();
    let square: f64 = logs.iter().map(|p| (p.0 - mean.0).powi(2)).sum();
    let exponent = along / square;
    let off = |p: &(f64, f64)| (p.1 - mean.1 - exponent * (p.0 - mean.0)).powi(2);
    let left: f64 = logs.iter().map(off).sum();
    let error = if logs.len() > 2 { (left / (n - 2.0) / square).sqrt() } else { 0.0 };
    Power { exponent, error, factor: (mean.1 - exponent * mean.0).exp() }
}

impl Power {
    /// The law at x.
    pub fn at(self, x: f64) -> f64 {
        self.factor * x.powf(self.exponent)
    }
}

/// Where two curves over the same ascending, positive x first meet: interpolated as power laws
/// between neighbouring points; `None` if the first stays below the second, or starts above it.
///
/// ```
/// use llm_lab::math::power::crossing;
/// let (square, line) = ([(1.0, 1.0), (10.0, 100.0)], [(1.0, 5.0), (10.0, 50.0)]);
/// assert!((crossing(&square, &line).unwrap() - 5.0).abs() < 1e-9);
/// assert_eq!(crossing(&line, &square), None);
/// ```
pub fn crossing(rising: &[(f64, f64)], other: &[(f64, f64)]) -> Option<f64> {
    let gaps = rising.iter().zip(other).map(|(a, b)| (a.0.ln(), (a.1 / b.1).ln()));
    let gaps: Vec<(f64, f64)> = gaps.collect();
    let pair = gaps.windows(2).find(|pair| pair[0].1 < 0.0 && pair[1].1 >= 0.0)?;
    let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
    Some((x0 - y0 * (x1 - x0) / (y1 - y0)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_point_has_no_law() {
        assert!(fit(&[(2.0, 3.0)]).exponent.is_nan());
        assert_eq!(fit(&[(1.0, 2.0), (2.0, 1.0)]).error, 0.0);
    }

    /// ln y = 0, 1, 0 over ln x = −1, 0, 1: slope 0; the squares left are 2/3, and 2/3 / 1 / 2 = 1/3.
    #[test]
    fn the_error_is_that_of_the_slope() {
        let e = std::f64::consts::E;
        let law = fit(&[(1.0 / e, 1.0), (1.0, e), (e, 1.0)]);
        assert!(law.exponent.abs() < 1e-12);
        assert!((law.error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
