//! The loop around a lesson or a quiz: show, read, answer, save.

use jiff::Timestamp;

use super::ask::Ask;
use super::editor::Typed;
use super::session::Session;
use super::watch::Watch;
use super::{screen, voice};
use crate::app::{Lab, Settings};
use crate::course::{Graded, Player, Quiz, Reply, Runner, State};
use crate::report::{Error, Text, text};

/// Something that is played: a line goes in, a reply comes out.
#[derive(Debug)]
pub enum Play {
    /// A lesson.
    Lesson(Box<Player>),
    /// A quiz.
    Quiz(Box<Quiz>),
}

impl Play {
    fn open(&mut self, runner: &dyn Runner) -> Reply {
        match self {
            Self::Lesson(player) => player.open(runner),
            Self::Quiz(quiz) => quiz.open(runner),
        }
    }

    fn respond(&mut self, line: &str, runner: &dyn Runner) -> Reply {
        match self {
            Self::Lesson(player) => player.respond(line, runner),
            Self::Quiz(quiz) => quiz.respond(line, runner),
        }
    }

    /// The lesson's id and the step at which it stands.
    fn place(&self) -> Option<(&str, usize)> {
        match self {
            Self::Lesson(player) => Some((&player.lesson().header.id, player.position())),
            Self::Quiz(_) => None,
        }
    }

    fn prompt(&self) -> String {
        match self.place() {
            Some((id, _)) => format!("{id}> "),
            None => "quiz> ".to_string(),
        }
    }

    /// Said when the answers end before the play does.
    fn how_to_resume(&self) -> Text {
        match self.place() {
            Some((id, step)) => {
                let n = step + 1;
                text(
                    format!("Kept at step {n}; `llm-lab lesson {id}` goes on."),
                    format!("已保存在第 {n} 步；输入 `llm-lab lesson {id}` 继续。"),
                )
            }
            None => text(
                "The answers so far are kept; `llm-lab quiz` asks again.",
                "已作答的题目均已保存；输入 `llm-lab quiz` 重新开始。",
            ),
        }
    }
}

/// Plays until the end, until the learner leaves, or until the answers end.
///
/// # Errors
/// The output is gone, or nobody is there to answer.
pub fn play(
    mut play: Play,
    settings: &Settings,
    session: &mut Session,
    ask: &mut Ask,
) -> Result<(), Error> {
    let mut answered = false;
    let mut reply = play.open(&Lab::new(&Watch::new(settings)));
    loop {
        keep(&play, &reply, session);
        screen::show(&reply.parts, settings)?;
        if reply.state != State::Waiting {
            return Ok(());
        }
        match ask.read(&play.prompt())? {
            Typed::Line(line) => {
                answered = true;
                reply = play.respond(&line, &Lab::new(&Watch::new(settings)));
            }
            // Ctrl-C clears the line and shows nothing anew
            Typed::Interrupted => reply = Reply::waiting(Vec::new()),
            Typed::End if ask.is_pipe() && !answered => return Err(nobody(&play)),
            Typed::End => {
                voice::note(&play.how_to_resume(), settings);
                return Ok(());
            }
        }
    }
}

/// Saves what a reply brought: answers first, then the place.
fn keep(play: &Play, reply: &Reply, session: &mut Session) {
    let at = Timestamp::now().to_string();
    let finished = reply.state == State::Finished;
    let lesson = play.place().map(|(id, step)| (id.to_string(), step));
    if reply.graded.is_empty() && lesson.is_none() {
        return;
    }
    session.remember(|progress| {
        reply.graded.iter().for_each(|graded: &Graded| progress.answer(graded, &at));
        match &lesson {
            Some((id, _)) if finished => progress.finish(id, &at),
            Some((id, step)) => progress.visit(id, *step, &at),
            None => {}
        }
    });
}

/// Nobody answers: stdin was at its end before the first answer.
fn nobody(play: &Play) -> Error {
    let example = match play.place() {
        Some((id, _)) => format!("llm-lab lesson {id} --print"),
        None => "printf 'a\\nquit\\n' | llm-lab quiz".to_string(),
    };
    Error::input(text("nobody answers: stdin is at its end", "没有人作答：标准输入已经结束"))
        .allowed(text("a terminal, or a pipe with one answer a line", "终端，或每行一个答案的管道"))
        .example(example)
}
