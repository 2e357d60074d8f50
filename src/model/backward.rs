//! The backward pass, in the forward pass's order reversed: from the loss to the gradient of every
//! parameter, added to `gradient`, which has the layout of the weights.

use crate::math::attention::{self, Downstream, Upstream};
use crate::math::linear::linear_backward;
use crate::math::loss::cross_entropy_rows;
use crate::math::product::{Matrix, MatrixMut, Write, product};
use crate::math::real::Real;
use crate::math::simd::{add, vectorized};

use super::Placement;
use super::forward::Pass;
use super::layout::{AroundSlot, BlockSlot, LinearSlot, NormSlot, Slot};
use super::transformer::Transformer;
use super::workspace::{Around, Kept, Slopes, Workspace, size};

/// Rows whose logits are computed at once, so that a large vocabulary needs little memory.
const ROWS: usize = 256;

/// What the loss is, besides the targets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// How much of each target is spread over the whole vocabulary.
    pub smoothing: f64,
    /// What the gradient is multiplied by: 1 / targets for the mean, times a loss scale.
    pub scale: f64,
}

impl<F: Real> Transformer<F> {
    /// The summed cross-entropy in nats of the targets `(N·T)` after [`forward`](Self::forward),
    /// without a gradient.
    ///
    /// # Panics
    /// If there is not one target for each row.
    pub fn loss(&self, targets: &[u32], ws: &mut Workspace<F>) -> f64 {
        let v = self.config.vocab;
        let mut loss = 0.0;
        for from in (0..targets.len()).step_by(ROWS) {
            let to = (from + ROWS).min(targets.len());
            self.logits(ws, from..to); // (rows, V)
            loss += cross_entropy_rows(&mut ws.logits, v, &targets[from..to], 0.0, 1.0);
        }
        loss
    }

    /// The summed loss as [`loss`](Self::loss), and its gradient added to `gradient`.
    ///
    /// # Panics
    /// If there is not one target for each row, or `tokens` are not those of the forward pass.
    pub fn backward(
        &self,
        tokens: &[u32],
        targets: &[u32],
        objective: Objective,
        ws: &mut Workspace<F>,
        pass: Pass,
        gradient: &mut [F],
    ) -> f64 {
        let t = ws.length;
        ws.prepare_slopes(&self.config);
        let loss = self.loss_backward(targets, objective, ws, gradient); // into slopes.branch
        let Workspace { streams, blocks, slopes, relative, scratch, last_kept, .. } = ws;
        match self.layout.last {
            Some(slot) => {
                let end = &streams[2 * self.config.layers];
                let dx = &mut slopes.stream;
                self.norm_backward(slot, end, last_kept, &slopes.branch, dx, gradient);
            }
            None => slopes.stream.copy_from_slice(&slopes.branch),
        }
        if self.layout.relative.is_some() {
            size(&mut slopes.relative, relative.len());
            slopes.relative.fill(F::zero());
        }
        for (l, (block, kept)) in self.layout.blocks.iter().zip(blocks).enumerate().rev() {
            let [x, mid, _] = &streams[2 * l..=2 * l + 2] else { unreachable!() };

            self.leave_backward(block.around_ffn, &kept.ffn, slopes, gradient);
            self.drop(&mut slopes.branch, pass, 2 * l + 2, t);
            self.neurons_backward(block, kept, slopes, gradient);
            self.enter_backward(block.around_ffn, mid, &kept.ffn, slopes, gradient);

            self.leave_backward(block.around_attention, &kept.attention, slopes, gradient);
            self.drop(&mut slopes.branch, pass, 2 * l + 1, t);
            let rule = self.heads(0, relative);
            self.linear_backward(
                block.output,
                &kept.mixed,
                &slopes.branch,
                Some((&mut slopes.q, Write::Set)),
                gradient,
            ); // slopes.q holds the gradient of `mixed` for now
            let (wide, narrow) = self.widths();
            for (i, logs) in kept.logs.chunks_exact(t * rule.heads).enumerate() {
                let (wide_rows, narrow_rows) =
                    (i * t * wide..(i + 1) * t * wide, i * t * narrow..(i + 1) * t * narrow);
                size(&mut slopes.mixed, t * wide);
                slopes.mixed.copy_from_slice(&slopes.q[wide_rows.clone()]);
                let up = Upstream {
                    q: Matrix::new(&kept.q[wide_rows.clone()], wide),
                    k: Matrix::new(&kept.k[narrow_rows.clone()], narrow),
                    v: Matrix::new(&kept.v[narrow_rows.clone()], narrow),
                    out: Matrix::new(&kept.mixed[wide_rows.clone()], wide),
                    logs,
                    d_out: Matrix::new(&slopes.mixed, wide),
                };
                let down = Downstream {
                    q: &mut slopes.q[wide_rows],
                    k: &mut slopes.k[narrow_rows.clone()],
                    v: &mut slopes.v[narrow_rows],
                    relative: &mut slopes.relative,
                };
                attention::backward(&rule, up, down, scratch);
            }
            let rotation = self.rotation(t);
            self.rotate(rotation.as_deref(), &mut slopes.q, &mut slopes.k, 0, t, true);
            let parts = [
                (block.query, &slopes.q, Write::Set),
                (block.key, &slopes.k, Write::Add),
                (block.value, &slopes.v, Write::Add),
            ];
            for (slot, dy, write) in parts {
                let dx = Some((&mut slopes.h, write));
                self.linear_backward(slot, &kept.attention.h, dy, dx, gradient);
            }
            self.enter_backward(block.around_attention, x, &kept.attention, slopes, gradient);
        }
        self.drop(&mut slopes.stream, pass, 0, t);
        self.relative_backward(&slopes.relative, gradient);
        self.embed_backward(tokens, pass, ws, gradient);
        loss
    }

