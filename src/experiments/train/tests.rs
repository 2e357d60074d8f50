//! `train` as a learner runs it.

use super::compare::spread;
use crate::experiments::trial::{finite, refused, run, unreadable};
use crate::experiments::{Silent, Watcher};
use crate::report::{Error, Lang, Report, Text};
use std::cell::{Cell, RefCell};

const TINY: &str = "--context 12 --d-model 8 --heads 2 --layers 1 --batch 4";

fn trained(line: &str) -> Report {
    run(line, 0, &Silent).unwrap_or_else(|e| panic!("{line}: {}", e.line(Lang::En)))
}

fn number(report: &Report, name: &str) -> f64 {
    report.number(name).unwrap_or_else(|| panic!("no {name}"))
}

/// Someone who stops after so many steps, and keeps what is said on the way.
struct Stops {
    after: usize,
    seen: Cell<usize>,
    notes: RefCell<Vec<Text>>,
}

impl Stops {
    fn after(after: usize) -> Self {
        Self { after, seen: Cell::new(0), notes: RefCell::default() }
    }
}

impl Watcher for Stops {
    fn progress(&self, _: usize, _: usize, what: &Text) {
        self.seen.set(self.seen.get() + 1);
        assert!(what.en.contains("loss") && what.zh.contains("损失"), "{what:?}");
    }

    fn note(&self, words: &Text) {
        self.notes.borrow_mut().push(words.clone());
    }

    fn cancelled(&self) -> bool {
        self.seen.get() >= self.after
    }
}

#[test]
fn stopping_keeps_what_was_learned() {
    let stops = Stops::after(7);
    let report = run(&format!("train --task copy {TINY} --steps 40"), 0, &stops).unwrap();
    assert_eq!(number(&report, "steps"), 8.0);
    assert!(number(&report, "loss.validation").is_finite());
    assert!(stops.notes.borrow().iter().all(|n| n.en.contains("% of fresh questions right")));
    assert_eq!(stops.notes.borrow().len(), 2);
}

#[test]
fn a_run_that_diverges_says_where_and_keeps_the_last_good_weights() {
    let rate = "--optimizer sgd --clip 0 --norm none --decay 0 --schedule constant --warmup 0";
    let line = format!("train --task copy {TINY} --steps 60 {rate}");
    let at_once = run(&format!("{line} --rate 1000"), 0, &Silent).unwrap_err();
    assert!(at_once.line(Lang::En).contains("diverged at step"), "{at_once:?}");
    // an overflow of the scaled loss alone
    let scaled = format!("train --task copy {TINY} --steps 20 --loss-scale 1e30 --clip 0");
    let Err(error @ Error::Input(_)) = run(&scaled, 0, &Silent) else { panic!("no overflow") };
    assert!(error.line(Lang::En).contains("loss scale below 1e30"), "{error:?}");
}

#[test]
fn a_power_of_two_as_loss_scale_changes_nothing() {
    let loss = |scale: &str| {
        let line = format!("train --task copy {TINY} --steps 10 --loss-scale {scale}");
        number(&trained(&line), "loss.validation")
    };
    assert!((loss("1") - loss("1024")).abs() < 1e-5);
}

#[test]
fn a_comparison_trains_every_combination_on_the_same_data() {
    let line = format!("train compare --task copy {TINY} --steps 12 --kv-heads 1 2 --seeds 2");
    let report = trained(&line);
    finite(&line, &report, &[]);
    assert_eq!(report.tables().next().unwrap().rows.len(), 2);
    assert!(number(&report, "1.loss.spread") > 0.0);
    // a variant is what `train` alone gives, mean over the seeds
    let alone = |seed| {
        let line = format!("train --task copy {TINY} --steps 12 --kv-heads 2");
        number(&run(&line, seed, &Silent).unwrap(), "loss.validation")
    };
    let (mean, deviation) = spread(&[alone(0), alone(1)]);
    assert!((number(&report, "2.loss.validation") - mean).abs() < 1e-12);
    assert!((number(&report, "2.loss.spread") - deviation).abs() < 1e-12);
}

#[test]
fn two_flags_give_their_product_and_a_switch_takes_yes_and_no() {
    let line = format!(
        "train compare --task copy {TINY} --steps 4 --placement pre post --no-residual yes no"
    );
    let report = trained(&line);
    for label in ["pre-no-residual_yes", "pre-no-residual_no", "post-no-residual_no"] {
        assert!(number(&report, &format!("{label}.loss.train")) > 0.0);
    }
    assert_eq!(report.tables().next().unwrap().rows.len(), 4);
}

#[test]
fn a_stopped_comparison_shows_what_was_trained() {
    let line = format!("train compare --task copy {TINY} --steps 10 --bias none qkv all");
    let report = run(&line, 0, &Stops::after(15)).unwrap();
    assert_eq!(report.tables().next().unwrap().rows.len(), 2);
}

#[test]
fn comparisons_that_cannot_be_are_refused_before_anything_is_trained() {
    assert!(refused("train compare --steps 5").contains("nothing to compare"));
    assert!(refused("train compare --rate 0.1 --task copy").contains("nothing to compare"));
    let many = "train compare --task copy --layers 1 2 3 4 5 --heads 1 2 4 8 16";
    assert!(refused(many).contains("25 combinations"));
    let odd = format!("train compare --task copy {TINY} --kv-heads 1 2 3");
    assert!(refused(&odd).contains("3 key and value heads"));
    unreadable("train compare --position rope nowhere");
    unreadable("train compare --no-residual perhaps no");
    refused("train --mask none --objective masked-lm --corpus stories");
}

#[test]
fn hidden_tokens_are_learned_below_chance() {
    for aim in ["masked-lm", "blank-infilling"] {
        let small = "--vocab-size 280 --context 24 --d-model 16 --heads 2 --layers 1 --batch 8";
        let report = trained(&format!("train --objective {aim} {small} --steps 30 --rate 0.02"));
        let (loss, chance) = (number(&report, "loss.validation"), number(&report, "loss.chance"));
        assert!(loss < 0.85 * chance, "{aim}: {loss} of {chance}");
        assert!((0.0..=1.0).contains(&number(&report, "answers.right")));
    }
}

#[test]
fn a_sentence_under_every_objective() {
    let line = "train objective";
    let report = trained(line);
    finite(line, &report, &[]);
    assert_eq!(report.tables().count(), 5);
    assert_eq!(number(&report, "next-token.targets.share"), 1.0);
    // 15 words, 5 hidden in 2 spans
    assert_eq!(number(&report, "masked-lm.targets"), 5.0);
    assert_eq!(number(&report, "span-corruption.targets"), 8.0);
    assert_eq!(number(&report, "blank-infilling.targets"), 7.0);
    assert_eq!(number(&report, "blank-infilling.targets.ahead"), 0.0);
    assert!(number(&report, "masked-lm.targets.ahead") > 0.0);
    let answer = trained("train objective prefix-lm --prefix 3");
    assert_eq!(number(&answer, "targets"), 12.0);
    refused("train objective --text word");
    unreadable("train objective nothing");
}

#[test]
fn what_can_be_broken_breaks() {
    assert_eq!(number(&trained("train break"), "parts"), 6.0);
    let report = trained("train break epsilon");
    assert_eq!(number(&report, "broken.diverged"), 1.0);
    assert_eq!(number(&report, "sound.diverged"), 0.0);
    unreadable("train break everything");
}
