//! Training the unigram model (Kudo 2018): a large seed vocabulary of frequent substrings, then in
//! turn EM over all segmentations and pruning of the pieces that the likelihood misses least.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::{Lattice, Unigram};
use crate::report::{Error, text};
use crate::tokenizer::bpe::byte_piece;
use crate::tokenizer::words::Words;

/// How a unigram vocabulary is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How many pieces the vocabulary shall have, special ones included.
    pub vocab_size: usize,
    /// Pieces with a meaning of their own, which get the first ids; the first one is the unknown.
    pub specials: Vec<String>,
    /// Whether to add the 256 byte pieces, so that no character is unknown.
    pub byte_fallback: bool,
    /// The longest piece in characters.
    pub longest: usize,
    /// The most seed pieces.
    pub seeds: usize,
    /// The share of pieces that a pruning keeps.
    pub keep: f64,
    /// Rounds of EM between two prunings.
    pub rounds: usize,
}

impl Settings {
    /// The usual settings: pieces up to 16 characters, three quarters kept at each pruning, two
    /// rounds of EM between.
    pub fn new(vocab_size: usize) -> Self {
        Self {
            vocab_size,
            specials: vec!["<unk>".to_string()],
            byte_fallback: false,
            longest: 16,
            seeds: 1_000_000,
            keep: 0.75,
            rounds: 2,
        }
    }
}

/// What one round of EM or pruning left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// How many pieces there are.
    pub pieces: usize,
    /// The log likelihood of the corpus in nats, before this round changed the scores.
    pub log_likelihood: f64,
    /// Whether pruning has just made the vocabulary smaller.
    pub pruned: bool,
}

/// A training run that can be watched round by round.
#[derive(Debug)]
pub struct Trainer {
    settings: Settings,
    words: Vec<(String, f64)>,
    /// The characters of the corpus, most frequent first: they stay.
    required: Vec<String>,
    pieces: Vec<(String, f64)>,
    done: usize,
    threads: usize,
}

/// The expected counts are summed in this many parts whatever the number of threads, so that the
/// result is the same to the bit.
const PARTS: usize = 16;

/// A piece with a smaller expected count is dropped.
const LEAST: f64 = 0.5;

impl Trainer {
    /// Finds the seed vocabulary.
    ///
    /// # Errors
    /// If the vocabulary could not even hold the special pieces and the characters.
    pub fn new(words: &Words, settings: &Settings, threads: usize) -> Result<Self, Error> {
        let words: Vec<(String, f64)> = words
            .iter()
            .map(|(w, n)| (String::from_utf8_lossy(w).into_owned(), n as f64))
            .collect();
        let mut counts = HashMap::<char, f64, FxBuildHasher>::default();
        for (word, n) in &words {
            word.chars().for_each(|c| *counts.entry(c).or_default() += n);
        }
        if settings.byte_fallback {
            // A text that spells out `<0xE4>` must not be taken for the byte: with its characters
            // known, the spelling always scores better than the byte piece.
            for c in "<0x>123456789ABCDEF".chars() {
                counts.entry(c).or_insert(1.0);
            }
        }
        let mut chars: Vec<(char, f64)> = counts.into_iter().collect();
        chars.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let fixed = settings.specials.len() + if settings.byte_fallback { 256 } else { 0 };
        let needed = fixed + chars.len();
        if needed > settings.vocab_size {
            return Err(Error::input(text(
                format!("a vocabulary of {} cannot hold every character", settings.vocab_size),
                format!("大小为 {} 的词表装不下所有字符", settings.vocab_size),
            ))
            .allowed(text(format!("{needed} or more"), format!("不小于 {needed}"))));
        }
        let mut pieces: Vec<(String, f64)> =
            chars.iter().map(|&(c, n)| (c.to_string(), n)).collect();
        let required = pieces.iter().map(|p| p.0.clone()).collect();
        pieces.extend(seeds(&words, settings));
        let total = pieces.iter().map(|p| p.1).sum::<f64>().ln();
        pieces.iter_mut().for_each(|p| p.1 = p.1.ln() - total);
        let settings = Settings { vocab_size: settings.vocab_size - fixed, ..settings.clone() };
        Ok(Self { settings, words, required, pieces, done: 0, threads: threads.max(1) })
    }