    /// The loss, the gradient of the output matrix, and that of `ws.last` into `slopes.branch`.
    fn loss_backward(
        &self,
        targets: &[u32],
        objective: Objective,
        ws: &mut Workspace<F>,
        gradient: &mut [F],
    ) -> f64 {
        let (d, v) = (self.config.d, self.config.vocab);
        let head = self.head();
        let mut loss = 0.0;
        for from in (0..targets.len()).step_by(ROWS) {
            let to = (from + ROWS).min(targets.len());
            self.logits(ws, from..to); // (rows, V)
            let Objective { smoothing, scale } = objective;
            loss += cross_entropy_rows(&mut ws.logits, v, &targets[from..to], smoothing, scale);
            let slope = Matrix::new(&ws.logits, v); // (rows, V)
            let h = Matrix::new(&ws.last[from * d..to * d], d); // (rows, d)
            let table = Matrix::new(self.tensor(head), d); // (V, d)
            let dh = MatrixMut::new(&mut ws.slopes.branch[from * d..to * d], d);
            product(slope, table, dh, Write::Set); // (rows, d)
            let d_table = MatrixMut::new(&mut gradient[head.range()], d);
            product(slope.t(), h, d_table, Write::Add); // (V, d)
            if let Some(slot) = self.layout.transform {
                let d_bias = &mut gradient[slot.bias.range()];
                ws.logits.chunks_exact(v).for_each(|row| add(d_bias, row)); // (V)
            }
        }
        self.transform_backward(ws, gradient);
        loss
    }

