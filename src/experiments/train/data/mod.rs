//! What a model is trained on: a task with a right answer, or the tokens of a text.

use ndarray_rand::rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::corpus::stories::Stories;
use crate::experiments::Context;
use crate::experiments::tokenizer::source;
use crate::model::tasks::{ADDITION_VOCAB, Task};
use crate::model::{Batch, Maker, Noise, Pretraining};
use crate::report::{Error, text};
use crate::tokenizer::{Plan, Scheme, Tokenizer};

mod sample;

pub use sample::Sample;

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
    /// What is asked about it.
    pub maker: Maker,
    /// The true entropy of a token in nats, where the text has been drawn from known rules and the
    /// next token is asked for.
    pub floor: Option<f64>,
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
        (aim, length): (Pretraining, usize),
        context: &Context,
    ) -> Result<Self, Error> {
        let vocab = vocab.unwrap_or(VOCAB);
        let maker = Maker { aim, length, vocab, noise: Noise::default() };
        let vocab = vocab.saturating_sub(maker.specials()); // what is left for the text
        let stories = name == "stories";
        let corpus = match stories {
            true => Stories.text(STORY_BYTES, &mut context.rng(4)),
            false => source::corpus(name, context)?,
        };
        let plan = Plan::new(Scheme::ByteBpe, vocab);
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
        let next = aim == Pretraining::NextToken;
        let floor = (stories && next).then(|| nats * lines / tokens.len() as f64);
        let maker = Maker { vocab: tokenizer.rows(), ..maker };
        let (train, kept) = tokens.split_at(tokens.len() - tokens.len() / 10);
        let (train, kept) = (train.to_vec(), kept.to_vec());
        Ok(Self::Text(Box::new(Corpus { tokenizer, train, kept, maker, floor })))
    }

    /// How many tokens there are.
    pub fn vocab(&self) -> usize {
        match self {
            Self::Task(_, vocab) => *vocab,
            Self::Text(corpus) => corpus.tokenizer.rows() + corpus.maker.specials(),
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
        match self {
            Self::Task(task, vocab) => {
                batch.clear();
                (0..n).for_each(|_| task.push(batch, *vocab, rng));
            }
            Self::Text(corpus) => {
                let split = match corpus.maker.aim {
                    Pretraining::PrefixLm => rng.random_range(corpus.maker.splits()),
                    _ => 1,
                };
                corpus.maker.begin(batch, split);
                (0..n).for_each(|_| corpus.push(batch, &corpus.train, rng));
            }
        }
    }

    /// Sequences that are never learned from; a prefix is half as long as they are.
    pub fn validation(&self, length: usize, rng: &mut ChaCha8Rng) -> Batch {
        let mut batch = Batch::new(length);
        match self {
            Self::Task(task, vocab) => {
                (0..VALIDATION).for_each(|_| task.push(&mut batch, *vocab, rng));
            }
            Self::Text(corpus) => {
                corpus.maker.begin(&mut batch, (length / 2).max(1));
                (0..VALIDATION).for_each(|_| corpus.push(&mut batch, &corpus.kept, rng));
            }
        }
        batch
    }
}

impl Corpus {
    /// A token as one reads it.
    pub fn piece(&self, token: u32) -> String {
        self.maker.special(token).unwrap_or_else(|| {
            let bytes = self.tokenizer.decode_bytes(&[token]).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace('\n', "⏎").trim().to_string()
        })
    }

    /// Adds a sequence from a random place of a text.
    fn push(&self, batch: &mut Batch, tokens: &[u32], rng: &mut ChaCha8Rng) {
        let length = self.maker.text();
        let start = rng.random_range(0..=tokens.len().saturating_sub(length));
        self.maker.push(batch, &tokens[start..start + length], rng);
    }
}
