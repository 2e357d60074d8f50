//! Every subcommand of `lr`: against closed forms, at the ends of what it allows, and beyond them.

use crate::experiments::trial::{holds, refused, stops, unreadable};

#[track_caller]
fn gives(line: &str, metric: &str, expected: f64, within: f64) {
    let found = holds(line, &["limit"]).number(metric).unwrap();
    assert!((found - expected).abs() <= within, "{line}: {metric} is {found}, not {expected}");
}

#[test]
fn schedules_are_their_closed_forms() {
    let line =
        |kind| format!("lr schedule {kind} --peak 1 --warmup 100 --steps 1100 --at 50 350 1050");
    for (kind, early, late) in [
        ("constant", 1.0, 1.0),
        ("linear", 0.775, 0.145),
        ("cosine", 0.55 + 0.45 * std::f64::consts::FRAC_1_SQRT_2, f64::NAN),
        ("wsd", 1.0, 0.1 + 0.9 * 50.0 / 110.0),
    ] {
        let report = holds(&line(kind), &[]);
        let of = |name: &str| report.number(name).unwrap();
        assert_eq!(of("rate.at_50"), 0.5);
        assert!((of("rate.at_350") - early).abs() < 1e-12, "{kind}");
        assert!(late.is_nan() || (of("rate.at_1050") - late).abs() < 1e-12, "{kind}");
    }
    // (512 · 4000)^−½, and half of it at four times the warm-up
    let first = "lr schedule inverse-root --d-model 512 --warmup 4000 --steps 100000 --at 16000";
    gives(first, "peak", 6.987712429686843e-4, 1e-12);
    gives(first, "rate.at_16000", 3.4938562148434215e-4, 1e-12);
    holds("lr schedule --warmup 0 --steps 2 --floor 0", &[]);
}

#[test]
fn descent_diverges_from_the_critical_rate_on() {
    let report = holds("lr quadratic", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("critical.measured") / 0.2 - 1.0).abs() < 1e-3);
    assert!((of("best.measured") - 2.0 / 11.0).abs() < 1e-3);
    assert!(of("times_0.9.ratio") < 1e-2 && of("times_1.05.ratio") > 10.0);
    gives("lr quadratic --momentum 0.9", "critical.measured", 0.38, 1e-3);
    // 0.9 of the critical rate: the steep direction shrinks by 0.8, the flat one by 0.82 a step
    let exact = (0.5 * 0.82_f64.powi(80) + 5.0 * 0.8_f64.powi(80)) / 5.5;
    gives("lr quadratic", "times_0.9.ratio", exact, 1e-12);
    holds("lr quadratic --curvatures 0.001 10000 --times 10 0.001 --steps 2", &[]);
    holds("lr quadratic --curvatures 10000 --times 10 --steps 1000", &["ratio"]);
}

#[test]
fn a_step_of_adam_does_not_feel_the_gradient() {
    let report = holds("lr step", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("sgd.ratio") - 1000.0).abs() < 1e-6 && (of("adam.ratio") - 1.0).abs() < 1e-4);
    gives("lr step --rate 0.01 --gradient 0.002", "sgd.step", 2e-5, 1e-12);
    // g/(g + ε) with g = ε
    gives("lr step --gradient 1e-8", "adam.step", 5e-4, 1e-7);
    holds("lr step --gradient 1e-30 --eps 0", &[]);
}

#[test]
fn the_first_steps_of_adam_are_the_longest() {
    let report = holds("lr adam", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("corrected.first") - 1.0).abs() < 1e-6);
    assert!((of("raw.first") - 0.1 / 0.001_f64.sqrt()).abs() < 1e-6);
    assert!((of("corrected.last") / of("noise.limit") - 1.0).abs() < 0.15);
    holds("lr adam --signal 100 --weights 1 --steps 2 --beta1 0", &[]);
}

#[test]
fn there_is_a_best_rate() {
    let report = holds("lr search --steps 20 --lowest 0.001 --highest 100", &["limit"]);
    let of = |name: &str| report.number(name).unwrap();
    for key in ["sgd", "adam"] {
        assert!(of(&format!("{key}.best.loss")) < of("chance") - 0.5, "{key}");
        assert!(of(&format!("{key}.lowest.loss")) > of(&format!("{key}.best.loss")) + 0.3, "{key}");
    }
    assert!(of("adam.best") < of("sgd.best"));
}

#[test]
fn the_best_rate_grows_with_the_batch() {
    let report = holds("lr batch", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!(of("sgd.exponent") > of("adam.exponent") && of("adam.exponent") > 0.1);
    holds("lr batch --examples 256 --noise 100 --weights 1", &[]);
}

#[test]
fn noise_holds_a_constant_rate_at_its_floor() {
    let report = holds("lr decay", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert!((of("floor.exact") - 0.2 / 3.6).abs() < 1e-12);
    assert!((of("constant.end") / of("floor.exact") - 1.0).abs() < 0.2);
    for key in ["linear", "cosine", "wsd"] {
        assert!(of(&format!("{key}.end")) < 0.5 * of("constant.end"), "{key}");
    }
    holds("lr decay --noise 0 --steps 10 --weights 1 --peak 1.9", &[]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "lr schedule --warmup 2000",
        "lr schedule --at 5000",
        "lr quadratic --curvatures 1 2 3 4 5 6 7 8 9",
        "lr search --lowest 0.1 --highest 0.01",
    ] {
        refused(line);
    }
    for line in [
        "lr schedule sideways",
        "lr schedule --peak NaN",
        "lr quadratic --times 0",
        "lr step --rate -1",
        "lr adam --beta2 1",
        "lr batch --noise inf",
    ] {
        unreadable(line);
    }
    for line in ["lr search", "lr batch", "lr adam", "lr decay"] {
        stops(line);
    }
}
