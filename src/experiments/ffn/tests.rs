//! Every subcommand of `ffn` for several seeds, at the ends of what it allows, and beyond them.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, holds, refused, run, stops, unreadable};
use crate::math::ffn::Kind;

#[test]
fn every_kind_of_block_holds() {
    for kind in Kind::ALL {
        let name = kind.name();
        holds(&format!("ffn shapes --kind {name} --d-model 1 --d-ff 1 --tokens 1"), &[]);
        holds(&format!("ffn position-wise --kind {name} --d-model 1 --tokens 2"), &[]);
        holds(&format!("ffn cost --kind {name} --count-only --d-model 8192 --d-ff 32768"), &[]);
        holds(&format!("ffn collapse --kind {name} --steps 3 --hidden 1"), &[]);
        holds(&format!("ffn dead --kind {name} --steps 3 --hidden 1 --shift -20"), &[]);
    }
    holds("ffn shapes --kind relu swiglu relu", &[]);
    holds("ffn variants --d-model 2 --d-ff 1", &[]);
    holds("ffn budget", &[]);
    holds("ffn budget --d-model 1 --multiple 1", &[]);
    holds("ffn budget --d-model 1000000 --multiple 1000000", &[]);
}

#[test]
fn a_fit_that_diverges_says_so_instead_of_failing() {
    let diverging = ["mse", "mse_over_line"];
    holds("ffn collapse --kind bilinear --rate 1 --hidden 256 --steps 100", &diverging);
    holds("ffn dead --kind linear --rate 1 --hidden 256 --steps 100", &diverging);
}

#[test]
fn a_clock_may_give_other_numbers_but_finite_ones() {
    let line = "ffn cost --d-model 8 --d-ff 8 --tokens 1";
    finite(line, &run(line, 0, &Silent).unwrap(), &["time.share"]);
}

#[test]
fn what_is_too_large_or_makes_no_sense_is_refused() {
    assert!(refused("ffn cost --d-model 8192 --d-ff 32768").contains(" GB"));
    assert!(refused("ffn shapes --kind swiglu --d-model 4096 --d-ff 16384").contains(" GB"));
    for line in [
        "ffn collapse --kind nothing",
        "ffn collapse --rate NaN",
        "ffn dead --shift 1",
        "ffn shapes --d-model 0",
        "ffn budget --multiple 0 --d-model 4",
        "ffn budget llama-7b --d-model 4",
    ] {
        unreadable(line);
    }
}

#[test]
fn long_work_can_be_stopped() {
    for line in ["ffn collapse", "ffn dead", "ffn cost", "ffn shapes", "ffn variants"] {
        stops(line);
    }
}
