//! Training and encoding as data to look at: every merge with the counts that decided it, scores of
//! two schemes side by side, an encoder's way through a word. It takes the same trainers that train
//! in earnest, and counts again from the words where it shows a table, slowly and plainly.

use std::collections::BTreeMap;

use super::bpe::{self, Alphabet, Bpe, Characters};
use super::bytes;
use super::vocab::Vocab;
use super::wordpiece;
use super::words::Words;
use crate::report::Error;

/// A pair with how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairCount {
    /// The left symbol.
    pub left: String,
    /// The right symbol.
    pub right: String,
    /// How often they are neighbours.
    pub count: u64,
}

/// One merge and what decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeStep {
    /// The most frequent pairs before the merge, in the order in which they would be merged.
    pub pairs: Vec<PairCount>,
    /// How many distinct pairs there were.
    pub distinct: usize,
    /// How many pairs were as frequent as the one that was merged, itself included: a tie if more
    /// than one. The pair with the smaller ids wins.
    pub tied: usize,
    /// The merge.
    pub merged: PairCount,
    /// The ids of the two symbols, which broke the tie.
    pub ids: (u32, u32),
    /// The new symbol.
    pub new: String,
    /// The size of the vocabulary after the merge.
    pub vocab: usize,
    /// The words after the merge, split into symbols, with their counts.
    pub corpus: Vec<(Vec<String>, u64)>,
}

/// A training run, step by step.
#[derive(Debug, Clone)]
pub struct MergeTrace {
    /// The vocabulary before the first merge.
    pub base: Vec<String>,
    /// The words before the first merge.
    pub corpus: Vec<(Vec<String>, u64)>,
    /// The merges.
    pub steps: Vec<MergeStep>,
    /// What was learned, ready to cut other words; a character that the corpus lacks is `<unk>`.
    pub model: Bpe,
}

/// How much of a training run to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most merges.
    pub steps: usize,
    /// The most pairs in each table.
    pub pairs: usize,
    /// The most words of the corpus.
    pub words: usize,
}

/// Trains BPE and notes every merge. O(steps · symbols): for small corpora.
///
/// # Errors
/// As [`bpe::Trainer::new`].
///
/// ```
/// use llm_lab::tokenizer::{Words, bpe::Settings, trace};
/// let words = Words::from_counts([("hello", 1), ("world", 1)]);
/// let limits = trace::Limits { steps: 1, pairs: 9, words: 9 };
/// let run = trace::merges(&words, &Settings::bytes(300), limits).unwrap();
/// // All eight pairs of "hello world" occur once; l + l is no more frequent than the others.
/// assert_eq!((run.steps[0].distinct, run.steps[0].tied, run.steps[0].merged.count), (8, 8, 1));
/// ```
pub fn merges(
    words: &Words,
    settings: &bpe::Settings,
    limits: Limits,
) -> Result<MergeTrace, Error> {
    let mut trainer = bpe::Trainer::new(words, settings)?;
    let name = |trainer: &bpe::Trainer, id: u32| visible(trainer.piece(id));
    let base = (0..trainer.vocab_len() as u32).map(|id| name(&trainer, id)).collect();
    let corpus = |trainer: &bpe::Trainer| -> Vec<(Vec<String>, u64)> {
        let split = |ids: Vec<u32>| ids.into_iter().map(|id| name(trainer, id)).collect();
        trainer.words().take(limits.words).map(|(ids, n)| (split(ids), n)).collect()
    };
    let (start, mut steps) = (corpus(&trainer), Vec::new());
    while steps.len() < limits.steps {
        let counts = count(trainer.words());
        let Some(merge) = trainer.step() else { break };
        let mut ranked: Vec<((u32, u32), u64)> = counts.into_iter().collect();
        ranked.sort_by_key(|&(pair, n)| (std::cmp::Reverse(n), pair));
        let shown = |&((l, r), count): &((u32, u32), u64)| PairCount {
            left: name(&trainer, l),
            right: name(&trainer, r),
            count,
        };
        steps.push(MergeStep {
            pairs: ranked.iter().take(limits.pairs).map(shown).collect(),
            distinct: ranked.len(),
            tied: ranked.iter().filter(|(_, n)| *n == merge.count).count(),
            merged: shown(&((merge.left, merge.right), merge.count)),
            ids: (merge.left, merge.right),
            new: name(&trainer, merge.new),
            vocab: trainer.vocab_len(),
            corpus: corpus(&trainer),
        });
    }
    let (vocab, merges) = trainer.into_parts();
    let model = learned(vocab, merges, &settings.alphabet)?;
    Ok(MergeTrace { base, corpus: start, steps, model })
}

/// The encoder of a training run.
fn learned(mut vocab: Vocab, merges: Vec<(u32, u32)>, alphabet: &Alphabet) -> Result<Bpe, Error> {
    let Alphabet::Characters { prefix, suffix, .. } = alphabet else {
        return Bpe::bytes(vocab, merges);
    };
    let unknown = "<unk>".to_string();
    if vocab.id(unknown.as_bytes()).is_none() {
        vocab.insert(unknown.as_bytes(), vocab.len() as u32)?;
    }
    let (prefix, suffix, unknown) = (prefix.clone(), suffix.clone(), Some(unknown));
    Bpe::characters(vocab, merges, Characters { prefix, suffix, unknown, ..Default::default() })
}

/// How often each pair of neighbours occurs, counted from the words alone.
fn count(words: impl Iterator<Item = (Vec<u32>, u64)>) -> BTreeMap<(u32, u32), u64> {
    let mut counts = BTreeMap::new();
    for (ids, n) in words {
        for pair in ids.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += n;
        }
    }
    counts
}

