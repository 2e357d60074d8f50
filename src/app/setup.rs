//! What a shell takes from the lab: completions and the manual page, both from the one tree.

use std::ffi::OsString;
use std::io;

use clap_complete::aot::generate;
use clap_mangen::roff::{Roff, roman};

use super::grammar::Setup;
use super::{doctor, help};
use crate::app::Settings;
use crate::app::prove::Proof;
use crate::report::{Error, Lang, Report, text};

/// The program's name, as a shell knows it.
const NAME: &str = "llm-lab";

/// Carries out a command of this group.
///
/// # Errors
/// If the page cannot be written down, or the pack cannot be read.
pub fn report(setup: &Setup, settings: &Settings) -> Result<Proof, Error> {
    let lang = settings.lang;
    let (title, output) = match setup {
        Setup::Doctor => return doctor::examined(settings),
        Setup::Completions { shell } => {
            let mut script = Vec::new();
            generate(*shell, &mut help::tree(lang), NAME, &mut script);
            (text("Completions", "补全脚本"), script)
        }
        Setup::Man => (text("Manual page", "手册页"), manual(lang).map_err(failed)?),
    };
    let mut report = Report::new(title);
    report.metric_in("size", output.len(), "bytes");
    report.output = Some(String::from_utf8_lossy(&output).into_owned());
    Ok(Proof { report, fails: None })
}

/// One page in roff: the whole, then a section for each command with what its help says.
fn manual(lang: Lang) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let tree = help::tree(lang);
    let whole = clap_mangen::Man::new(tree.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    for command in tree.get_subcommands() {
        let name = command.get_name();
        let mut roff = Roff::new();
        roff.control("SH", [format!("{NAME} {name}").as_str()]);
        roff.control("nf", []);
        for line in help::plain(&[OsString::from(name)], lang).lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        roff.to_writer(&mut page)?;
    }
    Ok(page)
}

fn failed(error: io::Error) -> Error {
    Error::Machine(text(format!("the page fails: {error}"), format!("手册页生成失败：{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap_complete::aot::Shell;

    fn output(setup: &Setup, lang: Lang) -> String {
        let settings = Settings { lang, ..Settings::default() };
        report(setup, &settings).unwrap().report.output.unwrap()
    }

    #[test]
    fn every_shell_learns_commands_and_flags() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = output(&Setup::Completions { shell }, Lang::En);
            for word in ["plot", "beta", "lessons", "completions"] {
                assert!(script.contains(word), "{shell} does not know {word}");
            }
            assert!(!script.contains('‖'), "{shell}");
        }
    }

    #[test]
    fn the_manual_has_every_command_in_either_language() {
        for lang in [Lang::En, Lang::Zh] {
            let page = output(&Setup::Man, lang);
            for command in super::super::tree().get_subcommands() {
                let heading = format!(".SH \"llm-lab {}\"", command.get_name());
                assert!(page.contains(&heading), "{heading} is missing");
            }
            assert!(!page.contains('‖') && !page.contains('\x1b'));
        }
    }
}
