//! A script on stdin: one command a line, no prompts, stopping at the first error with its line.

use std::io::{BufRead, Read};

use super::ask::Ask;
use super::deliver;
use super::session::{Response, Session};
use super::words::unfinished;
use crate::report::{Error, Text, text};

/// Longer lines are no commands, and an endless one must not fill the memory.
const LONGEST: u64 = 1 << 20;

/// Runs the lines of stdin.
///
/// # Errors
/// The first line's that fails.
pub fn run(session: &mut Session) -> Result<(), Error> {
    let mut lines = Lines::default();
    while let Some(line) = lines.next_whole().map_err(|e| lines.placed(e))? {
        let response = session.respond(&line).map_err(|e| lines.placed(e))?;
        if matches!(response, Response::Leave) {
            return Ok(());
        }
        if let Err(error) = deliver(response, session, || Ok(Ask::Pipe(&mut lines))) {
            return Err(lines.placed(error));
        }
    }
    Ok(())
}

/// The lines of stdin, counted.
#[derive(Default)]
pub struct Lines {
    /// Where the last line began.
    number: usize,
    read: usize,
}

impl Lines {
    /// The next line, joined with those that an open quote or a backslash asks for.
    fn next_whole(&mut self) -> Result<Option<String>, Error> {
        let Some(mut line) = self.next_line()? else { return Ok(None) };
        let first = self.number;
        while unfinished(&line).wants_more() {
            let Some(more) = self.next_line()? else { break };
            line.push('\n');
            line += &more;
            self.number = first;
            if line.len() as u64 > LONGEST {
                return Err(too_long());
            }
        }
        Ok(Some(line))
    }

    /// The next line as it stands; nothing at the end.
    ///
    /// # Errors
    /// It is endless, not UTF-8, or cannot be read.
    pub fn next_line(&mut self) -> Result<Option<String>, Error> {
        let mut bytes = Vec::new();
        let stdin = std::io::stdin().lock();
        let read = stdin.take(LONGEST).read_until(b'\n', &mut bytes).map_err(|e| {
            Error::Machine(text(
                format!("cannot read stdin: {e}"),
                format!("无法读取标准输入：{e}"),
            ))
        })?;
        if read == 0 {
            return Ok(None);
        }
        self.read += 1;
        self.number = self.read;
        if read as u64 == LONGEST {
            return Err(too_long());
        }
        let line = String::from_utf8(bytes).map_err(|_| {
            Error::input(text("the line is not valid UTF-8", "这一行不是合法的 UTF-8"))
                .allowed(text("UTF-8 text", "UTF-8 文本"))
                .example("plot swish --beta 0.5")
        })?;
        let line = line.trim_end_matches(['\n', '\r']);
        let line = if self.read == 1 { line.trim_start_matches('\u{feff}') } else { line };
        Ok(Some(line.to_string()))
    }

    /// The error with the line before it.
    fn placed(&self, error: Error) -> Error {
        let before = |words: Text| {
            text(
                format!("line {}: {}", self.number, words.en),
                format!("第 {} 行：{}", self.number, words.zh),
            )
        };
        match error {
            Error::Input(mut mistake) => {
                mistake.wrong = before(mistake.wrong);
                Error::Input(mistake)
            }
            Error::Fails(words) => Error::Fails(before(words)),
            Error::Machine(words) => Error::Machine(before(words)),
            other => other,
        }
    }
}

fn too_long() -> Error {
    Error::input(text("the line is too long", "这一行太长"))
        .allowed(text("up to 1 MiB", "最多 1 MiB"))
        .example("plot swish --beta 0.5")
}
