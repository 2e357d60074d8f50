//! All segmentations of a text at once: places between characters, joined by the pieces that reach
//! from one to another. The best path (Viterbi), the n best, sampling, and how often each piece is
//! expected over all paths (forward-backward).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ndarray_rand::rand::{Rng, RngCore};

/// A piece at a place of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The piece.
    pub id: u32,
    /// Its log probability.
    pub score: f64,
}

/// The lattice of one text. Edges are ordered by where they start, then by length.
#[derive(Debug, Clone, Default)]
pub struct Lattice {
    len: usize,
    edges: Vec<Edge>,
    /// For each place, the edges that end there.
    ending: Vec<Vec<usize>>,
    /// For each place, the best score of a path from the beginning and its last edge.
    best: Vec<(f64, Option<usize>)>,
}

/// A path still to be continued to the left.
struct Partial {
    /// The score of the path so far plus the best that can come before it.
    promise: f64,
    score: f64,
    place: usize,
    /// Order of arrival, for ties.
    number: usize,
    edges: Option<Box<Link>>,
}

#[derive(Clone)]
struct Link {
    edge: usize,
    next: Option<Box<Link>>,
}

impl Lattice {
    /// A lattice over a text of `len` bytes from its edges, ordered by their starts.
    pub fn new(len: usize, edges: Vec<Edge>) -> Self {
        let mut lattice = Self::default();
        lattice.set(len, edges);
        lattice
    }

    /// Takes a new text, keeping the memory.
    pub(super) fn set(&mut self, len: usize, edges: Vec<Edge>) {
        self.len = len;
        self.edges = edges;
        for list in &mut self.ending {
            list.clear();
        }
        if self.ending.len() <= len {
            self.ending.resize_with(len + 1, Vec::new);
        }
        self.best.clear();
        self.best.resize(len + 1, (f64::NEG_INFINITY, None));
        self.best[0].0 = 0.0;
        for (i, edge) in self.edges.iter().enumerate() {
            self.ending[edge.end].push(i);
            let score = self.best[edge.start].0 + edge.score;
            let here = &mut self.best[edge.end];
            if here.1.is_none() || score > here.0 {
                *here = (score, Some(i));
            }
        }
    }

    pub(super) fn take_edges(&mut self) -> Vec<Edge> {
        std::mem::take(&mut self.edges)
    }

    /// The edges.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The best path and its log probability; of equally good ones, that with the longest last
    /// pieces. O(edges).
    pub fn viterbi(&self) -> (Vec<Edge>, f64) {
        let mut path = Vec::new();
        let mut place = self.len;
        while let Some(i) = self.best[place].1.filter(|_| place > 0) {
            path.push(self.edges[i]);
            place = self.edges[i].start;
        }
        path.reverse();
        (path, self.best[self.len].0)
    }

    /// The best score of a path from the beginning to each place; -∞ where no path leads.
    pub fn best_to(&self, place: usize) -> f64 {
        self.best[place].0
    }

    /// The `n` best paths, best first, by A* from the right with the Viterbi scores as the estimate
    /// of what is still to come.
    pub fn n_best(&self, n: usize) -> Vec<(Vec<Edge>, f64)> {
        /// More unfinished paths than this are not kept: the worst go.
        const MOST: usize = 100_000;
        let mut found = Vec::new();
        let mut queue = BinaryHeap::new();
        let mut number = 0;
        let promise = self.best[self.len].0;
        queue.push(Partial { promise, score: 0.0, place: self.len, number, edges: None });
        while let Some(top) = queue.pop() {
            if top.place == 0 {
                let mut path = Vec::new();
                let mut link = &top.edges;
                while let Some(l) = link {
                    path.push(self.edges[l.edge]);
                    link = &l.next;
                }
                found.push((path, top.score));
                if found.len() == n {
                    break;
                }
                continue;
            }
            for &i in &self.ending[top.place] {
                let edge = self.edges[i];
                let before = self.best[edge.start].0;
                if before == f64::NEG_INFINITY {
                    continue;
                }
                number += 1;
                let score = top.score + edge.score;
                let edges = Some(Box::new(Link { edge: i, next: top.edges.clone() }));
                queue.push(Partial {
                    promise: before + score,
                    score,
                    place: edge.start,
                    number,
                    edges,
                });
            }
            if queue.len() > MOST {
                queue = (0..MOST / 2).filter_map(|_| queue.pop()).collect();
            }
        }
        found
    }

    /// The log probability of reaching each place from the beginning, summed over all paths, with
    /// scores times `theta`.
    fn forward(&self, theta: f64, alpha: &mut Vec<f64>) {
        alpha.clear();
        alpha.resize(self.len + 1, f64::NEG_INFINITY);
        alpha[0] = 0.0;
        for edge in &self.edges {
            alpha[edge.end] = log_add(alpha[edge.end], alpha[edge.start] + theta * edge.score);
        }
    }

    /// Adds `weight` times the expected count of each piece to `expected`, and gives the log
    /// probability of the text summed over all segmentations. O(edges).
    pub fn expect(
        &self,
        weight: f64,
        expected: &mut [f64],
        room: &mut (Vec<f64>, Vec<f64>),
    ) -> f64 {
        let (alpha, beta) = room;
        self.forward(1.0, alpha);
        beta.clear();
        beta.resize(self.len + 1, f64::NEG_INFINITY);
        beta[self.len] = 0.0;
        for edge in self.edges.iter().rev() {
            beta[edge.start] = log_add(beta[edge.start], beta[edge.end] + edge.score);
        }
        let total = alpha[self.len];
        for edge in &self.edges {
            let p = (alpha[edge.start] + edge.score + beta[edge.end] - total).exp();
            expected[edge.id as usize] += weight * p;
        }
        total
    }

    /// Draws a segmentation with probability proportional to `p^theta` (subword regularization, Kudo
    /// 2018): 1 draws from the model itself, 0 uniformly, large values give the best path.
    pub fn sample(&self, theta: f64, rng: &mut dyn RngCore) -> Vec<Edge> {
        let mut alpha = Vec::new();
        self.forward(theta, &mut alpha);
        let mut path = Vec::new();
        let mut place = self.len;
        while place > 0 && alpha[place] > f64::NEG_INFINITY {
            let mut left: f64 = rng.random();
            let mut drawn = None;
            for &i in &self.ending[place] {
                let edge = self.edges[i];
                let p = (alpha[edge.start] + theta * edge.score - alpha[place]).exp();
                if p > 0.0 {
                    drawn = Some(edge);
                }
                left -= p;
                if left < 0.0 && drawn.is_some() {
                    break;
                }
            }
            let Some(edge) = drawn else { break };
            path.push(edge);
            place = edge.start;
        }
        path.reverse();
        path
    }
}

/// `ln(eˣ + eʸ)`.
fn log_add(x: f64, y: f64) -> f64 {
    let (low, high) = if x < y { (x, y) } else { (y, x) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

impl Ord for Partial {
    fn cmp(&self, other: &Self) -> Ordering {
        self.promise.total_cmp(&other.promise).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Partial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Partial {}