    /// The pieces with their log probabilities by now.
    pub fn pieces(&self) -> &[(String, f64)] {
        &self.pieces
    }

    /// One round of EM, or a pruning once there were enough rounds; `None` when the vocabulary is
    /// small enough.
    ///
    /// # Errors
    /// If a counting thread fails.
    pub fn step(&mut self) -> Result<Option<Round>, Error> {
        // Pruning aims a little above the final size; the last cut is by score.
        let wanted = self.settings.vocab_size * 11 / 10;
        let model = self.model()?;
        if self.done < self.settings.rounds {
            let (expected, log_likelihood) = self.expect(&model)?;
            self.maximize(&expected);
            self.done += 1;
            return Ok(Some(Round { pieces: self.pieces.len(), log_likelihood, pruned: false }));
        }
        if self.pieces.len() <= wanted {
            return Ok(None);
        }
        let before = self.pieces.len();
        self.prune(&model, wanted)?;
        self.done = 0;
        if self.pieces.len() == before {
            return Ok(None);
        }
        let log_likelihood = self.log_likelihood()?;
        Ok(Some(Round { pieces: self.pieces.len(), log_likelihood, pruned: true }))
    }

    /// The log likelihood of the corpus in nats, as the pieces and their scores are now.
    ///
    /// # Errors
    /// If a counting thread fails.
    pub fn log_likelihood(&self) -> Result<f64, Error> {
        Ok(self.expect(&self.model()?)?.1)
    }

    /// The model of the pieces as they are.
    fn model(&self) -> Result<Unigram, Error> {
        Unigram::new(&self.pieces, None, false)
    }

    /// Expected counts of all pieces over all segmentations, and the log likelihood of the corpus.
    fn expect(&self, model: &Unigram) -> Result<(Vec<f64>, f64), Error> {
        let parts = self.in_parts(|words| {
            let mut expected = vec![0.0; self.pieces.len()];
            let (mut room, mut lattice) = (Default::default(), Lattice::default());
            let mut total = 0.0;
            for (word, n) in words {
                let mut edges = lattice.take_edges();
                model.edges(word.as_bytes(), &mut edges);
                lattice.set(word.len(), edges);
                total += n * lattice.expect(*n, &mut expected, &mut room);
            }
            (expected, total)
        })?;
        let mut sum = (vec![0.0; self.pieces.len()], 0.0);
        for (expected, total) in parts {
            sum.0.iter_mut().zip(expected).for_each(|(s, e)| *s += e);
            sum.1 += total;
        }
        Ok(sum)
    }

    /// Runs `work` over the parts of the corpus on several threads; results in order of the parts.
    fn in_parts<T: Send>(
        &self,
        work: impl Fn(&[(String, f64)]) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let parts: Vec<_> = self.words.chunks(self.words.len().div_ceil(PARTS).max(1)).collect();
        let share = parts.len().div_ceil(self.threads).max(1);
        let work = &work;
        let done: Result<Vec<Vec<T>>, _> = std::thread::scope(|scope| {
            let running: Vec<_> = parts
                .chunks(share)
                .map(|mine| scope.spawn(move || mine.iter().map(|p| work(p)).collect::<Vec<T>>()))
                .collect();
            running.into_iter().map(|thread| thread.join()).collect()
        });
        match done {
            Ok(results) => Ok(results.into_iter().flatten().collect()),
            Err(_) => Err(Error::Machine(text("a training thread failed", "训练线程失败"))),
        }
    }

