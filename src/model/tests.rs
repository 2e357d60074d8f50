//! The Transformer against finite differences, for every choice of its configuration, and the cache
//! against the full forward pass.

use ndarray_rand::rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::config::Biases;
use super::stack::NormKind;
use super::*;
use crate::math::activation::Activation;
use crate::math::attention::Mask;
use crate::math::loss::IGNORED;

mod every;

const SIZE: Size = Size { vocab: 7, context: 6, d: 8, d_ff: 6, layers: 2, heads: 4, kv_heads: 2 };
const TOKENS: [u32; 10] = [1, 4, 2, 2, 6, 0, 3, 5, 1, 1];
const TARGETS: [u32; 10] = [4, 2, 2, 6, 0, IGNORED, 5, 1, 1, 3];

fn base() -> Config {
    Preset::Llama.config(SIZE).unwrap()
}

/// Weights far from where training starts, so that every part of the model matters.
fn model(config: Config) -> Transformer<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut model = Transformer::new(config, &mut rng).unwrap();
    model.weights.iter_mut().for_each(|w| *w += rng.random_range(-0.3..0.3));
    model
}

/// Loss and gradient of two sequences of five tokens.
fn slope(model: &Transformer<f64>, objective: Objective, pass: Pass) -> (f64, Vec<f64>) {
    let mut ws = Workspace::default();
    ws.prepare(&model.config, 2, 5);
    model.forward(&TOKENS, &mut ws, None, pass);
    let mut gradient = vec![0.0; model.layout.total];
    let loss = model.backward(&TOKENS, &TARGETS, objective, &mut ws, pass, &mut gradient);
    (loss, gradient)
}

/// Token types where the model knows them.
fn types_of(config: &Config) -> Pass<'static> {
    let types: &[u32] = if config.types > 0 { &[0, 0, 1, 1, 1, 0, 1, 0, 1, 0] } else { &[] };
    Pass { types, ..Pass::default() }
}

/// Checks every tensor of the gradient at its largest entry and some others.
fn check(config: Config) {
    let what = format!("{config:?}");
    let pass = Pass { dropout: (config.dropout > 0.0).then_some(99), ..types_of(&config) };
    let objective = Objective { smoothing: 0.1, scale: 1.0 };
    let mut model = model(config);
    let (_, gradient) = slope(&model, objective, pass);
    for (name, slot) in model.layout.names.clone() {
        let places = slot.range();
        let largest =
            places.clone().max_by(|a, b| gradient[*a].abs().total_cmp(&gradient[*b].abs()));
        let largest = largest.unwrap();
        for i in [largest, places.start, places.start + places.len() / 2, places.end - 1] {
            let centre = model.weights[i];
            let h = 2e-5;
            let mut at = |w: f64| {
                model.weights[i] = w;
                slope_of_loss(&model, objective, pass)
            };
            let mut rise = |h: f64| at(centre + h) - at(centre - h);
            let numeric = (8.0 * rise(h) - rise(2.0 * h)) / (12.0 * h);
            model.weights[i] = centre;
            let apart = (numeric - gradient[i]).abs();
            let allowed = 1e-6 * (1.0 + gradient[largest].abs());
            assert!(apart < allowed, "{name}[{i}]: {numeric} is not {} in {what}", gradient[i]);
        }
    }
}

fn slope_of_loss(model: &Transformer<f64>, objective: Objective, pass: Pass) -> f64 {
    let mut ws = Workspace::default();
    ws.prepare(&model.config, 2, 5);
    model.forward(&TOKENS, &mut ws, None, pass);
    model.logits(&mut ws, 0..10);
    let v = model.config.vocab;
    let smoothing = objective.smoothing;
    crate::math::loss::cross_entropy_rows(&mut ws.logits, v, &TARGETS, smoothing, 1.0)
}

