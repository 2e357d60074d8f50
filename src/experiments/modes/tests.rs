//! Every subcommand of `modes`: what must be so, the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, stops, unreadable};

#[test]
fn both_modes_of_dropout_have_one_mean() {
    let report = holds("modes dropout --p 0.5 --width 64 --draws 4000", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("mean.ratio") - 1.0).abs() < 0.05, "{}", of("mean.ratio"));
    assert!((of("train.variance") / of("train.variance.expected") - 1.0).abs() < 0.1);
    assert!((of("dropped") - 0.5).abs() < 0.01 && of("eval.variance") == 0.0);
    let none = holds("modes dropout --p 0 --draws 10 --width 1", &[]);
    assert!(none.number("train.variance").unwrap() < 1e-20);
}

#[test]
fn only_two_layers_know_the_mode() {
    let report = holds("modes layers", &[]);
    for (key, knows) in [
        ("dropout", true),
        ("batchnorm", true),
        ("layernorm", false),
        ("rmsnorm", false),
        ("gelu", false),
        ("linear", false),
    ] {
        assert_eq!(report.number(&format!("{key}.difference")).unwrap() > 0.0, knows, "{key}");
    }
    holds("modes layers --p 0 --batch 2", &[]);
}

#[test]
fn forgetting_costs_accuracy() {
    let report = holds("modes forget --steps 60", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!(of("eval.accuracy") > of("sorted.accuracy") + 20.0);
    assert!(of("eval.accuracy") > of("after.accuracy"));
    assert!(of("twice.eval") == 0.0 && of("twice.train") > 0.1);
    holds("modes forget --p 0.95 --batch 2 --steps 10", &[]);
}

#[test]
fn gradients_are_there_in_both_modes() {
    let report = holds("modes gradient", &[]);
    let of = |name: &str| report.number(name).unwrap();
    for mode in ["train", "eval"] {
        assert!(of(&format!("{mode}.gradient")) > 0.01);
        assert!(of(&format!("{mode}.gradient.error")) < 1e-7);
    }
    assert!(of("eval.difference") == 0.0 && of("train.difference") > 0.01);
    holds("modes gradient --batch 2 --p 0", &[]);
}

#[test]
fn what_makes_no_sense_is_unreadable() {
    for line in [
        "modes dropout --p 1",
        "modes dropout --p NaN",
        "modes layers --batch 1",
        "modes forget --steps 0",
    ] {
        unreadable(line);
    }
    stops("modes forget");
    stops("modes dropout");
}
