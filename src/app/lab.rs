//! How the course reaches experiments: lines of the one grammar, without the shell.

use super::files::Carried;
use super::grammar::Command;
use super::{Globals, Settings, parse_command};
use crate::course::Runner;
use crate::experiments::{Context, Experiment, Watcher};
use crate::report::{Error, Report, text};

/// Runs the lines of a pack. A pack may come from a stranger: its lines are experiments, which only
/// compute, and they may not say where files go. A line without `--seed` runs with the
/// first seed whatever the session's is, because the words beside it tell that seed's numbers.
pub struct Lab<'a> {
    watcher: &'a dyn Watcher,
}

impl<'a> Lab<'a> {
    /// A runner with its watcher.
    pub fn new(watcher: &'a dyn Watcher) -> Self {
        Self { watcher }
    }

    fn parse(line: &str) -> Result<(Globals, Experiment), Error> {
        let parsed = parse_command(line)?;
        let globals = &parsed.globals;
        let elsewhere = globals.out.is_some() || globals.lessons.is_some();
        match parsed.command {
            Some(Command::Experiment(experiment)) if !elsewhere => {
                Ok((parsed.globals, *experiment))
            }
            _ => Err(Error::input(text(
                format!("a lesson cannot run '{}'", super::shown(line)),
                format!("课程里不能运行“{}”", super::shown(line)),
            ))
            .allowed(text(
                "experiments, without --out and --lessons",
                "实验命令，且不带 --out 与 --lessons",
            ))
            .example("llm-lab plot swish --beta 0.5")),
        }
    }
}

impl Runner for Lab<'_> {
    fn check(&self, line: &str) -> Result<(), Error> {
        Self::parse(line).map(|_| ())
    }

    fn run(&self, line: &str) -> Result<Report, Error> {
        let (globals, experiment) = Self::parse(line)?;
        let settings = Settings::default().with(&globals);
        experiment.run(&Context::new(settings.seed, self.watcher).with_files(&Carried))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::Silent;

    #[test]
    fn a_pack_may_compute_and_nothing_else() {
        let lab = Lab::new(&Silent);
        assert!(lab.check("plot relu --seed 3").is_ok());
        for line in ["plot relu --out /etc", "set seed 3", "exit", "help", "--seed 3", ""] {
            assert!(lab.check(line).is_err(), "{line}");
            assert!(lab.run(line).is_err(), "{line}");
        }
    }
}
