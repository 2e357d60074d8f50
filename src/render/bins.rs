//! Samples as counts, for histograms in pictures and in the terminal.

use super::scale::Span;
use crate::report::{Axis, Histogram};

/// The most bins that a picture can show apart.
const MOST: usize = 200;

/// The counts of every series over one common axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// The axis; the bins divide it evenly.
    pub span: Span,
    /// `counts[series][bin]`.
    pub counts: Vec<Vec<f64>>,
}

impl Bins {
    /// Counts samples that the axis can show into at most `most` bins.
    pub fn of(histogram: &Histogram, axis: &Axis, most: usize) -> Self {
        let bins = histogram.bins.clamp(1, MOST.min(most.max(1)));
        let all = histogram.series.iter().flat_map(|(_, samples)| samples.iter().copied());
        let span = Span::fit(axis, all, 0.0);
        let count = |samples: &[f64]| {
            let mut counts = vec![0.0; bins];
            let places = samples.iter().filter_map(|x| span.place(*x));
            for place in places.filter(|p| (-1e-9..=1.0 + 1e-9).contains(p)) {
                counts[((place * bins as f64) as usize).min(bins - 1)] += 1.0;
            }
            counts
        };
        let counts = histogram.series.iter().map(|(_, samples)| count(samples)).collect();
        Self { span, counts }
    }

    /// How many bins there are.
    pub fn number(&self) -> usize {
        self.counts.first().map_or(1, Vec::len)
    }

    /// The largest count.
    pub fn most(&self) -> f64 {
        self.counts.iter().flatten().fold(0.0f64, |most, c| most.max(*c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_that_can_be_drawn_is_counted_once() {
        let samples = vec![0.0, 0.1, 0.9, 1.0, f64::NAN, f64::INFINITY];
        let histogram = Histogram { series: vec![("a".to_string(), samples)], bins: 2 };
        let bins = Bins::of(&histogram, &Axis::new("x"), 100);
        assert_eq!(bins.counts, [[2.0, 2.0]]);
    }

    #[test]
    fn no_bins_and_no_samples_are_one_empty_bin() {
        let histogram = Histogram { series: vec![(String::new(), vec![])], bins: 0 };
        assert_eq!(Bins::of(&histogram, &Axis::log("x"), 9).counts, [[0.0]]);
    }
}
