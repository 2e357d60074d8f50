//! The values that the other gradient checks leave out, random combinations of all of them,
//! generation for every position and mask, and that nothing leaks from the future.

use ndarray_rand::rand::seq::IndexedRandom;

use super::*;
use crate::model::decoding::argmax;

const POSITIONS: [Position; 14] = [
    Position::None,
    Position::Learned,
    Position::TwoRows,
    Position::Sinusoidal,
    Position::Alibi,
    Position::Relative { buckets: 4, farthest: 6 },
    Position::Rope(Rope::new(100.0)),
    Position::Rope(Rope { interleaved: true, ..Rope::new(100.0) }),
    Position::Rope(Rope { fraction: 0.5, ..Rope::new(100.0) }),
    Position::Rope(Rope { scaling: Scaling::Linear(2.0), ..Rope::new(100.0) }),
    Position::Rope(Rope { scaling: Scaling::Ntk(2.0), ..Rope::new(100.0) }),
    Position::Rope(Rope {
        scaling: Scaling::Dynamic { factor: 2.0, original: 3.0 },
        ..Rope::new(100.0)
    }),
    Position::Rope(Rope {
        scaling: Scaling::Llama3 { factor: 4.0, low: 1.0, high: 4.0, original: 8.0 },
        ..Rope::new(100.0)
    }),
    Position::Rope(Rope {
        scaling: Scaling::Yarn {
            factor: 4.0,
            fast: 2.0,
            slow: 0.1,
            original: 8.0,
            attention: 1.2,
            truncate: true,
        },
        ..Rope::new(100.0)
    }),
];
const MASKS: [Mask; 6] = [
    Mask::Causal,
    Mask::None,
    Mask::Prefix(3),
    Mask::Prefix(20),
    Mask::Sliding(2),
    Mask::Sliding(1),
];
const NORMS: [NormKind; 3] = [NormKind::None, NormKind::LayerNorm, NormKind::RmsNorm];

/// A new value of one of these enums must be added to the lists above.
const fn listed(position: Position, mask: Mask, activation: Activation) {
    use Activation as A;
    match position {
        Position::None | Position::Learned | Position::Sinusoidal | Position::Alibi => {}
        Position::TwoRows => {}
        Position::Relative { .. } => {}
        Position::Rope(Rope { scaling, .. }) => match scaling {
            Scaling::None | Scaling::Linear(_) | Scaling::Ntk(_) | Scaling::Dynamic { .. } => {}
            Scaling::Llama3 { .. } | Scaling::Yarn { .. } => {}
        },
    }
    match mask {
        Mask::None | Mask::Causal | Mask::Prefix(_) | Mask::Sliding(_) | Mask::Packed(_) => {}
    }
    match activation {
        A::Identity | A::Sigmoid | A::Tanh | A::Relu | A::LeakyRelu { .. } | A::Softplus => {}
        A::Gelu | A::GeluTanh | A::GeluSigmoid | A::Swish { .. } | A::HardSwish => {}
    }
}
const _: () = listed(POSITIONS[0], MASKS[0], Activation::SAMPLES[0]);

/// Heads of four features, so that half of a head is still a pair.
fn wide() -> Config {
    Config { head_width: 4, context: 12, ..base() }
}

#[test]
fn gradients_are_right_for_every_activation() {
    for activation in Activation::SAMPLES {
        for gated in [false, true] {
            check(Config { activation, gated, biases: Biases::ALL, layers: 1, ..base() });
        }
    }
}

#[test]
fn gradients_are_right_for_every_position_and_mask() {
    for position in POSITIONS {
        check(Config { position, layers: 1, ..wide() });
    }
    for mask in
        MASKS.into_iter().chain(crate::math::attention::Documents::of(&[3, 2, 4]).map(Mask::Packed))
    {
        check(Config { mask, layers: 1, ..wide() });
    }
}

#[test]
fn gradients_are_right_without_residuals_and_with_dropout_wherever_the_norm_stands() {
    for placement in Placement::ALL {
        check(Config { placement, residual: false, layers: 1, ..base() });
        check(Config { placement, dropout: 0.4, layers: 1, ..base() });
        check(Config { placement, eps: 0.1, layers: 1, ..base() });
    }
}

#[test]
fn gradients_are_right_for_each_bias_alone() {
    for biases in [
        Biases { qkv: false, output: true, ffn: false },
        Biases { qkv: false, output: false, ffn: true },
        Biases { qkv: true, output: false, ffn: true },
    ] {
        check(Config { biases, gated: false, layers: 1, ..base() });
    }
}

