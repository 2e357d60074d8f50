//! `cache` at the ends of what it allows, and beyond them.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, holds, refused, run, stops, unreadable};

#[test]
fn sizes_are_the_known_ones() {
    let gib = |line: &str, name: &str| holds(&format!("cache size {line}"), &[]).number(name);
    assert_eq!(gib("llama-2-7b --length 4096", "gib"), Some(2.0));
    assert_eq!(gib("llama-2-70b --length 4096", "gib"), Some(1.25));
    assert_eq!(gib("llama-2-70b --length 4096", "gib.mha"), Some(10.0));
    assert_eq!(gib("llama-2-7b llama-2-70b", "llama-2-70b.gib"), Some(1.25));
    assert_eq!(
        gib("--layers 1 --heads 1 --head-width 1 --length 1 --precision int4", "bytes"),
        Some(1.0)
    );
}

#[test]
fn the_cache_changes_nothing() {
    for line in [
        "cache equal --context 24 --heads 2 --kv-heads 1 --d-model 8",
        "cache equal --context 16 --count 1 --ids 3",
    ] {
        let report = holds(line, &[]);
        assert_eq!(report.value("tokens.equal"), Some(&true.into()), "{line}");
        assert!(report.number("logits.apart").is_some_and(|off| off < 1e-5));
        stops(line);
    }
}

#[test]
fn a_clock_gives_finite_numbers() {
    let line = "cache time --context 32 --d-model 8 --heads 1 --layers 1 --repeats 1";
    finite(line, &run(line, 0, &Silent).unwrap(), &[]);
    stops(line);
}

#[test]
fn what_is_held_stays() {
    let line = "cache growth --context 64 --d-model 8 --heads 2 --layers 1 --requests 5 --page 7";
    let report = holds(line, &[]);
    let number = |name: &str| report.number(name).unwrap();
    assert_eq!(number("full.used"), 64.0 * number("bytes.per_token"));
    assert_eq!(number("emptied.used"), 0.0);
    assert!(number("emptied.held") >= number("full.used"));
    assert_eq!(number("end.needed"), 0.0);
    assert_eq!(number("end.held"), number("peak.paged"));
    stops(line);
}

#[test]
fn what_cannot_be_is_refused() {
    for line in [
        "cache size nobody",
        "cache size bert-base",
        "cache size --heads 8 --kv-heads 3",
        "cache equal --context 16 --count 17",
        "cache equal --prompt hello",
        "cache equal --ids 999",
        "cache equal --d-model 10 --heads 4",
        "cache time --context 16 --repeats 14",
    ] {
        refused(line);
    }
    for what in ["equal --count 4096", "time", "growth"] {
        let line = format!("cache {what} --context 8192 --d-model 64 --layers 64");
        assert!(refused(&line).contains(" GB"), "{line}");
    }
    for line in [
        "cache size --heads 0",
        "cache size --length 0",
        "cache growth --page 0",
        "cache equal --count 0",
    ] {
        unreadable(line);
    }
}
