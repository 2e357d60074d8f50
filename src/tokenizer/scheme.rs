//! Training a whole tokenizer: the scheme decides how text is cut, what is trained, and how it is
//! put together again.

use super::bpe::{self, Alphabet, Bpe, Characters, byte_piece};
use super::text::{AddedToken, Decoder, Prepend, Split};
use super::wordpiece::{self, WordPiece};
use super::{Model, Pattern, Tokenizer, Unit, Words, unigram};
use crate::report::{Error, text as both};

/// How a vocabulary is built and used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// BPE over bytes (GPT-2).
    #[default]
    ByteBpe,
    /// BPE over characters with an end-of-word marker.
    CharBpe,
    /// WordPiece (BERT).
    Wordpiece,
    /// The unigram language model (T5).
    Unigram,
    /// SentencePiece's BPE: raw text, `▁`, byte fallback (Llama 2).
    SpBpe,
}

/// How WordPiece ranks pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ranking {
    /// By likelihood: count(ab) / (count(a) · count(b)).
    #[default]
    Likelihood,
    /// By count, as the `tokenizers` library does.
    Count,
}

/// What to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The scheme.
    pub scheme: Scheme,
    /// Where byte-level BPE cuts; the other schemes have their own cut.
    pub pattern: Pattern,
    /// How many pieces the vocabulary shall have.
    pub vocab_size: usize,
    /// Pairs that occur less often are not merged.
    pub min_frequency: u64,
    /// What is cut at a time.
    pub unit: Unit,
    /// How WordPiece ranks pairs.
    pub ranking: Ranking,
    /// Special pieces, before those that the scheme needs.
    pub specials: Vec<String>,
    /// Whether an unknown character becomes bytes (unigram; SentencePiece's BPE always).
    pub byte_fallback: bool,
    /// How many threads may work.
    pub threads: usize,
    /// Whether a corpus that cannot fill the vocabulary is an error.
    pub exact: bool,
}

impl Plan {
    /// The usual settings of a scheme.
    pub fn new(scheme: Scheme, vocab_size: usize) -> Self {
        Self {
            scheme,
            pattern: Pattern::Gpt2,
            vocab_size,
            min_frequency: 0,
            unit: Unit::Line,
            ranking: Ranking::Likelihood,
            specials: Vec::new(),
            byte_fallback: false,
            threads: 1,
            exact: false,
        }
    }

    /// How the scheme cuts text into words.
    pub fn splits(&self) -> Vec<Split> {
        vec![match self.scheme {
            Scheme::ByteBpe => Split::ByteLevel { prefix_space: false, pattern: self.pattern },
            Scheme::CharBpe => Split::WhitespaceSplit,
            Scheme::Wordpiece => Split::Bert,
            Scheme::Unigram | Scheme::SpBpe => {
                Split::Metaspace { mark: '▁', prepend: Prepend::Never, split: true }
            }
        }]
    }

    /// The distinct words of a corpus as this plan cuts it.
    ///
    /// # Errors
    /// If there is none.
    pub fn words(&self, corpus: &str) -> Result<Words, Error> {
        let torn = self.unit == Unit::Whole && self.pattern == Pattern::None;
        let threads = if torn { 1 } else { self.threads };
        if self.scheme == Scheme::ByteBpe {
            return Words::count(corpus.as_bytes(), self.unit, threads, |text, emit| {
                self.pattern.pieces(text).for_each(emit);
            });
        }
        let splits = self.splits();
        Words::count(corpus.as_bytes(), self.unit, threads, |text, emit| {
            // Parts of a text are cut between characters.
            let text = std::str::from_utf8(text).unwrap_or_default();
            for split in &splits {
                split.apply(text, true, &mut |word| emit(word.as_bytes()));
            }
        })
    }

