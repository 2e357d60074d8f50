//! What is refused before a model is opened, and what cannot be typed.

use crate::experiments::trial::{refused, unreadable};

#[test]
fn a_schema_that_is_none_is_refused() {
    assert!(refused("constrain --schema {\"type\":").contains("not JSON"));
    assert!(
        refused("constrain --schema {\"type\":\"string\",\"format\":\"date\"}").contains("format")
    );
    refused("constrain --schema none.json");
    refused("constrain --regex a --model none");
}

#[test]
fn one_constraint_is_needed() {
    for line in [
        "constrain",
        "constrain --regex a --choices b",
        "constrain --regex a --samples 0",
        "constrain --regex a --count 0",
    ] {
        unreadable(line);
    }
}
