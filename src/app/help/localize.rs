//! The clap tree carries `English ‖ 中文` strings; one walk keeps the right halves, and clap's own
//! headings are translated.

use std::fmt::Write;

use clap::builder::{Resettable, StyledStr, Styles, styling::AnsiColor};
use clap::{Arg, Command};

use crate::app::example;
use crate::app::words::Place;
use crate::report::{Lang, Text};

/// The tree with every string in one language, and usage lines as one types them at this place.
pub fn localized(mut tree: Command, place: Place, lang: Lang) -> Command {
    tree = tree.styles(styles()).max_term_width(100);
    tree.build();
    walk(tree, place, lang)
}

fn walk(command: Command, place: Place, lang: Lang) -> Command {
    let about = one(command.get_about(), lang);
    let long = one(command.get_long_about(), lang);
    let examples = example::written(&command);
    let inner = command.get_name() != "llm-lab";
    let mut command = command
        .about(about)
        .long_about(long)
        .subcommand_help_heading(pick("Commands", "命令", lang))
        .help_template(template(lang))
        .mut_args(|arg| {
            let everywhere = arg.is_global_set();
            localized_arg(arg, lang).hide(inner && everywhere)
        })
        .mut_subcommands(|sub| walk(sub, place, lang));
    if place == Place::Line {
        let name = command.get_bin_name().unwrap_or_default();
        let typed = name.strip_prefix("llm-lab ").unwrap_or(name).to_string();
        command = command.bin_name(typed);
    }
    if !examples.is_empty() {
        let heading = pick("Examples", "例子", lang);
        let style = styles();
        let header = style.get_header();
        let mut lines = format!("{header}{heading}:{header:#}");
        for line in &examples {
            let _ = write!(lines, "\n  {line}");
        }
        command = command.after_help(StyledStr::from(lines));
    }
    command
}

fn localized_arg(arg: Arg, lang: Lang) -> Arg {
    let help = one(arg.get_help(), lang);
    let long = one(arg.get_long_help(), lang);
    let heading = match arg.is_positional() {
        true => pick("Arguments", "参数", lang),
        false => pick("Options", "选项", lang),
    };
    let values = arg.get_possible_values();
    let arg = arg.help(help).long_help(long).help_heading(heading);
    if values.iter().all(|v| v.get_help().is_none()) {
        return arg;
    }
    // the parser is not used after this walk, only its list of values is shown
    let values = values.into_iter().map(|value| {
        let help = one(value.get_help(), lang);
        value.help(help)
    });
    arg.value_parser(values.collect::<Vec<_>>())
}

/// A string of the tree in one language, if there is one.
fn one(both: Option<&StyledStr>, lang: Lang) -> Resettable<StyledStr> {
    match both {
        Some(both) => Resettable::Value(half(&both.to_string(), lang).into()),
        None => Resettable::Reset,
    }
}

/// The right half of each paragraph.
fn half(both: &str, lang: Lang) -> String {
    let paragraphs = both.split("\n\n").map(|p| Text::split(p).get(lang).to_string());
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// clap's own words that no setting reaches.
pub fn in_words(help: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return help.to_string();
    }
    let mut help = help.to_string();
    for (en, zh) in [
        ("[default: ", "[默认："),
        ("[alias: ", "[别名："),
        ("[possible values: ", "[可选："),
        ("Possible values:", "可选的值："),
        ("[aliases: ", "[别名："),
        ("[OPTIONS]", "[选项]"),
        ("[COMMAND]", "[命令]"),
        ("<COMMAND>", "<命令>"),
    ] {
        help = help.replace(en, zh);
    }
    for heading in ["参数", "选项", "命令", "例子"] {
        help = help.replace(&format!("{heading}:"), &format!("{heading}："));
    }
    help
}

fn template(lang: Lang) -> String {
    let usage = pick("Usage:", "用法：", lang);
    let style = styles();
    let head = style.get_header();
    let more = pick(
        "Like every command: --seed, --out, --format, --lang, --view … (`llm-lab --help`)",
        "另有所有命令通用的选项：--seed、--out、--format、--lang、--view 等（见 `llm-lab --help`）",
        lang,
    );
    format!(
        "{{about-with-newline}}\n{head}{usage}{head:#} {{usage}}\n\n{{all-args}}{{after-help}}\n\n{more}\n"
    )
}

/// One of two words.
pub fn pick<'a>(en: &'a str, zh: &'a str, lang: Lang) -> &'a str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// The colours of help.
pub fn styles() -> Styles {
    Styles::plain()
        .header(AnsiColor::Yellow.on_default().bold())
        .usage(AnsiColor::Yellow.on_default().bold())
        .literal(AnsiColor::Green.on_default())
        .placeholder(AnsiColor::Cyan.on_default())
}