    /// From the stream's gradient after a branch: that of the branch into `slopes.branch`, and that
    /// of the stream around it in place.
    fn leave_backward(
        &self,
        slot: AroundSlot,
        kept: &Around<F>,
        slopes: &mut Slopes<F>,
        gradient: &mut [F],
    ) {
        let c = &self.config;
        let Slopes { stream, branch, .. } = slopes;
        match slot.after {
            Some(norm) => {
                self.norm_backward(norm, &kept.inner, &kept.after, stream, branch, gradient);
                if c.placement != Placement::Sandwich {
                    stream.copy_from_slice(branch);
                }
            }
            None => branch.copy_from_slice(stream),
        }
        let alpha = if c.residual { F::of(c.deepnorm().alpha) } else { F::zero() };
        if alpha != F::one() {
            vectorized!(|| stream.iter_mut().for_each(|s| *s *= alpha));
        }
    }

    /// Adds the gradient of the branch's input, `slopes.h`, to that of the stream.
    fn enter_backward(
        &self,
        slot: AroundSlot,
        x: &[F],
        kept: &Around<F>,
        slopes: &mut Slopes<F>,
        gradient: &mut [F],
    ) {
        let Slopes { stream, branch, h, .. } = slopes;
        let from = match slot.before {
            Some(norm) => {
                self.norm_backward(norm, x, &kept.before, h, branch, gradient);
                branch
            }
            None => h,
        };
        add(stream, from);
    }

    /// From `slopes.branch` back through the feed-forward block to `slopes.h`.
    fn neurons_backward(
        &self,
        block: &BlockSlot,
        kept: &Kept<F>,
        slopes: &mut Slopes<F>,
        gradient: &mut [F],
    ) {
        let Slopes { branch, hidden, up, h, .. } = slopes;
        let activation = self.config.activation;
        let d_hidden = Some((&mut *hidden, Write::Set));
        self.linear_backward(block.down, &kept.hidden, branch, d_hidden, gradient);
        let input = &kept.ffn.h;
        match block.gate {
            Some(slot) => {
                activation.gate_backward(&kept.gate, &kept.up, hidden, up);
                self.linear_backward(slot, input, hidden, Some((h, Write::Set)), gradient);
                self.linear_backward(block.up, input, up, Some((h, Write::Add)), gradient);
            }
            None => {
                activation.rows_backward(&kept.gate, hidden);
                self.linear_backward(block.up, input, hidden, Some((h, Write::Set)), gradient);
            }
        }
    }

    /// The gradients of one linear map: its weights' added to `gradient`, its input's written to
    /// `dx`.
    pub(super) fn linear_backward(
        &self,
        slot: LinearSlot,
        x: &[F],
        dy: &[F],
        dx: Option<(&mut Vec<F>, Write)>,
        gradient: &mut [F],
    ) {
        let Slot { rows, columns, .. } = slot.weight;
        let weight = self.tensor(slot.weight);
        let dw = &mut gradient[slot.weight.range()];
        linear_backward(x, weight, rows, columns, dy, dx.map(|(dx, w)| (dx.as_mut_slice(), w)), dw);
        if let Some(bias) = slot.bias {
            let db = &mut gradient[bias.range()];
            dy.chunks_exact(columns).for_each(|row| add(db, row));
        }
    }

    pub(super) fn norm_backward(
        &self,
        slot: NormSlot,
        x: &[F],
        kept: &[F],
        dy: &[F],
        dx: &mut [F],
        gradient: &mut [F],
    ) {
        let norm = self.norm(slot);
        // γ and β lie one after the other
        let end = slot.beta.unwrap_or(slot.gamma).range().end;
        let both = &mut gradient[slot.gamma.start..end];
        let (d_gamma, d_beta) = both.split_at_mut(self.config.d);
        norm.backward(x, kept, dy, dx, d_gamma, d_beta);
    }

    fn relative_backward(&self, d_relative: &[F], gradient: &mut [F]) {
        let Some(slot) = self.layout.relative else { return };
        let h = self.config.heads;
        for (head, row) in d_relative.chunks_exact(2 * self.config.context - 1).enumerate() {
            for (o, d) in row.iter().enumerate() {
                gradient[slot.start + self.bucket(o) * h + head] += *d;
            }
        }
    }
}
