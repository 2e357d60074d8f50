//! Every subcommand of `loss`: against closed forms, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, stops, unreadable};

#[track_caller]
fn gives(line: &str, metric: &str, expected: f64, within: f64) {
    let endless = ["pq", "qp", "pr", "rp", "qr", "rq"]; // where one forbids what the other allows
    let found = holds(line, &endless).number(metric).unwrap();
    assert!((found - expected).abs() <= within, "{line}: {metric} is {found}, not {expected}");
}

#[test]
fn the_loss_of_one_position_is_its_closed_form() {
    let line = "loss cross-entropy --logits 0 0 0 0 --target 3";
    gives(line, "loss", 4.0_f64.ln(), 1e-15);
    gives(line, "gradient.target", -0.75, 1e-15);
    gives(line, "perplexity", 4.0, 1e-12);
    // e²/(e² + 1)
    gives("loss cross-entropy --logits 2 0", "p.target", 0.8807970779778823, 1e-15);
    gives("loss cross-entropy --logits 5 1 -3 --target 2", "gradient.sum", 0.0, 1e-15);
    // ½·(−ln ½)·2
    gives("loss cross-entropy --logits 9 0 --smoothing 1", "floor", 2.0_f64.ln(), 1e-15);
    for line in [
        "loss cross-entropy --logits 300 -300 --target 2",
        "loss cross-entropy --logits -300 -300 300 --target 1 --smoothing 0.1",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn perplexity_is_its_closed_form() {
    gives("loss perplexity --probabilities 0.5 0.125", "perplexity", 4.0, 1e-12);
    gives("loss perplexity --probabilities 0.5 0.125", "inverse.mean", 5.0, 1e-12);
    gives("loss perplexity --probabilities 0.5 0.125 --bytes 8", "bits_per_byte", 0.5, 1e-12);
    gives("loss perplexity --vocab 50257", "chance.loss", 10.824905, 1e-6);
    holds("loss perplexity --probabilities 1e-12 1", &[]);
}

#[test]
fn divergences_are_their_closed_forms() {
    let coins = "loss kl --p 0.5 --q 0.9";
    gives(coins, "kl.pq", 0.5108256237659907, 1e-14);
    gives(coins, "kl.qp", 0.3680642071684971, 1e-14);
    gives("loss kl --p 1 0 --q 0.25 0.75", "kl.pq.bits", 2.0, 1e-14);
    gives("loss kl --p 0.333 0.333 0.333 --q 0.2 0.3 0.5 --r 1 0 0", "identity.error", 0.0, 1e-12);
    let forbidden = holds("loss kl --p 0.5 0.5 --q 1 0", &["pq", "bits"]);
    assert_eq!(forbidden.number("kl.pq"), Some(f64::INFINITY));
    assert_eq!(forbidden.number("identity.error"), Some(0.0));
}

#[test]
fn forward_divergence_takes_over_the_moments() {
    let report = holds("loss fit --separation 3 --weight 0.7 --spread 0.5", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("forward.mean") - of("truth.mean")).abs() < 1e-3);
    assert!((of("forward.std") - of("truth.std")).abs() < 1e-3);
    assert!(of("reverse.std") < 0.7 * of("truth.std"));
    gives("loss fit", "truth.mean", 0.6, 1e-12); // (0.6 − 0.4) · 3
    // two peaks in one place are one bell curve
    let one = holds("loss fit --separation 0 --weight 0.01", &[]);
    assert!(one.number("forward.kl").unwrap() < 1e-9);
    assert!((one.number("reverse.std").unwrap() - 0.8).abs() < 1e-4);
    holds("loss fit --separation 12 --spread 0.3 --weight 0.01", &[]);
}

#[test]
fn squared_error_gets_stuck() {
    let report = holds("loss mse", &["steps"]);
    assert!(report.number("ce.p").unwrap() > 0.9 && report.number("mse.p").unwrap() < 0.1);
    holds("loss mse --margin -100 --rate 100 --steps 1", &["steps", "ratio"]);
    holds("loss mse --margin 20", &[]);
}

#[test]
fn the_loss_ends_above_its_floor() {
    let report = holds("loss floor --steps 20", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("start") - of("chance")).abs() < 1e-12 && of("identity.error") < 1e-12);
    assert!(of("end") > of("floor") && of("end") < of("start"));
    holds("loss floor --order 0 --steps 1 --rate 10", &[]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "loss cross-entropy --logits 1 2 --target 3",
        "loss kl --p 0.5 0.6 --q 0.5 0.5",
        "loss kl --p 0.5 0.5 --q 0.2 0.3 0.5",
        "loss kl --p 0 0 --q 0.5 0.5",
        "loss floor --corpus nowhere.txt",
    ] {
        refused(line);
    }
    for line in [
        "loss cross-entropy --logits NaN 1",
        "loss cross-entropy --logits 1",
        "loss cross-entropy --smoothing 2",
        "loss perplexity --probabilities 0",
        "loss perplexity --vocab 1",
        "loss kl --p -0.5 1.5",
        "loss fit --spread 0",
        "loss mse --margin inf",
        "loss floor --order 7",
    ] {
        unreadable(line);
    }
}

