//! What the tests of commands share: a folder of its own, and the program run in it as a shell runs it.

#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// A place of its own for files, pictures and progress.
pub struct Place(tempfile::TempDir);

/// What a run gave.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// The program, about to run here, with nothing of the surroundings.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("llm-lab"));
        command.args(args).current_dir(self.path()).env_clear();
        command.env("LLM_LAB_HOME", self.path().join("home")).env("TERM", "xterm-256color");
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        output_of(&mut self.command(args))
    }

    /// Runs a line whose words are parted by spaces.
    pub fn line(&self, line: &str) -> Ran {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// The same with something on standard input.
    pub fn line_with(&self, line: &str, input: &str) -> Ran {
        self.fed(&line.split_whitespace().collect::<Vec<_>>(), input.as_bytes())
    }

    /// Runs with something on standard input.
    pub fn fed(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input).unwrap();
        file.rewind().unwrap();
        output_of(self.command(args).stdin(file))
    }

    /// The report of a line that succeeds.
    #[track_caller]
    pub fn json(&self, line: &str) -> serde_json::Value {
        self.json_of(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// The report of arguments that succeed.
    #[track_caller]
    pub fn json_of(&self, args: &[&str]) -> serde_json::Value {
        let ran = self.run(&[&["--format", "json"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }
}

pub fn output_of(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: words(output.stdout), err: words(output.stderr) }
}
