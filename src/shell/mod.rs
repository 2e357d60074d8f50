//! F5: one-shot commands and the REPL: the only room that reads stdin and writes stdout.

mod complete;
mod editor;
mod highlight;
mod repl;
mod script;
mod session;
mod voice;
mod watch;
mod words;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use crate::app::{Place, Settings, lang_among, settings_from};
use crate::report::{Error, Text};
use session::{Response, Session};

/// The whole program.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut settings = settings_from(|name| std::env::var(name).ok());
    // so that a mistake in the line is told in the language that the line asks for
    settings.lang = lang_among(&words).unwrap_or(settings.lang);
    let mut session = Session::new(settings);
    let done = once(&mut session, &words);
    ended(&done, &session.settings)
}

/// Carries out the process's arguments.
fn once(session: &mut Session, words: &[OsString]) -> Result<(), Error> {
    match session.respond_to(words, Place::Argv)? {
        Response::Nothing | Response::Leave => Ok(()),
        Response::Page(page) => voice::show_page(&page, &session.settings),
        Response::Shown(shown) => voice::show(&shown),
        Response::Opened if std::io::stdin().is_terminal() => repl::run(session),
        Response::Opened => script::run(session),
    }
}

/// Tells an error, if there is one, and gives the exit code.
fn ended(done: &Result<(), Error>, settings: &Settings) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            voice::error(error, &Text::default(), settings);
            ExitCode::from(error.exit_code())
        }
    }
}