#[test]
fn gradients_are_right_for_every_preset() {
    // half of each head turns in GLM-4: its width must be a multiple of four
    let size = Size { heads: 2, kv_heads: 1, ..SIZE };
    Preset::ALL.into_iter().for_each(|preset| check(preset.config(size).unwrap()));
}

#[test]
fn gradients_are_right_for_every_norm_and_placement() {
    for norm in [NormKind::None, NormKind::LayerNorm, NormKind::RmsNorm] {
        for placement in Placement::ALL {
            check(Config { norm, placement, ..base() });
        }
    }
    check(Config { residual: false, ..base() });
}

#[test]
fn gradients_are_right_for_every_feed_forward_block() {
    let kinds = [
        Activation::Relu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::SILU,
        Activation::Sigmoid,
    ];
    for activation in kinds {
        for gated in [false, true] {
            check(Config { activation, gated, ..base() });
        }
    }
}

#[test]
fn gradients_are_right_for_every_position() {
    let rope = Rope::new(100.0);
    let positions = [
        Position::None,
        Position::Learned,
        Position::Sinusoidal,
        Position::TwoRows,
        Position::Rope(Rope { interleaved: true, ..rope }),
        Position::Rope(Rope { scaling: Scaling::Linear(2.0), ..rope }),
        Position::Alibi,
        Position::Relative { buckets: 4, farthest: 6 },
    ];
    for position in positions {
        check(Config { position, head_width: 4, ..base() });
        check(Config { position, head_width: 4, mask: Mask::None, ..base() });
    }
}

#[test]
fn gradients_are_right_for_masks_heads_biases_ties_and_dropout() {
    for mask in [Mask::None, Mask::Causal, Mask::Prefix(3), Mask::Sliding(2)] {
        check(Config { mask, ..base() });
    }
    for kv_heads in [1, 2, 4] {
        check(Config { kv_heads, ..base() });
    }
    for biases in [Biases::NONE, Biases::QKV, Biases::ALL] {
        check(Config { biases, ..base() });
    }
    check(Config { tied: true, ..base() });
    check(Config { dropout: 0.3, ..base() });
    check(Config { score_scale: Some(1.0), ..base() });
}

#[test]
fn the_parameters_are_those_of_the_formula() {
    let mut configs: Vec<_> = Preset::ALL.map(|p| p.config(SIZE).unwrap()).to_vec();
    configs.push(Config { placement: Placement::Sandwich, biases: Biases::ALL, ..base() });
    configs.push(Config { position: Position::Relative { buckets: 4, farthest: 6 }, ..base() });
    for config in configs {
        let expected = config.parameters();
        assert_eq!(layout::Layout::new(&config).total as f64, expected, "{config:?}");
    }
}

#[test]
fn a_forward_pass_keeps_what_is_counted() {
    for preset in Preset::ALL {
        let config = preset.config(SIZE).unwrap();
        let mut ws = Workspace::<f32>::default();
        ws.prepare(&config, 2, 5);
        let around =
            |a: &workspace::Around<f32>| a.h.len() + a.before.len() + a.inner.len() + a.after.len();
        let blocks = ws.blocks.iter().map(|b| {
            let rows = [&b.q, &b.k, &b.v, &b.mixed, &b.logs, &b.gate, &b.up, &b.hidden];
            rows.iter().map(|x| x.len()).sum::<usize>() + around(&b.attention) + around(&b.ffn)
        });
        let head = &ws.head;
        let ends = [&ws.branch, &ws.last, &ws.last_kept, &ws.embedded, &ws.embedded_kept];
        let head = [&head.input, &head.dense, &head.active, &head.kept];
        let rest = ws.streams.iter().chain(ends).chain(head).map(Vec::len).sum::<usize>();
        assert_eq!(workspace::kept(&config, 10), (blocks.sum::<usize>() + rest) as f64);
    }
}

