//! `plot` for every curve, at the ends of what it allows, and beyond them.

use super::curve;
use crate::experiments::trial::{holds, refused, stops, unreadable};

/// Limits and gaps of curves that grow without end.
const ENDLESS: [&str; 2] = ["limit.left", "limit.right"];

#[test]
fn every_curve_holds_in_every_derivative() {
    for name in curve::names() {
        for order in ["", "--derivative", "--second"] {
            holds(&format!("plot {name} {order}"), &ENDLESS);
        }
    }
    holds("plot swish --beta 0.001 0 1000000 --range -1000000 1000000 --at -1000000 0", &ENDLESS);
    holds("plot leaky-relu --alpha 0 1 --range 0 0.000001", &ENDLESS);
    holds("plot relu --against gelu --range 5 6 --second", &ENDLESS);
}

#[test]
fn a_curve_given_twice_is_drawn_once() {
    let line = |curves| format!("plot {curves} --at 1");
    assert_eq!(holds(&line("gelu gelu"), &ENDLESS), holds(&line("gelu"), &ENDLESS));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "plot gelu --range 5 5",
        "plot gelu --range 5 -5",
        "plot gelu --beta 1",
        "plot gelu --alpha 0.5",
        "plot swish --beta 1 2 3 4 5 6 7 8 9",
    ] {
        refused(line);
    }
    for line in ["plot", "plot swish --beta NaN", "plot swish --beta -1", "plot gelu --range 0 inf"]
    {
        unreadable(line);
    }
    stops("plot gelu");
}
