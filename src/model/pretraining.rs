//! What a model is asked while it is pretrained: the next token, or what has been hidden. Each
//! objective turns a text into tokens to see, targets to say, and the rule of who may look at whom.

use ndarray_rand::rand::Rng;
use ndarray_rand::rand::seq::{SliceRandom, index};

use crate::math::attention::Mask;
use crate::math::loss::IGNORED;

use super::batch::Batch;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pretraining {
    /// Each token from those before it: `−Σ log p(x_t | x_<t)` (GPT, LLaMA).
    #[default]
    NextToken,
    /// The same, but a prefix is seen both ways and asks nothing (Raffel et al. 2020; Wang et al.
    /// 2022).
    PrefixLm,
    /// Hidden tokens from both sides, each at its own place (Devlin et al. 2019, BERT).
    MaskedLm,
    /// Hidden spans, each behind a sentinel, after the text that names the sentinels (Raffel et al.
    /// 2020, T5; here in one stack, the text being its prefix).
    SpanCorruption,
    /// Hidden spans in shuffled order after the text, token by token, with two rows of positions
    /// (Du et al. 2022, GLM).
    BlankInfilling,
}

/// How much is hidden.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Share of the tokens: 0.15 in BERT, T5 and GLM.
    pub share: f64,
    /// Mean length of a span: 3 in T5 and GLM.
    pub span: f64,
}

impl Default for Noise {
    fn default() -> Self {
        Self { share: 0.15, span: 3.0 }
    }
}

/// Makes sequences of one objective. Special tokens follow the `vocab` tokens of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maker {
    /// What is asked.
    pub aim: Pretraining,
    /// T: tokens of a sequence.
    pub length: usize,
    /// Tokens of the text's vocabulary.
    pub vocab: usize,
    /// How much is hidden.
    pub noise: Noise,
}

impl Pretraining {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NextToken,
        Self::PrefixLm,
        Self::MaskedLm,
        Self::SpanCorruption,
        Self::BlankInfilling,
    ];

    /// The name that one types.
    pub fn name(self) -> &'static str {
        match self {
            Self::NextToken => "next-token",
            Self::PrefixLm => "prefix-lm",
            Self::MaskedLm => "masked-lm",
            Self::SpanCorruption => "span-corruption",
            Self::BlankInfilling => "blank-infilling",
        }
    }

    /// The objective of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aim| aim.name() == name)
    }
}

impl Maker {
    /// How many tokens of a text of `n` are hidden, and in how many spans: at least one, and fewer
    /// than all.
    pub fn hidden(&self, n: usize) -> (usize, usize) {
        let most = n.saturating_sub(1).max(1);
        let hidden = ((n as f64 * self.noise.share).round() as usize).clamp(1, most);
        let spans = (hidden as f64 / self.noise.span.max(1.0)).round() as usize;
        // spans do not touch: a token stands between any two
        (hidden, spans.clamp(1, hidden.min(n.saturating_sub(hidden) + 1)))
    }

    /// How many tokens of text go into a sequence: with spans, each also costs two tokens more.
    ///
    /// ```
    /// use llm_lab::model::pretraining::{Maker, Noise, Pretraining};
    /// let maker = |aim| Maker { aim, length: 128, vocab: 512, noise: Noise::default() };
    /// assert_eq!(maker(Pretraining::NextToken).text(), 129);
    /// assert_eq!(maker(Pretraining::MaskedLm).text(), 128);
    /// // 116 tokens, 17 hidden in 6 spans
    /// assert_eq!(maker(Pretraining::SpanCorruption).text(), 116);
    /// ```
    pub fn text(&self) -> usize {
        let t = self.length;
        match self.aim {
            Pretraining::NextToken | Pretraining::PrefixLm => t + 1,
            Pretraining::MaskedLm => t,
            _ => (1..=t).rev().find(|n| n + 2 * self.hidden(*n).1 <= t).unwrap_or(1),
        }
    }

    /// How many special tokens there are.
    pub fn specials(&self) -> usize {
        match self.aim {
            Pretraining::NextToken | Pretraining::PrefixLm => 0,
            Pretraining::MaskedLm => 1,
            Pretraining::SpanCorruption => self.hidden(self.text()).1 + 1,
            Pretraining::BlankInfilling => 3,
        }
    }

    /// The name of a special token; `None` for a token of the text.
    pub fn special(&self, token: u32) -> Option<String> {
        let i = (token as usize).checked_sub(self.vocab)?;
        Some(match (self.aim, i) {
            (Pretraining::SpanCorruption, i) => format!("<X{i}>"),
            (_, 0) => "[MASK]".to_string(),
            (_, 1) => "[START]".to_string(),
            _ => "[END]".to_string(),
        })
    }

    /// The least and the greatest prefix that [`begin`](Self::begin) may be given.
    pub fn splits(&self) -> std::ops::Range<usize> {
        1..self.length.max(2)
    }

    /// Empties a batch and gives it the rule of who may look at whom; the prefix of a prefix LM is
    /// `split` tokens long in all sequences of a batch.
    pub fn begin(&self, batch: &mut Batch, split: usize) {
        batch.clear();
        let n = self.text();
        let (hidden, spans) = self.hidden(n);
        batch.mask = match self.aim {
            Pretraining::NextToken => None,
            Pretraining::PrefixLm => Some(Mask::Prefix(split)),
            Pretraining::MaskedLm => Some(Mask::None),
            _ => Some(Mask::Prefix(n - hidden + spans)),
        };
    }

