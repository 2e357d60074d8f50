//! F4: the one grammar, the session's settings, `execute(command) -> report`, and the store, the
//! only part that opens files.

mod doctor;
mod example;
mod files;
pub mod grammar;
mod help;
mod lab;
pub mod memory;
mod mistake;
pub mod pack;
mod parse;
pub mod pictures;
pub mod progress;
pub mod prove;
mod set;
mod settings;
pub mod setup;
pub mod store;
mod words;

pub use grammar::tree;
pub use lab::Lab;
pub use mistake::{example_for, shown};
pub use parse::{Asked, parse, parse_command};
pub use settings::{Color, Format, Globals, Settings, View, settings_from};
pub use words::{Place, look_among, words};

use crate::experiments::{Context, Watcher};
use crate::report::{Error, Report, text};
use grammar::{Command, Session};

/// Runs one parsed command.
///
/// # Errors
/// What the command gives.
pub fn execute(
    command: &Command,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Report, Error> {
    let files = files::Disk;
    let context = Context::new(settings.seed, watcher).with_files(&files);
    match command {
        Command::Experiment(experiment) => experiment.run(&context),
        Command::Session(Session::Set(change)) => Ok(set::report(&change.apply(settings))),
        Command::Learn(_) | Command::Prove(_) | Command::Setup(_) => {
            Err(Error::input(text("only experiments can be run here", "这里只能运行实验")))
        }
        Command::Session(Session::Exit | Session::Help { .. }) => {
            Err(Error::input(text("there is nothing to leave here", "这里没有可退出的会话")))
        }
    }
}
