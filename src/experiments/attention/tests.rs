//! Every subcommand of `attention`: against closed forms, at the ends of what it allows, and beyond
//! them.

use crate::experiments::trial::{holds, refused, stops, unreadable};
use crate::report::{Report, Value};

#[track_caller]
fn of(report: &Report, metric: &str) -> f64 {
    report.number(metric).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn the_steps_are_those_of_the_formula() {
    let report = holds("attention steps", &[]);
    assert_eq!([of(&report, "score.1.3"), of(&report, "score.2.2")], [3.0, 6.0]);
    assert_eq!([of(&report, "weight.1.1"), of(&report, "weight.1.2")], [1.0, 0.0]);
    // softmax of (1, 3)
    assert!((of(&report, "weight.2.2") - 0.8807970779778823).abs() < 1e-15);
    assert!(of(&report, "rows.error") < 1e-15 && of(&report, "kernel.difference") < 1e-12);
    assert_eq!(of(&report, "weight.future"), 0.0);
    assert!(of(&report, "reversed.change") > 0.1); // the mask knows the order
    let report = holds("attention steps --mask none", &[]);
    assert!(of(&report, "reversed.change") < 1e-12); // attention does not
}

#[test]
fn small_and_odd_examples_hold() {
    for line in [
        "attention steps --q 1 --k -2 --v 3",
        "attention steps --q 0/0 --k 0/0 --v 1,2/3,4 --mask sliding:1",
        "attention steps --q 1e70/1 --k 1e70/1 --v 1/2 --mask prefix:9 --labels a b",
        "attention steps --q -1,2 --k 1,-2 --v -3 --scale 100",
        "attention sqrt-d --dims 1 --keys 2 --queries 1 --heads 1",
        "attention sqrt-d --dims 8 8 --by d --aligned 1",
        "attention shape-check --tokens 1 --heads 1 --head-dim 1",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn the_root_keeps_the_softmax_as_it_is() {
    let report = holds("attention sqrt-d --by nothing sqrt-d sqrt-model d", &[]);
    for d in [4, 16, 64, 128, 256, 512] {
        let at = |name: &str| of(&report, &format!("{name}.at_{d}"));
        assert!((at("raw.variance") / f64::from(d) - 1.0).abs() < 0.3, "{d}");
        assert!((at("scaled.entropy") - 3.7).abs() < 0.15, "{d}");
        assert!(at("model.entropy") > at("scaled.entropy"));
        assert!(at("raw.entropy") < at("scaled.entropy") && at("raw.top") > at("scaled.top"));
    }
    assert!(of(&report, "raw.entropy.at_512") < 0.3 && of(&report, "raw.top.at_512") > 0.85);
    // once a key is aligned, only 1/d keeps its weight
    let report = holds("attention sqrt-d --dims 16 1024 --by sqrt-d d --aligned 0.5", &[]);
    assert!(of(&report, "scaled.aligned.at_1024") > 0.99);
    let (narrow, wide) = (of(&report, "mup.aligned.at_16"), of(&report, "mup.aligned.at_1024"));
    assert!((wide / narrow - 1.0).abs() < 0.2);
}

#[test]
fn the_short_form_fails_or_mixes_heads() {
    let runs = |line: &str, form: &str| match holds(line, &[]).value(&format!("{form}.runs")) {
        Some(Value::Text(word)) => word == "yes",
        other => panic!("{line}: {other:?}"),
    };
    for line in [
        "attention shape-check",
        "attention shape-check --tokens 4 --heads 4 --head-dim 8",
        "attention shape-check --tokens 8 --heads 4 --head-dim 8",
    ] {
        assert!(!runs(line, "short") && runs(line, "right"));
    }
    let report = holds("attention shape-check --tokens 4 --heads 4 --head-dim 4", &[]);
    assert_eq!(of(&report, "short.heads_moved"), 4.0);
    assert_eq!(of(&report, "right.heads_moved"), 1.0);
    assert!(of(&report, "short.leak") > 1e-3 && of(&report, "scale.leak") > 1e-3);
    assert_eq!(of(&report, "right.leak"), 0.0);
    // √h too small
    let shrunk = of(&report, "right.scores.rms") / of(&report, "axes.scores.rms");
    assert!((shrunk - 2.0).abs() < 1e-12);
    assert!(runs("attention shape-check --tokens 5 --heads 1 --head-dim 5", "short"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "attention steps --q 1,2/3 --k 1/2 --v 1/2",
        "attention steps --q 1,2 --k 1 --v 1",
        "attention steps --q 1/2 --k 1/2 --v 1",
        "attention steps --q 1e200 --k 1e200 --v 1",
        "attention steps --labels one",
        "attention steps --q 1/1/1/1/1/1/1/1/1",
    ] {
        refused(line);
    }
    assert!(refused("attention sqrt-d --keys 65536 --queries 65536").contains(" GB"));
    for line in [
        "attention steps --q NaN,1",
        "attention steps --q 1,,2",
        "attention steps --mask prefix:0",
        "attention steps --mask sideways",
        "attention sqrt-d --dims 0",
        "attention sqrt-d --keys 1",
        "attention sqrt-d --aligned 2",
        "attention shape-check --heads 0",
    ] {
        unreadable(line);
    }
    stops("attention sqrt-d");
}
