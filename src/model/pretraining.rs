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
mod tests {
    use super::*;
    use crate::model::{
        Config, Decay, Moments, Position, Preset, Rule, Schedule, Size, Trainer, Training,
        Transformer,
    };
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn maker(aim: Pretraining, length: usize) -> Maker {
        Maker { aim, length, vocab: 50, noise: Noise::default() }
    }

    fn one(maker: Maker, text: &[u32], seed: u64) -> Batch {
        let mut batch = Batch::new(maker.length);
        maker.begin(&mut batch, maker.length / 2);
        maker.push(&mut batch, text, &mut ChaCha8Rng::seed_from_u64(seed));
        batch
    }

    fn text(maker: Maker) -> Vec<u32> {
        (0..maker.text() as u32).map(|i| i % 50).collect()
    }

    #[test]
    fn every_sequence_is_full_and_nobody_sees_what_it_is_asked() {
        for aim in Pretraining::ALL {
            for length in [4, 7, 19, 32, 100] {
                let maker = maker(aim, length);
                let batch = one(maker, &text(maker), length as u64);
                assert_eq!((batch.tokens.len(), batch.targets.len()), (length, length));
                assert!(batch.asked() > 0, "{aim:?} {length}");
                let largest = batch.tokens.iter().chain(&batch.targets).filter(|t| **t != IGNORED);
                assert!(largest.max().unwrap() < &((maker.vocab + maker.specials()) as u32));
                // what a place is asked is the token after it, which it cannot see, except in a
                // masked LM, which asks for the place itself
                let mask = batch.mask.unwrap_or(Mask::Causal);
                if aim == Pretraining::MaskedLm {
                    continue;
                }
                for (i, _) in batch.targets.iter().enumerate().filter(|(_, t)| **t != IGNORED) {
                    assert_eq!(mask.span(i, length).end, i + 1, "{aim:?} {length}");
                }
            }
        }
    }

    #[test]
    fn corrupted_text_and_its_target_give_the_text_back() {
        let maker = maker(Pretraining::SpanCorruption, 64);
        let text = text(maker);
        let batch = one(maker, &text, 3);
        let Some(Mask::Prefix(input)) = batch.mask else { panic!("no prefix") };
        let line: Vec<u32> = batch.tokens[..=input]
            .iter()
            .chain(batch.targets[input..].iter().take_while(|t| **t != IGNORED))
            .copied()
            .collect();
        let (seen, said) = line.split_at(input);
        let hides = |token: u32| (token as usize) >= maker.vocab;
        let mut back = Vec::new();
        for &token in seen {
            match hides(token) {
                false => back.push(token),
                true => {
                    let at = said.iter().position(|t| *t == token).unwrap();
                    back.extend(said[at + 1..].iter().take_while(|t| !hides(**t)));
                }
            }
        }
        assert_eq!(back, text);
    }

    #[test]
    fn blanks_are_filled_from_their_own_places() {
        let maker = maker(Pretraining::BlankInfilling, 64);
        let text = text(maker);
        let batch = one(maker, &text, 5);
        let Some(Mask::Prefix(seen)) = batch.mask else { panic!("no prefix") };
        let (hidden, spans) = maker.hidden(text.len());
        assert_eq!(seen, text.len() - hidden + spans);
        assert_eq!(batch.asked(), hidden + spans); // each span ends with [END]
        let mut filled: Vec<Vec<u32>> = batch.tokens[..seen].iter().map(|t| vec![*t]).collect();
        for i in seen..maker.length {
            let [place, inside] = batch.places[i];
            if batch.targets[i] == IGNORED {
                continue;
            }
            match inside {
                1 => {
                    assert_eq!(batch.tokens[i], 51);
                    assert_eq!(batch.tokens[place as usize], 50);
                    filled[place as usize].clear();
                }
                _ => filled[place as usize].push(batch.tokens[i]),
            }
        }
        assert_eq!(filled.concat(), text);
    }

    #[test]
    fn masked_tokens_follow_the_rule_of_eighty_ten_ten() {
        let maker = maker(Pretraining::MaskedLm, 100);
        let text = text(maker);
        let (mut masks, mut same, mut all) = (0, 0, 0);
        for seed in 0..200 {
            let batch = one(maker, &text, seed);
            assert_eq!(batch.asked(), 15);
            for (i, _) in batch.targets.iter().enumerate().filter(|(_, t)| **t != IGNORED) {
                masks += usize::from(batch.tokens[i] == 50);
                same += usize::from(batch.tokens[i] == text[i]);
                all += 1;
            }
        }
        let share = |n: usize| n as f64 / f64::from(all);
        assert!((share(masks) - 0.8).abs() < 0.025, "{}", share(masks));
        assert!((share(same) - 0.102).abs() < 0.02, "{}", share(same));
    }

    /// A text in which each token follows from the one before it.
    #[test]
    fn a_tiny_model_learns_under_every_objective() {
        for aim in Pretraining::ALL {
            let maker = Maker { aim, length: 16, vocab: 8, noise: Noise::default() };
            let size = Size {
                vocab: 8 + maker.specials(),
                context: 16,
                d: 16,
                d_ff: 32,
                layers: 1,
                heads: 2,
                kv_heads: 2,
            };
            let position = match aim {
                Pretraining::BlankInfilling => Position::TwoRows,
                _ => Position::Learned,
            };
            let config = Config { position, ..Preset::Llama.config(size).unwrap() };
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let model = Transformer::<f32>::new(config, &mut rng).unwrap();
            let training = Training {
                rule: Rule::AdamW(Moments::default()),
                schedule: Schedule {
                    peak: 0.02,
                    warmup: 5,
                    decay: Decay::Constant,
                    steps: 60,
                    floor: 0.1,
                },
                decay: 0.0,
                clip: Some(1.0),
                smoothing: 0.0,
                loss_scale: 1.0,
                shards: 1,
                threads: 1,
                seed: 1,
            };
            let mut trainer = Trainer::new(model, training).unwrap();
            let mut batch = Batch::new(16);
            let mut loss = f64::NAN;
            for _ in 0..60 {
                maker.begin(&mut batch, rng.random_range(maker.splits()));
                for _ in 0..8 {
                    let start = rng.random_range(0..8);
                    let text: Vec<u32> =
                        (0..maker.text() as u32).map(|i| (start + i) % 8).collect();
                    maker.push(&mut batch, &text, &mut rng);
                }
                loss = trainer.step(std::slice::from_ref(&batch)).unwrap().loss;
            }
            let chance = (size.vocab as f64).ln();
            assert!(loss < 0.6 * chance, "{aim:?}: {loss} of {chance}");
        }
    }
}
