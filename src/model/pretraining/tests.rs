//! The objectives: what is hidden comes back, nobody sees what it is asked, and a tiny model learns.

use super::*;
use crate::model::{
    Config, Decay, Moments, Position, Preset, Rule, Schedule, Size, Trainer, Training, Transformer,
};
use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn maker(aim: Pretraining, length: usize) -> Maker {
    Maker { aim, length, vocab: 50, noise: Noise::default() }
}

fn one(maker: Maker, text: &[u32], seed: u64) -> Batch {
    let mut batch = Batch::new(maker.length);
    maker.begin(&mut batch, maker.length / 2);
    maker.push(&mut batch, text, &mut ChaCha8Rng::seed_from_u64(seed));
    batch
}

fn text(maker: Maker) -> Vec<u32> {
    (0..maker.text() as u32).map(|i| i % 50).collect()
}

#[test]
fn every_sequence_is_full_and_nobody_sees_what_it_is_asked() {
    for aim in Pretraining::ALL {
        for length in [4, 7, 19, 32, 100] {
            let maker = maker(aim, length);
            let batch = one(maker, &text(maker), length as u64);
            assert_eq!((batch.tokens.len(), batch.targets.len()), (length, length));
            assert!(batch.asked() > 0, "{aim:?} {length}");
            let largest = batch.tokens.iter().chain(&batch.targets).filter(|t| **t != IGNORED);
            assert!(largest.max().unwrap() < &((maker.vocab + maker.specials()) as u32));
            // what a place is asked is the token after it, which it cannot see, except in a
            // masked LM, which asks for the place itself
            let mask = batch.mask.unwrap_or(Mask::Causal);
            if aim == Pretraining::MaskedLm {
                continue;
            }
            for (i, _) in batch.targets.iter().enumerate().filter(|(_, t)| **t != IGNORED) {
                assert_eq!(mask.span(i, length).end, i + 1, "{aim:?} {length}");
            }
        }
    }
}

#[test]
fn corrupted_text_and_its_target_give_the_text_back() {
    let maker = maker(Pretraining::SpanCorruption, 64);
    let text = text(maker);
    let batch = one(maker, &text, 3);
    let Some(Mask::Prefix(input)) = batch.mask else { panic!("no prefix") };
    let line: Vec<u32> = batch.tokens[..=input]
        .iter()
        .chain(batch.targets[input..].iter().take_while(|t| **t != IGNORED))
        .copied()
        .collect();
    let (seen, said) = line.split_at(input);
    let hides = |token: u32| (token as usize) >= maker.vocab;
    let mut back = Vec::new();
    for &token in seen {
        match hides(token) {
            false => back.push(token),
            true => {
                let at = said.iter().position(|t| *t == token).unwrap();
                back.extend(said[at + 1..].iter().take_while(|t| !hides(**t)));
            }
        }
    }
    assert_eq!(back, text);
}

#[test]
fn blanks_are_filled_from_their_own_places() {
    let maker = maker(Pretraining::BlankInfilling, 64);
    let text = text(maker);
    let batch = one(maker, &text, 5);
    let Some(Mask::Prefix(seen)) = batch.mask else { panic!("no prefix") };
    let (hidden, spans) = maker.hidden(text.len());
    assert_eq!(seen, text.len() - hidden + spans);
    assert_eq!(batch.asked(), hidden + spans); // each span ends with [END]
    let mut filled: Vec<Vec<u32>> = batch.tokens[..seen].iter().map(|t| vec![*t]).collect();
    for i in seen..maker.length {
        let [place, inside] = batch.places[i];
        if batch.targets[i] == IGNORED {
            continue;
        }
        match inside {
            1 => {
                assert_eq!(batch.tokens[i], 51);
                assert_eq!(batch.tokens[place as usize], 50);
                filled[place as usize].clear();
            }
            _ => filled[place as usize].push(batch.tokens[i]),
        }
    }
    assert_eq!(filled.concat(), text);
}

#[test]
fn masked_tokens_follow_the_rule_of_eighty_ten_ten() {
    let maker = maker(Pretraining::MaskedLm, 100);
    let text = text(maker);
    let (mut masks, mut same, mut all) = (0, 0, 0);
    for seed in 0..200 {
        let batch = one(maker, &text, seed);
        assert_eq!(batch.asked(), 15);
        for (i, _) in batch.targets.iter().enumerate().filter(|(_, t)| **t != IGNORED) {
            masks += usize::from(batch.tokens[i] == 50);
            same += usize::from(batch.tokens[i] == text[i]);
            all += 1;
        }
    }
    let share = |n: usize| n as f64 / f64::from(all);
    assert!((share(masks) - 0.8).abs() < 0.025, "{}", share(masks));
    assert!((share(same) - 0.102).abs() < 0.02, "{}", share(same));
}

#[test]
fn a_tiny_model_learns_under_every_objective() {
    for aim in Pretraining::ALL {
        let maker = Maker { aim, length: 16, vocab: 8, noise: Noise::default() };
        let size = Size {
            vocab: 8 + maker.specials(),
            context: 16,
            d: 16,
            d_ff: 32,
            layers: 1,
            heads: 2,
            kv_heads: 2,
        };
        let position = match aim {
            Pretraining::BlankInfilling => Position::TwoRows,
            _ => Position::Learned,
        };
        let config = Config { position, ..Preset::Llama.config(size).unwrap() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let model = Transformer::<f32>::new(config, &mut rng).unwrap();
        let training = Training {
            rule: Rule::AdamW(Moments::default()),
            schedule: Schedule {
                peak: 0.02,
                warmup: 5,
                decay: Decay::Constant,
                steps: 60,
                floor: 0.1,
            },
            decay: 0.0,
            clip: Some(1.0),
            smoothing: 0.0,
            loss_scale: 1.0,
            shards: 1,
            threads: 1,
            seed: 1,
        };
        let mut trainer = Trainer::new(model, training).unwrap();
        let mut batch = Batch::new(16);
        let mut loss = f64::NAN;
        for _ in 0..120 {
            maker.begin(&mut batch, rng.random_range(maker.splits()));
            for _ in 0..12 {
                let start = rng.random_range(0..8);
                let text: Vec<u32> = (0..maker.text() as u32).map(|i| (start + i) % 8).collect();
                maker.push(&mut batch, &text, &mut rng);
            }
            loss = trainer.step(std::slice::from_ref(&batch)).unwrap().loss;
        }
        let chance = (size.vocab as f64).ln();
        assert!(loss < 0.7 * chance, "{aim:?}: {loss} of {chance}");
    }
}
