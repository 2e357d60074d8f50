//! Commands of the learner: they need the pack and what is remembered.

use super::play::Play;
use super::session::{Response, Session, present};
use super::voice;
use crate::app::grammar::{Learn, Progress as About};
use crate::app::{self, Settings};
use crate::course::progress::Progress;
use crate::course::{Pack, Player, Quiz, overview, recap};
use crate::report::{Error, text};

/// The lesson that `tour` plays.
const TOUR: &str = "tour";

impl Session {
    /// Changes what is remembered of the learner, and says what has to be said about it.
    pub fn remember(&mut self, change: impl Fn(&mut Progress)) {
        self.memory().change(change);
        self.tell();
    }

    /// Answers a command of the learner.
    ///
    /// # Errors
    /// The pack cannot be read, or has not what was asked for.
    pub fn learn(
        &mut self,
        learn: &Learn,
        typed: &str,
        settings: Settings,
    ) -> Result<Response, Error> {
        let pack = app::pack::open(&settings)?.sound()?;
        let report = match learn {
            Learn::Lessons => overview::lessons(&pack, self.memory().progress()),
            Learn::Lesson { id: None, .. } => app::progress::suggestion(&pack, self.memory()),
            Learn::Lesson { id: Some(id), print: true, .. } => recap(&pack.lesson(id)?),
            Learn::Tour { from } => return self.lesson(&pack, TOUR, *from, settings),
            Learn::Lesson { id: Some(id), from, print: false } => {
                return self.lesson(&pack, id, *from, settings);
            }
            Learn::Quiz { topics, count } => {
                let quiz = Quiz::new(&pack.select(topics)?, *count, settings.seed)?;
                return Ok(Response::Play(Play::Quiz(Box::new(quiz)), Box::new(settings)));
            }
            Learn::Progress { action: None } => {
                let lessons = pack.select(&[])?;
                overview::progress(&pack, &lessons, self.memory().progress())
            }
            Learn::Progress { action: Some(About::Reset { topics, all }) } => {
                app::progress::reset(&pack, topics, *all, self.memory())?
            }
        };
        self.tell();
        Ok(Response::Shown(present(&report, typed, &settings)?))
    }

    /// A lesson, from the step where the learner left it or from the one that is asked for.
    fn lesson(
        &mut self,
        pack: &Pack,
        id: &str,
        from: Option<usize>,
        settings: Settings,
    ) -> Result<Response, Error> {
        let lesson = pack.lesson(id)?;
        let step = from.map_or_else(|| self.memory().progress().step(id), |n| n - 1);
        if from.is_some() && step >= lesson.steps.len() {
            return Err(no_step(step + 1, lesson.steps.len(), id));
        }
        self.tell();
        let player = Player::new(lesson, step, settings.seed);
        Ok(Response::Play(Play::Lesson(Box::new(player)), Box::new(settings)))
    }

    /// Says what the memory has to say.
    fn tell(&mut self) {
        for note in self.memory().notes() {
            voice::warning(&note, &self.settings);
        }
    }
}

fn no_step(step: usize, steps: usize, id: &str) -> Error {
    Error::input(text(format!("the lesson has no step {step}"), format!("本课没有第 {step} 步")))
        .allowed(text(format!("1 to {steps}"), format!("1 到 {steps}")))
        .example(format!("llm-lab lesson {id} --from 1"))
}
