//! `cost` at the ends of what it allows, and beyond them.

use crate::experiments::Silent;
use crate::experiments::trial::{finite, holds, refused, run, stops, unreadable};

#[test]
fn counts_hold() {
    for line in [
        "cost flops",
        "cost flops llama-2-7b --decode --batch 1000000 --precision int4",
        "cost flops gpt-2 --length 1 --fused --visible",
        "cost flops mistral-7b --length 32768 --visible --mask sliding --window 4096",
        "cost flops bert --length 512",
    ] {
        holds(line, &[]);
    }
    let block = holds("cost flops --preset gpt2 --d-model 512 --layers 1 --length 3072", &[]);
    let flops = |name: &str| block.number(&format!("flops.{name}")).unwrap();
    assert_eq!(block.number("crossing.projections"), Some(1024.0));
    assert_eq!(block.number("crossing.block"), Some(3072.0));
    // at 6d they are equal
    assert_eq!(flops("scores") + flops("mix"), flops("projections") + flops("ffn"));
}

#[test]
fn clocks_hold() {
    let line = "cost time --lengths 2 4 8 --d-model 4 --heads 2 --repeats 1";
    finite(line, &run(line, 0, &Silent).unwrap(), &[]);
    stops(line);
    let line = "cost window --lengths 8 16 --window 8 --head-width 3 --repeats 1";
    finite(line, &run(line, 0, &Silent).unwrap(), &[]);
    stops(line);
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(refused("cost time --lengths 64 65536").contains(" GB"));
    assert!(refused("cost window --lengths 64 128 --window 65").contains("65"));
    assert!(
        refused("cost flops --length 10 --mask sliding --window 11").contains("larger than 10")
    );
    for line in [
        "cost flops nobody",
        "cost flops --heads 3",
        "cost time --lengths 8 8",
        "cost time --d-model 64 --heads 5",
    ] {
        refused(line);
    }
    for line in [
        "cost flops --length 0",
        "cost flops --heads 0",
        "cost flops --precision f99",
        "cost time --lengths 64",
        "cost time --repeats 0",
        "cost window --window 0",
    ] {
        unreadable(line);
    }
}
