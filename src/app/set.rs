//! `set`: the session's settings by the same names and value parsers as the global options, because
//! its subcommands are made from them: `--seed N` gives `set seed N`.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use super::settings::{Globals, Settings};
use crate::report::{Report, Table, Text, text};

/// One setting to change, or none.
#[derive(Debug, Clone, Default)]
pub struct Set {
    globals: Globals,
    quiet: Option<bool>,
}

impl Set {
    /// Whether nothing is to be changed: then the settings are shown.
    pub fn is_empty(&self) -> bool {
        self.globals == Globals::default() && self.quiet.is_none()
    }

    /// The settings after the change.
    pub fn apply(&self, settings: &Settings) -> Settings {
        let mut new = settings.with(&self.globals);
        new.quiet = self.quiet.unwrap_or(new.quiet);
        new
    }
}

impl Args for Set {
    fn augment_args(command: Command) -> Command {
        let options = Globals::augment_args(Command::new("set"));
        let settings = options.get_arguments().filter_map(|option| {
            let name = option.get_long()?.to_string();
            let about = option.get_help().cloned().unwrap_or_default();
            let mut value = clap::Arg::new(option.get_id().clone())
                .help(about.clone())
                .required(true)
                .value_name(name.to_uppercase());
            value = match option.get_action() {
                ArgAction::Set => value.value_parser(option.get_value_parser().clone()),
                ArgAction::SetTrue => value.value_parser(BoolishValueParser::new()),
                _ => return None,
            };
            Some(Command::new(name).about(about).arg(value))
        });
        command.subcommands(settings.collect::<Vec<_>>())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Set {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Some((name, value)) = matches.subcommand() else { return Ok(Self::default()) };
        let quiet = (name == "quiet").then(|| value.get_flag("quiet"));
        Ok(Self { globals: Globals::from_arg_matches(value)?, quiet })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings as a table.
pub fn report(settings: &Settings) -> Report {
    let lessons = settings.lessons.as_ref().map(|dir| dir.display().to_string());
    let rows = [
        ("seed", settings.seed.to_string()),
        ("out", settings.out.display().to_string()),
        ("format", name(settings.format)),
        ("lang", name(settings.lang)),
        ("lessons", lessons.unwrap_or_else(|| "built-in ‖ 内置".to_string())),
        ("color", name(settings.color)),
        ("view", name(settings.view)),
        ("quiet", if settings.quiet { "on" } else { "off" }.to_string()),
    ];
    let options = Globals::augment_args(Command::new("set"));
    let mut table = Table::new(text("What holds for this session", "本次会话的设置"))
        .words(text("setting", "设置"))
        .words(text("value", "取值"))
        .words(text("meaning", "含义"));
    for (setting, value) in rows {
        let option = options.get_arguments().find(|a| a.get_long() == Some(setting));
        let help = option.and_then(clap::Arg::get_help).map(ToString::to_string);
        table.row(vec![
            setting.into(),
            Text::split(&value).into(),
            Text::split(&help.unwrap_or_default()).into(),
        ]);
    }
    let mut report = Report::new(text("Settings", "设置"));
    report.table(table).say(text(
        "Change one with `set NAME VALUE`, for example `set lang zh`.",
        "用 `set 名称 取值` 修改，例如 `set lang zh`。",
    ));
    report
}

/// A value as one types it.
fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|v| v.get_name().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::grammar::{self, Session};
    use crate::app::parse_command;
    use crate::report::Lang;

    fn after(lines: &[&str]) -> Settings {
        lines.iter().fold(Settings::default(), |settings, line| {
            match parse_command(line).unwrap().command {
                Some(grammar::Command::Session(Session::Set(set))) => set.apply(&settings),
                other => panic!("{line} gave {other:?}"),
            }
        })
    }

    #[test]
    fn every_global_option_can_be_set() {
        assert_eq!(after(&["set seed 3"]).seed, 3);
        assert_eq!(after(&["set lang zh"]).lang, Lang::Zh);
        assert_eq!(after(&["set out there"]).out, std::path::PathBuf::from("there"));
        assert!(after(&["set quiet on"]).quiet);
        assert!(!after(&["set quiet on", "set quiet off"]).quiet);
        assert_eq!(after(&["set"]).seed, Settings::default().seed);
    }

    #[test]
    fn a_wrong_value_says_what_is_allowed() {
        let line = parse_command("set lang fr").unwrap_err().line(Lang::En);
        assert!(line.contains("'fr'") && line.contains("en, zh"), "{line}");
        let line = parse_command("set sed 3").unwrap_err().line(Lang::En);
        assert!(line.contains("'seed'"), "{line}");
    }
}
