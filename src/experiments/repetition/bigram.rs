//! `repetition bigram`: the smallest language model that gets stuck.

use std::collections::HashMap;

use crate::corpus::stories::Stories;
use crate::experiments::method::Method;
use crate::experiments::teller::process;
use crate::experiments::{Context, params};
use crate::math::ngrams::{longest_loop, repeated};
use crate::model::decoding::{Draw, Greedy, History, Sampler};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// A bigram model of words, greedy against sampling against a penalty ‖ 词的二元模型：贪心、采样与惩罚的对比
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "repetition bigram\nrepetition bigram --corpus lessons-en\nrepetition bigram --strategies greedy temperature=0.3 sampling"
)]
pub struct Bigram {
    /// What it counts: stories (generated), lessons-en or a file ‖ 统计的语料：stories（自动生成）、lessons-en 或文件
    #[arg(long, value_name = "CORPUS", default_value = "stories")]
    pub corpus: String,
    /// The strategies ‖ 解码策略
    #[arg(long, value_name = "STRATEGY", num_args = 1.., default_values = ["greedy", "temperature=0.5", "sampling", "greedy,repetition-penalty=1.2", "greedy,no-repeat=4"])]
    pub strategies: Vec<Method>,
    /// How many words each says ‖ 每种策略生成多少个词
    #[arg(long, value_name = "N", default_value = "400", value_parser = params::count(8, 10_000))]
    pub count: usize,
}

/// The share of the unigram model in each step, so that no word is a dead end.
const SMOOTHING: f64 = 0.01;
/// Words that are told apart; the rarer ones become one.
const VOCABULARY: usize = 5000;

/// Counts of a text.
struct Model {
    words: Vec<String>,
    text: Vec<u32>,
    next: Vec<HashMap<u32, f64>>,
    alone: Vec<f64>,
}

impl Model {
    fn count(text: &str) -> Self {
        let lines = text.lines().flat_map(|line| line.split_whitespace().chain(["\n"]));
        let all: Vec<&str> = lines.collect();
        let mut often: HashMap<&str, usize> = HashMap::new();
        all.iter().for_each(|word| *often.entry(word).or_insert(0) += 1);
        let mut order: Vec<(&str, usize)> = often.into_iter().collect();
        order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        order.truncate(VOCABULARY);
        let mut words: Vec<String> = order.iter().map(|(word, _)| word.to_string()).collect();
        words.push("�".to_string());
        let id: HashMap<&str, u32> =
            words.iter().enumerate().map(|(i, word)| (word.as_str(), i as u32)).collect();
        let rare = words.len() as u32 - 1;
        let text: Vec<u32> = all.iter().map(|word| *id.get(word).unwrap_or(&rare)).collect();
        let mut next = vec![HashMap::new(); words.len()];
        let mut alone = vec![0.0; words.len()];
        for pair in text.windows(2) {
            *next[pair[0] as usize].entry(pair[1]).or_insert(0.0) += 1.0;
            alone[pair[1] as usize] += 1.0;
        }
        let total: f64 = alone.iter().sum();
        alone.iter_mut().for_each(|n| *n /= total);
        for row in &mut next {
            let total: f64 = row.values().sum();
            row.values_mut().for_each(|n| *n /= total);
        }
        Self { words, text, next, alone }
    }

    /// ln p of each word after another, `(V)`.
    fn logits(&self, after: u32) -> Vec<f32> {
        let row = &self.next[after as usize];
        let mixed = |(word, alone): (usize, &f64)| {
            let seen = row.get(&(word as u32)).copied().unwrap_or(0.0);
            ((1.0 - SMOOTHING) * seen + SMOOTHING * alone).ln() as f32
        };
        self.alone.iter().enumerate().map(mixed).collect()
    }

