//! The store: where progress and history live, and how progress is written so that nothing is lost.
//!
//! Every change is read, made and written under a lock, so that two processes at once keep both of
//! their answers. The new text goes to a temporary file, is synced, and takes the old one's place in
//! one rename. A file that cannot be read as progress is kept beside it as `.bak`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use crate::course::progress::{FORMAT, Progress};
use crate::report::{Error, Lang, Text, text};

/// The folder of progress and history: `LLM_LAB_HOME`, or the platform's data folder.
pub fn home() -> Option<PathBuf> {
    match std::env::var_os("LLM_LAB_HOME") {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir)),
        _ => Some(etcetera::choose_base_strategy().ok()?.data_dir().join("llm-lab")),
    }
}

/// Makes the folder, if it can be made.
///
/// # Errors
/// The machine's reason.
pub fn make_home(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|e| unwritable(dir, &e))
}

/// The progress file.
pub struct Store {
    path: PathBuf,
}

/// What was read, and what the learner should know about it.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// The progress; an empty one where there was no file or a damaged one.
    pub progress: Progress,
    /// That the file is damaged, and where it is kept.
    pub note: Option<Text>,
}

impl Store {
    /// The store in a folder.
    pub fn new(dir: &Path) -> Self {
        Self { path: dir.join("progress.json") }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the progress. A damaged file is left where it is until the next change puts it aside.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn load(&self) -> Result<Found, Error> {
        Ok(match self.read()? {
            State::None => Found { progress: Progress::default(), note: None },
            State::Good(progress) => Found { progress, note: None },
            State::Damaged(why) => {
                let path = self.path.display();
                let note = text(
                    format!("{path}: {}; it is left as it is, starting afresh", why.en),
                    format!("{path}：{}；原样保留，从头开始", why.zh),
                );
                Found { progress: Progress::default(), note: Some(note) }
            }
        })
    }

    /// Reads the progress afresh, changes it and writes it, all under the lock; gives the new progress.
    ///
    /// # Errors
    /// The folder or a file in it cannot be written.
    pub fn change(&self, change: impl FnOnce(&mut Progress)) -> Result<Found, Error> {
        let fail = |e: io::Error| unwritable(&self.path, &e);
        let dir = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(fail)?;
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.with_extension("lock"))
            .map_err(fail)?;
        let mut lock = fd_lock::RwLock::new(lock);
        let _guard = lock.write().map_err(fail)?;
        let mut found = match self.read()? {
            State::Damaged(why) => {
                Found { progress: Progress::default(), note: Some(self.aside(&why)?) }
            }
            State::None => Found { progress: Progress::default(), note: None },
            State::Good(progress) => Found { progress, note: None },
        };
        change(&mut found.progress);
        self.write(dir, &found.progress).map_err(fail)?;
        Ok(found)
    }

    fn read(&self) -> Result<State, Error> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::None),
            Err(e) => {
                return Err(Error::Machine(text(
                    format!("cannot read {}: {e}", self.path.display()),
                    format!("无法读取 {}：{e}", self.path.display()),
                )));
            }
        };
        let json = String::from_utf8_lossy(&bytes);
        match Progress::from_json(&json) {
            Ok(progress) => Ok(State::Good(progress)),
            // a newer program's file is not damaged, and not ours to put aside
            Err(error) if newer(&json) => Err(Error::Machine(text(
                format!("{}: {}", self.path.display(), error.line(Lang::En)),
                format!("{}：{}", self.path.display(), error.line(Lang::Zh)),
            ))),
            Err(error) => Ok(State::Damaged(text(error.line(Lang::En), error.line(Lang::Zh)))),
        }
    }

    /// Moves the damaged file to the first free `.bak` name.
    fn aside(&self, why: &Text) -> Result<Text, Error> {
        let name = |n: usize| match n {
            0 => self.path.with_extension("json.bak"),
            n => self.path.with_extension(format!("json.bak.{n}")),
        };
        for backup in (0..10_000).map(name) {
            // a hard link never replaces what is there
            match fs::hard_link(&self.path, &backup) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(_) if !backup.exists() => {
                    fs::rename(&self.path, &backup).map_err(|e| unwritable(&self.path, &e))?;
                }
                Err(_) => continue,
            }
            let backup = backup.display();
            return Ok(text(
                format!("{}; the file is kept as {backup}", why.en),
                format!("{}；原文件保存为 {backup}", why.zh),
            ));
        }
        Err(unwritable(&self.path, &io::Error::other("too many .bak files")))
    }

    fn write(&self, dir: &Path, progress: &Progress) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(progress.to_json().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Whether a newer program wrote this.
fn newer(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    serde_json::from_str::<Version>(json).is_ok_and(|version| version.format > FORMAT)
}

enum State {
    None,
    Good(Progress),
    Damaged(Text),
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::Machine(text(
        format!("cannot write {}: {error}", path.display()),
        format!("无法写入 {}：{error}", path.display()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2026-01-01T00:00:00Z";

    fn finish(store: &Store, lesson: &str) -> Found {
        store.change(|progress| progress.finish(lesson, AT)).unwrap()
    }

    #[test]
    fn a_change_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&dir.path().join("new/folder"));
        assert_eq!(store.load().unwrap().progress, Progress::default());
        finish(&store, "a");
        finish(&store, "b");
        let found = store.load().unwrap();
        assert!(found.progress.done("a") && found.progress.done("b") && found.note.is_none());
    }

    #[test]
    fn two_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|s| {
            for thread in 0..4 {
                let store = Store::new(dir.path());
                s.spawn(move || {
                    (0..10).for_each(|i| drop(finish(&store, &format!("{thread}-{i}"))))
                });
            }
        });
        let progress = Store::new(dir.path()).load().unwrap().progress;
        assert_eq!(progress.lessons.len(), 40);
    }

    #[test]
    fn a_damaged_file_is_kept_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let file = |name: &str| dir.path().join(name);
        let whole = Progress::default().to_json();
        let half = &whole[..whole.len() / 2];
        for (damaged, backup) in
            [(half, "progress.json.bak"), ("x", "progress.json.bak.1"), ("", "progress.json.bak.2")]
        {
            fs::write(store.path(), damaged).unwrap();
            assert!(store.load().unwrap().note.is_some());
            let found = finish(&store, "b");
            let note = found.note.unwrap();
            assert!(note.en.ends_with(backup) && !note.en.contains('\n'), "{}", note.en);
            assert_eq!(fs::read_to_string(file(backup)).unwrap(), damaged);
            assert!(store.load().unwrap().progress.done("b"));
        }
        assert_eq!(fs::read_to_string(file("progress.json.bak")).unwrap(), half);
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        fs::write(store.path(), r#"{"format": 9, "more": []}"#).unwrap();
        assert_eq!(store.change(|_| {}).unwrap_err().exit_code(), 3);
        assert!(fs::read_to_string(store.path()).unwrap().contains("more"));
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        assert_eq!(Store::new(&file).change(|_| {}).unwrap_err().exit_code(), 3);
    }
}
