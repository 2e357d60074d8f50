//! `flash` at the ends of what it allows, and beyond them.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, holds, refused, run, stops, unreadable};

#[test]
fn schedules_hold() {
    for line in [
        "flash schedule",
        "flash schedule --length 1",
        "flash schedule --length 100 --queries 7 --keys 13 --bidirectional",
        "flash schedule --length 1000000 --queries 10000 --keys 1000000 --window 3",
    ] {
        holds(line, &[]);
    }
    let report = holds("flash schedule --length 1024 --queries 64 --keys 64", &[]);
    assert_eq!(report.number("pairs.skipped"), Some(120.0)); // 16·15/2
    assert_eq!(report.number("pairs.masked"), Some(16.0));
    assert_eq!(report.number("tokens.visible"), Some(1024.0 * 1025.0 / 2.0));
}

#[test]
fn a_comparison_holds() {
    let line = "flash compare --lengths 70 3 --heads 2 --head-width 5 --repeats 1";
    for line in [line, "flash compare --lengths 9 --window 4 --repeats 1 --only-blocks"] {
        // one call alone has no spread, and a call too short for the clock no ratio
        finite(line, &run(line, 0, &Silent).unwrap(), &[]);
    }
    let report = run(line, 7, &Silent).unwrap();
    assert!(report.number("apart.f64").is_some_and(|off| off < 1e-13));
    assert_eq!(report.number("exponent.naive.memory"), Some(2.0));
    stops(line);
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(refused("flash compare --lengths 20000").contains("3.2"));
    assert!(refused("flash compare --lengths 1000000 --heads 256 --only-blocks").contains(" GB"));
    assert!(refused("flash compare --lengths 100 --window 101").contains("larger than 100"));
    refused("flash schedule --length 10 --window 11");
    refused("flash schedule --length 1000000");
    for line in [
        "flash compare --heads 0",
        "flash compare --lengths 0",
        "flash compare --window 0",
        "flash schedule --keys 0",
        "flash schedule --bidirectional --window 4",
    ] {
        unreadable(line);
    }
}
