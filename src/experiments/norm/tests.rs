//! Every subcommand of `norm` for several seeds, at the ends of what it allows, and beyond them.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, holds, refused, run, stops, unreadable};

/// A stack as small as it may be.
const SMALL: &str = "--dim 4 --tokens 2 --heads 2 --draws 1";

#[test]
fn norms_of_small_batches_hold() {
    for line in [
        "norm layer",
        "norm layer --vector 5 5 5 5",
        "norm layer --vector 1e150 -1e150 0 --gamma -1 --beta 1e3",
        "norm layer --dim 2 --tokens 3 --std 0",
        "norm rms --vector -3 --eps 1",
        "norm rms --dim 65536",
        "norm invariance --tokens 2 --dim 3 --scale 0.001 --shift -1000",
        "norm independence --tokens 3 --dim 2 --change 3",
        "norm gradcheck --dim 3 --tokens 3",
        "norm gradcheck --dim 5 --tokens 3 --eps 1",
        "norm rms-vs-std --mean 0 --dim 2",
        "norm axes --batch 4 --time 6 --hidden 8",
        "norm batch --size 2 --dim 1 --batches 1 --momentum 1",
        "norm half --dim 2 --eps 1",
        "norm statistics --batches 10 --documents 2 --length 5 --dim 2 --similarity 1",
        "norm directions --tokens 3 --dim 3 --mean -100",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn stacks_hold() {
    for line in [
        "norm placement post pre post --depths 3 2 2",
        "norm update deepnorm --depths 2 --rate 0.000001 --moves all",
        "norm growth sandwich --depth 2 --gains 1000 0.01 1000",
        "norm init --depth 2",
        "norm lookalike --depth 2",
    ] {
        holds(&format!("{line} {SMALL}"), &[]);
        stops(&format!("{line} {SMALL}"));
    }
    holds("norm length --longest 16 --layers 1 --dim 8 --draws 1", &[]);
    holds("norm signal --layers 1 --dim 2 --gains 0.1 10 10 --draws 1", &[]);
    holds("norm deepnorm --layers 1 100000 --encoder-decoder 1 100000", &[]);
    holds("norm warmup pre pre --depth 1 --steps 10 --warmup 5000", &[]);
}

#[test]
fn a_placement_given_twice_counts_once() {
    let line = |places| format!("norm placement {places} --depths 2 3 {SMALL}");
    assert_eq!(holds(&line("post post"), &[]), holds(&line("post"), &[]));
}

#[test]
fn a_clock_may_give_other_numbers_but_finite_ones() {
    let line = "norm time --tokens 1 --dim 2 --repeats 3";
    // a call too short for the clock takes 0 ms, and a share of 0 has no size
    finite(line, &run(line, 0, &Silent).unwrap(), &["spread", "forward", "backward"]);
    stops(line);
}

#[test]
fn what_would_not_fit_is_refused() {
    for line in [
        "norm layer --dim 65536 --tokens 65536",
        "norm rms --dim 65536 --tokens 65536",
        "norm batch --size 65536 --dim 1024",
        "norm time --tokens 65536 --dim 65536",
        "norm statistics --documents 256 --length 512 --dim 256",
        "norm length --longest 2048 --layers 48 --dim 256",
        "norm placement --depths 200 --dim 512",
        "norm update --depths 400 --dim 512",
        "norm growth --depth 400 --dim 512 --tokens 512",
        "norm lookalike --depth 400 --dim 512 --heads 64",
        "norm init --depth 400 --dim 512",
    ] {
        assert!(refused(line).contains(" GB"), "{line}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "norm layer --vector 1 2 3 --gamma 1 2",
        "norm layer --vector 1 2 3 --beta 1 2",
        "norm layer --vector 7 7 --eps 0",
        "norm rms --vector 0 0 --eps 0",
        "norm rms --vector 1e200 1",
        "norm independence --tokens 3 --change 4",
        "norm placement --dim 32 --heads 5",
    ] {
        refused(line);
    }
    for line in [
        "norm layer --vector NaN",
        "norm layer --eps -1",
        "norm signal --gains inf",
        "norm signal --gains 1 2 3 4 5 6 7 8 9",
        "norm batch --size 1",
        "norm axes --batch 100",
        "norm warmup --rate 0",
        "norm growth --depth -2",
    ] {
        unreadable(line);
    }
}

#[test]
fn long_work_can_be_stopped() {
    for line in [
        "norm batch",
        "norm statistics",
        "norm length --longest 2048 --layers 1 --dim 256 --draws 32",
        "norm signal",
        "norm warmup",
        "norm placement --depths 8 --dim 512 --tokens 512",
    ] {
        stops(line);
    }
}
