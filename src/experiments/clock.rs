//! Honest clocks: what is compared takes turns, some rounds warm up, and a median stands with its
//! quartiles.

use std::time::Instant;

use super::Context;
use crate::report::{Error, Text};

/// Rounds before the clock counts: caches, page tables and threads come up.
pub const WARM_UP: usize = 2;

/// The smallest time that a clock is believed, so that ratios stay finite: 1 ns.
const LEAST: f64 = 1e-9;

/// How long the calls of one function took, in seconds.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Lower quartile, median and upper quartile.
    pub fn quartiles(&self) -> (f64, f64, f64) {
        quartiles(&self.0)
    }

    /// The median.
    pub fn median(&self) -> f64 {
        self.quartiles().1
    }

    /// The shortest: what the machine can do when nothing disturbs it.
    pub fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// How far the middle half of the calls lies apart, as a share of the median.
    pub fn spread(&self) -> f64 {
        let (low, median, high) = self.quartiles();
        (high - low) / median
    }

    /// The median of this function's time over another's, call by call: a slow moment of the machine
    /// slows both.
    pub fn over(&self, other: &Self) -> f64 {
        let ratios: Vec<f64> = self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect();
        quartiles(&ratios).1
    }
}

/// Runs every call [`WARM_UP`] times and then `repeats` times on the clock, in turns. Progress is
/// counted from `done` of `total` rounds.
///
/// # Errors
/// An interruption.
pub fn in_turns(
    context: &Context,
    calls: &mut [Box<dyn FnMut() + '_>],
    repeats: usize,
    (done, total): (usize, usize),
    what: &Text,
) -> Result<Vec<Times>, Error> {
    let mut times = vec![Times::default(); calls.len()];
    for round in 0..WARM_UP + repeats {
        for (call, times) in calls.iter_mut().zip(&mut times) {
            context.step(done * (WARM_UP + repeats) + round, total * (WARM_UP + repeats), what)?;
            let start = Instant::now();
            call();
            let took = start.elapsed().as_secs_f64().max(LEAST);
            if round >= WARM_UP {
                times.0.push(took);
            }
        }
    }
    Ok(times)
}

/// Lower quartile, median and upper quartile.
pub fn quartiles(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[(share * (sorted.len() - 1) as f64).round() as usize];
    (at(0.25), at(0.5), at(0.75))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_cut_the_middle_half() {
        assert_eq!(quartiles(&[5.0, 1.0, 4.0, 2.0, 3.0]), (2.0, 3.0, 4.0));
        assert_eq!(quartiles(&[7.0]), (7.0, 7.0, 7.0));
    }

    #[test]
    fn ratios_are_taken_call_by_call() {
        let slow = Times(vec![2.0, 20.0, 2.0]);
        assert_eq!(slow.over(&Times(vec![1.0, 10.0, 1.0])), 2.0);
        assert_eq!(slow.median(), 2.0);
    }
}
