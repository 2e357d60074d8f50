//! Two threads for one token: while the first multiplies one half of a large matrix, a second one
//! reads the other half. Generation waits for memory, and two cores read more of it than one.
//!
//! A matrix takes a few microseconds, too little to wake a thread for; so the helper stays awake
//! between the products of a token and watches for the next one. Inputs and results are handed
//! over in a locked [`Job`]; if the helper is late, the first thread does its half as well. The cut
//! is always the same, and so are the bits.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::math::product::{Matrix, MatrixMut, Write, product};
use crate::math::real::Real;

use super::layout::Slot;
use super::transformer::Transformer;

/// Numbers of a matrix (256 KB) from which on its halves are worth two threads.
pub(super) const LARGE: usize = 1 << 16;

const NOTHING: u8 = 0;
const POSTED: u8 = 1;
const TAKEN: u8 = 2;
const DONE: u8 = 3;
const OVER: u8 = 4;

/// Where two threads meet.
#[derive(Debug, Default)]
pub struct Pair<F> {
    state: AtomicU8,
    job: Mutex<Job<F>>,
}

/// One row times the second half of a matrix.
#[derive(Debug, Default)]
struct Job<F> {
    matrix: Option<Factor>,
    x: Vec<F>,
    y: Vec<F>,
}

/// A matrix of the model as a product reads it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factor {
    /// Where it lies.
    pub slot: Slot,
    /// Whether it is read as its transpose.
    pub transposed: bool,
}

impl<F: Real> Transformer<F> {
    /// `y = x·W` for one row or several; one row with a large W together with the helper of `pair`.
    pub(super) fn times(&self, pair: Option<&Pair<F>>, x: &[F], factor: Factor, y: &mut [F]) {
        let w = self.factor(factor);
        let rows = Matrix::new(x, w.rows()); // (T, d_in)
        let (n, half) = (w.columns(), half(w));
        if rows.rows() > 1 || w.rows() * n <= LARGE || half >= n {
            return product(rows, w, MatrixMut::new(y, n), Write::Set);
        }
        let (left, right) = y.split_at_mut(half);
        let part = |columns, y: &mut [F]| {
            let n = y.len();
            product(rows, w.columns_in(columns), MatrixMut::new(y, n), Write::Set);
        };
        if let Some(pair) = pair {
            pair.post(factor, x, right.len());
        }
        part(0..half, left);
        if !pair.is_some_and(|pair| pair.collect(right)) {
            part(half..n, right);
        }
    }

    /// Runs `work` with a helper beside it, if this model has matrices large enough for one.
    pub(super) fn with_helper<R>(&self, pair: &Pair<F>, work: impl FnOnce() -> R) -> R {
        let c = &self.config;
        if c.d * c.d_ff.max(c.vocab) <= LARGE || rayon::current_num_threads() < 2 {
            return work();
        }
        pair.state.store(NOTHING, Ordering::Release);
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| self.help(pair));
            let _over = Over(pair);
            work()
        })
    }

    /// What the helper does until the work is over.
    fn help(&self, pair: &Pair<F>) {
        loop {
            match pair.state.compare_exchange_weak(
                POSTED,
                TAKEN,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    let mut job = pair.job();
                    let Job { matrix, x, y } = &mut *job;
                    if let Some(factor) = *matrix {
                        let w = self.factor(factor);
                        let columns = half(w)..w.columns();
                        let n = columns.len();
                        let (x, y) = (Matrix::new(x, w.rows()), MatrixMut::new(y, n));
                        product(x, w.columns_in(columns), y, Write::Set);
                    }
                    drop(job);
                    let (taken, done) = (Ordering::AcqRel, Ordering::Acquire);
                    if pair.state.compare_exchange(TAKEN, DONE, taken, done).is_err() {
                        return; // over: the first thread has panicked
                    }
                }
                Err(OVER) => return,
                Err(_) => std::hint::spin_loop(),
            }
        }
    }

    fn factor(&self, factor: Factor) -> Matrix<'_, F> {
        let matrix = Matrix::new(self.tensor(factor.slot), factor.slot.columns);
        if factor.transposed { matrix.t() } else { matrix }
    }
}

/// Where the second half of the columns begins: whole vectors of the widest machine before it.
fn half<F: Real>(w: Matrix<F>) -> usize {
    (w.columns() / 2).next_multiple_of(16)
}

impl<F: Real> Pair<F> {
    fn job(&self) -> MutexGuard<'_, Job<F>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the helper for the second half.
    fn post(&self, factor: Factor, x: &[F], n: usize) {
        let mut job = self.job();
        job.matrix = Some(factor);
        job.x.clear();
        job.x.extend_from_slice(x);
        job.y.resize(n, F::zero());
        drop(job);
        self.state.store(POSTED, Ordering::Release);
    }

    /// The second half, if the helper has begun it.
    fn collect(&self, y: &mut [F]) -> bool {
        let (posted, order) = (POSTED, (Ordering::AcqRel, Ordering::Acquire));
        if self.state.compare_exchange(posted, NOTHING, order.0, order.1).is_ok() {
            return false;
        }
        while self.state.load(Ordering::Acquire) != DONE {
            std::hint::spin_loop();
        }
        y.copy_from_slice(&self.job().y);
        self.state.store(NOTHING, Ordering::Release);
        true
    }
}

/// Lets the helper go, even when a token ends in a panic.
struct Over<'a, F>(&'a Pair<F>);

impl<F> Drop for Over<'_, F> {
    fn drop(&mut self) {
        self.0.state.store(OVER, Ordering::Release);
    }
}
