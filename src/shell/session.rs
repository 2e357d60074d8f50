//! One session: lines go in, what is to be shown comes out. It prints nothing and reads nothing, so
//! that argv, the REPL and a script share it, and tests can talk to it.

use std::ffi::OsString;
use std::io::IsTerminal;

use super::play::Play;
use super::voice;
use super::watch::Watch;
use crate::app::grammar::{Command, Line, Prove, Session as About};
use crate::app::memory::Memory;
use crate::app::prove::Proof;
use crate::app::{self, Asked, Format, Place, Settings, View};
use crate::render::inline::{Protocol, encode};
use crate::render::{json, picture, terminal};
use crate::report::{Error, Figure, Report, Text, text};

/// What holds from one line to the next.
pub struct Session {
    /// The settings.
    pub settings: Settings,
    /// The learner's progress, read when it is first needed.
    memory: Option<Memory>,
}

/// What a line gives.
#[derive(Debug)]
pub enum Response {
    /// Nothing to show: an empty line, a comment.
    Nothing,
    /// Help, with ANSI colours.
    Page(String),
    /// A report as it is to be shown.
    Shown(String),
    /// A report that says what does not hold, and that in one line.
    Fails(String, Text),
    /// A lesson or a quiz that waits for answers, with the settings of its line.
    Play(Play, Box<Settings>),
    /// Options without a command.
    Opened,
    /// The session is over.
    Leave,
}

impl Session {
    /// A session with its first settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings, memory: None }
    }

    /// What is remembered of the learner.
    pub fn memory(&mut self) -> &mut Memory {
        self.memory.get_or_insert_with(Memory::open)
    }

    /// Answers one line of the REPL or of a script.
    ///
    /// # Errors
    /// What is wrong with the line, or what its command gives.
    pub fn respond(&mut self, line: &str) -> Result<Response, Error> {
        let words: Vec<OsString> = app::words(line)?.into_iter().map(OsString::from).collect();
        if words.is_empty() {
            return Ok(Response::Nothing);
        }
        match self.respond_to(&words, Place::Line)? {
            Response::Opened => {
                Err(Error::input(text("options alone change nothing here", "这里只写选项没有作用"))
                    .allowed(text(
                        "a command with options, or `set`",
                        "带选项的命令，或用 `set` 修改设置",
                    ))
                    .example("set seed 3"))
            }
            response => Ok(response),
        }
    }

    /// Answers words.
    ///
    /// # Errors
    /// As [`Session::respond`].
    pub fn respond_to(&mut self, words: &[OsString], place: Place) -> Result<Response, Error> {
        match app::parse(words, place, self.settings.lang)? {
            Asked::Show(page) => Ok(Response::Page(page)),
            Asked::Run(line) => self.run(&line, &as_typed(words)).map_err(|error| {
                let lessons = line.globals.lessons.as_ref().or(self.settings.lessons.as_ref());
                error.or_example(|| match (&line.command, lessons) {
                    // what is wrong in a folder of lessons is shown whole by its check
                    (Some(Command::Learn(_) | Command::Prove(_)), Some(dir)) => {
                        as_typed(&["llm-lab".into(), "check".into(), dir.into()])
                    }
                    _ => app::example_for(words),
                })
            }),
        }
    }

    fn run(&mut self, line: &Line, typed: &str) -> Result<Response, Error> {
        let settings = self.settings.with(&line.globals);
        let Some(command) = &line.command else {
            self.settings = settings;
            return Ok(Response::Opened);
        };
        match command {
            Command::Learn(learn) => return self.learn(learn, typed, settings),
            Command::Prove(prove) => return proven(prove, typed, &settings),
            Command::Setup(setup) => {
                return held(&app::setup::report(setup, &settings)?, typed, &settings);
            }
            Command::Session(About::Exit) => return Ok(Response::Leave),
            Command::Session(About::Set(change)) => self.settings = change.apply(&settings),
            Command::Experiment(_) => app::pictures::check(&settings)?,
            _ => {}
        }
        let watch = Watch::new(&settings);
        let report = app::execute(command, &settings, &watch)?;
        drop(watch);
        Ok(Response::Shown(present(&report, typed, &settings)?))
    }
}

/// `verify` and `check`.
fn proven(prove: &Prove, typed: &str, settings: &Settings) -> Result<Response, Error> {
    let watch = Watch::new(settings);
    let proof = match prove {
        Prove::Verify { ids, all } => app::prove::verified(ids, *all, settings, &watch)?,
        Prove::Check { dir } => app::prove::checked(dir.as_deref(), settings, &watch)?,
    };
    drop(watch);
    held(&proof, typed, settings)
}

/// A proof as it is shown: what does not hold makes the exit code 1.
fn held(proof: &Proof, typed: &str, settings: &Settings) -> Result<Response, Error> {
    let shown = present(&proof.report, typed, settings)?;
    Ok(match &proof.fails {
        None => Response::Shown(shown),
        Some(fails) => Response::Fails(shown, fails.clone()),
    })
}

/// A report as it is shown, its pictures saved.
///
/// # Errors
/// A picture cannot be drawn or written.
pub fn present(report: &Report, typed: &str, settings: &Settings) -> Result<String, Error> {
    let files = app::pictures::save(report, typed, settings)?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    if settings.format == Format::Json {
        return Ok(json::report(report, typed, &names, settings.lang) + "\n");
    }
    let style = voice::style(settings);
    let mut shown = match protocol(settings) {
        None => terminal::report(report, &style),
        Some(protocol) => terminal::report_with(report, &style, &mut |figure: &Figure| {
            drawn(figure, protocol, &style)
        }),
    };
    if !files.is_empty() {
        shown.push('\n');
    }
    let word = text("Picture: ", "图片：");
    for file in &files {
        let name = style.paint(&file.display().to_string(), terminal::Look::bold());
        shown += &format!("{}{name}\n", word.get(settings.lang));
    }
    Ok(shown)
}

/// The picture inside the terminal; block characters where the protocol cannot carry it.
fn drawn(figure: &Figure, protocol: Protocol, style: &terminal::Style) -> String {
    let columns = style.width.min(100);
    let inline = match protocol {
        Protocol::Blocks => None,
        _ => picture::png(figure).ok().and_then(|png| encode(protocol, &png, columns)),
    };
    match inline {
        Some(escapes) => format!("{escapes}\n"),
        None => terminal::figure(figure, style),
    }
}

/// How pictures are shown now, if at all.
fn protocol(settings: &Settings) -> Option<Protocol> {
    let here = std::io::stdout().is_terminal();
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    match settings.view {
        View::Never => None,
        View::Auto if !here || dumb => None,
        View::Always if !here => Some(Protocol::Blocks),
        _ => Some(Protocol::detect(|name| std::env::var(name).ok())),
    }
}

/// The words as one types them, for the name of a file and for JSON.
fn as_typed(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let quoted = shlex::try_join(words.iter().map(AsRef::as_ref));
    quoted.unwrap_or_else(|_| words.join(" "))
}
