//! Every subcommand of `rope` for several seeds, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, unreadable};

#[test]
fn rotations_hold() {
    for line in [
        "rope rotate",
        "rope rotate --position 0 --head-width 2",
        "rope rotate --vector 0 0 -3 4 --position 30000",
        "rope relative --grid 2 --shift 0 --head-width 2",
        "rope relative --grid 30 --shift 5000 --base 1",
        "rope forms --position 0 --second 0",
        "rope layouts --head-width 2",
        "rope decay --longest 8 --head-width 2 --base 1 1 1e12",
        "rope waves --base 1 --head-width 2 --context 2",
        "rope scaling --factor 1 --head-width 4",
        "rope scaling --length 5 --original 10000000 --factor 10000",
        "rope blanks --share 0.9 --spans 10",
        "rope blanks --spans 1",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn both_turned_see_the_distance_and_one_turned_the_place() {
    let report = holds("rope relative", &[]);
    assert!(report.number("shift.f64").unwrap() < 1e-9);
    assert!(report.number("shift.f32").unwrap() < 2e-2);
    assert!(report.number("only_query.shift").unwrap() > 1.0);
    let forms = holds("rope forms", &[]);
    for name in ["complex", "matrix", "norm"] {
        assert!(forms.number(&format!("{name}.difference")).unwrap() < 1e-9, "{name}");
    }
    assert!(forms.number("sum.error").unwrap() < 1e-12);
    let layouts = holds("rope layouts", &[]);
    assert!(layouts.number("difference.permuted").unwrap() < 1e-12);
    assert!(layouts.number("difference.raw").unwrap() > 1e-3);
}

#[test]
fn blanks_have_the_place_of_their_mask() {
    let report = holds("rope blanks", &[]);
    assert_eq!(report.number("tokens.in_blanks"), report.number("tokens.at_a_mask"));
    assert_eq!(report.number("second.in_text"), Some(0.0));
    assert_eq!(report.number("blanks"), Some(2.0));
    assert!(report.number("shift.difference").unwrap() < 1e-9);
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refused("rope relative --shift 1000000 --head-width 1024").contains(" GB"));
    refused("rope rotate --vector 1 2 3");
    refused("rope blanks --text short");
    refused("rope blanks --head-width 6");
    for line in [
        "rope rotate --head-width 3",
        "rope rotate --head-width 0",
        "rope rotate --base 0",
        "rope rotate --base -5",
        "rope rotate --base inf",
        "rope rotate --vector NaN 1",
        "rope waves --base NaN",
        "rope decay --longest 0",
        "rope relative --grid 1",
        "rope scaling --factor 0.5",
        "rope scaling --head-width 2",
    ] {
        unreadable(line);
    }
}
