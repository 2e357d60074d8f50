//! Where a value lies along an axis, and which values get a tick: shared by pictures and terminal.

use crate::report::{Axis, Scale, number};

/// An axis fitted to data: its ends and how it runs between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    low: f64,
    high: f64,
    scale: Scale,
}

/// A value with its tick label.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where.
    pub value: f64,
    /// What stands there.
    pub label: String,
}

/// Values beyond this cannot be drawn: their differences would overflow.
const HUGE: f64 = 1e300;
/// Smaller differences than this are none.
const TINY: f64 = 1e-290;

impl Span {
    /// The ends for `values`, widened by `margin` of the whole on each side unless the axis fixes
    /// them. Values that cannot be drawn (NaN, infinite, not positive on a logarithmic axis) do not
    /// count; without any it runs from 0 to 1 (1 to 10).
    pub fn fit(axis: &Axis, values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let scale = axis.scale;
        let log = scale == Scale::Log;
        if !axis.names.is_empty() {
            return Self { low: -0.5, high: axis.names.len() as f64 - 0.5, scale: Scale::Linear };
        }
        let fits = |x: &f64| x.is_finite() && (!log || *x > TINY);
        if let Some((low, high)) = axis.range.filter(|(l, h)| fits(l) && fits(h) && l < h) {
            return Self { low: low.max(-HUGE), high: high.min(HUGE), scale };
        }
        let ends = values.filter(fits).fold(None, |ends: Option<(f64, f64)>, x| {
            let x = x.clamp(-HUGE, HUGE);
            Some(ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x))))
        });
        let (low, high) = match ends {
            None if log => (1.0, 10.0),
            None => (0.0, 1.0),
            Some(ends) => ends,
        };
        let inner = Self { low, high, scale };
        inner.apart().wider(margin)
    }

    /// The same ends, moved apart where all values are one.
    fn apart(self) -> Self {
        let Self { low, high, scale } = self;
        if scale == Scale::Log {
            if high.ln() - low.ln() > 1e-9 {
                self
            } else {
                Self { low: low / 2.0, high: high * 2.0, scale }
            }
        } else if high - low > (low.abs().max(high.abs()) * 1e-12).max(TINY) {
            self
        } else {
            let half = if low.abs() < TINY { 1.0 } else { low.abs() * 0.1 };
            Self { low: low - half, high: high + half, scale }
        }
    }

    fn wider(self, margin: f64) -> Self {
        let (low, high) = (self.value(-margin), self.value(1.0 + margin));
        Self { low, high, ..self }
    }

    /// The lower end.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper; `None` if it cannot be drawn.
    pub fn place(&self, value: f64) -> Option<f64> {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value > 0.0 => {
                (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
            }
            Scale::Log => return None,
        };
        place.is_finite().then_some(place)
    }

    /// The value at a place.
    pub fn value(&self, place: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + (self.high - self.low) * place,
            Scale::Log => {
                let (low, high) = (self.low.ln(), self.high.ln());
                (low + (high - low) * place).clamp(-700.0, 700.0).exp()
            }
        }
    }

    /// About `count` round values between the ends, with labels.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        let count = count.max(2);
        match self.scale {
            Scale::Linear => self.linear_ticks(count),
            Scale::Log => self.log_ticks(count),
        }
    }

    fn linear_ticks(&self, count: usize) -> Vec<Tick> {
        let step = round_step((self.high - self.low) / count as f64);
        let (first, last) = ((self.low / step - 1e-9).ceil(), (self.high / step + 1e-9).floor());
        let steps = (last - first).clamp(0.0, 50.0) as usize;
        let values: Vec<f64> = (0..=steps).map(|i| (first + i as f64) * step).collect();
        let most = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        values
            .into_iter()
            .map(|value| Tick { value, label: linear_label(value, step, most) })
            .collect()
    }

    fn log_ticks(&self, count: usize) -> Vec<Tick> {
        let (from, to) = (self.low.log10(), self.high.log10());
        let decades = to - from;
        if decades < 0.7 {
            let linear = Self { scale: Scale::Linear, ..*self };
            return linear.linear_ticks(count);
        }
        let factors: &[f64] = if decades < 2.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let skip = (decades / count as f64).ceil().max(1.0) as i32;
        let (first, last) = (from.floor() as i32, to.ceil() as i32);
        let mut ticks = Vec::new();
        for power in (first..=last).filter(|p| p.rem_euclid(skip) == 0) {
            for factor in factors {
                let value = factor * 10f64.powi(power);
                if value >= self.low * (1.0 - 1e-9) && value <= self.high * (1.0 + 1e-9) {
                    ticks.push(Tick { value, label: log_label(*factor, power) });
                }
            }
        }
        ticks
    }
}

