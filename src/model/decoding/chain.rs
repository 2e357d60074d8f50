//! Processors in a row before a sampler.

use crate::report::Error;

use super::{History, Processor, Sampler};

/// Processors, first to last, and what chooses from the logits that they leave.
pub struct Chain<'a, F> {
    /// What changes the logits.
    pub processors: Vec<Box<dyn Processor<F> + 'a>>,
    /// What chooses.
    pub then: &'a mut dyn Sampler<F>,
}

impl<F> Sampler<F> for Chain<'_, F> {
    fn choose(&mut self, history: History, logits: &mut [F]) -> Result<u32, Error> {
        process(&mut self.processors, history, logits)?;
        self.then.choose(history, logits)
    }
}

/// Hands logits through a row of processors.
///
/// # Errors
/// The first error of one of them.
pub(super) fn process<F>(
    processors: &mut [Box<dyn Processor<F> + '_>],
    history: History,
    logits: &mut [F],
) -> Result<(), Error> {
    processors.iter_mut().try_for_each(|one| one.process(history, logits))
}
