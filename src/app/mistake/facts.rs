//! What clap knows about one error, and how the lab words it.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};

use super::shown;
use crate::app::words;
use crate::report::{Error, Text, text};

/// What clap knows about one error, and where in the tree it happened.
pub struct Facts<'a> {
    /// What clap says.
    pub error: &'a clap::Error,
    /// The command that the words reached.
    pub command: &'a Command,
    /// The commands on the way there, the root first.
    pub path: &'a [&'a Command],
    /// The words as typed.
    pub words: &'a [OsString],
}

impl Facts<'_> {
    fn many(&self, kind: ContextKind) -> Vec<String> {
        match self.error.get(kind) {
            Some(ContextValue::String(one)) => vec![one.clone()],
            Some(ContextValue::Strings(many)) => many.clone(),
            Some(ContextValue::StyledStr(one)) => vec![one.to_string()],
            Some(ContextValue::StyledStrs(many)) => many.iter().map(ToString::to_string).collect(),
            Some(ContextValue::Number(n)) => vec![n.to_string()],
            _ => Vec::new(),
        }
    }

    fn one(&self, kind: ContextKind) -> String {
        self.many(kind).join(", ")
    }

    /// The argument that the error is about, as the learner types it: `--beta`, `<CURVES>`.
    fn argument(&self) -> String {
        short_name(&self.one(ContextKind::InvalidArg))
    }

    /// The argument that the error is about, or that was meant, in the tree.
    pub fn about(&self) -> Option<&Arg> {
        let (wrong, meant) = (self.argument(), self.one(ContextKind::SuggestedArg));
        let meant = meant.split_whitespace().next().unwrap_or_default();
        self.command.get_arguments().find(|arg| {
            let name = short_name(&arg.to_string());
            name == wrong || name == meant
        })
    }

    /// The value as it was typed.
    fn value(&self) -> String {
        let value = self.one(ContextKind::InvalidValue);
        let typed = self.words.iter().find(|word| words::plain(word).to_str() == Some(&value));
        shown(&typed.map_or(value.clone(), |word| word.to_string_lossy().into_owned()))
    }

    /// No command is called so.
    pub fn unknown_command(&self) -> Error {
        let word = shown(&self.one(ContextKind::InvalidSubcommand));
        let (en, zh) = suggestion(&self.many(ContextKind::SuggestedSubcommand));
        let wrong = match self.path.len() {
            1 => text(format!("unknown command '{word}'{en}"), format!("没有命令“{word}”{zh}")),
            _ => {
                let name = self.command.get_name();
                text(
                    format!("{name} does not know '{word}'{en}"),
                    format!("{name} 没有“{word}”{zh}"),
                )
            }
        };
        Error::input(wrong).allowed(Text::same(names(self.command)))
    }

    /// The value is not one of a list, or it is missing.
    pub fn not_among(&self) -> Error {
        let (name, value) = (self.argument(), self.value());
        let valid = self.many(ContextKind::ValidValue);
        let wrong = if value.is_empty() {
            text(format!("{name} needs a value"), format!("{name} 缺少取值"))
        } else {
            let (en, zh) = suggestion(&self.many(ContextKind::SuggestedValue));
            text(
                format!("{name} does not know '{value}'{en}"),
                format!("{name} 没有“{value}”这个取值{zh}"),
            )
        };
        self.allow(wrong, &valid)
    }

    /// The value's own parser refused it and says what is allowed.
    pub fn refused(&self) -> Error {
        let (name, value) = (self.argument(), self.value());
        let said = std::error::Error::source(self.error).map(ToString::to_string);
        let said = said.unwrap_or_else(|| first_line(self.error).to_string());
        Error::input(text(format!("{name} cannot be '{value}'"), format!("{name} 不能是“{value}”")))
            .allowed(Text::split(&said))
    }

    /// No option is called so, or a word is too many.
    pub fn unknown_argument(&self) -> Error {
        let word = shown(&self.one(ContextKind::InvalidArg));
        if !word.starts_with('-') {
            let wrong =
                text(format!("unexpected argument '{word}'"), format!("多余的参数“{word}”"));
            let takes: Vec<_> = self.command.get_positionals().map(ToString::to_string).collect();
            return match takes.is_empty() {
                true => Error::input(wrong).allowed(text("only options here", "这里只能写选项")),
                false => self.allow(wrong, &takes),
            };
        }
        let suggested = self.one(ContextKind::SuggestedArg);
        let suggested: Vec<_> =
            suggested.split_whitespace().next().map(ToString::to_string).into_iter().collect();
        let (en, zh) = suggestion(&suggested);
        let wrong = text(format!("unknown option {word}{en}"), format!("没有选项 {word}{zh}"));
        let own = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set();
        let mut valid: Vec<_> = self.command.get_arguments().filter(own).collect();
        if self.path.len() == 1 || valid.iter().all(|arg| arg.get_long().is_none()) {
            valid = self.command.get_arguments().filter(|arg| !arg.is_hide_set()).collect();
        }
        let valid: Vec<_> =
            valid.iter().filter_map(|a| a.get_long()).map(|l| format!("--{l}")).collect();
        self.allow(wrong, &valid)
    }

    /// A required argument or subcommand is missing.
    pub fn missing(&self) -> Error {
        let place = self.path.iter().skip(1).map(|c| c.get_name()).collect::<Vec<_>>().join(" ");
        let missing = self.many(ContextKind::InvalidArg);
        if missing.is_empty() {
            return Error::input(text(
                format!("'{place}' needs a subcommand"),
                format!("{place} 缺少子命令"),
            ))
            .allowed(Text::same(names(self.command)));
        }
        let list: Vec<_> = missing.iter().map(|m| short_name(m)).collect();
        let wrong = text(
            format!("'{place}' needs {}", list.join(" ")),
            format!("{place} 缺少 {}", list.join(" ")),
        );
        let arg = self.command.get_arguments().find(|a| list.contains(&required_name(a)));
        let error = Error::input(wrong);
        match arg.map(allowed_by) {
            Some(Some(allowed)) => error.allowed(allowed),
            _ => error,
        }
    }

    /// An option is given twice, or with one that it excludes.
    pub fn conflict(&self) -> Error {
        let name = self.argument();
        let prior: Vec<_> =
            self.many(ContextKind::PriorArg).iter().map(|p| short_name(p)).collect();
        if prior.is_empty() || prior == [name.clone()] {
            return Error::input(text(
                format!("{name} is given more than once"),
                format!("{name} 重复出现"),
            ))
            .allowed(text("once", "只写一次"));
        }
        let prior = prior.join(", ");
        Error::input(text(
            format!("{name} cannot be used together with {prior}"),
            format!("{name} 不能与 {prior} 同时使用"),
        ))
        .allowed(text("one of them", "二者择一"))
    }

    /// Too many values, or too few.
    pub fn how_many(&self) -> Error {
        let name = self.argument();
        let of = |kind| self.many(kind).first().cloned();
        let (least, exactly) = (of(ContextKind::MinValues), of(ContextKind::ExpectedNumValues));
        let wrong = match of(ContextKind::ActualNumValues) {
            Some(n) => {
                text(format!("{name} was given {n} values"), format!("{name} 给了 {n} 个值"))
            }
            None => text(
                format!("{name} does not take '{}'", self.value()),
                format!("{name} 不接受“{}”", self.value()),
            ),
        };
        match (exactly, least) {
            (Some(n), _) => {
                Error::input(wrong).allowed(text(format!("exactly {n}"), format!("正好 {n} 个")))
            }
            (None, Some(n)) => {
                Error::input(wrong).allowed(text(format!("at least {n}"), format!("至少 {n} 个")))
            }
            _ => Error::input(wrong),
        }
    }

    fn allow(&self, wrong: Text, valid: &[String]) -> Error {
        let error = Error::input(wrong);
        if !valid.is_empty() {
            return error.allowed(Text::same(valid.join(", ")));
        }
        let name = self.one(ContextKind::InvalidArg);
        let about = self.command.get_arguments().find(|a| a.to_string() == name);
        match about.and_then(allowed_by) {
            Some(allowed) => error.allowed(allowed),
            None => error,
        }
    }
}

