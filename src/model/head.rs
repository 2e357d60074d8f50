//! BERT's head: before the output matrix each row goes once more through a linear map, the
//! activation and a norm (Devlin et al. 2019; in its released code, not in the paper).

use crate::math::product::Write;
use crate::math::real::Real;

use super::transformer::Transformer;
use super::workspace::Workspace;

impl<F: Real> Transformer<F> {
    /// `last ← Norm(g(last·W + b))` `(N·T, d)`, where the model has such a head. 2·N·T·d² FLOPs.
    pub(super) fn transform(&self, ws: &mut Workspace<F>) {
        let Some(slot) = self.layout.transform else { return };
        let Workspace { last, head, pair, .. } = ws;
        std::mem::swap(last, &mut head.input);
        self.linear(pair.as_deref(), slot.dense, &head.input, &mut head.dense); // (N·T, d)
        self.config.activation.rows(&head.dense, &mut head.active); // (N·T, d)
        match slot.norm {
            Some(norm) => self.norm(norm).forward(&head.active, last, &mut head.kept), // (N·T, d)
            None => last.copy_from_slice(&head.active),
        }
    }

    /// From the gradient of the head's output in `ws.slopes.branch` to that of its input, there.
    pub(super) fn transform_backward(&self, ws: &mut Workspace<F>, gradient: &mut [F]) {
        let Some(slot) = self.layout.transform else { return };
        let Workspace { head, slopes, .. } = ws;
        let (dy, dx) = (&mut slopes.branch, &mut slopes.h); // (N·T, d)
        match slot.norm {
            Some(norm) => self.norm_backward(norm, &head.active, &head.kept, dy, dx, gradient),
            None => dx.copy_from_slice(dy),
        }
        self.config.activation.rows_backward(&head.dense, dx);
        self.linear_backward(slot.dense, &head.input, dx, Some((dy, Write::Set)), gradient);
    }
}
