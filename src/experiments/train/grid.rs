//! The flags of a training run, each with one value or several: every combination is a recipe.
//!
//! The flags are not written a second time: clap's own list of them is taken, and each is allowed to
//! have more than one value. A switch without a value takes `yes` and `no`.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::experiments::params;
use crate::report::{Error, text};

use super::recipe::Recipe;

/// Combinations that are trained at most.
const MOST: usize = 24;

/// What was given, flag by flag.
#[derive(Debug, Clone)]
pub struct Grid {
    given: Vec<(Flag, Vec<String>)>,
}

/// A flag of the recipe.
#[derive(Debug, Clone)]
struct Flag {
    long: String,
    switch: bool,
}

/// One combination.
pub struct Variant {
    /// The values that differ, such as `rope` or `post-12`.
    pub label: String,
    /// What to train.
    pub recipe: Recipe,
}

impl Grid {
    /// The recipes of every combination, the last flag running fastest.
    ///
    /// # Errors
    /// Bad input if nothing differs, or there are too many combinations.
    pub fn variants(&self, least: usize) -> Result<Vec<Variant>, Error> {
        let count: f64 = self.given.iter().map(|(_, values)| values.len() as f64).product();
        let example = "llm-lab train compare --position rope alibi none";
        if count < least as f64 {
            return Err(Error::input(text("there is nothing to compare", "没有可比较的内容"))
                .allowed(text(
                    "several values after one flag, or after two",
                    "在一两个选项后面各写几个取值",
                ))
                .example(example));
        }
        if count > MOST as f64 {
            return Err(Error::input(text(
                format!("{count} combinations are too many"),
                format!("{count} 种组合太多"),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 种")))
            .example(example));
        }
        let mut lines = vec![(Vec::new(), Vec::new())]; // (labels, words)
        for (flag, values) in &self.given {
            let grown = lines.iter().flat_map(|(labels, words): &(Vec<String>, Vec<String>)| {
                values.iter().map(move |value| {
                    let (mut labels, mut words) = (labels.clone(), words.clone());
                    if values.len() > 1 {
                        labels.push(flag.label(value));
                    }
                    words.extend(flag.word(value));
                    (labels, words)
                })
            });
            lines = grown.collect();
        }
        let variant = |(labels, words): (Vec<String>, Vec<String>)| {
            Ok(Variant { label: labels.join("-"), recipe: recipe(words)? })
        };
        lines.into_iter().map(variant).collect()
    }

    /// The flags that have several values, as typed.
    pub fn differ(&self) -> String {
        let several = self.given.iter().filter(|(_, values)| values.len() > 1);
        several.map(|(flag, _)| format!("`--{}`", flag.long)).collect::<Vec<_>>().join(" × ")
    }
}

impl Flag {
    fn label(&self, value: &str) -> String {
        if self.switch { format!("{}_{value}", self.long) } else { value.to_string() }
    }

    fn word(&self, value: &str) -> Option<String> {
        match (self.switch, value) {
            (false, value) => Some(format!("--{}={value}", self.long)),
            (true, "yes") => Some(format!("--{}", self.long)),
            (true, _) => None,
        }
    }
}

/// The recipe of a line of flags.
///
/// # Errors
/// Bad input, as clap says it.
pub fn recipe(words: Vec<String>) -> Result<Recipe, Error> {
    let command = Recipe::augment_args(Command::new("train").no_binary_name(true));
    let matches = command.try_get_matches_from(words);
    let recipe = matches.and_then(|matches| Recipe::from_arg_matches(&matches));
    recipe.map_err(|error| {
        let said = error.to_string();
        let line = said.lines().next().unwrap_or_default().to_string();
        Error::input(text(line.clone(), line))
    })
}

/// The flags of a recipe.
fn flags() -> Vec<Arg> {
    Recipe::augment_args(Command::new("train")).get_arguments().cloned().collect()
}

impl Args for Grid {
    fn augment_args(command: Command) -> Command {
        let several = |arg: Arg| match arg.get_action() {
            ArgAction::SetTrue => arg
                .action(ArgAction::Append)
                .num_args(1..)
                .value_name("yes|no")
                .value_parser(["yes", "no"]),
            _ => arg.action(ArgAction::Append).num_args(1..),
        };
        command.args(flags().into_iter().map(several))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Grid {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for arg in flags() {
            let id = arg.get_id().as_str();
            let typed = matches.value_source(id) == Some(ValueSource::CommandLine);
            let (true, Some(long), Some(values)) = (typed, arg.get_long(), matches.get_raw(id))
            else {
                continue;
            };
            let words: Option<Vec<String>> =
                values.map(|value| value.to_str().map(str::to_string)).collect();
            let words = words.ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8))?;
            let switch = matches!(arg.get_action(), ArgAction::SetTrue);
            given.push((Flag { long: long.to_string(), switch }, params::distinct(&words)));
        }
        Ok(Self { given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
