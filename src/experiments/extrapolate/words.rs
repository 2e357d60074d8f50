//! Generated stories, one token a word: a text without end whose true entropy is known, and in which
//! the end of a story repeats what its beginning said.

use std::collections::BTreeSet;

use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::corpus::stories::Stories;
use crate::model::Batch;

/// Bytes of text to learn from, and of text that is kept apart.
const TRAIN: usize = 1 << 20;
const KEPT: usize = 1 << 17;

/// A text in words.
pub struct Words {
    /// Different words, the end of a line among them.
    pub vocab: usize,
    /// What is learned from.
    train: Vec<u32>,
    /// What is tested on.
    pub kept: Vec<u32>,
    /// The true entropy in nats per token.
    pub entropy: f64,
    /// A token that stands before every text in training, where there is one.
    pub mark: Option<u32>,
}

impl Words {
    /// Draws a text.
    pub fn drawn(rng: &mut ChaCha8Rng) -> Self {
        let (train, kept) = (Stories.text(TRAIN, rng), Stories.text(KEPT, rng));
        let words: BTreeSet<&str> = split(&train).chain(split(&kept)).collect();
        let words: Vec<&str> = words.into_iter().collect();
        let ids = |text: &str| -> Vec<u32> {
            split(text).filter_map(|w| words.binary_search(&w).ok()).map(|i| i as u32).collect()
        };
        let of = Stories.entropy();
        let entropy = of.bits * std::f64::consts::LN_2 / (of.words + 1.0);
        Self { vocab: words.len(), train: ids(&train), kept: ids(&kept), entropy, mark: None }
    }

    /// The same text with a mark before every piece that is learned from, as models have that start every
    /// text with one special token.
    pub fn marked(self) -> Self {
        Self { mark: Some(self.vocab as u32), vocab: self.vocab + 1, ..self }
    }

    /// Fills a batch with `n` texts from random places.
    pub fn fill(&self, batch: &mut Batch, n: usize, rng: &mut ChaCha8Rng) {
        batch.clear();
        let own = batch.length + 1 - usize::from(self.mark.is_some());
        for _ in 0..n {
            let start = rng.random_range(0..=self.train.len() - own);
            let text = self.mark.iter().chain(&self.train[start..start + own]);
            batch.push_text(&text.copied().collect::<Vec<u32>>());
        }
    }
}

/// The words of each line and a mark at its end.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split(' ').chain(["\n"]))
}
