//! Every subcommand of `rank`: against what is known, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, stops, unreadable};
use crate::report::Report;

#[track_caller]
fn of(report: &Report, metric: &str) -> f64 {
    report.number(metric).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn softmax_lifts_the_rank() {
    let report = holds("rank attention --tokens 24 --dims 2 8", &[]);
    for d in [2, 8] {
        assert_eq!(of(&report, &format!("scores.rank.at_{d}")), f64::from(d));
        for mask in ["bidirectional", "causal"] {
            assert_eq!(of(&report, &format!("{mask}.rank.at_{d}")), 24.0, "{mask}");
            assert!(of(&report, &format!("{mask}.smallest.at_{d}")) > 0.0);
        }
        // the product of the singular values is that of the diagonal
        let name = |what: &str| format!("causal.{what}.at_{d}");
        let apart = of(&report, &name("log10_det")) - of(&report, &name("log10_det.diagonal"));
        assert!(apart.abs() < 1e-6, "{apart}");
    }
    assert!(
        of(&report, "bidirectional.effective.at_8") > of(&report, "bidirectional.effective.at_2")
    );
}

#[test]
fn uniform_weights_have_rank_one_unless_they_are_causal() {
    let report = holds("rank attention --tokens 12 --dims 4 --gain 0", &["log10_det.at_4"]);
    assert_eq!(of(&report, "bidirectional.rank.at_4"), 1.0);
    assert!((of(&report, "bidirectional.effective.at_4") - 1.0).abs() < 1e-6);
    assert_eq!(of(&report, "causal.rank.at_4"), 12.0);
    // 1/12!
    assert!((of(&report, "causal.log10_det.at_4") + 8.680_336_96).abs() < 1e-6);
    holds("rank attention --tokens 2 --dims 1", &[]);
}

#[test]
fn tokens_grow_alike_unless_there_is_a_residual() {
    for line in [
        "rank collapse --tokens 16 --dim 16 --heads 2 --layers 8 --no-norm",
        "rank collapse --tokens 16 --dim 16 --heads 1 --layers 8",
    ] {
        let report = holds(line, &[]);
        for mask in ["bidirectional", "causal"] {
            let at = |case: &str, what: &str| of(&report, &format!("{mask}.{case}.{what}"));
            assert!(at("attention", "cosine") > 0.9, "{line} {mask}");
            assert!(
                at("residual", "distance") > 2.0 * at("attention", "distance"),
                "{line} {mask}"
            );
        }
        assert!(
            of(&report, "bidirectional.attention.distance.at_4")
                < of(&report, "causal.attention.distance.at_4")
        );
    }
    holds("rank collapse --tokens 2 --dim 2 --heads 2 --layers 1 --draws 1", &[]);
}

#[test]
fn both_masks_can_be_trained() {
    let report = holds("rank train --steps 3 --layers 1 --dim 8 --tokens 8 --batch 2", &[]);
    for key in ["bidirectional", "causal"] {
        assert!(of(&report, &format!("{key}.effective.trained")) > 1.0);
    }
    stops("rank train --steps 3 --layers 1 --dim 8");
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refused("rank attention --tokens 1000000").contains(" GB"));
    assert!(refused("rank collapse --tokens 65536").contains(" GB"));
    refused("rank attention --tokens 300");
    refused("rank collapse --dim 10 --heads 4");
    for line in [
        "rank attention --tokens 1",
        "rank attention --dims 0",
        "rank attention --gain NaN",
        "rank collapse --layers 0",
        "rank collapse --heads 0",
    ] {
        unreadable(line);
    }
    stops("rank attention");
    stops("rank collapse");
}
