//! What comes out is the target's: in distribution, and token for token where nothing is drawn.

use super::*;
use crate::math::chi_square::fit;
use crate::model::decoding::Greedy;
use crate::model::{Generation, Preset, Size};
use ndarray_rand::rand::{Rng, SeedableRng};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;

const V: usize = 7;

fn model(seed: u64, layers: usize) -> Transformer<f64> {
    let size = Size { vocab: V, context: 24, d: 8, d_ff: 12, layers, heads: 2, kv_heads: 1 };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut model = Transformer::new(Preset::Llama.config(size).unwrap(), &mut rng).unwrap();
    model.weights.iter_mut().for_each(|w| *w += rng.random_range(-0.5..0.5));
    model
}

fn distribution() -> impl Strategy<Value = Vec<f64>> {
    let weights = prop::collection::vec(prop_oneof![Just(0.0), 0.01..1.0], 4);
    weights.prop_filter("some mass", |w| w.iter().sum::<f64>() > 0.0).prop_map(|w| {
        let total: f64 = w.iter().sum();
        w.into_iter().map(|x| x / total).collect()
    })
}

proptest! {
    /// The rule in exact arithmetic: q·min(1, p/q) + P(refused)·residual = p.
    #[test]
    fn accepted_and_residual_together_are_the_target(p in distribution(), q in distribution()) {
        let refused = 1.0 - acceptance(&p, &q);
        for (i, left) in residual(&p, &q).iter().enumerate() {
            let said = p[i].min(q[i]) + refused * left;
            prop_assert!((said - p[i]).abs() < 1e-12, "{i}: {said} {}", p[i]);
        }
    }
}

#[test]
fn single_tokens_fit_the_target_and_not_the_draft() {
    let (p, q) = ([0.5, 0.3, 0.2, 0.0], [0.1, 0.3, 0.2, 0.4]);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut counts, mut kept) = ([0usize; 4], 0);
    for _ in 0..20_000 {
        let (token, accepted) = propose(&p, &q, &mut rng);
        counts[token] += 1;
        kept += usize::from(accepted);
    }
    assert!(fit(&counts, &p).p_value > 1e-3, "{counts:?}");
    assert!(fit(&counts, &q).p_value < 1e-9);
    assert!((kept as f64 / 20_000.0 - 0.6).abs() < 0.015);
}

/// The exact probability of each pair of tokens after a prompt.
fn pairs(model: &Transformer<f64>, prompt: &[u32], settings: &Settings) -> Vec<f64> {
    let mut rule = Rule::new(settings.clone(), false);
    let mut after = |tokens: &[u32]| {
        let all = generate::logits(model, tokens).unwrap();
        let mut row = all[all.len() - V..].to_vec();
        rule.distribution(tokens, prompt.len(), &mut row).unwrap()
    };
    let first = after(prompt);
    let mut joint = Vec::new();
    for (i, p) in first.iter().enumerate() {
        let mut tokens = prompt.to_vec();
        tokens.push(i as u32);
        joint.extend(after(&tokens).iter().map(|second| p * second));
    }
    joint
}

#[test]
fn pairs_of_two_models_fit_the_target_by_chi_square() {
    let (target, draft) = (model(1, 2), model(2, 1));
    let plain = Settings::default();
    let shaped = Settings {
        temperature: 0.8,
        top_k: Some(4),
        repetition_penalty: 1.3,
        ..Settings::default()
    };
    for (settings, k) in [(plain.clone(), 1), (plain, 4), (shaped, 3)] {
        let start = Speculative::new(&target, &draft, &[3, 1], settings.clone(), false).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut counts = vec![0usize; V * V];
        for _ in 0..6000 {
            let mut text = start.clone();
            while text.said().len() < 2 {
                text.round(k, &mut rng).unwrap();
            }
            let said = text.said();
            counts[said[0] as usize * V + said[1] as usize] += 1;
        }
        let right = fit(&counts, &pairs(&target, &[3, 1], &settings));
        assert!(right.p_value > 1e-3, "k {k}: {right:?}");
        let wrong = fit(&counts, &pairs(&draft, &[3, 1], &settings));
        assert!(wrong.p_value < 1e-9, "k {k}: {wrong:?}");
    }
}

#[test]
fn greedy_is_the_targets_greedy_token_for_token() {
    for seed in 0..6 {
        let (target, draft) = (model(seed, 2), model(seed + 10, 1));
        let mut alone = Generation::new(&target, &[2, 5]).unwrap();
        let expected: Vec<u32> = (0..22).map(|_| alone.next(&mut Greedy).unwrap()).collect();
        for k in [1, 2, 5, 40] {
            let mut rng = ChaCha8Rng::seed_from_u64(0);
            let mut text =
                Speculative::new(&target, &draft, &[2, 5], Settings::default(), true).unwrap();
            let (mut rounds, mut kept) = (0, 0);
            while text.tokens().len() < 24 {
                kept += text.round(k, &mut rng).unwrap().accepted;
                rounds += 1;
            }
            assert_eq!(&text.said()[..22], &expected[..], "seed {seed}, k {k}");
            assert_eq!(text.said().len(), rounds + kept);
            assert!(text.round(k, &mut rng).is_err(), "the context is full");
        }
    }
}

#[test]
fn a_model_accepts_itself_and_one_of_another_vocabulary_is_refused() {
    let one = model(3, 1);
    let mut text = Speculative::new(&one, &one, &[1], Settings::default(), false).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for _ in 0..4 {
        let round = text.round(4, &mut rng).unwrap();
        assert_eq!(round.accepted, 4);
        assert!(round.chances.iter().all(|c| (c - 1.0).abs() < 1e-6));
    }
    let size = Size { vocab: 9, context: 24, d: 8, d_ff: 12, layers: 1, heads: 2, kv_heads: 1 };
    let other = Transformer::new(Preset::Llama.config(size).unwrap(), &mut rng).unwrap();
    assert!(Speculative::new(&one, &other, &[1], Settings::default(), false).is_err());
    assert!(Speculative::new(&one, &one, &[], Settings::default(), false).is_err());
    assert!(Speculative::new(&one, &one, &[7], Settings::default(), false).is_err());
}