/// A pair with BPE's count, WordPiece's score and what the corpus gains by the merge.
#[derive(Debug, Clone, PartialEq)]
pub struct PairScore {
    /// The left symbol.
    pub left: String,
    /// The right symbol, with its `##`.
    pub right: String,
    /// How often they are neighbours, and each symbol's own count.
    pub score: wordpiece::Score,
    /// By how much the merge raises the corpus's log-likelihood under a unigram model, in bits.
    pub gain: f64,
}

/// Every pair of characters of a corpus with what BPE and what WordPiece would rank it by, the most
/// frequent first; beside it the gain of the whole corpus, which is what "raises the likelihood"
/// says literally (Schuster & Nakajima 2012) and which the score is not.
///
/// With counts c of the symbols and N = Σ c, a corpus has the log-likelihood L = Σ c log₂(c/N) under
/// the unigram model that fits it best. A merge of k places takes k from c(a), c(b) and N and adds a
/// symbol of count k: the gain is L after − L before. O(symbols).
///
/// # Errors
/// If the corpus is empty.
///
/// ```
/// use llm_lab::tokenizer::{Words, trace};
/// let words = Words::from_counts([("ab", 2), ("c", 4)]);
/// let pairs = trace::scores(&words).unwrap();
/// // Before: 2 log₂(2/8) twice and 4 log₂(4/8) = −12 bits; after: 2 log₂(2/6) + 4 log₂(4/6) = −5.51.
/// assert_eq!(pairs[0].score.value(), 0.5);
/// assert!((pairs[0].gain - 6.490225).abs() < 1e-6);
/// ```
pub fn scores(words: &Words) -> Result<Vec<PairScore>, Error> {
    let trainer = wordpiece::Trainer::new(words, usize::MAX, 0, &[])?;
    let mut pairs: Vec<((u32, u32), u64)> = count(trainer.words()).into_iter().collect();
    pairs.sort_by_key(|&(pair, n)| (std::cmp::Reverse(n), pair));
    let mut symbols: Vec<u64> = vec![0; trainer.vocab_len()];
    let mut doubles: BTreeMap<u32, u64> = BTreeMap::new();
    for (ids, n) in trainer.words() {
        ids.iter().for_each(|id| symbols[*id as usize] += n);
        // Of a run of m equal symbols m/2 pairs can merge, though it holds m − 1 of them.
        for run in ids.chunk_by(|a, b| a == b).filter(|run| run.len() > 1) {
            *doubles.entry(run[0]).or_default() += n * (run.len() / 2) as u64;
        }
    }
    let total: u64 = symbols.iter().sum();
    let gain = |(l, r): (u32, u32), n: u64| {
        let merged = if l == r { doubles.get(&l).copied().unwrap_or_default() } else { n };
        let change = |count: u64, by: u64| term(count - by) - term(count);
        let parts = if l == r {
            change(symbols[l as usize], 2 * merged)
        } else {
            change(symbols[l as usize], merged) + change(symbols[r as usize], merged)
        };
        parts + term(merged) - change(total, merged)
    };
    let shown = |((l, r), n)| PairScore {
        left: visible(trainer.piece(l)),
        right: visible(trainer.piece(r)),
        score: trainer.score((l, r)),
        gain: gain((l, r), n),
    };
    Ok(pairs.into_iter().map(shown).collect())
}

/// c log₂ c, and 0 for c = 0: the log-likelihood is the sum of it over the symbols, less that of N.
fn term(count: u64) -> f64 {
    if count == 0 { 0.0 } else { count as f64 * (count as f64).log2() }
}

/// One merge of an encoder in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordStep {
    /// The rank of the merge; the lowest of all neighbours goes first.
    pub rank: u32,
    /// Which symbol was merged with the next one.
    pub at: usize,
    /// The symbols after it.
    pub symbols: Vec<String>,
}

/// The merges of BPE in one word, from its first symbols on, looking at all neighbours each time.
/// The plain reference for the fast encoder: O(n²).
pub fn word(bpe: &Bpe, word: &[u8]) -> (Vec<String>, Vec<WordStep>, Vec<u32>) {
    let shown = |ids: &[u32]| -> Vec<String> {
        ids.iter().map(|id| visible(bpe.vocab().piece(*id).unwrap_or_default())).collect()
    };
    let mut ids = bpe.symbols(word);
    let start = shown(&ids);
    let mut steps = Vec::new();
    while let Some((rank, new, at)) = ids
        .windows(2)
        .enumerate()
        .filter_map(|(i, pair)| bpe.merge(pair[0], pair[1]).map(|(rank, new)| (rank, new, i)))
        .min_by_key(|&(rank, _, i)| (rank, i))
    {
        ids[at] = new;
        ids.remove(at + 1);
        steps.push(WordStep { rank, at, symbols: shown(&ids) });
    }
    (start, steps, ids)
}

/// A piece for the eye: a space as `Ġ`, other control characters as GPT-2 writes them, bytes that
/// are no character as `<E4>`.
///
/// ```
/// use llm_lab::tokenizer::trace::visible;
/// assert_eq!(visible(" 中".as_bytes()), "Ġ中");
/// assert_eq!(visible(b"\xe4\n"), "<E4>Ċ");
/// ```
pub fn visible(piece: &[u8]) -> String {
    let mut out = String::new();
    for chunk in piece.utf8_chunks() {
        for c in chunk.valid().chars() {
            match u8::try_from(c) {
                Ok(byte) if byte <= b' ' || byte == 0x7F => out.push(bytes::to_char(byte)),
                _ if c.is_control() => out.extend(c.escape_unicode()),
                _ => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("<{byte:02X}>"));
        }
    }
    out
}