#[test]
fn the_cache_changes_nothing() {
    let positions = [
        Position::Rope(Rope::new(100.0)),
        Position::Learned,
        Position::Sinusoidal,
        Position::Alibi,
        Position::Relative { buckets: 4, farthest: 6 },
    ];
    for position in positions {
        for mask in [Mask::Causal, Mask::Sliding(3)] {
            let model = model(Config { position, mask, ..base() });
            let tokens = &TOKENS[..6];
            let mut ws = Workspace::default();
            ws.prepare(&model.config, 1, 6);
            model.forward(tokens, &mut ws, None, Pass::default());
            let whole = ws.last.clone();
            let mut cache = Cache::new(&model.config);
            let mut parts = Vec::new();
            for part in [&tokens[..3], &tokens[3..4], &tokens[4..]] {
                ws.prepare(&model.config, 1, part.len());
                model.forward(part, &mut ws, Some(&mut cache), Pass::default());
                parts.extend_from_slice(&ws.last);
            }
            let apart = whole.iter().zip(&parts).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart < 1e-12, "{position:?} {mask:?}: {apart:e}");
        }
    }
}

#[test]
fn f32_on_vectors_is_f64_by_definition() {
    for preset in Preset::ALL {
        let exact =
            model(preset.config(Size { d: 40, d_ff: 50, heads: 2, kv_heads: 1, ..SIZE }).unwrap());
        let mut fast = Transformer::<f32>::zeros(exact.config.clone()).unwrap();
        fast.weights.iter_mut().zip(&exact.weights).for_each(|(a, b)| *a = *b as f32);
        let mut ws = Workspace::default();
        ws.prepare(&fast.config, 2, 5);
        fast.forward(&TOKENS, &mut ws, None, Pass::default());
        let mut gradient = vec![0.0; fast.layout.total];
        let objective = Objective { smoothing: 0.1, scale: 1.0 };
        let loss =
            fast.backward(&TOKENS, &TARGETS, objective, &mut ws, Pass::default(), &mut gradient);
        let (expected, exact) = slope(&exact, objective, Pass::default());
        assert!((loss - expected).abs() < 1e-4, "{preset:?}: {loss} {expected}");
        let largest = exact.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let apart = exact.iter().zip(&gradient).map(|(a, b)| (a - f64::from(*b)).abs());
        assert!(apart.fold(0.0, f64::max) < 1e-4 * largest, "{preset:?}");
    }
}

#[test]
fn a_cache_that_forgets_is_that_of_the_text_without_those_tokens() {
    // with one block keys and values depend on nothing but their own token and its place
    for position in [Position::None, Position::Rope(Rope::new(100.0)), Position::Alibi] {
        let model = model(Config { position, head_width: 4, layers: 1, ..base() });
        let read = |tokens: &[u32], cache: &mut Cache<f64>| {
            let mut ws = Workspace::default();
            ws.prepare(&model.config, 1, tokens.len());
            model.forward(tokens, &mut ws, Some(cache), Pass::default());
            ws.last[(tokens.len() - 1) * model.config.d..].to_vec()
        };
        let (mut cache, mut without) = (Cache::new(&model.config), Cache::new(&model.config));
        read(&[1, 2, 3, 4], &mut cache);
        cache.forget(1..3, &model);
        read(&[1, 4], &mut without);
        assert_eq!(cache.length, without.length);
        let (a, b) = (read(&[5], &mut cache), read(&[5], &mut without));
        let apart = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 1e-12, "{position:?}: {apart:e}");
    }
}

#[test]
fn impossible_choices_get_one_clear_line() {
    assert!(Config::width_of_heads(10, 3).is_err());
    let bad = [
        Config { kv_heads: 3, ..base() },
        Config { head_width: 3, ..base() },
        Config { vocab: 0, ..base() },
        Config { dropout: 1.0, ..base() },
        Config { eps: f64::NAN, ..base() },
        Config { vocab: 900_000, d: 90_000, ..base() },
        Config { position: Position::Rope(Rope::new(0.0)), ..base() },
    ];
    for config in bad {
        assert!(Transformer::<f32>::zeros(config.clone()).is_err(), "{config:?}");
    }
}