/// What an argument takes: its list of values, or what its help says.
fn allowed_by(arg: &Arg) -> Option<Text> {
    let values: Vec<_> =
        arg.get_possible_values().iter().map(|v| v.get_name().to_string()).collect();
    match values.is_empty() {
        false => Some(Text::same(values.join(", "))),
        true => arg.get_help().map(|help| Text::split(&help.to_string())),
    }
}

/// `--beta <N>...` as `--beta`, `<CURVES>...` as `<CURVES>`.
fn short_name(arg: &str) -> String {
    arg.split_whitespace().next().unwrap_or(arg).trim_end_matches('.').to_string()
}

/// A positional as clap names it where it is missing: `<LESSON>`, though `[LESSON]` may be left out.
fn required_name(arg: &Arg) -> String {
    short_name(&arg.to_string()).replace('[', "<").replace(']', ">")
}

/// The names of the subcommands, without those that only repeat help.
fn names(command: &Command) -> String {
    let shown = command.get_subcommands().filter(|c| !c.is_hide_set());
    shown.map(Command::get_name).collect::<Vec<_>>().join(", ")
}

fn suggestion(suggested: &[String]) -> (String, String) {
    match suggested {
        [] => (String::new(), String::new()),
        // clap puts the best last
        [.., best] => (format!(", did you mean '{best}'?"), format!("，是不是“{best}”？")),
    }
}

/// clap's own short words for an error that has none of ours.
pub fn first_line(error: &clap::Error) -> &str {
    error.kind().as_str().unwrap_or("the line cannot be read ‖ 无法解析这一行")
}
