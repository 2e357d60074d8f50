//! The REPL: prompts, lines, answers, until the learner leaves.

use std::io::IsTerminal;
use std::path::PathBuf;

use super::ask::Ask;
use super::complete::tree;
use super::editor::{Mode, Prompt, Typed};
use super::session::{Response, Session};
use super::{deliver, voice, watch};
use crate::app::{Settings, store};
use crate::report::{Error, Text, text};

/// Reads lines from the terminal until Ctrl-D or `exit`.
///
/// # Errors
/// Only what ends the session: the terminal or the output is gone.
pub fn run(session: &mut Session) -> Result<(), Error> {
    watch::stay();
    let color = voice::colored(session.settings.color, std::io::stdout().is_terminal());
    let mut prompt = Prompt::new(Mode::Commands, color, tree(&session.settings))?;
    let mut lessons = session.settings.lessons.clone();
    let mut history = history(&session.settings);
    if let Some(file) = &history {
        prompt.recall(file);
    }
    if !session.settings.quiet {
        voice::show(greeting().get(session.settings.lang))?;
    }
    loop {
        let line = match prompt.read("llm-lab> ")? {
            Typed::Line(line) => line,
            Typed::Interrupted => continue,
            Typed::End => return Ok(()),
        };
        if let Err(error) = prompt.remember(&line, history.as_deref()) {
            voice::error(&error, &Text::default(), &session.settings);
            history = None;
        }
        let done = match session.respond(&line) {
            Ok(Response::Leave) => return Ok(()),
            Ok(response) => {
                if session.settings.lessons != lessons {
                    lessons.clone_from(&session.settings.lessons);
                    prompt.know(tree(&session.settings));
                }
                let settings = session.settings.clone();
                deliver(response, session, || Ask::terminal(&settings))
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => {}
            Err(Error::ClosedPipe) => return Ok(()),
            Err(error) => voice::error(&here(error), &Text::default(), &session.settings),
        }
    }
}

/// Where history lies; says so, once, if it cannot be kept.
fn history(settings: &Settings) -> Option<PathBuf> {
    let home = store::home()?;
    match store::make_home(&home) {
        Ok(()) => Some(home.join("history.txt")),
        Err(error) => {
            voice::error(&error, &text("history is not saved: ", "历史不会保存："), settings);
            None
        }
    }
}

/// The error with an example as one types it here.
fn here(mut error: Error) -> Error {
    if let Error::Input(mistake) = &mut error
        && let Some(example) = &mut mistake.example
        && let Some(short) = example.strip_prefix("llm-lab ")
    {
        *example = short.to_string();
    }
    error
}

/// The first words.
fn greeting() -> Text {
    text(
        "llm-lab: learn how language models work by running things. Try:\n\
         \x20 tour                         ten minutes from a text to a generated story\n\
         \x20 plot swish --beta 0.1 1 10   see one activation function change its shape\n\
         \x20 lesson swish                 the lesson behind that picture\n\
         `help` lists everything, Tab completes, Ctrl-D leaves.\n",
        "llm-lab：动手运行，弄懂大语言模型。试试：\n\
         \x20 tour                         十分钟，从一段文本走到生成的故事\n\
         \x20 plot swish --beta 0.1 1 10   看同一个激活函数怎样变形\n\
         \x20 lesson swish                 讲解这幅图的课程\n\
         `help` 列出全部命令，Tab 补全，Ctrl-D 退出。\n",
    )
}
