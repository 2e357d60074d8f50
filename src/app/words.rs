//! A line as words: where it was written, how it is taken apart, and what can be read off it before
//! it is parsed.

use std::ffi::OsString;

use clap::ValueEnum;

use super::settings::Color;
use crate::report::{Error, Lang, text};

/// Where a line was written: in a system shell one types `llm-lab` first, in the REPL one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The arguments of the process.
    Argv,
    /// The REPL, a script, a lesson.
    Line,
}

/// Takes a line apart as a shell would: quotes, backslashes, a comment after `#`. A leading
/// `llm-lab` is dropped, so that what stands in a document can be pasted.
///
/// ```
/// use llm_lab::app::words;
/// assert_eq!(words("llm-lab plot 'swish' # a curve").unwrap(), ["plot", "swish"]);
/// assert!(words("plot 'swish").is_err());
/// ```
///
/// # Errors
/// A quote that is not closed.
pub fn words(line: &str) -> Result<Vec<String>, Error> {
    // a backslash at a line's end joins the next one to it
    let mut words = shlex::split(&line.replace("\\\n", "")).ok_or_else(|| {
        Error::input(text("a quote is not closed", "引号没有配对"))
            .allowed(text("quotes in pairs", "成对的引号"))
            .example("llm-lab plot 'swish'")
    })?;
    if words.first().is_some_and(|w| w == "llm-lab") {
        words.remove(0);
    }
    Ok(words)
}

/// The language and the colour that the words ask for, whether or not the rest of them can be
/// parsed: help and mistakes are told so.
pub fn look_among(words: &[OsString]) -> (Option<Lang>, Option<Color>) {
    let value = |option: &str| {
        let mut found = None;
        let mut words = words.iter().map(|word| word.to_str().unwrap_or_default());
        while let Some(word) = words.next() {
            found = match word.strip_prefix(option) {
                Some("") => words.next(),
                Some(rest) if rest.starts_with('=') => Some(&rest[1..]),
                _ => found,
            };
        }
        found
    };
    let lang = value("--lang").and_then(|word| Lang::from_str(word, false).ok());
    let color = value("--color").and_then(|word| Color::from_str(word, false).ok());
    (lang, color)
}

/// A negative number as clap knows one: it takes `-1e-6`, `-.5` and `-inf` for options.
pub fn plain(word: &OsString) -> OsString {
    let number = word.to_str().filter(|w| w.starts_with('-')).and_then(|w| w.parse::<f64>().ok());
    match number {
        Some(x) if x.is_finite() => format!("-{}", x.abs()).into(),
        // a number that every value parser refuses
        Some(_) => "-1e999".into(),
        None => word.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_found_in_a_broken_line() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let lang = |words: Vec<OsString>| look_among(&words).0;
        assert_eq!(lang(words("plt --lang zh")), Some(Lang::Zh));
        assert_eq!(lang(words("plt --lang=en")), Some(Lang::En));
        assert_eq!(lang(words("plt --lang fr")), None);
    }
}
