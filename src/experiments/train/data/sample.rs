//! What a trained model says: a text of its own, answers to a task, or guesses at what was hidden.

use rand_chacha::ChaCha8Rng;

use crate::math::loss::IGNORED;
use crate::model::decoding::argmax;
use crate::model::{
    Batch, Generation, Greedy, Pass, Pretraining, Temperature, Transformer, Workspace,
};
use crate::report::{Error, Text, text};

use super::{Corpus, Data};

/// Guesses that are shown.
const SHOWN: usize = 8;

/// What a trained model says.
pub enum Sample {
    /// Share of answers without a mistake.
    Right(f64),
    /// A text that goes on from nothing but a line break.
    Text(String),
    /// Share of the targets that it finds most likely, and some of them: `(target, guess)`.
    Guesses(f64, Vec<(String, String)>),
}

impl Sample {
    /// In one line.
    pub fn words(&self) -> Text {
        match self {
            Self::Right(share) => {
                let percent = 100.0 * share;
                text(
                    format!("{percent:.0}% of fresh questions right"),
                    format!("新题答对 {percent:.0}%"),
                )
            }
            Self::Text(said) => Text::same(said.split_whitespace().collect::<Vec<_>>().join(" ")),
            Self::Guesses(share, pairs) => {
                let percent = 100.0 * share;
                let pair = |(target, guess): &(String, String)| match target == guess {
                    true => format!("{target} ✓"),
                    false => format!("{target} ✗ {guess}"),
                };
                let pairs = pairs.iter().map(pair).collect::<Vec<_>>().join(" · ");
                text(
                    format!("{percent:.0}% of what is asked guessed right: {pairs}"),
                    format!("猜对 {percent:.0}%：{pairs}"),
                )
            }
        }
    }

    /// The share of right answers, where there are answers.
    pub fn right(&self) -> Option<f64> {
        match self {
            Self::Right(share) | Self::Guesses(share, _) => Some(*share),
            Self::Text(_) => None,
        }
    }
}

impl Data {
    /// What the model says: how many fresh questions it answers, what it guesses at hidden places, or
    /// a text of its own of at most `most` tokens.
    ///
    /// # Errors
    /// If the model cannot read the question.
    pub fn sample(
        &self,
        model: &Transformer<f32>,
        most: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<Sample, Error> {
        match self {
            Self::Task(..) => self.examine(model, rng).map(Sample::Right),
            Self::Text(corpus) if corpus.maker.aim != Pretraining::NextToken => {
                let batch = self.validation(model.config.context, rng);
                Ok(corpus.guess(model, &batch))
            }
            Self::Text(corpus) => {
                let start = corpus.tokenizer.encode("\n")?;
                let mut generation = Generation::new(model, &start)?;
                let mut sampler = Temperature { temperature: 0.8, rng };
                let mut said = Vec::new();
                while generation.length() < model.config.context && said.len() < most {
                    said.push(generation.next(&mut sampler)?);
                }
                // a model may have more rows than a small text has pieces: what has none says nothing
                let piece = |id: &u32| corpus.tokenizer.decode_bytes(&[*id]).unwrap_or_default();
                let bytes: Vec<u8> = said.iter().flat_map(piece).collect();
                Ok(Sample::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    }

    /// The share of fresh questions that the model answers without a mistake, each token chosen
    /// greedily after those that it has said itself.
    fn examine(&self, model: &Transformer<f32>, rng: &mut ChaCha8Rng) -> Result<f64, Error> {
        let length = model.config.context;
        let batch = self.validation(length, rng);
        let mut right = 0;
        for (tokens, targets) in batch.tokens.chunks(length).zip(batch.targets.chunks(length)) {
            let start = targets.iter().position(|t| *t != IGNORED).unwrap_or(0);
            let expected: Vec<u32> =
                targets[start..].iter().copied().take_while(|t| *t != IGNORED).collect();
            let mut generation = Generation::new(model, &tokens[..=start])?;
            let mut said = Vec::with_capacity(expected.len());
            while said.len() + 1 < expected.len() {
                said.push(generation.next(&mut Greedy)?);
            }
            said.push(generation.choose(&mut Greedy)?);
            right += usize::from(said == expected);
        }
        Ok(right as f64 / batch.sequences as f64)
    }
}

impl Corpus {
    /// What the model finds most likely at each place that is asked for.
    fn guess(&self, model: &Transformer<f32>, batch: &Batch) -> Sample {
        let (n, t, v) = (batch.sequences, batch.length, model.config.vocab);
        let mut model = model.clone();
        model.config.mask = batch.mask.unwrap_or(model.config.mask);
        let mut ws = Workspace::default();
        ws.prepare(&model.config, n, t);
        let pass = Pass { places: batch.places(0..n * t), ..Pass::default() };
        model.forward(&batch.tokens, &mut ws, None, pass);
        let (mut right, mut pairs) = (0, Vec::new());
        for (i, &target) in batch.targets.iter().enumerate().filter(|(_, t)| **t != IGNORED) {
            model.logits(&mut ws, i..i + 1); // (1, V)
            let guess = argmax(&ws.logits[..v]);
            right += usize::from(guess == target);
            if pairs.len() < SHOWN {
                pairs.push((self.piece(target), self.piece(guess)));
            }
        }
        Sample::Guesses(f64::from(right as u32) / batch.asked().max(1) as f64, pairs)
    }
}
