//! `repetition price`: what each cure does against repetition, and what it costs.

use super::sampled::{Texts, reference};
use crate::corpus::judge::{Judgement, Verdict, judge};
use crate::experiments::Context;
use crate::experiments::method::Method;
use crate::experiments::teller::{Teller, process};
use crate::math::ngrams::repeated;
use crate::model::decoding::{History, argmax, surprise};
use crate::model::generate::logits;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, number, text,
};

/// The price of each cure: rep-4, grammar errors, and the perplexity of true stories under it ‖ 每种缓解办法的代价：rep-4、文法错误，以及真实故事在其下的困惑度
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "repetition price\nrepetition price --strategies sampling repetition-penalty=1.2 no-repeat=3"
)]
pub struct Price {
    /// The cures ‖ 缓解办法
    #[arg(long, value_name = "STRATEGY", num_args = 1.., default_values = ["greedy", "sampling", "temperature=0.7", "top-k=5", "top-p=0.9", "greedy,repetition-penalty=1.2", "repetition-penalty=1.2", "repetition-penalty=1.5", "frequency-penalty=0.5", "no-repeat=4", "no-repeat=2"])]
    pub strategies: Vec<Method>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub texts: Texts,
    /// How many true texts the perplexity is measured on ‖ 用多少段真实文本测困惑度
    #[arg(long, value_name = "N", default_value = "4", value_parser = crate::experiments::params::count(1, 100))]
    pub references: usize,
}

/// What one cure does and costs.
struct Found {
    rep: f64,
    judged: Judgement,
    /// e to the mean surprise over the reference's tokens that the cure allows.
    perplexity: f64,
    /// The share of the reference's tokens that it forbids.
    forbidden: f64,
}

impl Price {
    /// Tries each cure.
    ///
    /// # Errors
    /// If there is no such model.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let teller = Teller::open(context, &self.texts.model)?;
        let length = teller.model.config.context.min(256);
        let truth: Vec<Vec<u32>> = (0..self.references)
            .map(|i| reference(&teller, length, &mut context.rng(1000 + i as u64)))
            .collect::<Result<_, _>>()?;
        let rows: Vec<Vec<f32>> =
            truth.iter().map(|t| logits(&teller.model, t)).collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        for (i, method) in self.strategies.iter().enumerate() {
            let told = self.texts.tell(&teller, method, (i, self.strategies.len()), context)?;
            let mut judged = Judgement::default();
            told.iter().for_each(|t| judged.add(judge(&teller.words(&t.tokens))));
            let rep = told.iter().map(|t| repeated(&t.tokens, 4)).sum::<f64>() / told.len() as f64;
            let (perplexity, forbidden) = self.cost(method, &truth, &rows)?;
            found.push((method, Found { rep, judged, perplexity, forbidden }));
        }
        let real = truth.iter().map(|t| repeated(t, 4)).sum::<f64>() / truth.len() as f64;
        let mut report = Report::new(text("What a cure for repetition costs", "缓解重复的代价"));
        report.formula("perplexity = exp(mean of −ln p′(true token)),   p′ = the distribution that the cure leaves");
        report.table(self.table(&found));
        for (method, one) in &found {
            let name = |what: &str| format!("{}.{what}", method.key());
            report.metric(name("rep4"), one.rep);
            report.metric(name("valid"), one.judged.valid());
            report.metric(name("wrong"), share(&one.judged, Verdict::Wrong));
            report.metric(name("strayed"), share(&one.judged, Verdict::Strayed));
            report.metric(name("perplexity"), one.perplexity);
            report.metric(name("forbidden"), one.forbidden);
        }
        report.metric("reference.rep4", real);
        report.figure(picture(&found));
        report.say(text(
            format!("True stories have a rep-4 of {} over {length} tokens, no grammar error, and the model's own perplexity is that of `sampling`.", number(real)),
            format!("真实故事在 {length} 个 token 内的 rep-4 为 {}，没有文法错误；模型自身的困惑度即 `sampling` 一行。", number(real)),
        ));
        Ok(report)
    }

    /// The perplexity of the reference under the cure, and the share that it forbids.
    fn cost(
        &self,
        method: &Method,
        truth: &[Vec<u32>],
        rows: &[Vec<f32>],
    ) -> Result<(f64, f64), Error> {
        let mut processors = method.settings.processors();
        let (mut sum, mut allowed, mut forbidden) = (0.0, 0usize, 0usize);
        for (tokens, rows) in truth.iter().zip(rows) {
            let v = rows.len() / tokens.len();
            for (i, next) in tokens.iter().enumerate().skip(1) {
                let mut row = rows[(i - 1) * v..i * v].to_vec();
                let history = History { tokens: &tokens[..i], prompt: 1 };
                process(&mut processors, history, &mut row)?;
                let ruled_out = match method.greedy {
                    true => argmax(&row) != *next,
                    false => row[*next as usize] == f32::NEG_INFINITY,
                };
                if ruled_out {
                    forbidden += 1;
                } else {
                    allowed += 1;
                    sum += if method.greedy { 0.0 } else { surprise(&row, *next) };
                }
            }
        }
        let all = (allowed + forbidden).max(1) as f64;
        Ok(((sum / allowed.max(1) as f64).exp(), forbidden as f64 / all))
    }

    fn table(&self, found: &[(&Method, Found)]) -> Table {
        let (texts, count) = (self.texts.texts, self.texts.count);
        let mut table = Table::new(text(
            format!("{texts} texts of {count} tokens each; {} true texts", self.references),
            format!("每种 {texts} 段、每段 {count} 个 token；真实文本 {} 段", self.references),
        ))
        .words(text("cure", "办法"))
        .numbers(text("rep-4", "rep-4"))
        .numbers(text("valid sentences", "合法句子"))
        .numbers(text("strayed from the story", "偏离故事"))
        .numbers(text("no sentence of the grammar", "不合文法"))
        .numbers(text("true tokens forbidden", "被禁的真实 token"))
        .numbers(text("perplexity of the rest", "其余的困惑度"));
        for (method, one) in found {
            table.row(vec![
                method.name.clone().into(),
                one.rep.into(),
                one.judged.valid().into(),
                share(&one.judged, Verdict::Strayed).into(),
                share(&one.judged, Verdict::Wrong).into(),
                one.forbidden.into(),
                one.perplexity.into(),
            ]);
        }
        table
    }
}

/// The share of sentences with a verdict; 0 of none.
fn share(judged: &Judgement, verdict: Verdict) -> f64 {
    judged.count(verdict) as f64 / judged.sentences.len().max(1) as f64
}

/// Repetition against valid sentences, a point for each cure.
fn picture(found: &[(&Method, Found)]) -> Figure {
    let point = |(i, (method, one)): (usize, &(&Method, Found))| {
        let at = (one.rep, one.judged.valid());
        let marker = Marker { x: at.0, y: at.1, label: method.name.clone(), series: i };
        (Series::new(method.name.clone(), vec![at]).stroke(Stroke::Dotted), marker)
    };
    let (series, markers) = found.iter().enumerate().map(point).unzip();
    Figure::new(
        "price",
        "What is repeated, and what is still a sentence",
        Axis::new("rep-4").between(0.0, 1.0),
        Axis::new("share of valid sentences").between(0.0, 1.05),
        Content::Lines(Lines { series, markers }),
    )
}
