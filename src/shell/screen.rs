//! What a lesson or a quiz says, as terminal text.

use super::session::present;
use super::voice;
use crate::app::{Format, Settings};
use crate::course::Part;
use crate::render::terminal::{self, Look, Style};
use crate::report::{Lang, Report, Text};

/// Shows parts in reading order: words and pictures on stdout, errors on stderr.
///
/// # Errors
/// The output is gone.
pub fn show(parts: &[Part], settings: &Settings) -> Result<(), crate::report::Error> {
    // a lesson is read by a person, whatever single commands are asked to print
    let settings = Settings { format: Format::Text, ..settings.clone() };
    let style = voice::style(&settings);
    for part in parts {
        match part {
            Part::Wrong(error) => voice::error(error, &Text::default(), &settings),
            Part::Note(_) if settings.quiet => {}
            part => voice::show(&drawn(part, &settings, &style))?,
        }
    }
    Ok(())
}

fn drawn(part: &Part, settings: &Settings, style: &Style) -> String {
    let lang = settings.lang;
    match part {
        Part::Place { title, number, of } => place(title.get(lang), *number, *of, style),
        Part::Block(block) => {
            let mut report = Report::new(Text::default());
            report.blocks.push(block.clone());
            terminal::report(&report, style) + "\n"
        }
        Part::Report { command, report } => {
            let typed = style.paint(&format!("› {command}"), Look::formula());
            match present(report, command, settings) {
                Ok(shown) => format!("{typed}\n\n{shown}\n"),
                // the numbers are there even where the picture cannot be written
                Err(error) => {
                    let shown = terminal::report(report, style);
                    format!("{typed}\n\n{shown}\n{}\n\n", error.line(lang))
                }
            }
        }
        Part::Verdict { right, words } => {
            let mark = if *right { "✓" } else { "✗" };
            let words = format!("{mark} {}", words.get(lang));
            format!("{}\n\n", terminal::markdown(&format!("**{words}**"), style).trim_end())
        }
        Part::Note(words) => format!("{}\n", style.paint(words.get(lang), Look::dim())),
        Part::Wrong(error) => error.line(lang),
    }
}

/// Where one is: the title, and a bar.
fn place(title: &str, number: usize, of: usize, style: &Style) -> String {
    const WIDTH: usize = 24;
    let full = (number * WIDTH).div_ceil(of.max(1)).min(WIDTH);
    let bar = format!("{}{}", "━".repeat(full), "─".repeat(WIDTH - full));
    let title = terminal::sanitize(title);
    let separator = if style.lang == Lang::Zh { "·" } else { " · " };
    let line = format!("{bar} {number}/{of}{separator}{title}");
    format!("\n{}\n\n", style.paint(&line, Look::heading()))
}