#[test]
fn long_work_can_be_stopped() {
    for line in
        ["loss fit", "loss floor", "loss mse --steps 100000", "loss scaling", "loss dynamic"]
    {
        stops(line);
    }
}

#[test]
fn a_factor_on_the_loss_is_a_factor_on_the_rate_for_sgd_only() {
    let report = holds("loss scaling", &[]);
    let of = |name: &str| report.number(name).unwrap();
    for key in ["sgd", "momentum"] {
        assert!(of(&format!("{key}.apart")) < 1e-12, "{key}");
        assert!(of(&format!("{key}.moved")) > 0.1, "{key}");
    }
    for key in ["adam", "adamw"] {
        assert!(of(&format!("{key}.moved")) < 1e-5, "{key}");
        assert!(of(&format!("{key}.apart")) > 0.1, "{key}");
    }
    for key in ["sgd_decay", "sgd_clip"] {
        assert!(of(&format!("{key}.moved")) > 0.1 && of(&format!("{key}.apart")) > 0.1, "{key}");
    }
    // 3 · (1 − 0.004)⁵⁰ and 3 · (1 − 0.04 · (0.1 + 0.25))⁵⁰
    assert!((of("sgd.rate.x") - 3.0 * 0.996_f64.powi(50)).abs() < 1e-12);
    assert!((of("sgd_decay.loss.x") - 3.0 * 0.986_f64.powi(50)).abs() < 1e-12);
    holds("loss scaling --factor 1e6 --steps 1 --eps 1 --rate 0.1", &[]);
    holds("loss scaling --factor 0.001 --decay 1 --steps 10", &[]);
}

#[test]
fn formats_keep_what_their_bits_allow() {
    let report = holds("loss half --vocab 2000", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert_eq!(of("f16.smallest"), 2.0_f64.powi(-24));
    assert_eq!((of("value.f16"), of("value.f16.scaled") > 9e-9), (0.0, true));
    assert!(of("f16.lost") > of("f16.scaled.lost") && of("bf16.lost") == 0.0);
    holds("loss half --vocab 2 --tokens 1 --spread 0 --scale 1e-12 --value 0", &[]);
    holds("loss half --vocab 2 --tokens 1 --spread 20 --scale 1e12 --value 0.1", &["f16.scaled"]);
}

#[test]
fn scaling_saves_training_in_half_precision() {
    let report = holds("loss dynamic --steps 40", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!(of("f16.lost") > 90.0 && of("f16.loss") > of("f32.loss"));
    for key in ["fixed", "dynamic", "bf16"] {
        assert!((of(&format!("{key}.loss")) - of("f32.loss")).abs() < 0.2, "{key}");
    }
    assert!(of("dynamic.skipped") >= 1.0 && of("bf16.lost") == 0.0);
    holds("loss dynamic --tokens 64 --steps 10 --fixed 60 --start 60 --patience 1", &[]);
}
