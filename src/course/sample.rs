//! What the tests of the course share: a small lesson, and a runner that knows one command.

use super::lesson::Lesson;
use super::{Pack, Part, Reply, Runner};
use crate::report::{Block, Error, Lang, Report, text};

/// The lesson of the fixture pack.
pub fn lesson() -> Lesson {
    let content = include_str!("../../tests/fixtures/packs/good/demo/swish-demo.yaml");
    let file = ("demo/swish-demo.yaml".to_string(), content.as_bytes().into());
    Pack::open([file]).lesson("swish-demo").unwrap()
}

/// Knows `plot swish --beta B`: the minimum of Swish lies at −1.2785 / β.
pub struct Swish;

impl Runner for Swish {
    fn check(&self, line: &str) -> Result<(), Error> {
        self.run(line).map(|_| ())
    }

    fn run(&self, line: &str) -> Result<Report, Error> {
        let beta = line.strip_prefix("plot swish --beta ").and_then(|b| b.split(' ').next());
        let beta = beta.and_then(|b| b.parse::<f64>().ok());
        let beta = beta.ok_or_else(|| Error::input(text("unknown command", "未知命令")))?;
        let mut report = Report::new(text("Swish", "Swish"));
        report.metric("minimum.x", -1.2785 / beta).metric("minimum.y", -0.2785 / beta);
        Ok(report)
    }
}

/// What a reply says, one part a line, in English.
pub fn said(reply: &Reply) -> String {
    let part = |part: &Part| match part {
        Part::Place { number, of, .. } => format!("[{number}/{of}]"),
        Part::Block(Block::Prose(words) | Block::Heading(words)) => words.en.clone(),
        Part::Block(Block::Table(table)) => format!("table of {}", table.rows.len()),
        Part::Block(_) => "block".to_string(),
        Part::Report { command, .. } => format!("> {command}"),
        Part::Verdict { right, words } => format!("{right}: {}", words.en),
        Part::Note(words) => format!("({})", words.en),
        Part::Wrong(error) => format!("! {}", error.line(Lang::En)),
    };
    reply.parts.iter().map(part).collect::<Vec<_>>().join("\n")
}
