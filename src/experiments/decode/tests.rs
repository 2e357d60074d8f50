//! Every view on typed logits, at the ends of what it allows, and beyond them; and on a small model.

use std::sync::OnceLock;

use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::experiments::trial::{Shelf, finite, holds, refused, stops, unreadable};
use crate::model::{Preset, Size, Transformer};
use crate::report::{Error, Lang, Report};

/// A model with random weights and no tokenizer, and one that says nothing but NaN.
fn made() -> Result<Shelf, Error> {
    let size = Size { vocab: 20, context: 24, d: 16, d_ff: 24, layers: 2, heads: 4, kv_heads: 2 };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut model = Transformer::<f32>::new(Preset::Llama.config(size)?, &mut rng)?;
    let mut shelf = Shelf::default();
    for folder in ["bare", "broken"] {
        shelf.model(folder, &model)?;
        model.weights.fill(f32::NAN);
    }
    Ok(shelf)
}

fn run(line: &str) -> Result<Report, Error> {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    SHELF.get_or_init(|| made().unwrap_or_default()).run(line)
}

fn shows(line: &str) -> Report {
    let report = run(line).unwrap_or_else(|e| panic!("{line}: {e:?}"));
    finite(line, &report, &["tokens_per_s"]);
    report
}

fn no(line: &str, said: &str) {
    match run(line) {
        Err(error @ Error::Input(_)) => {
            let answer = error.line(Lang::En);
            assert!(answer.contains(said) && !answer.contains('\n'), "{line}: {answer}");
        }
        other => panic!("{line} gave {other:?}"),
    }
}

#[test]
fn views_of_typed_logits_hold() {
    for line in [
        "decode step",
        "decode step --logits -5 --top-k 1",
        "decode step --logits 0,0,0,0 --top-p 0.5 --greedy",
        "decode step --logits 3,2,1 --chosen 0,0,1 --presence-penalty 1 --frequency-penalty -0.5",
        "decode step --probabilities 0.5,0.3,0.2 --tokens cat,dog,owl --top-p 0.7 --temperature 0.5",
        "decode step --logits 1e30,-1e30 --temperature 0.01 --typical 0.5 --eta 0.1 --epsilon 0.1 --min-p 1",
        "decode temperature --logits 1,1 --temperatures 1 1",
        "decode temperature --logits 7",
        "decode filters",
        "decode filters --top-k 20 --top-p 1 --typical 1 --min-p 1",
        "decode frequencies --samples 1000 --top-k 2",
        "decode mirostat --draws 50",
        "decode mirostat --draws 50 --version 1 --logits 1",
        "decode beam --probabilities 0.6,0.4 --num-beams 2 --count 3",
        "decode beam --logits 1,0 --num-beams 1 --count 1 --eos-token-id 0",
        "decode greedy-trap",
        "decode greedy-trap --rows 1 1 --num-beams 1",
        "decode score --sums 0 --lengths 1 --length-penalty -10",
    ] {
        holds(line, &[]);
    }
}

#[test]
fn temperature_changes_the_entropy_as_computed_by_hand() {
    let report = holds("decode temperature", &[]);
    for (t, h) in [("0.1", 0.001), ("0.5", 0.609), ("1", 1.206), ("2", 1.491), ("5", 1.590)] {
        let found = report.number(&format!("t{t}.entropy")).unwrap();
        assert!((found - h).abs() < 6e-4, "{t}: {found}");
    }
    assert!((report.number("entropy.limit").unwrap() - 5.0_f64.ln()).abs() < 1e-12);
}

#[test]
fn frequencies_stay_within_three_sigma_and_the_tail_is_never_drawn() {
    for line in ["--top-k 3", "--top-p 0.8", "--temperature 2 --min-p 0.3"] {
        let report = holds(&format!("decode frequencies --samples 20000 {line}"), &[]);
        assert_eq!(report.number("tail.draws"), Some(0.0), "{line}");
        assert!(report.number("tail.tokens").unwrap() > 0.0, "{line}");
        assert!(report.number("sigmas.max").unwrap() < 4.0, "{line}");
    }
}

#[test]
fn a_beam_of_two_sees_through_the_trap() {
    let report = holds("decode greedy-trap", &[]);
    let near = |name: &str, p: f64| {
        let found = report.number(name).unwrap();
        assert!((found - p).abs() < 1e-12, "{name}: {found}");
    };
    near("greedy.probability", 0.20);
    near("beam2.probability", 0.36);
    near("exhaustive.probability", 0.36);
    assert_eq!(report.value("beam2.text"), report.value("exhaustive.text"));
    assert_eq!(report.number("exhaustive.texts"), Some(9.0));
}

