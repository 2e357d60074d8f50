//! Trials of whole families in tests: a command line is run as a learner runs it, for several seeds,
//! and held to what every experiment promises.

use std::collections::HashMap;

use clap::Parser;

use super::{Context, Experiment, Files, NoFiles, Silent, Watcher};
use crate::model::{Transformer, checkpoint};
use crate::report::{Error, Lang, Report, Value};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    experiment: Experiment,
}

/// Reads and runs a line, without `llm-lab`.
pub fn run(line: &str, seed: u64, watcher: &dyn Watcher) -> Result<Report, Error> {
    run_in(line, &Context::new(seed, watcher))
}

/// The same in given surroundings.
pub fn run_in(line: &str, context: &Context) -> Result<Report, Error> {
    let words = ["llm-lab"].into_iter().chain(line.split_whitespace());
    match Line::try_parse_from(words) {
        Ok(line) => line.experiment.run(context),
        Err(error) => panic!("{line}: {error}"),
    }
}

/// Files that lie in memory: small models for a line to open.
#[derive(Default)]
pub struct Shelf(HashMap<String, Vec<u8>>);

impl Shelf {
    /// Puts a model into a folder.
    pub fn model(&mut self, folder: &str, model: &Transformer<f32>) -> Result<(), Error> {
        let parts = checkpoint::save(model)?;
        self.put(folder, "config.json", parts.config);
        self.put(folder, "model.safetensors", parts.weights);
        Ok(())
    }

    /// Puts a file into a folder.
    pub fn put(&mut self, folder: &str, name: &str, bytes: Vec<u8>) {
        self.0.insert(format!("{folder}/{name}"), bytes);
    }

    /// Runs a line that finds these files.
    pub fn run(&self, line: &str) -> Result<Report, Error> {
        run_in(line, &Context::new(0, &Silent).with_files(self))
    }
}

impl Files for Shelf {
    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.0.get(name).cloned().map_or_else(|| NoFiles.read(name), Ok)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        NoFiles.write(name, bytes)
    }
}

/// The line gives a report for several seeds: the same one for the same seed, with metrics, and every
/// number finite but those whose names end in one of `endless`. The last report comes back.
pub fn holds(line: &str, endless: &[&str]) -> Report {
    let once = |seed| run(line, seed, &Silent).unwrap_or_else(|e| panic!("{line}: {e:?}"));
    for seed in [0, 7] {
        let report = once(seed);
        assert_eq!(format!("{report:?}"), format!("{:?}", once(seed)), "{line}, seed {seed}");
        finite(line, &report, endless);
    }
    once(u64::MAX)
}

/// Every metric is finite but those whose names end in one of `endless`.
pub fn finite(line: &str, report: &Report, endless: &[&str]) {
    assert!(!report.metrics.is_empty(), "{line} measures nothing");
    for metric in &report.metrics {
        let excused = endless.iter().any(|end| metric.name.ends_with(end));
        if let (Value::Number(n), false) = (&metric.value, excused) {
            assert!(n.is_finite(), "{line}: {} is {n}", metric.name);
        }
    }
}

/// The line is refused by what it runs, before any work, in one line that says what is wrong.
pub fn refused(line: &str) -> String {
    match run(line, 0, &Silent) {
        Err(error @ Error::Input(_)) => {
            let said = error.line(Lang::En);
            assert!(!said.contains('\n') && !error.line(Lang::Zh).contains('\n'), "{said}");
            said
        }
        other => panic!("{line} gave {other:?}"),
    }
}

/// The line cannot even be read.
pub fn unreadable(line: &str) {
    let words = ["llm-lab"].into_iter().chain(line.split_whitespace());
    assert!(Line::try_parse_from(words).is_err(), "{line} was read");
}

/// Someone who asks to stop at once.
struct Impatient;

impl Watcher for Impatient {
    fn cancelled(&self) -> bool {
        true
    }
}

/// The line can be stopped: it works long enough to be asked.
pub fn stops(line: &str) {
    match run(line, 0, &Impatient) {
        Err(Error::Interrupted) => {}
        other => panic!("{line} did not stop but gave {other:?}"),
    }
}
