//! What needs no model, against what is known, and beyond its ends.

use crate::experiments::trial::{holds, refused, stops, unreadable};
use crate::report::Report;

#[track_caller]
fn of(report: &Report, metric: &str) -> f64 {
    report.number(metric).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn typed_distributions_come_out_as_the_target() {
    let report = holds("speculate typed", &[]);
    assert!((of(&report, "acceptance.expected") - 0.65).abs() < 1e-12);
    assert!((of(&report, "acceptance.measured") - 0.65).abs() < 0.02);
    assert!(of(&report, "p_value.target") > 1e-3 && of(&report, "p_value.draft") < 1e-9);
    let same = holds("speculate typed --target 0.5,0.5 --draft 0.5,0.5 --draws 500", &[]);
    assert_eq!(of(&same, "acceptance.measured"), 1.0);
    // a draft that never says what the target wants is always refused
    let apart = holds("speculate typed --target 1,0 --draft 0,1 --draws 500", &[]);
    assert_eq!((of(&apart, "acceptance.measured"), of(&apart, "measured.1")), (0.0, 1.0));
}

#[test]
fn the_worth_of_drafts_is_a_geometric_sum() {
    let report = holds("speculate expect --alpha 0.5 --k 2 --cost 0.25", &[]);
    assert_eq!(of(&report, "tokens"), 1.75);
    assert!((of(&report, "speedup") - 1.75 / 1.5).abs() < 1e-12);
    assert_eq!(of(&holds("speculate expect --alpha 1 --k 9 --cost 0", &[]), "speedup"), 10.0);
    assert_eq!(of(&holds("speculate expect --alpha 0 --k 1", &[]), "best.k"), 1.0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refused("speculate typed --target 0.5,0.2 --draft 0.5,0.5").contains("0.7"));
    refused("speculate typed --target 1 --draft 1");
    refused("speculate typed --target 0.5,0.5 --draft 0.2,0.3,0.5");
    refused("speculate run --draft none");
    for line in [
        "speculate run --k 0",
        "speculate sweep --ks 0",
        "speculate sweep --temperatures 0",
        "speculate expect --alpha 2",
        "speculate typed --target nan,1 --draft 0.5,0.5",
        "speculate typed --draws 0",
    ] {
        unreadable(line);
    }
    stops("speculate typed");
}