#[test]
fn the_wider_the_beam_the_more_is_weighed_and_groups_differ() {
    let line = "decode beam --model bare --ids 1,2,3 --count 4";
    let report = shows(&format!("{line} --num-beams 4"));
    assert_eq!(report.number("texts"), Some(4.0));
    assert_eq!(report.number("candidates"), Some(32.0));
    let groups = "--num-beams 4 --num-beam-groups 4 --diversity-penalty 50";
    let diverse = shows(&format!("{line} {groups}"));
    assert_eq!(diverse.number("first_tokens.distinct"), Some(4.0));
}

#[test]
fn every_strategy_goes_on_from_a_model() {
    let ids = |line: &str| {
        let report = shows(&format!("generate --model bare --ids 1,2,3 --count 12 {line}"));
        assert_eq!(report.number("tokens"), Some(12.0), "{line}");
        format!("{:?}", report.value("ids"))
    };
    let greedy = ids("--greedy");
    for same in ["--num-beams 1", "--top-k 1", "--penalty-alpha 0", "--top-p 0.0001", "--min-p 1"] {
        assert_eq!(ids(same), greedy, "{same}");
    }
    for other in [
        "--greedy --no-repeat-ngram-size 1",
        "--temperature 1.5 --top-k 7 --typical 0.9",
        "--mirostat 2 --mirostat-tau 4",
        "--mirostat 1 --mirostat-tau 4",
        "--penalty-alpha 0.9 --top-k 20",
        "--greedy --frequency-penalty 5",
    ] {
        assert_ne!(ids(other), greedy, "{other}");
    }
    let ended =
        shows("generate --model bare --ids 1 --greedy --eos-token-id 0 --no-repeat-ngram-size 1");
    let said = ended.number("tokens").unwrap();
    assert!(said < 23.0, "every token comes once, 0 among them: {said}");
    let step = shows("decode step --model bare --ids 1,2 --top-p 0.5 --steps 3");
    assert!(step.number("step3.kept").unwrap() < 20.0);
    shows("decode contrastive --model bare --ids 1,2 --count 5");
    shows("decode frequencies --model bare --ids 1,2 --samples 100 --repetition-penalty 2");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "decode step --probabilities 0.5,-0.1",
        "decode step --probabilities 0,0",
        "decode step --logits 1,2 --tokens a",
        "decode step --logits 1,2 --chosen 0,1 --no-repeat-ngram-size 1",
        "decode beam --logits 1,2 --num-beams 3",
        "decode greedy-trap --rows 0.5,0.6 0.5,0.5 0.5,0.5",
        "decode greedy-trap --rows 0.5,0.5 0.5,0.5",
        "decode greedy-trap --num-beams 4",
        "decode score --sums -1,-2 --lengths 1",
        "decode score --sums 1 --lengths 1",
        "decode score --sums -1 --lengths 0",
    ] {
        refused(line);
    }
    no("generate --model bare --ids 1 --num-beams 21", "1 to 20");
    no("generate --model bare --ids 1 --num-beams 6 --num-beam-groups 4", "1, 2, 3, 6");
    no("generate --model bare --ids 1 --num-beams 2 --num-return-sequences 3", "up to 2");
    no("generate --model bare --ids 1 --num-beams 2 --top-p 0.5", "draws nothing");
    no("generate --model bare --ids 1 --count 24", "up to 23");
    no("generate --model bare --ids 1 --penalty-alpha 0.5 --top-k 21", "1 to 20");
    no("generate --model bare --ids 1 --eos-token-id 20", "below 20");
    no("generate --model bare --ids 1 --greedy --no-repeat-ngram-size 1 --count 20", "ruled out");
    no("generate --model broken --ids 1 --greedy", "NaN");
    no("generate --model broken --ids 1 --num-beams 2", "NaN");
    no("decode step --model broken --ids 1", "NaN");
    no("decode step --model bare --prompt cat", "tokenizer.json");
    no("decode contrastive --model bare --ids 1 --count 24", "up to 23");
    for line in [
        "decode step --logits NaN",
        "decode step --logits inf,1",
        "decode step --logits",
        "decode step --top-k 0",
        "decode step --top-p 0",
        "decode step --top-p 1.1",
        "decode step --min-p 0",
        "decode step --eta 1",
        "decode step --temperature 0",
        "decode step --temperature -1",
        "decode temperature --temperatures 0",
        "decode beam --num-beams 0",
        "generate --num-beam-groups 2",
        "generate --greedy --top-k 3",
        "generate --mirostat 3",
    ] {
        unreadable(line);
    }
}

#[test]
fn long_work_can_be_stopped() {
    for line in ["decode frequencies", "decode mirostat", "decode greedy-trap", "decode step"] {
        stops(line);
    }
}
