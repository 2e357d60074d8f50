//! Small runs of `extrapolate`, what is kept, and what is refused.

use crate::experiments::trial::{holds, refused, stops, unreadable};

const SMALL: &str =
    "--train-length 8 --steps 3 --batch 2 --d-model 16 --heads 2 --layers 1 --seeds 1";

#[test]
fn small_runs_hold() {
    let line = format!("extrapolate lengths --longest 20 --test-words 64 --finetune 2 {SMALL}");
    let report = holds(&line, &[]);
    // no way changes what a model says of texts as long as in training, but those that squeeze them
    let loss = |way: &str| report.number(&format!("{way}.loss.at_8")).unwrap();
    assert_eq!(loss("rope"), loss("dynamic"));
    assert_eq!(loss("rope"), loss("window"));
    assert_ne!(loss("rope"), loss("pi"));
    stops(&line);
    let report = holds(&format!("extrapolate stream --words 64 --sinks 2 {SMALL}"), &[]);
    assert!(report.number("plain.window.loss").unwrap() > 0.0);
}

#[test]
fn what_is_kept_is_what_the_commands_give() {
    let lengths = holds("extrapolate shipped", &[]);
    assert!(lengths.number("seeds").unwrap() >= 3.0);
    assert!(lengths.number("learned.rise").unwrap() > 1.0);
    assert!(lengths.number("alibi.rise").unwrap() < 0.1);
    let stream = holds("extrapolate shipped stream", &[]);
    assert!(stream.number("plain.all.loss").unwrap() > stream.number("plain.window.loss").unwrap());
}

#[test]
fn what_makes_no_sense_is_refused() {
    refused("extrapolate lengths --train-length 64 --longest 64");
    refused("extrapolate lengths rope --d-model 12 --heads 4");
    refused("extrapolate lengths --d-model 30 --heads 4");
    refused("extrapolate stream --sinks 40 --train-length 32");
    assert!(
        refused("extrapolate lengths --batch 512 --train-length 512 --longest 600 --d-model 512 --layers 24")
            .contains(" GB")
    );
    for line in [
        "extrapolate lengths --heads 0",
        "extrapolate lengths --longest 0",
        "extrapolate lengths --rate NaN",
        "extrapolate lengths xpos",
        "extrapolate stream --words 0",
        "extrapolate shipped nothing",
    ] {
        unreadable(line);
    }
}
