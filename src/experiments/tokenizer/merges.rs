//! `tokenizer merges`: how a BPE vocabulary comes into being, merge by merge.

use std::collections::BTreeSet;

use super::source;
use crate::experiments::{Context, params};
use crate::report::{Error, Report, Table, number, text};
use crate::tokenizer::bpe::{self, Bpe};
use crate::tokenizer::{Plan, Scheme, Words, trace};

/// Show BPE training merge by merge: counts, ties, the vocabulary, the corpus ‖ 逐步展示 BPE 的训练：计数、平局、词表与语料
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer merges low:5 lower:2 newest:6 widest:3 --steps 4\ntokenizer merges hello world --marker none --steps 2\ntokenizer merges low:5 lower:2 newest:6 widest:3 --steps 4 --encode lowest\ntokenizer merges --corpus stories --scheme byte-bpe --steps 5"
)]
pub struct Merges {
    /// Words, each with its count after a colon ‖ 词，冒号后是次数
    #[arg(value_name = "WORD:COUNT", required_unless_present = "corpus")]
    pub words: Vec<String>,
    /// A text instead: a file, - , lessons-en, lessons-zh or stories ‖ 或者一段文本：文件、-、lessons-en、lessons-zh 或 stories
    #[arg(long, value_name = "TEXT", conflicts_with = "words")]
    pub corpus: Option<String>,
    /// char-bpe or byte-bpe ‖ char-bpe 或 byte-bpe
    #[arg(long, value_enum, default_value = "char-bpe")]
    pub scheme: Scheme,
    /// What ends a word in char-bpe; none for no marker ‖ char-bpe 的词尾标记；none 表示不用
    #[arg(long, value_name = "MARK", default_value = "</w>")]
    pub marker: String,
    /// How many merges ‖ 合并次数
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::count(1, 200))]
    pub steps: usize,
    /// How many pairs of each table ‖ 每张表列出的对数
    #[arg(long, value_name = "N", default_value = "8", value_parser = params::count(1, 100))]
    pub top: usize,
    /// Texts to cut with what was learned ‖ 用学到的合并来切分的文本
    #[arg(long, value_name = "TEXT", num_args = 1..)]
    pub encode: Vec<String>,
}

/// Words and how often: `low:5`; a word without a number counts once.
///
/// # Errors
/// If there is no word, or a count is none.
pub fn word_counts(list: &[String]) -> Result<Words, Error> {
    let mut words = Words::default();
    for entry in list {
        let (word, count) = match entry.rsplit_once(':') {
            Some((word, count)) => (word, count.parse::<u32>().ok().filter(|n| *n > 0)),
            None => (entry.as_str(), Some(1)),
        };
        let Some(count) = count.filter(|_| !word.is_empty()) else {
            return Err(Error::input(text(
                format!("{entry:?} is no word with its count"),
                format!("{entry:?} 不是“词”加冒号加次数"),
            ))
            .allowed(text("a word, a colon and a whole number above 0", "词、冒号与大于 0 的整数"))
            .example("llm-lab tokenizer merges low:5 lower:2 newest:6 widest:3"));
        };
        words.add(word.as_bytes(), u64::from(count));
    }
    Ok(words)
}

