//! What there is to see on a curve, found by search on the function itself.

use crate::math::activation::Activation;
use crate::math::search::{bisect, crossings, highest, peak};

/// The lowest point of a curve over the whole line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Minimum {
    /// A valley with its bottom at (x, y).
    Valley(f64, f64),
    /// A plateau of this height, as of ReLU.
    Flat(f64),
    /// The curve only falls towards an end of the line.
    None,
}

/// The features of one curve over the whole line.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The lowest point.
    pub minimum: Minimum,
    /// Where f, f′ and f″ cross zero.
    pub zeros: [Vec<f64>; 3],
    /// The largest f′, or what it tends to.
    pub steepest: f64,
    /// Where f′ is largest, if it has a hill.
    pub steepest_at: Option<f64>,
    /// Where |f″| is largest and what f″ is there; `None` if there is a kink, where f″ is infinite.
    pub bend: Option<(f64, f64)>,
    /// Whether f never falls, or never rises.
    pub monotonic: bool,
}

/// Searches a function over the whole line.
pub fn features(f: Activation) -> Features {
    let grid = line(f);
    let bend = f.kinks().is_empty().then(|| {
        let (x, _) = peak(&grid, |x| f.curvature(x).abs());
        (x, f.curvature(x))
    });
    let (at, steepest) = peak(&grid, |x| f.slope(x));
    let far = f.slope(f64::NEG_INFINITY).max(f.slope(f64::INFINITY));
    let hill = steepest > far + 1e-9;
    let slopes = || grid.iter().map(|&x| f.slope(x));
    Features {
        minimum: minimum(f, &grid),
        zeros: [
            crossings(&grid, |x| f.value(x)),
            crossings(&grid, |x| f.slope(x)),
            crossings(&grid, |x| f.curvature(x)),
        ],
        steepest: steepest.max(far),
        steepest_at: hill.then_some(at),
        bend,
        monotonic: slopes().all(|s| s >= 0.0) || slopes().all(|s| s <= 0.0),
    }
}

/// How far out the search goes: the valley of Swish lies at −1.28/β, and β ≥ 0.001.
const FAR: i32 = 6;

/// An ascending grid over ±10⁶ whose steps are 2 % of x, down to 10⁻⁹: features of every scale.
fn line(f: Activation) -> Vec<f64> {
    let per_decade = 120;
    let logarithmic = (-9 * per_decade..=FAR * per_decade)
        .map(|i| 10_f64.powf(f64::from(i) / f64::from(per_decade)));
    let mut grid: Vec<f64> = logarithmic.flat_map(|x| [-x, x]).chain([0.0]).collect();
    grid.extend(f.kinks());
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    grid
}

/// The lowest point: the grid's lowest, refined by golden-section search and then, as a valley's
/// bottom is too flat to tell more than half of the digits, by bisecting the slope.
fn minimum(f: Activation, grid: &[f64]) -> Minimum {
    let (x, height) = peak(grid, |x| -f.value(x));
    let low = -height;
    // A plateau that begins at 0 is ReLU's; one that begins far out is a tail rounded to its limit.
    if f.value(-1.0) == low && f.value(-2.0) == low {
        return Minimum::Flat(low);
    }
    let end = |x: f64| f.value(x) <= low;
    if end(f64::NEG_INFINITY) || end(f64::INFINITY) {
        return Minimum::None;
    }
    let (a, b) = (x - x.abs() * 0.05, x + x.abs() * 0.05);
    let bottom = highest(|x| -f.value(x), a, b);
    let smooth = f.kinks().iter().all(|k| !(a..=b).contains(k));
    let bottom = if smooth && f.slope(a) < 0.0 && f.slope(b) > 0.0 {
        bisect(|x| f.slope(x), a, b)
    } else {
        bottom
    };
    Minimum::Valley(bottom, f.value(bottom))
}

/// The largest |f − g| of two functions for x in `low ..= high`: where, and how large.
pub fn gap(f: impl Fn(f64) -> f64, g: impl Fn(f64) -> f64, low: f64, high: f64) -> (f64, f64) {
    peak(&window(low, high, 2000), |x| (f(x) - g(x)).abs())
}

/// An ascending grid over a window: equal steps, and finer ones around 0, where steep curves bend.
pub fn window(low: f64, high: f64, steps: usize) -> Vec<f64> {
    let width = high - low;
    let even = (0..=steps).map(|i| low + width * i as f64 / steps as f64);
    let fine = (-400..0).map(|i| width * 10_f64.powf(f64::from(i) / 80.0)).flat_map(|x| [-x, x]);
    let mut grid: Vec<f64> = even.chain(fine).chain([0.0]).collect();
    grid.retain(|x| (low..=high).contains(x));
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valleys_are_found_at_every_scale() {
        for beta in [0.001, 0.1, 1.0, 100.0, 1e6] {
            let Minimum::Valley(x, y) = features(Activation::Swish { beta }).minimum else {
                panic!("no valley for β = {beta}");
            };
            assert!((x * beta + 1.278_464_542_761_074).abs() < 1e-12, "{x} for β = {beta}");
            assert!((y * beta + 0.2784645427610738).abs() < 1e-12, "{y} for β = {beta}");
        }
    }

    #[test]
    fn curves_without_a_valley_have_none() {
        for f in [Activation::Sigmoid, Activation::Tanh, Activation::Softplus, Activation::Identity]
        {
            assert_eq!(features(f).minimum, Minimum::None, "{f:?}");
            assert!(features(f).monotonic);
        }
        assert_eq!(features(Activation::Swish { beta: 0.0 }).minimum, Minimum::None);
        assert_eq!(features(Activation::Relu).minimum, Minimum::Flat(0.0));
    }

    #[test]
    fn gelu_bends_most_at_zero_and_turns_at_root_two() {
        let found = features(Activation::Gelu);
        let (x, y) = found.bend.unwrap();
        assert!(x.abs() < 1e-4 && (y - 0.7978845608).abs() < 1e-8, "{x} {y}");
        assert_eq!(found.zeros[2].len(), 2);
        assert!((found.zeros[2][1] - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!((found.zeros[1][0] + 0.7517915246935645).abs() < 1e-9);
    }

    #[test]
    fn the_tanh_form_is_off_by_less_than_a_thousandth() {
        let (f, g) = (Activation::GeluTanh, Activation::Gelu);
        let (x, error) = gap(|x| f.value(x), |x| g.value(x), -8.0, 8.0);
        assert!((error - 4.73e-4).abs() < 1e-6 && (x - 2.70).abs() < 0.01, "{error} at {x}");
    }
}