/// The next of 1, 2, 2.5, 5, 10 times a power of ten.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|f| f * power >= rough * 0.999);
    step.unwrap_or(10.0) * power
}

/// A tick's number, with as many decimals as the step has.
fn linear_label(value: f64, step: f64, most: f64) -> String {
    if value.abs() < step * 1e-6 {
        return "0".to_string();
    }
    if (1e-4..1e6).contains(&most) {
        let decimals = decimals(step);
        if most >= 1e4 && decimals == 0 {
            return minus(&number(value.round()));
        }
        return minus(&format!("{value:.decimals$}"));
    }
    let power = most.log10().floor() as i32;
    let unit = 10f64.powi(power);
    let decimals = decimals(step / unit);
    minus(&format!("{:.decimals$}×10{}", value / unit, superscript(power)))
}

/// How many decimals tell multiples of `step` apart.
fn decimals(step: f64) -> usize {
    (0..15)
        .find(|d| {
            let scaled = step * 10f64.powi(*d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs() && scaled.round() >= 1.0
        })
        .unwrap_or(15) as usize
}

fn log_label(factor: f64, power: i32) -> String {
    if (-3..=4).contains(&power) {
        return number(factor * 10f64.powi(power));
    }
    let power = superscript(power);
    if factor == 1.0 { format!("10{power}") } else { format!("{factor}×10{power}") }
}

/// A hyphen at the beginning as a true minus sign.
fn minus(label: &str) -> String {
    label.strip_prefix('-').map_or_else(|| label.to_string(), |rest| format!("−{rest}"))
}

/// A whole number in raised digits.
pub fn superscript(n: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁴' as u32 + c as u32 - '4' as u32).unwrap_or(c),
    };
    n.to_string().chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: Axis, values: &[f64]) -> Vec<String> {
        let span = Span::fit(&axis, values.iter().copied(), 0.0);
        span.ticks(5).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn round_numbers_between_the_ends() {
        assert_eq!(labels(Axis::new("x"), &[-4.0, 4.0]), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(labels(Axis::new("x"), &[0.0, 0.3]), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(Axis::new("x"), &[0.0, 4e9]), ["0", "1×10⁹", "2×10⁹", "3×10⁹", "4×10⁹"]);
        assert_eq!(labels(Axis::new("x"), &[0.0, 40_000.0]).last().unwrap(), "40,000");
    }

    #[test]
    fn decades_on_a_logarithmic_axis() {
        assert_eq!(labels(Axis::log("x"), &[1.0, 1000.0]), ["1", "10", "100", "1,000"]);
        assert_eq!(labels(Axis::log("x"), &[1e-8, 1.0]), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"]);
        assert_eq!(labels(Axis::log("x"), &[1.0, 20.0]), ["1", "2", "5", "10", "20"]);
    }

    #[test]
    fn constant_empty_and_unfit_data_have_an_axis() {
        assert_eq!(labels(Axis::new("x"), &[]).len(), 6);
        assert!(labels(Axis::new("x"), &[3.0]).contains(&"3.0".to_string()));
        assert!(!labels(Axis::log("x"), &[-1.0, 0.0, f64::NAN]).is_empty());
    }

    proptest! {
        #[test]
        fn any_data_gives_ordered_ends_and_few_ticks(values in prop::collection::vec(any::<f64>(), 0..5), log: bool) {
            let axis = if log { Axis::log("") } else { Axis::new("") };
            let span = Span::fit(&axis, values.iter().copied(), 0.05);
            prop_assert!(span.low() < span.high() && span.low().is_finite() && span.high().is_finite());
            prop_assert!(span.ticks(5).len() <= 51);
            for value in values.iter().filter(|v| v.is_finite() && (!log || **v > TINY)) {
                let place = span.place(value.clamp(-HUGE, HUGE)).unwrap();
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&place));
            }
        }
    }
}
