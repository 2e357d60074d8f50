//! How the learning rate moves over a training run.

/// What the rate does after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decay {
    /// It stays.
    Constant,
    /// It falls in a straight line.
    Linear,
    /// It falls along half a cosine (Loshchilov & Hutter 2017).
    Cosine,
    /// It falls as the inverse square root of the step (Vaswani et al. 2017).
    InverseRoot,
    /// It stays, and falls in a straight line over the last steps: warm-up, stable, decay (Hu et al.
    /// 2024, MiniCPM).
    Stable {
        /// How many steps the fall takes.
        fall: u64,
    },
}

/// A schedule: a straight rise, then a decay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// The highest rate.
    pub peak: f64,
    /// Steps of the rise.
    pub warmup: u64,
    /// What comes after.
    pub decay: Decay,
    /// All steps.
    pub steps: u64,
    /// The last rate as a share of the peak, for the linear, the cosine and the late decay.
    pub floor: f64,
}

impl Schedule {
    /// The rate of a step, counted from 1.
    ///
    /// ```
    /// use llm_lab::model::{Decay, Schedule};
    /// let s = Schedule { peak: 1.0, warmup: 10, decay: Decay::Cosine, steps: 110, floor: 0.1 };
    /// assert_eq!([s.rate(5), s.rate(10)], [0.5, 1.0]);
    /// assert!((s.rate(60) - 0.55).abs() < 1e-12 && (s.rate(110) - 0.1).abs() < 1e-12);
    /// ```
    pub fn rate(&self, step: u64) -> f64 {
        if step < self.warmup {
            return self.peak * step as f64 / self.warmup as f64;
        }
        let rest = self.steps.saturating_sub(self.warmup).max(1) as f64;
        let done = ((step - self.warmup) as f64 / rest).min(1.0);
        let share = match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => 1.0 - (1.0 - self.floor) * done,
            Decay::Cosine => {
                let half = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
                self.floor + (1.0 - self.floor) * half
            }
            Decay::Stable { fall } => {
                let left = self.steps.saturating_sub(step) as f64 / fall.max(1) as f64;
                self.floor + (1.0 - self.floor) * left.min(1.0)
            }
            Decay::InverseRoot => (self.warmup.max(1) as f64 / step.max(1) as f64).sqrt(),
        };
        self.peak * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_rises_peaks_and_ends_where_it_should() {
        let at = |decay, step| {
            Schedule { peak: 2.0, warmup: 100, decay, steps: 1000, floor: 0.1 }.rate(step)
        };
        let stable = Decay::Stable { fall: 200 };
        for (decay, end) in [
            (Decay::Constant, 2.0),
            (Decay::Linear, 0.2),
            (Decay::Cosine, 0.2),
            (Decay::InverseRoot, 2.0 * 0.1_f64.sqrt()),
            (stable, 0.2),
        ] {
            assert!((at(decay, 50) - 1.0).abs() < 1e-12 && (at(decay, 100) - 2.0).abs() < 1e-12);
            assert!((at(decay, 1000) - end).abs() < 1e-12, "{decay:?}");
        }
        assert_eq!((at(stable, 800), at(stable, 900)), (2.0, 1.1));
    }
}