    /// Trains the tokenizer. `watch(done, total)` is asked now and then whether to go on. Runs
    /// in seconds for megabytes; memory stays below thirty times the corpus.
    ///
    /// # Errors
    /// If the corpus is empty, the vocabulary cannot hold the alphabet, or, with `exact`, the corpus
    /// does not fill it; and what `watch` gives.
    ///
    /// ```
    /// use llm_lab::tokenizer::{Plan, Scheme};
    /// let plan = Plan::new(Scheme::ByteBpe, 258);
    /// let tokenizer = plan.train("low lower lowest", &mut |_, _| Ok(())).unwrap();
    /// assert_eq!(tokenizer.piece(257), Some(&b"low"[..]));
    /// let ids = tokenizer.encode("slow").unwrap();
    /// assert_eq!((ids.len(), tokenizer.decode(&ids).unwrap()), (2, "slow".to_string()));
    /// ```
    pub fn train(
        &self,
        corpus: &str,
        watch: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<Tokenizer, Error> {
        self.train_words(&self.words(corpus)?, watch)
    }

    /// Trains from words that were counted before.
    ///
    /// # Errors
    /// As [`Plan::train`].
    pub fn train_words(
        &self,
        words: &Words,
        watch: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<Tokenizer, Error> {
        let (model, decoders) = match self.scheme {
            Scheme::ByteBpe | Scheme::CharBpe | Scheme::SpBpe => self.train_bpe(words, watch)?,
            Scheme::Wordpiece => self.train_wordpiece(words, watch)?,
            Scheme::Unigram => self.train_unigram(words, watch)?,
        };
        let size = model.vocab().len();
        if self.exact && size < self.vocab_size {
            return Err(Error::input(both(
                format!(
                    "the corpus fills only {size} of {} pieces: no pair is left",
                    self.vocab_size
                ),
                format!(
                    "语料只能填满 {} 个 token 中的 {size} 个：已没有可合并的对",
                    self.vocab_size
                ),
            ))
            .allowed(both(
                format!("a vocabulary of up to {size}, or more text"),
                format!("不超过 {size} 的词表，或更多文本"),
            )));
        }
        let specials = self.specials();
        let added = specials.iter().filter_map(|special| {
            model.vocab().id(special.as_bytes()).map(|id| AddedToken::special(special, id))
        });
        let added = added.collect();
        Ok(Tokenizer::new(Vec::new(), self.splits(), model, decoders, added))
    }

    /// The special pieces: the caller's and the scheme's own.
    pub fn specials(&self) -> Vec<String> {
        let mut specials = self.specials.clone();
        if let Some(unknown) = self.unknown()
            && !specials.iter().any(|s| s == unknown)
        {
            specials.insert(0, unknown.to_string());
        }
        specials
    }

    /// The piece for what is unknown.
    fn unknown(&self) -> Option<&'static str> {
        match self.scheme {
            Scheme::ByteBpe => None,
            Scheme::Wordpiece => Some("[UNK]"),
            Scheme::CharBpe | Scheme::Unigram | Scheme::SpBpe => Some("<unk>"),
        }
    }

    /// The settings of the BPE trainer for this plan, for traces.
    pub fn bpe_settings(&self) -> bpe::Settings {
        let mut specials = self.specials();
        let characters = |suffix: Option<&str>| Alphabet::Characters {
            prefix: None,
            suffix: suffix.map(str::to_string),
            limit: None,
        };
        let alphabet = match self.scheme {
            Scheme::CharBpe => characters(Some("</w>")),
            Scheme::SpBpe => {
                specials.extend((0..=255).map(byte_piece));
                characters(None)
            }
            _ => Alphabet::Bytes,
        };
        bpe::Settings {
            vocab_size: self.vocab_size,
            min_frequency: self.min_frequency,
            specials,
            alphabet,
        }
    }

    /// The settings of the unigram trainer for this plan, for traces.
    pub fn unigram_settings(&self) -> unigram::Settings {
        unigram::Settings {
            specials: self.specials(),
            byte_fallback: self.byte_fallback,
            ..unigram::Settings::new(self.vocab_size)
        }
    }

    fn train_bpe(
        &self,
        words: &Words,
        watch: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<(Model, Vec<Decoder>), Error> {
        let settings = self.bpe_settings();
        let mut trainer = bpe::Trainer::new(words, &settings)?;
        trainer.run(watch)?;
        let (vocab, merges) = trainer.into_parts();
        let model = match &settings.alphabet {
            Alphabet::Bytes => Bpe::bytes(vocab, merges)?,
            Alphabet::Characters { prefix, suffix, .. } => {
                let characters = Characters {
                    prefix: prefix.clone(),
                    suffix: suffix.clone(),
                    unknown: self.unknown().map(str::to_string),
                    fuse_unknown: self.scheme == Scheme::SpBpe,
                    byte_fallback: self.scheme == Scheme::SpBpe,
                };
                Bpe::characters(vocab, merges, characters)?
            }
        };
        let decoders = match self.scheme {
            Scheme::CharBpe => vec![Decoder::Suffix("</w>".to_string())],
            Scheme::SpBpe => sentencepiece_decoders(true),
            _ => vec![Decoder::ByteLevel],
        };
        Ok((Model::Bpe(model), decoders))
    }

    fn train_wordpiece(
        &self,
        words: &Words,
        watch: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<(Model, Vec<Decoder>), Error> {
        let specials = self.specials();
        let vocab = match self.ranking {
            Ranking::Count => {
                let settings =
                    wordpiece::Trainer::alphabet(self.vocab_size, self.min_frequency, &specials);
                let mut trainer = bpe::Trainer::new(words, &settings)?;
                trainer.run(watch)?;
                trainer.into_parts().0
            }
            Ranking::Likelihood => {
                let mut trainer =
                    wordpiece::Trainer::new(words, self.vocab_size, self.min_frequency, &specials)?;
                let start = trainer.vocab_len();
                while trainer.step().is_some() {
                    let done = trainer.vocab_len() - start;
                    if done.is_multiple_of(64) {
                        watch(done, self.vocab_size - start)?;
                    }
                }
                trainer.into_vocab()
            }
        };
        let model = WordPiece::new(vocab, "[UNK]", "##", 100)?;
        let decoder = Decoder::WordPiece { prefix: "##".to_string(), cleanup: true };
        Ok((Model::WordPiece(model), vec![decoder]))
    }

    fn train_unigram(
        &self,
        words: &Words,
        watch: &mut dyn FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<(Model, Vec<Decoder>), Error> {
        let mut trainer = unigram::Trainer::new(words, &self.unigram_settings(), self.threads)?;
        let start = (trainer.pieces().len() as f64).ln();
        let goal = (self.vocab_size as f64).ln();
        while let Some(round) = trainer.step()? {
            // Pruning shrinks by a factor, so progress runs along the logarithm of the size.
            let share = (start - (round.pieces as f64).ln()) / (start - goal).max(1e-9);
            watch((share.clamp(0.0, 1.0) * 100.0) as usize, 100)?;
        }
        Ok((Model::Unigram(trainer.finish()?), sentencepiece_decoders(self.byte_fallback)))
    }
}

/// From SentencePiece's pieces to text.
fn sentencepiece_decoders(byte_fallback: bool) -> Vec<Decoder> {
    if byte_fallback {
        let space = Decoder::Replace("▁".to_string(), " ".to_string());
        vec![space, Decoder::ByteFallback, Decoder::Fuse]
    } else {
        vec![Decoder::Metaspace { mark: '▁', drop_first: false }]
    }
}
