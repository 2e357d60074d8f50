//! The family on a model with random weights that lies in memory.

use std::sync::OnceLock;

use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::experiments::trial::Shelf;
use crate::model::{Preset, Size, Transformer};
use crate::report::{Error, Lang, Report, Value};
use crate::tokenizer::{Plan, Scheme, files};

/// A model with a tokenizer, one without, and one with a damaged tokenizer.
fn made() -> Result<Shelf, Error> {
    let corpus = "the cat saw the owl . the owl saw the cat . ".repeat(8);
    let tokenizer = Plan::new(Scheme::ByteBpe, 270).train(&corpus, &mut |_, _| Ok(()))?;
    let size = Size { vocab: 270, context: 32, d: 16, d_ff: 24, layers: 2, heads: 4, kv_heads: 2 };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let model = Transformer::<f32>::new(Preset::Llama.config(size)?, &mut rng)?;
    let mut shelf = Shelf::default();
    for folder in ["words", "bare", "damaged"] {
        shelf.model(folder, &model)?;
    }
    shelf.put("words", "tokenizer.json", files::to_json(&tokenizer)?.into_bytes());
    shelf.put("damaged", "tokenizer.json", b"{".to_vec());
    Ok(shelf)
}

fn run(line: &str) -> Result<Report, Error> {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    SHELF.get_or_init(|| made().unwrap_or_default()).run(line)
}

fn shows(line: &str) -> Report {
    let report = run(line).unwrap_or_else(|e| panic!("{line}: {e:?}"));
    for metric in &report.metrics {
        if let Value::Number(n) = metric.value {
            assert!(n.is_finite(), "{line}: {} is {n}", metric.name);
        }
    }
    assert!(report.figures().count() > 0, "{line}");
    report
}

fn refused(line: &str) -> String {
    match run(line) {
        Err(error @ Error::Input(_)) => error.line(Lang::En),
        other => panic!("{line} gave {other:?}"),
    }
}

#[test]
fn attention_looks_nowhere_ahead_and_shares_out_all_of_it() {
    let report = shows("look attention theowlsaw --model words");
    assert_eq!(report.number("heads"), Some(8.0));
    assert_eq!(report.number("weight.future"), Some(0.0));
    assert!(report.number("rows.error").unwrap() < 1e-6);
    let one = shows("look attention --ids 5,6,7,5 --model bare --layer 2 --head 4");
    // token 5 comes again: the head could look at what came after it
    assert!(one.number("weight.induction").unwrap() > 0.0);
    assert_eq!(one.figures().next().unwrap().panels.len(), 1);
}

#[test]
fn the_lens_ends_at_what_the_model_says() {
    let report = shows("look lens --ids 5,6,7 --model bare");
    assert_eq!(report.number("answer.probability"), report.number("block2.answer"));
    assert!(report.number("block2.entropy").unwrap() <= report.number("entropy.chance").unwrap());
    let settled = report.number("settled").unwrap();
    assert_eq!(report.value(&format!("block{settled}.top")), report.value("answer"));
    assert!(shows("look lens --ids 5 --model bare").value("block2.loss").is_none());
}

#[test]
fn stream_and_neurons_are_measured_at_every_place() {
    let report = shows("look stream --ids 5,6,7 --model damaged");
    assert_eq!(report.number("places"), Some(5.0));
    assert_eq!(report.tables().next().unwrap().rows.len(), 5);
    let report = shows("look neurons --ids 5,6,7 --model words --top 3");
    assert_eq!(report.tables().next().unwrap().rows.len(), 3);
    let fire = report.number("fire.mean").unwrap();
    assert!(0.2 < fire && fire < 0.8, "random neurons fire half of the time: {fire}");
    let peak = shows("look neurons --ids 5,6,7 --model words --neuron 24");
    assert!(peak.number("peak.position").unwrap() < 3.0);
}

#[test]
fn untrained_is_the_same_shape_with_other_weights() {
    let trained = shows("look lens --ids 5,6,7 --model bare");
    let untrained = shows("look lens --ids 5,6,7 --model bare --untrained");
    assert_ne!(trained.number("answer.probability"), untrained.number("answer.probability"));
    assert_eq!(trained.number("entropy.chance"), untrained.number("entropy.chance"));
}

#[test]
fn what_cannot_be_looked_at_is_said_in_one_line() {
    for (line, said) in [
        ("look attention --ids 1 --model bare --layer 3", "no layer 3"),
        ("look attention --ids 1 --model bare --head 5", "no head 5"),
        ("look neurons --ids 1 --model bare --neuron 25", "no neuron 25"),
        ("look lens --ids 270 --model bare", "270"),
        ("look stream cat --model bare", "tokenizer.json"),
        ("look stream cat --model damaged", "tokenizer.json"),
        ("look stream cat --model none", "none/config.json"),
        (&format!("look lens --model bare --ids {}", "1,".repeat(33)), "33 tokens"),
        (&format!("look lens --model bare --ids {}", "1,".repeat(600)), "600 tokens"),
    ] {
        let answer = refused(line);
        assert!(answer.contains(said) && !answer.contains('\n'), "{line}: {answer}");
    }
}
