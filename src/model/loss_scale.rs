//! Dynamic loss scaling: the largest factor on the loss at which half-precision gradients do not
//! overflow, found as training goes on.

/// The factor and how it moves. Micikevicius et al. 2018, Mixed Precision Training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossScale {
    /// The factor on the loss.
    pub scale: f64,
    /// After how many good steps in a row it doubles.
    pub patience: u64,
    good: u64,
}

impl LossScale {
    /// A factor to start from.
    pub fn new(scale: f64, patience: u64) -> Self {
        Self { scale, patience, good: 0 }
    }

    /// Takes note of a step whose gradient overflowed, or did not. Overflow halves the factor, and
    /// the step has to be skipped: `false` comes back. O(1).
    ///
    /// ```
    /// use llm_lab::model::LossScale;
    /// let mut scale = LossScale::new(1024.0, 2);
    /// assert!(!scale.keep(true) && scale.scale == 512.0);
    /// assert!(scale.keep(false) && scale.scale == 512.0);
    /// assert!(scale.keep(false) && scale.scale == 1024.0);
    /// ```
    pub fn keep(&mut self, overflowed: bool) -> bool {
        if overflowed {
            self.scale /= 2.0;
            self.good = 0;
            return false;
        }
        self.good += 1;
        if self.good >= self.patience {
            self.scale *= 2.0;
            self.good = 0;
        }
        true
    }
}
