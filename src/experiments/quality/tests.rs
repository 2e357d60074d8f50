//! Every subcommand of `quality` that needs no model.

use crate::experiments::trial::{holds, refused, unreadable};

#[test]
fn the_grammar_finds_its_own_stories_right() {
    let report = holds("quality judge", &[]);
    assert_eq!(report.number("valid"), Some(1.0));
    assert!(report.number("sentences").unwrap() >= 3.0);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    assert!(refused("quality judge --text word").contains("no sentence"));
    refused("quality curve --model none");
    for line in ["quality curve --stories 0", "quality curve --n 0", "quality curve --heat 0"] {
        unreadable(line);
    }
}
