//! Every subcommand of `softmax`: against closed forms, at the ends of what it allows, and beyond
//! them.

use crate::experiments::trial::{holds, refused, unreadable};
use crate::report::{Report, Value};

#[track_caller]
fn of(report: &Report, metric: &str) -> f64 {
    report.number(metric).unwrap_or_else(|| panic!("no {metric}"))
}

fn word(report: &Report, metric: &str) -> String {
    match report.value(metric) {
        Some(Value::Text(word)) => word.clone(),
        other => panic!("{metric} is {other:?}"),
    }
}

/// What may be infinite or NaN: the point of the lesson.
const ENDLESS: [&str; 9] = [
    "sum",
    "naive.p.1",
    "naive.p.2",
    "p.1",
    "p.2",
    "softmax.1",
    "softmax.2",
    "softmax.3",
    "_of_softmax",
];

#[test]
fn the_shift_saves_what_overflows() {
    for line in [
        "softmax stable 1000 1001",
        "softmax stable -1000 -999",
        "softmax stable 12 13 --precision f16",
    ] {
        let report = holds(line, &ENDLESS);
        assert_eq!(
            (word(&report, "naive.works"), word(&report, "shifted.works")),
            ("no".into(), "yes".into())
        );
        assert!((of(&report, "p.2") - 0.731_058_578_630_004_9).abs() < 2e-4, "{line}");
        assert_eq!(of(&report, "naive.nan"), 2.0);
    }
    let report = holds("softmax stable 1 2 3", &[]);
    assert_eq!(word(&report, "naive.works"), "yes");
    // finite exponentials whose sum overflows: weights of 0 and no NaN
    let report = holds("softmax stable 11 11 --precision f16", &ENDLESS);
    assert_eq!((of(&report, "naive.nan"), of(&report, "naive.p.1")), (0.0, 0.0));
    assert_eq!(word(&report, "naive.works"), "no");
    // a row that is masked whole
    let report = holds("softmax stable mask mask", &ENDLESS);
    assert_eq!(of(&report, "shifted.nan"), 2.0);
}

#[test]
fn exp_ends_where_the_formats_do() {
    let report = holds("softmax range", &[]);
    for (metric, expected, within) in [
        ("f32.finite", 88.722_831_726_074_22, 1e-9),
        ("f32.normal", -87.336_540_222_167_97, 1e-9),
        ("f32.positive", -103.972_076_416_015_62, 1e-9),
        ("f16.finite", 11.086, 0.001),
        ("f16.positive", -17.33, 0.02),
        ("bf16.finite", 88.5, 0.5),
    ] {
        assert!(
            (of(&report, metric) - expected).abs() <= within,
            "{metric} {}",
            of(&report, metric)
        );
    }
}

#[test]
fn the_logarithm_inside_loses_nothing() {
    let report = holds("softmax log", &ENDLESS);
    assert_eq!(of(&report, "log_of_softmax"), f64::NEG_INFINITY);
    assert_eq!(of(&report, "log_softmax"), -200.0);
    assert_eq!(word(&report, "gradient.two_steps.finite"), "no");
    assert_eq!(of(&report, "gradient.fused"), -1.0);
    assert!((of(&report, "f32.gap") - 103.972).abs() < 0.001);
    let report = holds("softmax log --gap 3 --precision bf16", &[]);
    assert_eq!(word(&report, "gradient.two_steps.finite"), "yes");
    holds("softmax log --gap 0", &[]);
    holds("softmax log --gap 10000 --precision f16", &ENDLESS);
}

#[test]
fn one_pass_is_enough() {
    let report = holds("softmax online 1 3 2 5 --values 10 20 30 40 --block 3", &[]);
    let (a, b, c, d) = (1_f64.exp(), 3_f64.exp(), 2_f64.exp(), 5_f64.exp());
    let whole = (10.0 * a + 20.0 * b + 30.0 * c + 40.0 * d) / (a + b + c + d);
    assert!((of(&report, "output") - whole).abs() < 1e-12);
    assert!((of(&report, "log_sum_exp") - (a + b + c + d).ln()).abs() < 1e-12);
    assert_eq!((of(&report, "rescales"), of(&report, "most")), (2.0, 5.0));
    for line in [
        "softmax online 7",
        "softmax online mask 1000 mask -1000 --block 1",
        "softmax online 5 5 5 4",
    ] {
        let report = holds(line, &[]);
        assert!(of(&report, "two_passes.difference") < 1e-12, "{line}");
        assert!(of(&report, "blocks.difference") < 1e-12, "{line}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refused("softmax stable 70000 --precision f16").contains("65,504"));
    refused("softmax stable 1e300");
    refused("softmax online 1 2 --values 1");
    refused("softmax online mask");
    refused(&format!("softmax stable {}", "1 ".repeat(65)));
    for line in [
        "softmax stable NaN",
        "softmax stable inf",
        "softmax stable 1 --precision f8",
        "softmax log --gap -1",
        "softmax online 1 --block 0",
        "softmax online 1 --values NaN",
    ] {
        unreadable(line);
    }
}
