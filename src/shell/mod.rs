//! F5: one-shot commands and the REPL: the only room that reads stdin and writes stdout.

use std::io::Write;
use std::process::ExitCode;

use crate::app::{self, Settings};
use crate::experiments::Silent;
use crate::render;

/// The whole program.
pub fn main() -> ExitCode {
    let argv: Vec<_> = std::env::args_os().skip(1).collect();
    let line = match app::parse(&argv, app::Place::Argv, crate::report::Lang::En) {
        Ok(app::Asked::Run(line)) => line,
        Ok(app::Asked::Show(page)) => {
            let _ = std::io::stdout().write_all(page.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", error.line(crate::report::Lang::En));
            return ExitCode::from(error.exit_code());
        }
    };
    let settings = Settings::default().with(&line.globals);
    let Some(command) = &line.command else { return ExitCode::SUCCESS };
    match app::execute(command, &settings, &Silent) {
        Ok(report) => {
            let text = {
                let style =
                    render::terminal::Style { lang: settings.lang, color: false, width: 80 };
                render::terminal::report(&report, &style)
            };
            let _ = std::io::stdout().write_all(text.as_bytes());
            let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
            match app::pictures::save(&report, &words.join(" "), &settings) {
                Ok(paths) => {
                    for path in paths {
                        let _ = writeln!(std::io::stdout(), "{}", path.display());
                    }
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    let _ = writeln!(std::io::stderr(), "error: {}", error.line(settings.lang));
                    ExitCode::from(error.exit_code())
                }
            }
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", error.line(settings.lang));
            ExitCode::from(error.exit_code())
        }
    }
}
