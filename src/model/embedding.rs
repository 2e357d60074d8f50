//! From tokens to the start of the residual stream, and back: the token's row, that of its position,
//! that of its type, and in some models a norm over the sum.

use crate::math::real::Real;
use crate::math::simd::add;

use super::forward::Pass;
use super::position::Position;
use super::transformer::Transformer;
use super::workspace::Workspace;

impl<F: Real> Transformer<F> {
    /// The sum of the tables' rows for each token, from position `first` on, normalized where the
    /// model says so, into `ws.streams[0]` `(N·T, d)`. O(N·T·d).
    pub(super) fn embed(&self, tokens: &[u32], pass: Pass, first: usize, ws: &mut Workspace<F>) {
        let (d, t) = (self.config.d, ws.length);
        let table = self.tensor(self.layout.embedding); // (V, d)
        let scale = F::of(self.config.embedding_scale());
        let places = match self.layout.position {
            Some(slot) => self.tensor(slot), // (S, d) or (2S, d)
            None => &self.sines,             // (S, d) or nothing
        };
        let kinds = self.layout.types.map_or(&[][..], |slot| self.tensor(slot)); // (types, d)
        let x = &mut ws.streams[0]; // (N·T, d)
        for (i, (row, token)) in x.chunks_exact_mut(d).zip(tokens).enumerate() {
            let from = &table[*token as usize * d..][..d];
            row.iter_mut().zip(from).for_each(|(x, e)| *x = *e * scale);
            for place in self.rows_added(pass, i, first + i % t) {
                add(row, &places[place * d..][..d]);
            }
            if !kinds.is_empty() {
                add(row, &kinds[kind(pass.types, i) * d..][..d]);
            }
        }
        if let Some(norm) = self.layout.embedding_norm {
            ws.embedded.copy_from_slice(x);
            self.norm(norm).forward(&ws.embedded, x, &mut ws.embedded_kept);
        }
    }

    /// From the gradient of the stream's start in `ws.slopes.stream` to those of the tables.
    pub(super) fn embed_backward(
        &self,
        tokens: &[u32],
        pass: Pass,
        ws: &mut Workspace<F>,
        gradient: &mut [F],
    ) {
        let (d, t) = (self.config.d, ws.length);
        let slopes = &mut ws.slopes;
        let dx = match self.layout.embedding_norm {
            Some(norm) => {
                let (x, kept, dy) = (&ws.embedded, &ws.embedded_kept, &slopes.stream);
                self.norm_backward(norm, x, kept, dy, &mut slopes.branch, gradient);
                &slopes.branch
            }
            None => &slopes.stream,
        };
        let scale = F::of(self.config.embedding_scale());
        for (i, (row, token)) in dx.chunks_exact(d).zip(tokens).enumerate() {
            let start = self.layout.embedding.start + *token as usize * d;
            let place = &mut gradient[start..start + d];
            place.iter_mut().zip(row).for_each(|(g, d)| *g += *d * scale);
            if let Some(slot) = self.layout.position {
                for place in self.rows_added(pass, i, i % t) {
                    let start = slot.start + place * d;
                    add(&mut gradient[start..start + d], row);
                }
            }
            if let Some(slot) = self.layout.types {
                let start = slot.start + kind(pass.types, i) * d;
                add(&mut gradient[start..start + d], row);
            }
        }
    }

    /// Which rows of the tables of positions token i gets, at `place` of its sequence.
    fn rows_added(
        &self,
        pass: Pass,
        i: usize,
        place: usize,
    ) -> impl Iterator<Item = usize> + use<F> {
        let [one, two] = pass.places.get(i).map_or([place, 0], |p| p.map(|p| p as usize));
        let (first, second) = match self.config.position {
            Position::Learned | Position::Sinusoidal => (Some(one), None),
            Position::TwoRows => (Some(one), Some(self.config.context + two)),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// The type of token `i`: 0 where none are given.
fn kind(types: &[u32], i: usize) -> usize {
    types.get(i).map_or(0, |kind| *kind as usize)
}
