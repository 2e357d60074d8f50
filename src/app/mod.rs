//! F4: the one grammar, the session's settings, `execute(command) -> report`, and the store, the
//! only part that opens files.

pub mod grammar;
mod settings;

pub use settings::{Format, Globals, Settings, View};

use crate::experiments::{Context, Watcher};
use crate::report::{Error, Report};
use grammar::Command;

/// Runs one parsed command.
///
/// # Errors
/// What the command gives.
pub fn execute(
    command: &Command,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Report, Error> {
    let context = Context::new(settings.seed, watcher);
    match command {
        Command::Experiment(experiment) => experiment.run(&context),
    }
}
