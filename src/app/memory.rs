//! What the session remembers of the learner: the progress, saved after every change. Where it cannot
//! be saved, that is said once, and the session goes on with what it has in memory.

use super::store::{Store, home};
use crate::course::progress::Progress;
use crate::report::{Error, Text, text};

/// The progress and where it is kept.
pub struct Memory {
    store: Option<Store>,
    progress: Progress,
    notes: Vec<Text>,
}

impl Memory {
    /// Reads what earlier sessions left.
    pub fn open() -> Self {
        let store = home().map(|dir| Store::new(&dir));
        let mut memory = Self { store, progress: Progress::default(), notes: Vec::new() };
        match memory.store.as_ref().map(Store::load) {
            None => memory.notes.push(unsaved(&text("no home folder", "找不到用户目录"))),
            Some(Ok(found)) => {
                memory.progress = found.progress;
                memory.notes.extend(found.note);
            }
            Some(Err(error)) => memory.give_up(&error),
        }
        memory
    }

    /// What is remembered.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Where it is kept, if it is.
    pub fn place(&self) -> Option<String> {
        self.store.as_ref().map(|store| store.path().display().to_string())
    }

    /// Changes what is remembered and saves it.
    pub fn change(&mut self, change: impl Fn(&mut Progress)) {
        match self.store.as_ref().map(|store| store.change(&change)) {
            Some(Ok(found)) => {
                self.progress = found.progress;
                self.notes.extend(found.note);
            }
            Some(Err(error)) => {
                self.give_up(&error);
                change(&mut self.progress);
            }
            None => change(&mut self.progress),
        }
    }

    /// What the learner should be told, once.
    pub fn notes(&mut self) -> Vec<Text> {
        std::mem::take(&mut self.notes)
    }

    fn give_up(&mut self, error: &Error) {
        use crate::report::Lang;
        self.notes.push(unsaved(&text(error.line(Lang::En), error.line(Lang::Zh))));
        self.store = None;
    }
}

fn unsaved(why: &Text) -> Text {
    text(
        format!("progress is not saved in this session: {}", why.en),
        format!("本次会话的进度不会保存：{}", why.zh),
    )
}
