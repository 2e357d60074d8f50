//! Every subcommand of `mask` for several seeds, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, stops, unreadable};

#[test]
fn masks_of_few_tokens_hold() {
    for line in [
        "mask show",
        "mask show causal --tokens 1",
        "mask show --tokens 2 --prefix 2",
        "mask show packed --documents 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "mask show prefix --tokens 7 --prefix 7",
        "mask show sliding --tokens 1000000 --window 1",
        "mask pairs 1 1 2 --window 1000 --prefix 0",
        "mask families --d-model 1 --d-ff 1 --layers 1 --vocab 1 --input 1 --output 1",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn nothing_leaks_through_any_mask() {
    for line in [
        "mask leak --layers 1",
        "mask leak --tokens 9 --layers 3 --prefix 4 --window 2 --documents 1 5 3",
        "mask leak causal sliding packed --tokens 64 --layers 2 --window 5",
    ] {
        let report = holds(line, &[]);
        assert_eq!(report.number("leak.all"), Some(0.0), "{line}");
    }
    let report = holds("mask leak --tokens 6 --prefix 3", &[]);
    // what may be seen is seen: the test can find a leak
    for kind in ["causal", "prefix", "bidirectional", "sliding", "packed", "encoder-decoder"] {
        assert!(report.number(&format!("{kind}.least")).unwrap() > 0.0, "{kind}");
    }
    assert!(report.number("bidirectional.future").unwrap() > 1e-6);
    assert_eq!(report.number("causal.future"), Some(0.0));
}

#[test]
fn the_three_masks_of_an_encoder_decoder_are_the_prefix_mask_in_pieces() {
    let report = holds("mask show --tokens 11 --prefix 4", &[]);
    let pairs = |name: &str| report.number(&format!("{name}.pairs")).unwrap();
    assert_eq!(pairs("encoder-decoder"), pairs("prefix"));
}

/// Raffel et al. 2020: the base model has 220 million parameters; the released weights also have
/// 2 · 32 · 12 biases by distance.
#[test]
fn an_encoder_decoder_of_the_size_of_t5_has_its_parameters() {
    let report = holds("mask families", &[]);
    assert_eq!(report.number("encoder-decoder.parameters"), Some(222_903_552.0 - 768.0));
}

#[test]
fn training_under_both_masks_holds() {
    let line = "mask train --symbols 2 --steps 3 --batch 2";
    let report = holds(line, &[]);
    assert_eq!(report.number("causal_all.targets"), Some(8.0));
    assert_eq!(report.number("prefix.targets"), Some(4.0));
    let several = holds(&format!("{line} --seeds 2"), &[]);
    assert!(several.number("difference.in_spreads").unwrap() >= 0.0);
    stops("mask train");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (line, said) in [
        ("mask show prefix --tokens 4 --prefix 5", "5"),
        ("mask show sliding --tokens 4 --window 5", "window"),
        ("mask show packed --tokens 4 --documents 2 3", "add up"),
        ("mask show packed --documents 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "up to 16"),
        ("mask leak --tokens 65", "64"),
    ] {
        assert!(refused(line).contains(said), "{line}: {}", refused(line));
    }
    for line in [
        "mask show --tokens 0",
        "mask show --window 0",
        "mask show --prefix -1",
        "mask show diagonal",
        "mask show packed --documents 0 2",
        "mask pairs 0",
        "mask pairs --prefix NaN",
        "mask leak --layers 0",
        "mask families --d-model 0",
        "mask train --task addition",
    ] {
        unreadable(line);
    }
}
