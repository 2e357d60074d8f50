//! Every subcommand of `repetition` that needs no file: against what is known, and beyond its ends.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, holds, refused, run, stops, unreadable};
use crate::report::Report;

#[track_caller]
fn of(report: &Report, metric: &str) -> f64 {
    report.number(metric).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn a_typed_text_is_counted() {
    let report = holds("repetition measure --text a_b_a_b", &[]);
    assert_eq!(of(&report, "distinct.1"), 1.0);
    let words = |text: &str| {
        let measure = super::measure::Measure { text: text.to_string(), largest: 3 };
        measure.run(&crate::experiments::Context::new(0, &Silent)).unwrap()
    };
    let report = words("a b a b a");
    assert_eq!(of(&report, "distinct.2"), 0.5);
    assert_eq!(of(&report, "rep.3"), 1.0 - 2.0 / 3.0);
    assert_eq!((of(&report, "loop.period"), of(&report, "loop.rounds")), (2.0, 2.5));
    assert_eq!(of(&words("a"), "loop.period"), 0.0);
}

#[test]
fn a_bigram_model_loops_if_it_is_greedy() {
    let line = "repetition bigram --count 200 --strategies greedy sampling greedy,no-repeat=4";
    let report = holds(line, &[]);
    assert!(of(&report, "greedy.rep4") > 0.8);
    assert!(of(&report, "greedy.loop.rounds") > 5.0);
    assert!(of(&report, "sampling.rep4") < of(&report, "greedy.rep4") / 2.0);
    assert_eq!(of(&report, "greedy+no-repeat_4.rep4"), 0.0);
    assert!(of(&report, "reference.rep4") > 0.0, "stories have turns of their own");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let empty = super::measure::Measure { text: " ".to_string(), largest: 3 };
    assert!(empty.run(&crate::experiments::Context::new(0, &Silent)).is_err());
    refused("repetition compare --model none");
    refused("repetition bigram --corpus none");
    for line in [
        "repetition measure",
        "repetition bigram --count 0",
        "repetition compare --strategies top-k=0",
        "repetition compare --strategies top-p=2",
        "repetition price --strategies beams",
        "repetition sentence --times 1",
        "repetition compare --texts 0",
    ] {
        unreadable(line);
    }
    stops("repetition bigram");
    finite("one word", &run("repetition measure --text one", 0, &Silent).unwrap(), &[]);
}
