//! F5: one-shot commands and the REPL: the only room that reads stdin and writes stdout.

mod ask;
mod complete;
mod editor;
mod highlight;
mod learn;
mod play;
mod repl;
mod screen;
mod script;
mod session;
mod voice;
mod watch;
mod words;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use crate::app::{Place, Settings, look_among, settings_from};
use crate::report::{Error, Text};
use ask::Ask;
use session::{Response, Session};

/// The whole program.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut settings = settings_from(|name| std::env::var(name).ok());
    // so that a mistake in the line is told as the line asks for
    let (lang, color) = look_among(&words);
    settings.lang = lang.unwrap_or(settings.lang);
    settings.color = color.unwrap_or(settings.color);
    let mut session = Session::new(settings);
    let done = once(&mut session, &words);
    ended(&done, &session.settings)
}

/// Carries out the process's arguments.
fn once(session: &mut Session, words: &[OsString]) -> Result<(), Error> {
    let response = session.respond_to(words, Place::Argv)?;
    if matches!(response, Response::Opened) {
        return if std::io::stdin().is_terminal() {
            repl::run(session)
        } else {
            script::run(session)
        };
    }
    let settings = session.settings.clone();
    let mut lines = script::Lines::default();
    deliver(response, session, || Ask::stdin(&mut lines, &settings))
}

/// Shows what a line gave; a lesson or a quiz is played with answers from `ask`.
///
/// # Errors
/// The output is gone, or nobody answers.
fn deliver<'a>(
    response: Response,
    session: &mut Session,
    ask: impl FnOnce() -> Result<Ask<'a>, Error>,
) -> Result<(), Error> {
    match response {
        Response::Page(page) => voice::show_page(&page, &session.settings),
        Response::Shown(shown) => voice::show(&shown),
        Response::Fails(shown, fails) => {
            voice::show(&shown)?;
            Err(Error::Fails(fails))
        }
        Response::Play(play, settings) => play::play(play, &settings, session, &mut ask()?),
        Response::Nothing | Response::Opened | Response::Leave => Ok(()),
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
