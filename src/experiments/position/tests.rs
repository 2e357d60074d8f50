//! Every subcommand of `position` for several seeds, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, unreadable};

#[test]
fn positions_hold() {
    let report = holds("position shuffle --bag", &[]);
    assert!(report.number("none.difference").unwrap() < 1e-12);
    assert!(report.number("bag.layers1").unwrap() < 1e-12);
    for order in ["causal", "sinusoidal", "learned", "t5", "rope", "alibi", "bag.layers2"] {
        let name =
            if order == "bag.layers2" { order.to_string() } else { format!("{order}.difference") };
        assert!(report.number(&name).unwrap() > 1e-6, "{order}");
    }
    for line in [
        "position shuffle --tokens 3 --d-model 2 --heads 1 --layers 1",
        "position sinusoid --tokens 2 --d-model 2 --distance 0",
        "position sinusoid --tokens 300 --distance 100000",
        "position t5 --buckets 4 --farthest 2",
        "position t5 --buckets 7 --farthest 9 --causal --distance 1000000",
        "position t5 --buckets 512 --farthest 5000",
        "position shaw --tokens 2 --head-width 1 --limit 0",
        "position shaw --limit 600",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn a_product_of_sinusoids_knows_the_distance_alone() {
    let report = holds("position sinusoid", &[]);
    assert!(report.number("diagonal.spread").unwrap() < 1e-10);
    assert!(report.number("rotation.error").unwrap() < 1e-10);
    assert_eq!(report.number("norm.squared"), Some(32.0));
}

#[test]
fn the_buckets_of_t5_are_those_of_its_paper() {
    let report = holds("position t5 --distance -20", &[]);
    assert_eq!(report.number("used"), Some(31.0));
    assert_eq!(report.number("exact"), Some(8.0));
    let shaw = holds("position shaw", &[]);
    assert!(shaw.number("difference").unwrap() < 1e-12);
    assert!(shaw.number("diagonal.difference").unwrap() < 1e-12);
}

#[test]
fn what_makes_no_sense_is_refused() {
    refused("position shuffle --d-model 30 --heads 4");
    refused("position shuffle --d-model 9 --heads 3");
    refused("position t5 --buckets 32 --farthest 8");
    for line in [
        "position shuffle --heads 0",
        "position shuffle --tokens 0",
        "position sinusoid --d-model 7",
        "position sinusoid --d-model 0",
        "position t5 --buckets 0",
        "position t5 --distance 1e9",
        "position shaw --head-width 0",
    ] {
        unreadable(line);
    }
}
