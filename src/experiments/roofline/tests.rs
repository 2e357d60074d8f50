//! `roofline` on a small load.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, refused, run, stops, unreadable};

#[test]
fn a_small_roofline_holds() {
    let line = "roofline gpt-2 --length 64 --megabytes 1 --repeats 1 --batches 1 8";
    let report = run(line, 0, &Silent).unwrap();
    finite(line, &report, &[]);
    let number = |name: &str| report.number(name).unwrap();
    // one token a weight of four bytes, two FLOPs each: half a FLOP a byte
    assert!((number("weights.b1.intensity") - 0.5).abs() < 0.01);
    assert!((number("decode.g1.intensity") - 0.5).abs() < 0.01);
    // in f16 one FLOP a byte
    assert!((0.8..1.2).contains(&number("model.decode.b1.intensity")));
    assert!(number("model.prefill.intensity") > 30.0);
    stops(line);
}

#[test]
fn what_cannot_be_is_refused() {
    refused("roofline nobody");
    for line in ["roofline --batches 0", "roofline --megabytes 0", "roofline --length 0"] {
        unreadable(line);
    }
}
