//! A runner that runs equal commands once: claims, drills and the check share reports.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Runner;
use crate::report::{Error, Report, Text};

/// Says that `done` of `total` are finished; an error stops the work.
pub type Step<'a> = &'a dyn Fn(usize, usize, &Text) -> Result<(), Error>;

type Result<T, E = Error> = std::result::Result<T, E>;

/// Remembers what each command gave.
pub(super) struct Once<'a> {
    runner: &'a dyn Runner,
    seen: RefCell<HashMap<String, Result<Rc<Report>>>>,
}

impl<'a> Once<'a> {
    pub fn new(runner: &'a dyn Runner) -> Self {
        Self { runner, seen: RefCell::default() }
    }

    /// The report of a line, run at most once.
    pub fn report(&self, line: &str) -> Result<Rc<Report>> {
        if let Some(known) = self.seen.borrow().get(line) {
            return known.clone();
        }
        let result = self.runner.run(line).map(Rc::new);
        if result != Err(Error::Interrupted) {
            self.seen.borrow_mut().insert(line.to_string(), result.clone());
        }
        result
    }
}

impl Runner for Once<'_> {
    fn check(&self, line: &str) -> Result<()> {
        self.runner.check(line)
    }

    fn run(&self, line: &str) -> Result<Report> {
        self.report(line).map(|report| (*report).clone())
    }
}
