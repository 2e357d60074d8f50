//! `repetition compare`: how much each strategy repeats, and how sure the model is meanwhile.

use super::sampled::{Texts, reference};
use crate::experiments::Context;
use crate::experiments::method::Method;
use crate::experiments::smooth::running_means;
use crate::experiments::teller::Teller;
use crate::math::ngrams::{Loop, distinct, longest_loop, repeated};
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Lines, Report, Series, Table, number, text,
};

/// What each strategy repeats over a long text: rep-n, distinct-n, the longest loop, entropy over time ‖ 各策略在长文本中的重复程度：rep-n、distinct-n、最长循环、熵随时间的变化
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "repetition compare\nrepetition compare --strategies greedy sampling greedy,repetition-penalty=1.3 --count 400"
)]
pub struct Compare {
    /// The strategies ‖ 解码策略
    #[arg(long, value_name = "STRATEGY", num_args = 1.., default_values = ["greedy", "temperature=0.5", "sampling", "top-p=0.9", "greedy,repetition-penalty=1.2", "greedy,no-repeat=4"])]
    pub strategies: Vec<Method>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub texts: Texts,
}

/// Neighbours over which the entropy is averaged.
const WINDOW: usize = 24;

/// What one strategy repeats, in the mean over its texts.
struct Found {
    rep: f64,
    distinct: f64,
    longest: Loop,
    /// Mean entropy at each place, in nats; empty for the reference.
    entropy: Vec<f64>,
}

impl Compare {
    /// Generates with each strategy.
    ///
    /// # Errors
    /// If there is no such model.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let teller = Teller::open(context, &self.texts.model)?;
        let mut found =
            vec![("stories".to_string(), "reference".to_string(), self.corpus(&teller, context)?)];
        for (i, method) in self.strategies.iter().enumerate() {
            let done = (i, self.strategies.len());
            let told = self.texts.tell(&teller, method, done, context)?;
            let tokens: Vec<Vec<u32>> = told.iter().map(|t| t.tokens.clone()).collect();
            let mut one = measure(&tokens);
            let at = |i: usize| told.iter().map(|t| t.entropy[i]).sum::<f64>() / told.len() as f64;
            one.entropy = (0..self.texts.count).map(at).collect();
            found.push((method.name.clone(), method.key(), one));
        }
        let mut report = Report::new(text("What each strategy repeats", "各策略的重复程度"));
        report.table(self.table(&found));
        for (_, key, one) in &found {
            report.metric(format!("{key}.rep4"), one.rep);
            report.metric(format!("{key}.distinct2"), one.distinct);
            report.metric_in(format!("{key}.loop.length"), one.longest.length, "tokens");
            report.metric(format!("{key}.loop.rounds"), one.longest.rounds());
            if !one.entropy.is_empty() {
                let (start, end) = ends(&one.entropy);
                report.metric_in(format!("{key}.entropy.start"), start, "nats");
                report.metric_in(format!("{key}.entropy.end"), end, "nats");
            }
        }
        report.figure(over_time(&found));
        report.figure(Figure::new(
            "rep4",
            "Share of repeated 4-grams",
            Axis::names("strategy", found.iter().map(|f| f.0.clone()).collect()),
            Axis::new("rep-4").between(0.0, 1.0),
            Content::Bars(Bars {
                series: vec![("rep-4".to_string(), found.iter().map(|f| f.2.rep).collect())],
            }),
        ));
        let real = number(found[0].2.rep);
        report.say(text(
            format!("Stories of the grammar itself, as long, have a rep-4 of {real}: that is the number to compare with, not 0."),
            format!("同样长度的真实故事（由文法生成），rep-4 就有 {real}：应当与它比较，而不是与 0 比较。"),
        ));
        Ok(report)
    }

    /// What the stories themselves repeat, over texts of the same length.
    fn corpus(&self, teller: &Teller, context: &Context) -> Result<Found, Error> {
        let count = self.texts.count;
        let one = |i: usize| reference(teller, count, &mut context.rng(1000 + i as u64));
        Ok(measure(&(0..self.texts.texts).map(one).collect::<Result<Vec<_>, _>>()?))
    }

    fn table(&self, found: &[(String, String, Found)]) -> Table {
        let (texts, count) = (self.texts.texts, self.texts.count);
        let mut table = Table::new(text(
            format!("Means over {texts} texts of {count} tokens"),
            format!("{texts} 段、每段 {count} 个 token 的平均"),
        ))
        .words(text("strategy", "策略"))
        .numbers(text("rep-4", "rep-4"))
        .numbers(text("distinct-2", "distinct-2"))
        .numbers(text("longest loop (tokens)", "最长循环（token）"))
        .numbers(text("rounds", "遍数"))
        .numbers(text("entropy at the start (nats)", "开头的熵（nat）"))
        .numbers(text("at the end", "末尾的熵"));
        for (name, _, one) in found {
            let (start, end) = match one.entropy.is_empty() {
                true => (Cell::Empty, Cell::Empty),
                false => {
                    let (start, end) = ends(&one.entropy);
                    (start.into(), end.into())
                }
            };
            table.row(vec![
                name.clone().into(),
                one.rep.into(),
                one.distinct.into(),
                one.longest.length.into(),
                one.longest.rounds().into(),
                start,
                end,
            ]);
        }
        table
    }
}

fn measure(texts: &[Vec<u32>]) -> Found {
    let n = texts.len() as f64;
    let mean = |value: &dyn Fn(&[u32]) -> f64| texts.iter().map(|t| value(t)).sum::<f64>() / n;
    let loops = texts.iter().map(|t| longest_loop(t));
    Found {
        rep: mean(&|t| repeated(t, 4)),
        distinct: mean(&|t| distinct(&[t], 2)),
        longest: loops.max_by_key(|l| l.length).unwrap_or_default(),
        entropy: Vec::new(),
    }
}

/// The mean entropy over the first and over the last quarter.
fn ends(entropy: &[f64]) -> (f64, f64) {
    let quarter = entropy.len().div_ceil(4);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    (mean(&entropy[..quarter]), mean(&entropy[entropy.len() - quarter..]))
}

fn over_time(found: &[(String, String, Found)]) -> Figure {
    let told = found.iter().filter(|f| !f.2.entropy.is_empty());
    let window = told.clone().map(|f| f.2.entropy.len()).min().unwrap_or(1).min(WINDOW);
    let series = told.map(|f| Series::new(f.0.clone(), running_means(&f.2.entropy, window)));
    Figure::new(
        "entropy",
        "How sure the model is of what comes next",
        Axis::new("tokens said"),
        Axis::new(format!("entropy of the model (nats, mean of {window})")),
        Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
    )
}
