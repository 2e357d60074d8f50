//! The store: where progress and history live, and how progress is written so that nothing is lost.
//!
//! Every change is read, made and written under a lock, so that two processes at once keep both of
//! their answers. The new text goes to a temporary file, is synced, and takes the old one's place in
//! one rename. A file that cannot be read as progress is kept beside it as `.bak`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Serialize, de::DeserializeOwned};

use crate::report::{Error, Text, text};

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

/// One value of type `T` in one JSON file.
pub struct Store<T> {
    path: PathBuf,
    value: PhantomData<T>,
}

/// What was read, and what the learner should know about it.
#[derive(Debug, PartialEq)]
pub struct Found<T> {
    /// The value; the default where there was no file or a damaged one.
    pub value: T,
    /// That a damaged file was put aside, and where.
    pub note: Option<Text>,
}

impl<T: Serialize + DeserializeOwned + Default> Store<T> {
    /// The store in a folder.
    pub fn new(dir: &Path, file: &str) -> Self {
        Self { path: dir.join(file), value: PhantomData }
    }

    /// Reads the value. A damaged file is left where it is until the next change puts it aside.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn load(&self) -> Result<Found<T>, Error> {
        Ok(match self.read()? {
            State::None => Found { value: T::default(), note: None },
            State::Good(value) => Found { value, note: None },
            State::Damaged(why) => {
                let path = self.path.display();
                let note = text(
                    format!("{path} is damaged ({why}) and was left as it is; starting afresh"),
                    format!("{path} 已损坏({why}),原样保留,从头开始"),
                );
                Found { value: T::default(), note: Some(note) }
            }
        })
    }

    /// Reads the value afresh, changes it and writes it, all under the lock; gives the new value.
    ///
    /// # Errors
    /// The folder or a file in it cannot be written.
    pub fn change(&self, change: impl FnOnce(&mut T)) -> Result<Found<T>, Error> {
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
            State::Damaged(why) => Found { value: T::default(), note: Some(self.aside(&why)?) },
            State::None => Found { value: T::default(), note: None },
            State::Good(value) => Found { value, note: None },
        };
        change(&mut found.value);
        self.write(dir, &found.value).map_err(fail)?;
        Ok(found)
    }

    fn read(&self) -> Result<State<T>, Error> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::None),
            Err(e) => {
                return Err(Error::Machine(text(
                    format!("cannot read {}: {e}", self.path.display()),
                    format!("无法读取 {}:{e}", self.path.display()),
                )));
            }
        };
        Ok(match serde_json::from_slice(&bytes) {
            Ok(value) => State::Good(value),
            Err(e) => State::Damaged(e.to_string()),
        })
    }

    /// Moves the damaged file to the first free `.bak` name.
    fn aside(&self, why: &str) -> Result<Text, Error> {
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
            let (path, backup) = (self.path.display(), backup.display());
            return Ok(text(
                format!("{path} was damaged ({why}); it is kept as {backup}"),
                format!("{path} 已损坏({why}),原文件保存为 {backup}"),
            ));
        }
        Err(unwritable(&self.path, &io::Error::other("too many .bak files")))
    }

    fn write(&self, dir: &Path, value: &T) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        serde_json::to_writer_pretty(&mut file, value)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

enum State<T> {
    None,
    Good(T),
    Damaged(String),
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::Machine(text(
        format!("cannot write {}: {error}", path.display()),
        format!("无法写入 {}:{error}", path.display()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Counts = std::collections::BTreeMap<String, u32>;

    fn store(dir: &Path) -> Store<Counts> {
        Store::new(dir, "progress.json")
    }

    fn bump(store: &Store<Counts>, key: &str) -> Found<Counts> {
        store.change(|c| *c.entry(key.to_string()).or_default() += 1).unwrap()
    }

    #[test]
    fn a_change_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir.path().join("new/folder"));
        assert_eq!(store.load().unwrap().value, Counts::new());
        bump(&store, "a");
        bump(&store, "a");
        assert_eq!(store.load().unwrap().value["a"], 2);
    }

    #[test]
    fn two_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|s| {
            for key in ["a", "b", "c", "d"] {
                let store = store(dir.path());
                s.spawn(move || (0..25).for_each(|_| drop(bump(&store, key))));
            }
        });
        let value = store(dir.path()).load().unwrap().value;
        assert_eq!(value.values().sum::<u32>(), 100);
    }

    #[test]
    fn a_damaged_file_is_kept_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let file = |name: &str| dir.path().join(name);
        for (half, backup) in [
            ("{\"a\": ", "progress.json.bak"),
            ("{\"a\": \"x", "progress.json.bak.1"),
            ("\u{0}", "progress.json.bak.2"),
        ] {
            fs::write(file("progress.json"), half).unwrap();
            assert!(store.load().unwrap().note.is_some());
            let found = bump(&store, "b");
            let note = found.note.unwrap();
            assert!(note.en.contains(backup) && !note.en.contains('\n'), "{}", note.en);
            assert_eq!(fs::read_to_string(file(backup)).unwrap(), half);
            assert_eq!(found.value["b"], 1);
        }
        assert_eq!(fs::read_to_string(file("progress.json.bak")).unwrap(), "{\"a\": ");
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let store = store(&file);
        assert_eq!(store.change(|_| {}).unwrap_err().exit_code(), 3);
    }
}
