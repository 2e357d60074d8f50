//! Every subcommand of `alibi` for several seeds, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, unreadable};

#[test]
fn slopes_and_biases_hold() {
    for heads in [1, 2, 3, 12, 40, 112] {
        holds(&format!("alibi slopes --heads {heads}"), &[]);
        holds(&format!("alibi bias --heads {heads} --tokens 5"), &[]);
        holds(&format!("alibi reach --heads {heads} --tokens 20"), &[]);
    }
    holds("alibi reach --std 0 --tokens 2 --heads 1", &[]);
    let report = holds("alibi slopes --heads 12", &[]);
    assert_eq!(report.number("head1.slope"), Some(0.5));
    assert_eq!(report.number("head9.slope"), Some((-0.5_f64).exp2()));
    let bias = holds("alibi bias --query 9 --key 4", &[]);
    assert_eq!(bias.number("head2.bias"), Some(-1.25));
    assert!(bias.number("forms.difference").unwrap() < 1e-12);
}

#[test]
fn steep_heads_see_less() {
    let report = holds("alibi reach", &[]);
    let effective = |h: usize| report.number(&format!("head{h}.effective")).unwrap();
    assert!((1..8).all(|h| effective(h) < effective(h + 1)));
}

#[test]
fn what_makes_no_sense_is_refused() {
    refused("alibi bias --tokens 8 --query 9");
    refused("alibi bias --query 3 --key 4");
    for line in ["alibi slopes --heads 0", "alibi bias --tokens 0", "alibi reach --std inf"] {
        unreadable(line);
    }
}