    /// New scores from expected counts, with the sparse prior of a Dirichlet process that
    /// SentencePiece uses: `ψ(count) - ψ(total)` instead of logarithms. Characters stay.
    fn maximize(&mut self, expected: &[f64]) {
        let required = self.required.len();
        let mut kept = Vec::with_capacity(self.pieces.len());
        let mut total = 0.0;
        for (i, (piece, &count)) in self.pieces.drain(..).zip(expected).enumerate() {
            if count >= LEAST || i < required {
                let count = count.max(LEAST);
                total += count;
                kept.push((piece.0, count));
            }
        }
        let total = digamma(total);
        kept.iter_mut().for_each(|p| p.1 = digamma(p.1) - total);
        self.pieces = kept;
    }

    /// Removes the pieces whose loss would cost the likelihood least: what a piece's occurrences
    /// would be worth if they were cut into the next best segmentation instead.
    fn prune(&mut self, model: &Unigram, wanted: usize) -> Result<(), Error> {
        let parts = self.in_parts(|words| {
            let mut counts = vec![0.0; self.pieces.len()];
            let mut lattice = Lattice::default();
            for (word, n) in words {
                let mut edges = lattice.take_edges();
                model.edges(word.as_bytes(), &mut edges);
                lattice.set(word.len(), edges);
                lattice.viterbi().0.iter().for_each(|e| counts[e.id as usize] += n);
            }
            counts
        })?;
        let mut counts = vec![0.0; self.pieces.len()];
        for part in parts {
            counts.iter_mut().zip(part).for_each(|(s, c)| *s += c);
        }
        let total: f64 = counts.iter().sum();
        let required = self.required.len();
        let mut losses: Vec<(usize, f64)> = Vec::new();
        for (id, (piece, _)) in self.pieces.iter().enumerate().skip(required) {
            let paths = model.lattice(piece).n_best(2);
            let other = match &paths[..] {
                [best, other] if best.0.len() == 1 => other,
                _ => continue, // It is not even its own best segmentation: nobody misses it.
            };
            if counts[id] == 0.0 {
                continue;
            }
            let own = counts[id].ln() - total.ln();
            let new_total = (total + counts[id] * (other.0.len() - 1) as f64).ln();
            let replaced: f64 =
                other.0.iter().map(|e| (counts[e.id as usize] + counts[id]).ln() - new_total).sum();
            losses.push((id, counts[id] / total * (own - replaced)));
        }
        let keep = wanted.max((self.pieces.len() as f64 * self.settings.keep) as usize);
        losses.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        losses.truncate(keep.saturating_sub(required));
        let mut stays = vec![false; self.pieces.len()];
        stays[..required].fill(true);
        losses.iter().for_each(|(id, _)| stays[*id] = true);
        let mut stays = stays.into_iter();
        self.pieces.retain(|_| stays.next().unwrap_or(false));
        Ok(())
    }

    /// The final vocabulary: special pieces, byte pieces, then the best of the rest by score.
    ///
    /// # Errors
    /// If a special piece is also an ordinary one.
    pub fn finish(self) -> Result<Unigram, Error> {
        let required = self.required.len();
        let mut rest = self.pieces;
        let lowest = rest.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let mut pieces = rest.drain(..required).collect::<Vec<_>>();
        rest.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        pieces.extend(rest.into_iter().take(self.settings.vocab_size - required));
        pieces.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut all: Vec<(String, f64)> =
            self.settings.specials.iter().map(|s| (s.clone(), 0.0)).collect();
        if self.settings.byte_fallback {
            // Bytes stand in for what is unknown: worse than any six characters.
            all.extend((0..=255).map(|b| (byte_piece(b), 8.0 * lowest - 1.0)));
        }
        let unknown = (!self.settings.specials.is_empty()).then_some(0);
        all.extend(pieces.into_iter().filter(|p| !self.settings.specials.contains(&p.0)));
        Unigram::new(&all, unknown, self.settings.byte_fallback)
    }
}