#[test]
fn the_gradient_follows_smoothing_and_scale() {
    let model = model(base());
    let with = |smoothing, scale| slope(&model, Objective { smoothing, scale }, Pass::default());
    let (hard, plain) = with(0.0, 1.0);
    // smoothing mixes the loss of the targets with that of a uniform target, linearly
    let (third, g3) = with(0.3, 1.0);
    let (sixth, g6) = with(0.6, 1.0);
    assert!((hard - 2.0 * third + sixth).abs() < 1e-9);
    let bent = plain.iter().zip(&g3).zip(&g6).map(|((a, b), c)| (a - 2.0 * b + c).abs());
    assert!(bent.fold(0.0, f64::max) < 1e-9);
    let (_, scaled) = with(0.0, 1024.0);
    assert!(plain.iter().zip(&scaled).all(|(a, b)| (a * 1024.0 - b).abs() <= 1e-9 * b.abs()));
}

#[test]
fn gradients_are_right_for_random_combinations_of_choices() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..16 {
        let mut any = |of: usize| rng.random_range(0..of);
        let config = Config {
            norm: NORMS[any(3)],
            placement: Placement::ALL[any(Placement::ALL.len())],
            residual: any(5) > 0,
            activation: Activation::SAMPLES[any(Activation::SAMPLES.len())],
            gated: any(2) == 0,
            position: POSITIONS[any(POSITIONS.len())],
            mask: MASKS[any(MASKS.len())],
            kv_heads: [1, 2, 4][any(3)],
            biases: Biases { qkv: any(2) == 0, output: any(2) == 0, ffn: any(2) == 0 },
            tied: any(2) == 0,
            dropout: [0.0, 0.3][any(2)],
            score_scale: [None, Some(0.7)][any(2)],
            types: [0, 2][any(2)],
            embedding_norm: any(3) == 0,
            transform: any(3) == 0,
            layers: 1,
            ..wide()
        };
        check(config);
    }
}

/// The full forward pass and generation choose the same tokens from nearly the same logits.
#[test]
fn the_cache_chooses_the_tokens_of_the_full_pass_for_every_position_and_mask() {
    for position in POSITIONS {
        for mask in MASKS {
            let model = model(Config { position, mask, ..wide() });
            let mut text = vec![1_u32, 4];
            let mut generation = Generation::new(&model, &text).unwrap();
            while text.len() < 12 {
                let all = generate::logits(&model, &text).unwrap();
                let last = &all[(text.len() - 1) * 7..];
                let pairs = last.iter().zip(generation.logits());
                let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(apart < 1e-10, "{position:?} {mask:?} at {}: {apart:e}", text.len());
                let expected = argmax(last);
                text.push(generation.next(&mut Greedy).unwrap());
                assert_eq!(text.last(), Some(&expected), "{position:?} {mask:?}");
            }
        }
    }
}

/// The end of the stream for a sequence, one row a token.
fn ends(model: &Transformer<f64>, tokens: &[u32]) -> Vec<Vec<f64>> {
    let mut ws = Workspace::default();
    ws.prepare(&model.config, 1, tokens.len());
    model.forward(tokens, &mut ws, None, Pass::default());
    ws.last.chunks(model.config.d).map(<[f64]>::to_vec).collect()
}

#[test]
fn nothing_leaks_from_the_future() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    for position in POSITIONS {
        for mask in MASKS {
            let placement = *Placement::ALL.choose(&mut rng).unwrap();
            let model = model(Config { position, mask, placement, ..wide() });
            let tokens = &TOKENS[..8];
            let before = ends(&model, tokens);
            for changed in 0..tokens.len() {
                let mut other = tokens.to_vec();
                other[changed] = (other[changed] + 1) % 7;
                let after = ends(&model, &other);
                for i in 0..tokens.len() {
                    // through two blocks a token sees what those see that it sees
                    let sees = |i: usize| mask.span(i, tokens.len());
                    let reached = sees(i).any(|j| sees(j).contains(&changed));
                    let same = before[i] == after[i];
                    assert_eq!(same, !reached, "{position:?} {mask:?}: {changed} reaches {i}");
                }
            }
        }
    }
}

#[test]
fn the_loss_of_a_token_pulls_on_no_later_position() {
    for mask in [Mask::Causal, Mask::Sliding(2)] {
        let model = model(Config { position: Position::Learned, mask, ..base() });
        let mut targets = [IGNORED; 10];
        targets[2] = 3;
        let mut ws = Workspace::default();
        ws.prepare(&model.config, 2, 5);
        model.forward(&TOKENS, &mut ws, None, Pass::default());
        let mut gradient = vec![0.0; model.layout.total];
        let objective = Objective { smoothing: 0.0, scale: 1.0 };
        model.backward(&TOKENS, &targets, objective, &mut ws, Pass::default(), &mut gradient);
        let rows = &gradient[model.layout.position.unwrap().range()];
        let touched: Vec<bool> = rows.chunks(8).map(|row| row.iter().any(|g| *g != 0.0)).collect();
        // a window of two reaches two back through two blocks
        let expected: Vec<bool> = (0..6).map(|i| i <= 2).collect();
        assert_eq!(touched, expected, "{mask:?}");
    }
}
