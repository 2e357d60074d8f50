//! llm-lab teaches how large language models work by running things: every sentence that a lesson
//! asks someone to believe has a command beside it that shows it.
//!
//! The building has six floors. A floor imports only from floors below it, and
//! `tests/architecture.rs` holds it to that.
//!
//! | floor | room | what happens there |
//! | --- | --- | --- |
//! | F5 | [`shell`] | one-shot commands and the REPL; the only room that reads stdin and writes stdout |
//! | F4 | [`app`] | the one grammar, the session's settings, `execute(command) -> report`, the store |
//! | F3 | [`course`] | lessons: schema, check, claims, quiz, grading, progress; text and values, no paths |
//! | F3 | [`render`] | a report as terminal text, PNG, SVG or JSON; strings and bytes |
//! | F2 | [`experiments`] | one file a family: typed parameters in, a report out |
//! | F1 | [`corpus`] | stories from a known grammar, whose true entropy is computed |
//! | F1 | [`tokenizer`] | BPE, WordPiece, Unigram: train, encode, decode, trace, the formats of others |
//! | F1 | [`model`] | stacks of blocks and published configurations, built only from `math` |
//! | F0 | [`math`] | pure functions on arrays, forward and backward side by side |
//! | F0 | [`report`] | a result as plain data, and the one error type |
//!
//! A command travels down and its report travels up: `shell` reads a line, `app` parses it with the
//! one clap tree and runs the experiment, the experiment calls `math` and fills a
//! [`report::Report`], `render` turns that into what the learner sees.

pub mod app;
pub mod corpus;
pub mod course;
pub mod experiments;
pub mod math;
pub mod model;
pub mod render;
pub mod report;
pub mod shell;
pub mod tokenizer;
