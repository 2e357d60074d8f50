//! The loss of a model at every place of texts of a length.

use crate::math::loss::cross_entropy_rows;
use crate::model::{Pass, Transformer, Workspace};

/// Tokens that go through the model at once.
const AT_ONCE: usize = 2048;

/// The mean loss in nats at each place `(T)` over the texts of `length` tokens that `tokens` can be cut
/// into.
pub fn by_place(model: &Transformer<f32>, tokens: &[u32], length: usize) -> Vec<f64> {
    let texts = ((tokens.len() - 1) / length).max(1);
    let together = (AT_ONCE / length).max(1);
    let mut sums = vec![0.0; length];
    let mut ws = Workspace::default();
    for from in (0..texts).step_by(together) {
        let n = together.min(texts - from);
        let rows = from * length..(from + n) * length;
        ws.prepare(&model.config, n, length);
        model.forward(&tokens[rows.clone()], &mut ws, None, Pass::default());
        model.logits(&mut ws, 0..n * length); // (n·T, V)
        let targets = &tokens[rows.start + 1..=rows.end];
        let v = model.config.vocab;
        for (i, (row, target)) in ws.logits.chunks_exact_mut(v).zip(targets).enumerate() {
            sums[i % length] += cross_entropy_rows(row, v, &[*target], 0.0, 1.0);
        }
    }
    sums.iter_mut().for_each(|sum| *sum /= texts as f64);
    sums
}
