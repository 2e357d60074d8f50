//! Every subcommand of `heads`: what needs no file for several seeds, what needs a model on one that
//! lies in memory.

use std::sync::OnceLock;

use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::corpus::stories::Stories;
use crate::experiments::trial::{Shelf, holds, refused, stops, unreadable};
use crate::model::{Preset, Size, Transformer};
use crate::report::{Error, Lang, Report};
use crate::tokenizer::{Plan, Scheme, files};

#[test]
fn counted_heads_hold() {
    for line in [
        "heads count --d-model 1 --heads 1 1",
        "heads count --d-model 60 --heads 1 60 6 --tokens 1",
        "heads groups",
        "heads groups --d-model 12 --heads 12 --kv-heads 12 6 4 3 2 1 --tokens 1",
        "heads budget",
        "heads budget qwen2-0.5b --heads 1 --kv-heads 1 --ratio 0.01 --length 1",
        "heads copy --symbols 3",
        "heads copy --steps 3",
    ] {
        holds(line, &[]);
    }
    let report = holds("heads count --d-model 64 --heads 1 2 64", &[]);
    assert_eq!(report.number("parameters.difference"), Some(0.0));
}

#[test]
fn one_code_path_is_mha_gqa_and_mqa() {
    for line in ["heads groups", "heads groups --heads 6 --kv-heads 6 3 2 1 --d-model 18"] {
        let report = holds(line, &[]);
        assert!(report.number("error.largest").unwrap() < 1e-12, "{line}");
    }
    let report = holds("heads groups", &[]);
    for (kv, divisor) in [(8, 1.0), (4, 2.0), (2, 4.0), (1, 8.0)] {
        assert_eq!(report.number(&format!("g{kv}.cache.divisor")), Some(divisor));
    }
}

#[test]
fn the_budget_of_glm_4_is_known() {
    let report = holds("heads budget glm-4-9b", &[]);
    let near =
        |name: &str, x: f64| assert!((report.number(name).unwrap() - x).abs() < 1e-9, "{name}");
    near("rule.layer", 12.125);
    near("glm-4-9b.attention", 2.125);
    near("glm-4-9b.ffn", 3.0 * 13_696.0 / 4096.0);
}

#[test]
fn two_heads_copy_what_one_cannot() {
    let report = holds("heads copy", &[]);
    let of = |name: &str| report.number(name).unwrap();
    assert_eq!(of("two.right"), 1.0);
    assert!(of("two.loss") < 1e-9 && of("one.right") < 0.4);
    assert!(of("one.loss") > of("one.loss.limit"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (line, said) in [
        ("heads count --d-model 64 --heads 3", "3 heads do not divide"),
        ("heads groups --heads 6 --d-model 64 --kv-heads 1", "6 heads do not divide"),
        ("heads groups --kv-heads 3", "3 key and value heads"),
        ("heads budget --heads 8 --kv-heads 3", "3 key and value heads"),
        ("heads ablate", "stories"),
    ] {
        assert!(refused(line).contains(said), "{line}: {}", refused(line));
    }
    for line in [
        "heads count --heads 0",
        "heads groups --kv-heads 0",
        "heads groups --tokens 0",
        "heads budget gpt-5",
        "heads budget --ratio NaN",
        "heads copy --symbols 2",
        "heads ablate --free -1",
        "heads pool --kv-heads 0",
    ] {
        unreadable(line);
    }
    stops("heads copy --steps 5000");
}

/// A model with random weights and a tokenizer for stories.
fn made() -> Result<Shelf, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let corpus = Stories.text(3000, &mut rng);
    let tokenizer = Plan::new(Scheme::ByteBpe, 280).train(&corpus, &mut |_, _| Ok(()))?;
    let size = Size { vocab: 280, context: 32, d: 16, d_ff: 24, layers: 2, heads: 4, kv_heads: 4 };
    let mut shelf = Shelf::default();
    shelf.model("small", &Transformer::<f32>::new(Preset::Gpt2.config(size)?, &mut rng)?)?;
    shelf.put("small", "tokenizer.json", files::to_json(&tokenizer)?.into_bytes());
    Ok(shelf)
}

fn shows(line: &str) -> Result<Report, Error> {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    SHELF.get_or_init(|| made().unwrap_or_default()).run(line)
}

#[test]
fn heads_of_a_model_are_silenced_one_by_one() {
    let report = shows("heads ablate --model small --tokens 300").unwrap();
    let of = |name: &str| report.number(name).unwrap();
    assert_eq!(of("heads"), 8.0);
    let changes = report.metrics.iter().filter(|m| m.name.ends_with(".change"));
    assert_eq!(changes.clone().count(), 8);
    // every head writes something, so that silencing it changes the loss
    assert!(changes.clone().all(|m| m.value.number().is_some_and(|x| x != 0.0)));
    assert!(of("change.smallest") <= of("change.largest"));
}

#[test]
fn pooling_all_heads_into_as_many_is_nothing() {
    let report = shows("heads pool --model small --tokens 300 --kv-heads 4 1 --steps 2").unwrap();
    let of = |name: &str| report.number(name).unwrap();
    assert_eq!(of("g4.mean.loss"), of("loss"));
    assert_eq!(of("g4.first.loss"), of("loss"));
    assert_ne!(of("g1.mean.loss"), of("loss"));
    assert_ne!(of("g1.trained.loss"), of("g1.mean.loss"));
}

#[test]
fn models_that_cannot_be_read_are_said_in_one_line() {
    for (line, said) in [
        ("heads ablate --model none", "none/config.json"),
        ("heads pool --model small --kv-heads 3 --tokens 300", "3 key and value heads"),
        ("heads pool --model small --corpus nowhere", "nowhere"),
    ] {
        match shows(line) {
            Err(error @ Error::Input(_)) => {
                let answer = error.line(Lang::En);
                assert!(answer.contains(said) && !answer.contains('\n'), "{line}: {answer}");
            }
            other => panic!("{line} gave {other:?}"),
        }
    }
}