    fn tell(
        &self,
        count: usize,
        method: &Method,
        context: &Context,
        what: &Text,
    ) -> Result<Vec<u32>, Error> {
        let mut processors = method.settings.processors();
        let mut rng = context.rng(0);
        let start = self.words.iter().position(|word| word == "\n").unwrap_or(0) as u32;
        let mut all = vec![start];
        while all.len() <= count {
            context.step(all.len(), count, what)?;
            let mut logits = self.logits(all[all.len() - 1]);
            let history = History { tokens: &all, prompt: 1 };
            process(&mut processors, history, &mut logits)?;
            let token = match method.greedy {
                true => Greedy.choose(history, &mut logits)?,
                false => Draw { rng: &mut rng }.choose(history, &mut logits)?,
            };
            all.push(token);
        }
        Ok(all.split_off(1))
    }
}

impl Bigram {
    /// Counts a text and goes on from it.
    ///
    /// # Errors
    /// If the corpus cannot be read or is too short.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let corpus = match self.corpus.as_str() {
            "stories" => Stories.text(200_000, &mut context.rng(1)),
            name => String::from_utf8_lossy(&context.files().read(name)?).into_owned(),
        };
        let model = Model::count(&corpus);
        if model.text.len() <= self.count {
            return Err(Error::input(text(
                format!("{} has {} words", self.corpus, model.text.len()),
                format!("{} 只有 {} 个词", self.corpus, model.text.len()),
            ))
            .allowed(text("a corpus longer than what is generated", "比生成长度更长的语料")));
        }
        let mut report =
            Report::new(text("A bigram model, left to itself", "任其自行生成的二元模型"));
        report.formula("p(next | last) = 0.99 · count(last, next) / count(last) + 0.01 · p(next)");
        let mut table = Table::new(text(
            format!("{} words after the start of a line", self.count),
            format!("从行首起生成 {} 个词", self.count),
        ))
        .words(text("strategy", "策略"))
        .numbers(text("rep-4", "rep-4"))
        .numbers(text("longest loop (words)", "最长循环（词）"))
        .numbers(text("rounds", "遍数"))
        .words(text("begins", "开头"));
        let what = text("saying words", "生成词");
        let mut told = vec![(
            "corpus".to_string(),
            "reference".to_string(),
            model.text[..self.count].to_vec(),
        )];
        for method in &self.strategies {
            let words = model.tell(self.count, method, context, &what)?;
            told.push((method.name.clone(), method.key(), words));
        }
        let mut shares = Vec::new();
        for (name, key, words) in &told {
            let (rep, found) = (repeated(words, 4), longest_loop(words));
            let begins: Vec<&str> =
                words.iter().take(14).map(|w| model.words[*w as usize].as_str()).collect();
            let begins = begins.join(" ").replace('\n', "↵");
            table.row(vec![
                name.clone().into(),
                rep.into(),
                found.length.into(),
                found.rounds().into(),
                begins.into(),
            ]);
            report.metric(format!("{key}.rep4"), rep);
            report.metric(format!("{key}.loop.period"), found.period);
            report.metric(format!("{key}.loop.rounds"), found.rounds());
            shares.push(rep);
        }
        report.table(table);
        report.figure(Figure::new(
            "rep4",
            "A bigram model: share of repeated 4-grams",
            Axis::names("strategy", told.iter().map(|t| t.0.clone()).collect()),
            Axis::new("rep-4").between(0.0, 1.0),
            Content::Bars(Bars { series: vec![("rep-4".to_string(), shares)] }),
        ));
        if let Some((_, _, words)) = told.iter().find(|t| t.0 == "greedy") {
            let found = longest_loop(words);
            report.say(text(
                format!(
                    "Greedy, the next word is a function of the last: as soon as one word comes again, so does all that followed it. Here after {} words, in rounds of {}.",
                    found.start, found.period
                ),
                format!(
                    "贪心解码时，下一个词是上一个词的函数：只要有一个词再次出现，它后面的一切都会重演。这里从第 {} 个词之后开始，每 {} 个词一轮。",
                    found.start, found.period
                ),
            ));
        }
        report.metric("vocabulary", model.words.len());
        report.say(text(
            format!(
                "The corpus itself has a rep-4 of {}: a number to compare with, not 0.",
                number(repeated(&model.text[..self.count], 4))
            ),
            format!(
                "语料本身的 rep-4 就有 {}：应当与它比较，而不是与 0 比较。",
                number(repeated(&model.text[..self.count], 4))
            ),
        ));
        Ok(report)
    }
}
