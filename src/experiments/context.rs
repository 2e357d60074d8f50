//! What an experiment is given besides its parameters: a seed, and someone who watches.

use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::report::{Error, Text, text};

/// Whoever watches a computation: shows its progress, and may ask it to stop.
pub trait Watcher {
    /// `done` of `total` steps of `what` are finished.
    fn progress(&self, _done: usize, _total: usize, _what: &Text) {}

    /// Something worth saying while it computes: shown beside the progress, kept nowhere.
    fn note(&self, _words: &Text) {}

    /// Whether the learner has asked to stop (Ctrl-C).
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches: tests, claims.
pub struct Silent;

impl Watcher for Silent {}

/// Where texts come from and results may go. An experiment opens no file itself.
pub trait Files {
    /// The bytes behind a name: a path, or a text that the lab carries (`lessons-en`, `lessons-zh`).
    ///
    /// # Errors
    /// If it cannot be read or is too large.
    fn read(&self, name: &str) -> Result<Vec<u8>, Error>;

    /// Keeps a result under a name.
    ///
    /// # Errors
    /// If nothing may be written, or the machine fails.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error>;
}

/// No files: nothing can be read or written.
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        Err(Error::input(text(
            format!("{name} cannot be read here"),
            format!("这里不能读取 {name}"),
        )))
    }

    fn write(&self, name: &str, _: &[u8]) -> Result<(), Error> {
        Err(Error::input(text(
            format!("{name} cannot be written here"),
            format!("这里不能写入 {name}"),
        )))
    }
}

/// The surroundings of one run of an experiment.
pub struct Context<'a> {
    /// One seed gives one result, to the bit.
    pub seed: u64,
    watcher: &'a dyn Watcher,
    files: &'a dyn Files,
}

impl<'a> Context<'a> {
    /// A context with its seed and its watcher.
    pub fn new(seed: u64, watcher: &'a dyn Watcher) -> Self {
        Self { seed, watcher, files: &NoFiles }
    }

    /// The same with files.
    pub fn with_files(mut self, files: &'a dyn Files) -> Self {
        self.files = files;
        self
    }

    /// The same surroundings with another seed.
    pub fn reseeded(&self, seed: u64) -> Self {
        Self { seed, watcher: self.watcher, files: self.files }
    }

    /// Where texts come from and results may go.
    pub fn files(&self) -> &dyn Files {
        self.files
    }

    /// A random generator of its own for each `stream`, so that one part of an experiment can draw
    /// more numbers without changing those of another.
    pub fn rng(&self, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stream);
        rng
    }

    /// Says that `done` of `total` steps are finished. Call it at least every 50 ms of computation.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once the learner has asked to stop; pass it on with `?`.
    pub fn step(&self, done: usize, total: usize, what: &Text) -> Result<(), Error> {
        if self.watcher.cancelled() {
            return Err(Error::Interrupted);
        }
        self.watcher.progress(done, total, what);
        Ok(())
    }

    /// Says something while the computation goes on.
    pub fn note(&self, words: &Text) {
        self.watcher.note(words);
    }
}
