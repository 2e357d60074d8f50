//! What must hold for every input: backward against finite differences, and the invariances.

use ndarray::{Array1, Array2, ArrayView1};
use proptest::prelude::*;

use super::*;
use crate::math::difference::{gradient, relative_error};

const T: usize = 3;
const D: usize = 5;

fn grid(values: &[f64]) -> Array2<f64> {
    Array2::from_shape_vec((T, D), values.to_vec()).unwrap()
}

/// Input, upstream gradient, γ and β.
fn arrays() -> impl Strategy<Value = (Vec<f64>, Array2<f64>, Array1<f64>, Array1<f64>)> {
    let numbers = |n| prop::collection::vec(-3.0..3.0_f64, n);
    (numbers(T * D), numbers(T * D), numbers(D), numbers(D))
        .prop_map(|(x, dy, g, b)| (x, grid(&dy), g.into(), b.into()))
        .prop_filter("statistics away from zero", |(x, ..)| {
            let spread = |v: &[f64]| {
                let m = v.iter().sum::<f64>() / v.len() as f64;
                v.iter().map(|x| (x - m).powi(2)).sum::<f64>()
            };
            let column = |j| x.iter().skip(j).step_by(D).copied().collect::<Vec<_>>();
            x.chunks(D).all(|row| spread(row) > 0.5) && (0..D).all(|j| spread(&column(j)) > 0.5)
        })
}

/// The gradient of `Σ dy ⊙ f(x)` by finite differences.
fn numeric(x: &[f64], dy: &Array2<f64>, f: impl Fn(&Array2<f64>) -> Array2<f64>) -> Vec<f64> {
    let loss = |x: ArrayView1<f64>| (f(&grid(&x.to_vec())) * dy).sum();
    gradient(loss, ArrayView1::from(x)).to_vec()
}

