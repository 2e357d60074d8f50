//! `verify` and `check`: a pack held to what it says.

use std::path::Path;

use super::{Lab, Settings, pack};
use crate::course::{check, verify};
use crate::experiments::{Context, Watcher};
use crate::report::{Error, Report, Text, text};

/// A report, and what does not hold in it.
pub struct Proof {
    /// The report.
    pub report: Report,
    /// How much does not hold, if anything.
    pub fails: Option<Text>,
}

/// Runs claims and myths.
///
/// # Errors
/// The pack cannot be read, an id names nothing, or the learner stopped it.
pub fn verified(
    ids: &[String],
    all: bool,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Proof, Error> {
    let lessons = pack::open(settings)?.sound()?.select(&[])?;
    let context = Context::new(settings.seed, watcher);
    let quietly = Quietly(watcher);
    let lab = Lab::new(&quietly);
    let step = |done, total, what: &Text| context.step(done, total, what);
    let rows = verify::verify(&lessons, ids, all, &lab, &step)?;
    let (report, holds) = verify::report(&rows);
    let bad = rows.iter().filter(|row| !row.verdict.fine()).count();
    let fails = text(
        format!("{bad} of {} do not hold", rows.len()),
        format!("{} 条中有 {bad} 条不成立", rows.len()),
    );
    Ok(Proof { report, fails: (!holds).then_some(fails) })
}

/// Checks the pack of a folder, or the one in use.
///
/// # Errors
/// The folder cannot be read, or the learner stopped it.
pub fn checked(
    dir: Option<&Path>,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Proof, Error> {
    let pack = match dir {
        Some(dir) => pack::from_folder(dir)?,
        None => pack::open(settings)?,
    };
    let context = Context::new(settings.seed, watcher);
    let quietly = Quietly(watcher);
    let lab = Lab::new(&quietly);
    let problems = check::check(&pack, &lab, &|done, total, what| context.step(done, total, what))?;
    let n = problems.len();
    let fails = text(
        format!("{n} problem{} in the pack", if n == 1 { "" } else { "s" }),
        format!("课程包里有 {n} 个问题"),
    );
    Ok(Proof { report: check::report(&pack, &problems), fails: (n > 0).then_some(fails) })
}

/// Can be stopped, and leaves the progress bar to the whole instead of to each experiment in it.
struct Quietly<'a>(&'a dyn Watcher);

impl Watcher for Quietly<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}
