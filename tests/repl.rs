//! The REPL on a real pseudo-terminal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use common::Place;
use rexpect::reader::Options;
use rexpect::session::PtySession;
use rexpect::spawn_with_options;

/// A session with a home of its own.
struct Repl {
    pty: PtySession,
    _home: Place,
}

const PATIENCE: u64 = 30_000;

fn start(args: &[&str], home: Place) -> Repl {
    let mut command = home.command(args);
    command.env("TERM", "xterm").stdin(Stdio::inherit()); // the terminal comes in its place
    let options = Options::new().timeout_ms(Some(PATIENCE)).strip_ansi_escape_codes(true);
    let pty = spawn_with_options(command, options).unwrap();
    Repl { pty, _home: home }
}

/// A REPL at its first prompt.
fn repl() -> Repl {
    let mut repl = start(&["--view", "never"], Place::new());
    repl.sees("Tab completes");
    repl.sees("llm-lab> ");
    repl
}

impl Repl {
    fn sees(&mut self, words: &str) -> String {
        // the reader takes each byte for a character
        let bytes: String = words.bytes().map(char::from).collect();
        match self.pty.exp_string(&bytes) {
            Ok(before) => before,
            Err(error) => panic!("waiting for {words:?}: {error}"),
        }
    }

    fn types(&mut self, keys: &str) {
        self.pty.send(keys).unwrap();
        self.pty.flush().unwrap();
    }

    fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    fn ends(mut self) {
        self.pty.exp_eof().unwrap();
    }
}

#[test]
fn tab_completes_commands_values_and_lessons() {
    let mut repl = repl();
    repl.types("plo\t");
    repl.sees("plot ");
    repl.types("sof\t");
    repl.sees("softplus ");
    repl.enters("");
    repl.sees("minimum");
    repl.sees("llm-lab> ");
    repl.types("lesson swi\t");
    repl.sees("lesson swish ");
    repl.types("\x03");
    repl.sees("llm-lab> ");
    repl.types("\x04");
    repl.ends();
}

#[test]
fn history_is_recalled_in_this_session_and_the_next() {
    let mut first = repl();
    first.enters("set seed 7");
    first.sees("Settings");
    first.sees("llm-lab> ");
    first.types("\x1b[A");
    first.sees("set seed 7");
    first.types("\x03");
    first.sees("llm-lab> ");
    first.enters("exit");
    let home = first._home;
    first.pty.exp_eof().unwrap();
    let mut second = start(&[], home);
    second.sees("llm-lab> ");
    second.types("\x1b[A");
    second.sees("exit");
    second.types("\x1b[A");
    second.sees("set seed 7");
    second.types("\x03");
    second.sees("\n\rllm-lab> ");
    second.types("\x04");
    second.ends();
}

#[test]
fn ctrl_c_stops_a_long_command_and_returns_to_the_prompt() {
    let mut repl = repl();
    let began = Instant::now();
    repl.enters("norm update --draws 64 --dim 64");
    std::thread::sleep(Duration::from_millis(700));
    repl.types("\x03");
    repl.sees("interrupted");
    repl.sees("llm-lab> ");
    assert!(began.elapsed() < Duration::from_secs(20));
    repl.enters("plot relu");
    repl.sees("ReLU");
    repl.sees("llm-lab> ");
    repl.types("\x04");
    repl.ends();
}

#[test]
fn mistakes_keep_the_session_and_quotes_may_span_lines() {
    let mut repl = repl();
    repl.enters("plto relu");
    repl.sees("did you mean 'plot'?");
    repl.sees("llm-lab> ");
    repl.enters("plot 'relu");
    repl.enters("'");
    repl.sees("relu");
    repl.sees("llm-lab> ");
    repl.enters("# nothing");
    repl.sees("llm-lab> ");
    repl.enters("set lang zh");
    repl.sees("设置");
    repl.sees("llm-lab> ");
    repl.enters("help");
    repl.sees("先试试");
    repl.sees("llm-lab> ");
    repl.enters("quit");
    repl.ends();
}

#[test]
fn a_lesson_is_played_to_its_end_inside_the_repl() {
    let mut repl = repl();
    repl.enters("lesson swish");
    let (_, place) = repl.pty.exp_regex(r"1/\d+ ").unwrap();
    let steps: usize = place.trim().trim_start_matches("1/").parse().unwrap();
    repl.sees("swish> ");
    repl.enters("plot relu");
    repl.sees("tried in between");
    repl.sees("swish> ");
    for step in 2..=steps {
        repl.enters("skip");
        repl.sees(&format!("{step}/{steps} "));
        repl.sees("swish> ");
    }
    repl.enters("skip");
    repl.sees("The lesson ends here");
    repl.sees("llm-lab> ");
    repl.enters("progress");
    repl.sees("lessons.done");
    repl.sees("llm-lab> ");
    repl.types("\x04");
    repl.ends();
}

#[test]
fn a_quiz_asks_grades_and_sums_up() {
    let mut repl = repl();
    repl.enters("quiz swish --count 2");
    repl.sees("1/2");
    repl.sees("quiz> ");
    repl.enters("hint");
    repl.sees("Hint:");
    repl.sees("quiz> ");
    repl.enters("answer");
    repl.sees("Answer:");
    repl.sees("2/2");
    repl.sees("quiz> ");
    repl.enters("skip");
    repl.sees("Summary");
    repl.sees("llm-lab> ");
    repl.types("\x04");
    repl.ends();
}

#[test]
fn ctrl_d_leaves_a_lesson_first_and_then_the_session() {
    let mut repl = repl();
    repl.enters("lesson swish");
    repl.sees("swish> ");
    repl.types("\x04");
    repl.sees("Kept at step 1");
    repl.sees("llm-lab> ");
    repl.types("\x04");
    repl.ends();
}