impl Merges {
    /// Trains step by step.
    ///
    /// # Errors
    /// If there is no text.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        if !matches!(self.scheme, Scheme::CharBpe | Scheme::ByteBpe) {
            return Err(Error::input(text("this trace is of BPE", "这里追踪的是 BPE"))
                .allowed(text("char-bpe or byte-bpe", "char-bpe 或 byte-bpe"))
                .example("llm-lab tokenizer scores hug:10 pug:5 pun:12 bun:4 hugs:5"));
        }
        let plan = Plan::new(self.scheme, 1 << 20);
        let words = match &self.corpus {
            Some(name) => plan.words(&source::corpus(name, context)?)?,
            None => word_counts(&self.words)?,
        };
        let mut settings = plan.bpe_settings();
        settings.specials.clear();
        if let bpe::Alphabet::Characters { suffix, .. } = &mut settings.alphabet {
            *suffix = (self.marker != "none").then(|| self.marker.clone());
        }
        context.step(0, 1, &source::training())?;
        let limits = trace::Limits { steps: self.steps, pairs: self.top, words: 12 };
        let run = trace::merges(&words, &settings, limits)?;
        let mut report = Report::new(text("BPE, merge by merge", "BPE：逐步合并"));
        report
            .say(text(
                "Count neighbouring pairs, merge the most frequent, repeat. Among equally frequent pairs the one with the smaller ids goes first, as in Hugging Face's trainer.",
                "统计相邻的对，合并次数最多的一对，如此往复。次数相同时取 id 较小的一对，与 Hugging Face 的训练器一致。",
            ))
            .formula(corpus_line(&run.corpus));
        for (i, step) in run.steps.iter().enumerate() {
            self.step(&mut report, i + 1, step);
        }
        vocabulary(&mut report, &run);
        for (i, words) in self.encode.iter().enumerate() {
            encode(&mut report, i + 1, words, &plan, &run.model)?;
        }
        let grown = run.steps.iter().zip(run.base.len() + 1..).all(|(s, size)| s.vocab == size);
        report
            .metric("steps", run.steps.len())
            .metric("vocabulary.base", run.base.len())
            .metric("vocabulary.final", run.steps.last().map_or(run.base.len(), |s| s.vocab))
            .metric("vocabulary.grows_by_one", grown);
        Ok(report)
    }

    fn step(&self, report: &mut Report, n: usize, step: &trace::MergeStep) {
        let chosen = format!("{} + {} → {}", step.merged.left, step.merged.right, step.new);
        report.heading(text(format!("Merge {n}: {chosen}"), format!("第 {n} 次合并：{chosen}")));
        let mut table = Table::new(text(
            format!("The most frequent of {} pairs", step.distinct),
            format!("{} 个对中最频繁的", step.distinct),
        ))
        .words(text("pair", "对"))
        .numbers(text("count", "次数"));
        for pair in &step.pairs {
            table.row(vec![
                format!("{} + {}", pair.left, pair.right).into(),
                (pair.count as usize).into(),
            ]);
        }
        report.table(table);
        if step.tied > 1 {
            report.say(text(
                format!(
                    "{} pairs tie at {}; ids {} and {} are the smallest.",
                    step.tied,
                    number(step.merged.count as f64),
                    step.ids.0,
                    step.ids.1
                ),
                format!(
                    "{} 个对同为 {} 次；id {} 与 {} 最小，所以先合并。",
                    step.tied,
                    number(step.merged.count as f64),
                    step.ids.0,
                    step.ids.1
                ),
            ));
        }
        report.formula(corpus_line(&step.corpus));
        let name = |what: &str| format!("merge-{n}.{what}");
        report
            .metric(name("left"), step.merged.left.clone())
            .metric(name("right"), step.merged.right.clone())
            .metric(name("new"), step.new.clone())
            .metric(name("count"), step.merged.count as usize)
            .metric(name("tied"), step.tied)
            .metric(name("pairs"), step.distinct)
            .metric(name("vocabulary"), step.vocab);
    }
}

/// The symbols at the start, those that were added, and whether any was lost.
fn vocabulary(report: &mut Report, run: &trace::MergeTrace) {
    /// A longer list says nothing.
    const MOST: usize = 40;
    let vocab = run.model.vocab();
    let pieces = (0..vocab.len() as u32).filter_map(|id| vocab.piece(id)).map(trace::visible);
    let pieces: BTreeSet<String> = pieces.collect();
    let kept = run.base.iter().filter(|symbol| pieces.contains(*symbol)).count();
    report.metric("vocabulary.kept", kept);
    if run.base.len() <= MOST {
        let added = run.steps.iter().map(|step| step.new.as_str()).collect::<Vec<_>>();
        report.heading(text("The vocabulary", "词表")).formula(format!(
            "{}\n+ {}",
            run.base.join(" "),
            added.join(" ")
        ));
    }
}

/// Replays the merges in a text, word by word.
fn encode(
    report: &mut Report,
    n: usize,
    words: &str,
    plan: &Plan,
    model: &Bpe,
) -> Result<(), Error> {
    /// Longer texts belong to `tokenize`.
    const LONGEST: usize = 200;
    if words.chars().count() > LONGEST {
        return Err(Error::input(text("the text is too long to show", "文本太长，无法展示"))
            .allowed(text(format!("up to {LONGEST} characters"), format!("最多 {LONGEST} 个字符")))
            .example("llm-lab tokenizer merges low:5 lower:2 newest:6 widest:3 --encode lowest"));
    }
    let mut table = Table::new(text("The merges replayed", "按学到的次序重放合并"))
        .words(text("merge", "合并"))
        .words(text("symbols", "符号"));
    let mut pieces: Vec<String> = Vec::new();
    for split in plan.splits() {
        split.apply(words, true, &mut |word| {
            let (start, steps, ids) = trace::word(model, word.as_bytes());
            table.row(vec!["".into(), start.join(" ").into()]);
            for step in steps {
                table.row(vec![(step.rank as usize + 1).into(), step.symbols.join(" ").into()]);
            }
            let shown = ids.iter().map(|id| model.vocab().piece(*id).unwrap_or_default());
            pieces.extend(shown.map(trace::visible));
        });
    }
    report
        .heading(text(format!("Encode {words:?}"), format!("切分 {words:?}")))
        .table(table)
        .metric(format!("text-{n}.tokens"), pieces.len())
        .metric(format!("text-{n}.pieces"), pieces.join(" "));
    Ok(())
}

/// The words as they are split: `l o w </w> ×5`.
fn corpus_line(corpus: &[(Vec<String>, u64)]) -> String {
    let word = |(symbols, n): &(Vec<String>, u64)| format!("{}  ×{n}", symbols.join(" "));
    corpus.iter().map(word).collect::<Vec<_>>().join("\n")
}