/// Substrings of two and more characters that occur at least twice, worth `count · length`. Length
/// by length: a substring can only be frequent if it is so without its last and without its first
/// character. One that is always followed by the same character is left out. O(characters · longest).
fn seeds(words: &[(String, f64)], settings: &Settings) -> Vec<(String, f64)> {
    const RARE: u32 = u32::MAX;
    let mut text: Vec<char> = Vec::new();
    let mut weight: Vec<f64> = Vec::new();
    let mut left: Vec<u32> = Vec::new();
    for (word, n) in words {
        let len = word.chars().count();
        for (i, c) in word.chars().enumerate() {
            text.push(c);
            weight.push(*n);
            left.push((len - i) as u32);
        }
    }
    // The class of the frequent substring of the present length that begins at each place.
    let mut numbers = HashMap::<char, u32, FxBuildHasher>::default();
    let mut class: Vec<u32> = text
        .iter()
        .map(|c| {
            let next = numbers.len() as u32;
            *numbers.entry(*c).or_insert(next)
        })
        .collect();
    let mut found: Vec<(String, f64)> = Vec::new();
    // For each class of the last length: (a place, count, the largest count of an extension).
    let mut last: Vec<(usize, f64, f64)> = Vec::new();
    for length in 2..=settings.longest.max(1) + 1 {
        let mut table = HashMap::<(u32, char), u32, FxBuildHasher>::default();
        let mut classes: Vec<(usize, f64, u32)> = Vec::new();
        let mut next = vec![RARE; text.len()];
        for i in 0..text.len() {
            if (left[i] as usize) < length || class[i] == RARE || class[i + 1] == RARE {
                continue;
            }
            let number = *table.entry((class[i], text[i + length - 1])).or_insert_with(|| {
                classes.push((i, 0.0, class[i]));
                classes.len() as u32 - 1
            });
            classes[number as usize].1 += weight[i];
            next[i] = number;
        }
        for &(_, count, shorter) in &classes {
            if let Some(parent) = last.get_mut(shorter as usize) {
                parent.2 = parent.2.max(count);
            }
        }
        for &(at, count, longest_extension) in &last {
            if count >= 2.0 && longest_extension < count {
                let piece = text[at..at + length - 1].iter().collect();
                found.push((piece, count * (length - 1) as f64));
            }
        }
        for number in &mut next {
            if *number != RARE && classes[*number as usize].1 < 2.0 {
                *number = RARE;
            }
        }
        last = classes.iter().map(|c| (c.0, c.1, 0.0)).collect();
        class = next;
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.truncate(settings.seeds);
    found.retain(|p| !settings.specials.contains(&p.0));
    found
}

/// ψ(x), the derivative of ln Γ: the recurrence up to 7, then the asymptotic series.
fn digamma(mut x: f64) -> f64 {
    let mut result = 0.0;
    while x < 7.0 {
        result -= 1.0 / x;
        x += 1.0;
    }
    let shifted = x - 0.5;
    let inverse = 1.0 / (shifted * shifted);
    result
        + shifted.ln()
        + inverse * (1.0 / 24.0 + inverse * (-7.0 / 960.0 + inverse * 31.0 / 8064.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_of_one_is_minus_eulers_constant() {
        assert!((digamma(1.0) + 0.577_215_664_901_532_9).abs() < 1e-7);
        // ψ(x + 1) = ψ(x) + 1/x
        assert!((digamma(3.5) - digamma(2.5) - 1.0 / 2.5).abs() < 1e-9);
    }

    #[test]
    fn seeds_are_the_repeated_substrings() {
        let words = [("banana".to_string(), 1.0)];
        let seeds = seeds(&words, &Settings::new(100));
        let pieces: Vec<&str> = seeds.iter().map(|s| s.0.as_str()).collect();
        // "an" occurs twice but always as "ana"; "na" occurs twice with different ends.
        assert_eq!(pieces, ["ana", "na"]);
        assert_eq!(seeds[0].1, 6.0);
    }
}
