//! `models` for every model and every aspect.

use crate::experiments::trial::{holds, unreadable};
use crate::model::published::MODELS;

#[test]
fn every_model_and_every_aspect_holds() {
    for show in ["", "--show norm", "--show activation", "--show size", "--show tokenizer"] {
        let report = holds(&format!("models {show}"), &[]);
        assert_eq!(report.number("count"), Some(MODELS.len() as f64));
    }
    for model in MODELS {
        let report = holds(&format!("models {} {}", model.id, model.id), &[]);
        assert_eq!(report.number("count"), Some(1.0), "{}", model.id);
        assert_eq!(report.number(&format!("{}.year", model.id)), Some(f64::from(model.year)));
    }
}

#[test]
fn kinds_add_up_to_the_models_that_state_them() {
    let report = holds("models", &[]);
    let stated = MODELS.iter().filter(|m| m.ffn.is_some()).count() as f64;
    let counted: f64 = ["relu", "gelu", "geglu", "swiglu"]
        .iter()
        .filter_map(|kind| report.number(&format!("count.{kind}")))
        .sum();
    assert_eq!(counted, stated);
}

#[test]
fn a_model_that_nobody_knows_is_refused() {
    unreadable("models llama-8b");
    unreadable("models --show colour");
}
