//! What a model is trained on: a task with a right answer, or the tokens of a text.

use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::corpus::stories::Stories;
use crate::experiments::Context;
use crate::experiments::tokenizer::source;
use crate::math::loss::IGNORED;
use crate::model::tasks::{ADDITION_VOCAB, Task};
use crate::model::{Batch, Generation, Greedy, Temperature, Transformer};
use crate::report::{Error, Text, text};
use crate::tokenizer::{Plan, Scheme, Tokenizer};

/// Sequences of the validation batch.
const VALIDATION: usize = 32;
/// How much of the stories a model learns from.
const STORY_BYTES: usize = 1 << 20;
/// Tokens of a vocabulary that is trained here, where nothing else is asked for.
const VOCAB: usize = 512;

/// Where sequences come from.
pub enum Data {
    /// A task over so many tokens, drawn afresh for every batch.
    Task(Task, usize),
    /// A text.
    Text(Box<Corpus>),
}

/// A text in tokens.
pub struct Corpus {
    /// Its byte-level BPE.
    pub tokenizer: Tokenizer,
    /// What is learned from.
    train: Vec<u32>,
    /// What is kept apart.
    kept: Vec<u32>,
    /// The true entropy of a token in nats, where the text has been drawn from known rules.
    pub floor: Option<f64>,
}

/// What a trained model says.
pub enum Sample {
    /// Share of answers without a mistake.
    Right(f64),
    /// A text that goes on from nothing but a line break.
    Text(String),
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
        }
    }
}

impl Data {
    /// A task over so many tokens.
    ///
    /// # Errors
    /// Bad input if the task needs more.
    pub fn task(task: Task, vocab: Option<usize>) -> Result<Self, Error> {
        let least = if task == Task::Addition { ADDITION_VOCAB } else { 3 };
        let vocab = vocab.unwrap_or(least.max(16));
        if vocab < least {
            return Err(Error::input(text(
                format!("{} needs more than {vocab} tokens", task.name()),
                format!("任务 {} 需要多于 {vocab} 个 token", task.name()),
            ))
            .allowed(text(format!("{least} or more"), format!("{least} 或更多"))));
        }
        Ok(Self::Task(task, vocab))
    }

    /// A text by its name, cut by a byte-level BPE that is trained on it; its last tenth is kept apart.
    ///
    /// # Errors
    /// If it cannot be read, or has fewer tokens than ten contexts.
    pub fn text(
        name: &str,
        vocab: Option<usize>,
        length: usize,
        context: &Context,
    ) -> Result<Self, Error> {
        let stories = name == "stories";
        let corpus = match stories {
            true => Stories.text(STORY_BYTES, &mut context.rng(4)),
            false => source::corpus(name, context)?,
        };
        let plan = Plan::new(Scheme::ByteBpe, vocab.unwrap_or(VOCAB));
        let tokenizer = source::train(&plan, &corpus, context)?;
        let tokens = tokenizer.encode_long(&corpus, 1)?;
        if tokens.len() < 10 * (length + 1) {
            return Err(Error::input(text(
                format!("a text of {} tokens is too short to learn from", tokens.len()),
                format!("文本只有 {} 个 token，太短，无法学习", tokens.len()),
            ))
            .allowed(text(
                format!("at least {} tokens, ten contexts", 10 * (length + 1)),
                format!("至少 {} 个 token，即十个上下文", 10 * (length + 1)),
            )));
        }
        // each line is a story, and its entropy is known from the rules
        let lines = corpus.lines().count() as f64;
        let nats = Stories.entropy().bits * std::f64::consts::LN_2;
        let floor = stories.then(|| nats * lines / tokens.len() as f64);
        let (train, kept) = tokens.split_at(tokens.len() - tokens.len() / 10);
        let (train, kept) = (train.to_vec(), kept.to_vec());
        Ok(Self::Text(Box::new(Corpus { tokenizer, train, kept, floor })))
    }

    /// How many tokens there are.
    pub fn vocab(&self) -> usize {
        match self {
            Self::Task(_, vocab) => *vocab,
            Self::Text(corpus) => corpus.tokenizer.rows(),
        }
    }

    /// The true entropy of a token in nats, where it is known.
    pub fn floor(&self) -> Option<f64> {
        match self {
            Self::Task(..) => None,
            Self::Text(corpus) => corpus.floor,
        }
    }

    /// Puts `n` sequences to learn from into a batch.
    pub fn fill(&self, batch: &mut Batch, n: usize, rng: &mut ChaCha8Rng) {
        batch.clear();
        for _ in 0..n {
            match self {
                Self::Task(task, vocab) => task.push(batch, *vocab, rng),
                Self::Text(corpus) => window(batch, &corpus.train, rng),
            }
        }
    }

    /// Sequences that are never learned from.
    pub fn validation(&self, length: usize, rng: &mut ChaCha8Rng) -> Batch {
        let mut batch = Batch::new(length);
        for _ in 0..VALIDATION {
            match self {
                Self::Task(task, vocab) => task.push(&mut batch, *vocab, rng),
                Self::Text(corpus) => window(&mut batch, &corpus.kept, rng),
            }
        }
        batch
    }

    /// What the model says: how many fresh questions it answers, or a text of its own of at most
    /// `most` tokens.
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
            Self::Text(corpus) => {
                let start = corpus.tokenizer.encode("\n")?;
                let mut generation = Generation::new(model, &start)?;
                let mut sampler = Temperature { temperature: 0.8, rng };
                let mut said = Vec::new();
                while generation.length() < model.config.context && said.len() < most {
                    said.push(generation.next(&mut sampler)?);
                }
                let bytes = corpus.tokenizer.decode_bytes(&said)?;
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
            said.push(generation.choose(&mut Greedy));
            right += usize::from(said == expected);
        }
        Ok(right as f64 / VALIDATION as f64)
    }
}

/// A window of a text at a random place.
fn window(batch: &mut Batch, tokens: &[u32], rng: &mut ChaCha8Rng) {
    let length = batch.length + 1;
    let start = rng.random_range(0..=tokens.len().saturating_sub(length));
    batch.push_text(&tokens[start..start + length]);
}