proptest! {
    #[test]
    fn layer_backward((x, dy, gamma, beta) in arrays()) {
        let norm = LayerNorm { gamma, beta, eps: 1e-3 };
        let (_, kept) = norm.forward(grid(&x).view());
        let analytic = norm.backward(&kept, dy.view());
        let by_x = numeric(&x, &dy, |x| norm.forward(x.view()).0);
        prop_assert!(relative_error(&analytic.x.into_raw_vec_and_offset().0, &by_x) < 1e-7);
        let by_gamma = gradient(|g| {
            let moved = LayerNorm { gamma: g.to_owned(), ..norm.clone() };
            (moved.forward(grid(&x).view()).0 * &dy).sum()
        }, norm.gamma.view());
        prop_assert!(relative_error(&analytic.gamma.to_vec(), &by_gamma.to_vec()) < 1e-7);
        let by_beta = gradient(|b| {
            let moved = LayerNorm { beta: b.to_owned(), ..norm.clone() };
            (moved.forward(grid(&x).view()).0 * &dy).sum()
        }, norm.beta.view());
        prop_assert!(relative_error(&analytic.beta.to_vec(), &by_beta.to_vec()) < 1e-7);
    }

    #[test]
    fn rms_backward((x, dy, gamma, _) in arrays()) {
        let norm = RmsNorm { gamma, eps: 1e-3 };
        let (_, kept) = norm.forward(grid(&x).view());
        let analytic = norm.backward(&kept, dy.view());
        let by_x = numeric(&x, &dy, |x| norm.forward(x.view()).0);
        prop_assert!(relative_error(&analytic.x.into_raw_vec_and_offset().0, &by_x) < 1e-7);
        let by_gamma = gradient(|g| {
            let moved = RmsNorm { gamma: g.to_owned(), ..norm.clone() };
            (moved.forward(grid(&x).view()).0 * &dy).sum()
        }, norm.gamma.view());
        prop_assert!(relative_error(&analytic.gamma.to_vec(), &by_gamma.to_vec()) < 1e-7);
    }

    #[test]
    fn batch_backward((x, dy, gamma, beta) in arrays(), masked in any::<bool>()) {
        let real = masked.then_some([true, false, true]);
        let real = real.as_ref().map(|r| &r[..]);
        let norm = BatchNorm { gamma, beta, ..BatchNorm::new(D, 1e-2, 0.1) };
        let (_, kept) = norm.clone().train(grid(&x).view(), real);
        let analytic = norm.backward(&kept, dy.view());
        let by_x = numeric(&x, &dy, |x| norm.clone().train(x.view(), real).0);
        prop_assert!(relative_error(&analytic.x.into_raw_vec_and_offset().0, &by_x) < 1e-6);
        let by_gamma = gradient(|g| {
            let mut moved = BatchNorm { gamma: g.to_owned(), ..norm.clone() };
            (moved.train(grid(&x).view(), real).0 * &dy).sum()
        }, norm.gamma.view());
        prop_assert!(relative_error(&analytic.gamma.to_vec(), &by_gamma.to_vec()) < 1e-6);
    }

    #[test]
    fn in_place_gives_the_same_bits((x, _, gamma, beta) in arrays()) {
        let layer = LayerNorm { gamma: gamma.clone(), beta, eps: 1e-5 };
        let mut y = grid(&x);
        layer.forward_in_place(y.view_mut());
        prop_assert_eq!(&y, &layer.forward(grid(&x).view()).0);
        let rms = RmsNorm { gamma, eps: 1e-5 };
        let mut y = grid(&x);
        rms.forward_in_place(y.view_mut());
        prop_assert_eq!(&y, &rms.forward(grid(&x).view()).0);
    }

    #[test]
    fn shift_and_scale((x, _, _, _) in arrays(), a in 0.1..9.0_f64, b in -9.0..9.0_f64) {
        let near = |p: &Array2<f64>, q: &Array2<f64>| (p - q).iter().all(|e| e.abs() < 1e-11);
        let (x, moved) = (grid(&x), grid(&x).mapv(|v| a * v + b));
        let layer = LayerNorm::new(D, 0.0);
        prop_assert!(near(&layer.forward(x.view()).0, &layer.forward(moved.view()).0));
        let rms = RmsNorm::new(D, 0.0);
        let scaled = x.mapv(|v| a * v);
        prop_assert!(near(&rms.forward(x.view()).0, &rms.forward(scaled.view()).0));
    }

    #[test]
    fn masked_rows_count_for_nothing((x, _, _, _) in arrays(), filler in -50.0..50.0_f64) {
        let real = [true, true, false];
        let mut padded = grid(&x);
        padded.row_mut(2).fill(filler);
        let a = BatchNorm::new(D, 1e-5, 0.1).train(grid(&x).view(), Some(&real)).0;
        let b = BatchNorm::new(D, 1e-5, 0.1).train(padded.view(), Some(&real)).0;
        prop_assert_eq!(a, b);
    }
}

#[test]
fn running_averages_converge_to_the_batch() {
    let x = grid(&[1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 2.0, 1.0, 4.0, 3.0, 7.0, 2.0, 5.0, 1.0, 1.0]);
    let mut norm = BatchNorm::new(D, 0.0, 0.1);
    let mut kept = norm.train(x.view(), None).1;
    for _ in 0..400 {
        kept = norm.train(x.view(), None).1;
    }
    assert!((&norm.running_mean - &kept.mean).iter().all(|e| e.abs() < 1e-12));
    let unbiased = kept.variance.mapv(|v| v * 3.0 / 2.0);
    assert!((&norm.running_variance - &unbiased).iter().all(|e| e.abs() < 1e-12));
}

#[test]
#[should_panic(expected = "at least two rows")]
fn one_row_has_no_batch_statistic() {
    BatchNorm::new(D, 1e-5, 0.1).train(grid(&[1.0; T * D]).view(), Some(&[true, false, false]));
}