    /// Adds one text of [`text`](Self::text) tokens to a batch that was begun.
    ///
    /// # Panics
    /// If the text has another length.
    pub fn push(&self, batch: &mut Batch, text: &[u32], rng: &mut impl Rng) {
        assert_eq!(text.len(), self.text(), "a text of another length");
        match (self.aim, batch.mask) {
            (Pretraining::PrefixLm, Some(Mask::Prefix(split))) => {
                batch.push_text(text);
                // the last token of the prefix asks for the first one after it
                let from = batch.targets.len() - self.length;
                batch.targets[from..from + split - 1].fill(IGNORED);
            }
            (Pretraining::MaskedLm, _) => self.masked(batch, text, rng),
            (Pretraining::SpanCorruption, _) => self.corrupted(batch, text, rng),
            (Pretraining::BlankInfilling, _) => self.blanks(batch, text, rng),
            _ => batch.push_text(text),
        }
    }

    /// Of the hidden tokens 80% become `[MASK]`, 10% a random one, and 10% stay, so that the model
    /// cannot trust what it sees (Devlin et al. 2019, section 3.1).
    fn masked(&self, batch: &mut Batch, text: &[u32], rng: &mut impl Rng) {
        let (mut tokens, mut targets) = (text.to_vec(), vec![IGNORED; text.len()]);
        for i in index::sample(rng, text.len(), self.hidden(text.len()).0) {
            targets[i] = text[i];
            tokens[i] = match rng.random_range(0..10) {
                0 => rng.random_range(0..self.vocab as u32),
                1 => text[i],
                _ => self.vocab as u32,
            };
        }
        batch.push(&tokens, &targets);
    }

    /// The text with a sentinel for each span, then each sentinel with what it hides, then one more.
    fn corrupted(&self, batch: &mut Batch, text: &[u32], rng: &mut impl Rng) {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        let mut end = 0;
        let spans = self.spans(text.len(), rng);
        for (k, span) in spans.iter().enumerate() {
            let sentinel = (self.vocab + k) as u32;
            input.extend_from_slice(&text[end..span.start]);
            input.push(sentinel);
            output.push(sentinel);
            output.extend_from_slice(&text[span.clone()]);
            end = span.end;
        }
        input.extend_from_slice(&text[end..]);
        output.push((self.vocab + spans.len()) as u32);
        let asked = input.len() - 1; // the last token of the input asks for the first sentinel
        let line = [input, output].concat();
        let n = line.len() - 1;
        let targets: Vec<u32> =
            (0..n).map(|i| if i < asked { IGNORED } else { line[i + 1] }).collect();
        self.pad(batch, line[..n].to_vec(), targets);
    }

    /// The text with `[MASK]` for each span, then the spans in shuffled order, each after `[START]`
    /// and up to `[END]`. Positions: the place in the text, where a span's tokens all have that of
    /// their `[MASK]`, and the place in the span, 0 in the text.
    fn blanks(&self, batch: &mut Batch, text: &[u32], rng: &mut impl Rng) {
        let (mask, start, last) = (self.vocab as u32, self.vocab as u32 + 1, self.vocab as u32 + 2);
        let (mut tokens, mut targets, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut blanks = Vec::new(); // (place of its mask, span)
        let mut end = 0;
        for span in self.spans(text.len(), rng) {
            tokens.extend_from_slice(&text[end..span.start]);
            blanks.push((tokens.len() as u32, span.clone()));
            tokens.push(mask);
            end = span.end;
        }
        tokens.extend_from_slice(&text[end..]);
        targets.resize(tokens.len(), IGNORED);
        places.extend((0..tokens.len() as u32).map(|i| [i, 0]));
        blanks.shuffle(rng);
        for (place, span) in blanks {
            let hidden = &text[span];
            tokens.push(start);
            tokens.extend_from_slice(hidden);
            targets.extend_from_slice(hidden);
            targets.push(last);
            places.extend((1..=hidden.len() as u32 + 1).map(|i| [place, i]));
        }
        places.resize(self.length, [0, 0]);
        batch.places.extend(places);
        self.pad(batch, tokens, targets);
    }

    /// Adds a sequence that may be a token or two short; what fills it up is seen by nobody before it
    /// and asks nothing.
    fn pad(&self, batch: &mut Batch, mut tokens: Vec<u32>, mut targets: Vec<u32>) {
        tokens.resize(self.length, self.vocab as u32);
        targets.resize(self.length, IGNORED);
        batch.push(&tokens, &targets);
    }

    /// Spans of a text of `n` tokens, none empty and no two touching. Their number and their sum are
    /// fixed, so that all sequences of a batch have one shape; every division into such spans and
    /// gaps is as likely as any other. (T5's lengths are drawn so too; GLM draws them from Poisson(3).)
    fn spans(&self, n: usize, rng: &mut impl Rng) -> Vec<std::ops::Range<usize>> {
        let (hidden, spans) = self.hidden(n);
        let lengths = division(hidden, spans, rng);
        // gaps at the ends may be empty
        let gaps = division(n - hidden + 2, spans + 1, rng);
        let mut start = 0;
        let span = |(i, (gap, length)): (usize, (&usize, usize))| {
            start += gap - usize::from(i == 0);
            let span = start..start + length;
            start = span.end;
            span
        };
        gaps.iter().zip(lengths).enumerate().map(span).collect()
    }
}

/// `n` as a sum of `parts` positive numbers, every way as likely as any other.
fn division(n: usize, parts: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut cuts = index::sample(rng, n - 1, parts - 1).into_vec();
    cuts.iter_mut().for_each(|cut| *cut += 1);
    cuts.extend([0, n]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[cfg(test)]
mod tests;
