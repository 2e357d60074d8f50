//! Whole stacks against finite differences, and what each placement promises.

use super::*;
use crate::math::linear::xavier;
use crate::math::parameters::assert_gradients;
use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SMALL: Config = Config {
    layers: 2,
    d: 4,
    d_ff: 6,
    heads: 2,
    mask: Mask::Causal,
    ffn: Kind::Gelu, // smooth: finite differences do not meet a kink
    placement: Placement::Post,
    norm: NormKind::LayerNorm,
    gain: 1.0,
};

/// Every gradient of a stack of this shape against central differences.
fn agrees_with_finite_differences(config: &Config) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let stack = Stack::<f64>::new(config, &mut rng);
    let (x, dy) = (xavier(3, 4, 2.0, &mut rng), xavier(3, 4, 1.0, &mut rng));
    let (_, tape) = stack.forward(x.clone());
    let back = stack.backward(&tape, dy.view());
    let forward = |s: &Stack<f64>, x: ArrayView2<f64>| s.forward(x.to_owned()).0;
    assert_gradients(&stack, &x, &dy, forward, &back.streams[0], &back.gradient, 1e-6);
}

#[test]
fn the_whole_stack_agrees_with_finite_differences() {
    for placement in Placement::ALL {
        for norm in [NormKind::LayerNorm, NormKind::RmsNorm, NormKind::None] {
            agrees_with_finite_differences(&Config { placement, norm, ..SMALL });
        }
    }
    agrees_with_finite_differences(&Config { ffn: Kind::Swiglu, ..SMALL });
}

#[test]
fn a_pass_stops_when_it_is_told_to() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let stack = Stack::<f64>::new(&SMALL, &mut rng);
    let x = xavier(3, 4, 1.0, &mut rng);
    let asked = std::cell::Cell::new(0);
    let third = || {
        asked.set(asked.get() + 1);
        if asked.get() == 3 { Err("enough") } else { Ok(()) }
    };
    assert_eq!(stack.try_forward(x.clone(), third).err(), Some("enough"));
    assert_eq!(asked.get(), 3);
    let (y, tape) = stack.forward(x);
    asked.set(0);
    assert_eq!(stack.try_backward(&tape, y.view(), third).err(), Some("enough"));
}

#[test]
fn deepnorm_has_exactly_the_parameters_of_post_ln() {
    let count = |placement| {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        Stack::<f32>::new(&Config { placement, ..SMALL }, &mut rng).count()
    };
    assert_eq!(count(Placement::DeepNorm), count(Placement::Post));
    assert_eq!(count(Placement::Pre), count(Placement::Post) + 2 * SMALL.d); // the norm at the end
    let norms = SMALL.layers * 2 * 2 * SMALL.d; // another norm for each sub-layer
    assert_eq!(count(Placement::Sandwich), count(Placement::Pre) + norms);
}

#[test]
fn one_step_downhill_lowers_the_loss() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut stack = Stack::<f64>::new(&Config { placement: Placement::Pre, ..SMALL }, &mut rng);
    let (x, dy) = (xavier(3, 4, 2.0, &mut rng), xavier::<f64>(3, 4, 1.0, &mut rng));
    let loss = |s: &Stack<f64>| (s.forward(x.clone()).0 * &dy).sum();
    let before = loss(&stack);
    let (_, tape) = stack.forward(x.clone());
    let gradient = stack.backward(&tape, dy.view()).gradient;
    stack.descend(&gradient, 1e-3);
    assert!(loss(&stack) < before);
}
