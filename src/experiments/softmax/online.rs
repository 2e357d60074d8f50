//! `softmax online`: maximum and sum in one pass, step by step, as blockwise attention computes them.

use super::given;
use crate::experiments::{Context, params};
use crate::math::online;
use crate::math::precision::Format;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// Online softmax step by step: maximum, sum and mix in one pass, and blocks merged ‖ 逐步演示在线 softmax：一遍同时得到最大值、求和与加权和，并合并各分块
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "softmax online 1 3 2 5\nsoftmax online 1 3 2 5 --values 10 20 30 40 --block 2"
)]
pub struct Online {
    /// Scores, in the order in which they come; mask is a masked place ‖ 按到来顺序给出的分数；mask 表示被掩码的位置
    #[arg(num_args = 1.., value_name = "X", value_parser = given::logit, allow_negative_numbers = true, default_values = ["1", "3", "2", "5"])]
    pub scores: Vec<f64>,
    /// Values to mix, one for each score; 1, 2, 3, … if not given ‖ 参与加权的值，每个分数一个；默认 1、2、3……
    #[arg(long, num_args = 1.., value_name = "V", value_parser = params::between(-1e100, 1e100), allow_negative_numbers = true)]
    pub values: Vec<f64>,
    /// Scores of a block ‖ 每块的分数个数
    #[arg(long, value_name = "N", value_parser = params::count(1, 64), default_value = "2")]
    pub block: usize,
}

/// What is known after some scores: the softmax's state and the values mixed so far.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    seen: online::Online<f64>,
    /// Σ exp(xⱼ − m)·vⱼ.
    mix: f64,
}

impl State {
    /// Takes what another state has seen; returns the factor for what was there.
    fn merge(&mut self, other: Self) -> f64 {
        let factor = self.seen.merge(other.seen);
        let added = match other.seen.most {
            m if m == f64::NEG_INFINITY => 0.0,
            m => (m - self.seen.most).exp(),
        };
        self.mix = self.mix * factor + other.mix * added;
        factor
    }

    /// One score with its value.
    fn one(x: f64, v: f64) -> Self {
        let mut seen = online::Online::default();
        seen.push(x);
        Self { seen, mix: if x == f64::NEG_INFINITY { 0.0 } else { v } }
    }

    fn output(&self) -> f64 {
        self.mix / self.seen.sum
    }
}

impl Online {
    /// Goes through the scores once, and once more in blocks.
    ///
    /// # Errors
    /// Values that are not as many as the scores, nothing to look at.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        given::fit(&self.scores, Format::F32)?;
        let values = self.values()?;
        let pairs: Vec<(f64, f64)> = self.scores.iter().copied().zip(values).collect();
        let mut report = Report::new(text("Online softmax", "在线 softmax"));
        report.formula("m' = max(m, x)\nl' = l · exp(m − m') + exp(x − m')\no' = o · exp(m − m') + exp(x − m') · v");

        let mut table = Table::new(text("Score by score", "逐个分数"))
            .numbers(Text::same("x"))
            .numbers(Text::same("v"))
            .numbers(text("m, the maximum", "m，最大值"))
            .numbers(text("factor exp(m − m')", "因子 exp(m − m')"))
            .numbers(text("l, the sum", "l，求和"))
            .numbers(text("o, the mix", "o，加权和"))
            .numbers(Text::same("o / l"));
        let (mut state, mut rescales, mut path) = (State::default(), 0, Vec::new());
        for (i, &(x, v)) in pairs.iter().enumerate() {
            let factor = state.merge(State::one(x, v));
            rescales += usize::from(i > 0 && factor != 1.0 && state.seen.most == x);
            let State { seen, mix } = state;
            table.row(vec![
                x.into(),
                v.into(),
                seen.most.into(),
                factor.into(),
                seen.sum.into(),
                mix.into(),
                state.output().into(),
            ]);
            path.push(state);
        }
        report.table(table);
        report.table(self.blocks(&pairs));

        let apart = |a: f64, b: f64| (a - b).abs() / b.abs().max(1.0);
        let whole = two_passes(&pairs);
        let merged = self.merged(&pairs);
        report
            .metric("most", state.seen.most)
            .metric("sum", state.seen.sum)
            .metric("log_sum_exp", state.seen.log_sum_exp())
            .metric("output", state.output())
            .metric("rescales", rescales)
            .metric("two_passes.difference", apart(state.output(), whole))
            .metric("blocks.difference", apart(merged.output(), state.output()));
        report.say(text(
            format!("{rescales} of {} scores brought a new maximum, and with it one multiplication of all that was summed. Nothing was divided on the way: o / l at the end is softmax times V, {}. Two numbers beside the mix are the whole memory, however long the row is.", pairs.len(), number(state.output())),
            format!("{} 个分数中有 {rescales} 个刷新了最大值，每次只需把已累加的量乘一个因子。途中从不做除法：最后 o / l 就是 softmax 乘 V，等于 {}。无论一行有多长，除加权和外只需记住两个数。", pairs.len(), number(state.output())),
        ));
        report.figure(picture(&path, &self.scores));
        Ok(report)
    }

    /// The values.
    fn values(&self) -> Result<Vec<f64>, Error> {
        let n = self.scores.len();
        if self.scores.iter().all(|x| x.is_infinite()) {
            return Err(Error::input(text("every score is masked", "所有分数都被掩码了"))
                .allowed(text("at least one finite score", "至少一个有限的分数"))
                .example("llm-lab softmax online 1 3 mask 5"));
        }
        match self.values.len() {
            0 => Ok((1..=n).map(|i| i as f64).collect()),
            given if given == n => Ok(self.values.clone()),
            given => Err(Error::input(text(
                format!("{given} values for {n} scores"),
                format!("{n} 个分数给了 {given} 个值"),
            ))
            .allowed(text("as many values as scores", "值与分数一样多"))
            .example("llm-lab softmax online 1 3 2 5 --values 10 20 30 40")),
        }
    }

    /// What each block sees by itself, and what is known once it is merged.
    fn blocks(&self, pairs: &[(f64, f64)]) -> Table {
        let mut table = Table::new(text(
            format!("In blocks of {}: each by itself, then merged", self.block),
            format!("按每块 {} 个：先各自计算，再合并", self.block),
        ))
        .numbers(text("block", "块"))
        .numbers(text("its m", "本块 m"))
        .numbers(text("its l", "本块 l"))
        .numbers(text("its o", "本块 o"))
        .numbers(text("merged m", "合并后 m"))
        .numbers(text("merged l", "合并后 l"))
        .numbers(text("merged o / l", "合并后 o / l"));
        let mut state = State::default();
        for (i, block) in pairs.chunks(self.block).enumerate() {
            let own = alone(block);
            state.merge(own);
            let (a, b) = (own.seen, state.seen);
            table.row(vec![
                (i + 1).into(),
                a.most.into(),
                a.sum.into(),
                own.mix.into(),
                b.most.into(),
                b.sum.into(),
                state.output().into(),
            ]);
        }
        table
    }

    /// All blocks, merged from the last to the first: the order does not matter.
    fn merged(&self, pairs: &[(f64, f64)]) -> State {
        pairs.chunks(self.block).rev().fold(State::default(), |mut state, block| {
            state.merge(alone(block));
            state
        })
    }
}

/// The state after a block by itself.
fn alone(block: &[(f64, f64)]) -> State {
    block.iter().fold(State::default(), |mut state, &(x, v)| {
        state.merge(State::one(x, v));
        state
    })
}

/// The textbook's way: the maximum first, then the sum, then the mix.
fn two_passes(pairs: &[(f64, f64)]) -> f64 {
    let most = pairs.iter().fold(f64::NEG_INFINITY, |m, (x, _)| m.max(*x));
    let sum: f64 = pairs.iter().map(|(x, _)| (x - most).exp()).sum();
    pairs.iter().map(|(x, v)| (x - most).exp() / sum * v).sum()
}

/// Maximum and log-sum-exp as the scores come.
fn picture(path: &[State], scores: &[f64]) -> Figure {
    let curve = |name: &str, value: &dyn Fn(&State) -> f64| {
        let points = path.iter().enumerate().map(|(i, s)| {
            let y = value(s);
            ((i + 1) as f64, if y.is_finite() { y } else { f64::NAN })
        });
        Series::new(name, points.collect()).stroke(Stroke::Dotted)
    };
    let own = scores
        .iter()
        .enumerate()
        .map(|(i, x)| ((i + 1) as f64, if x.is_finite() { *x } else { f64::NAN }));
    let series = vec![
        curve("m + ln l = log-sum-exp", &|s| s.seen.log_sum_exp()),
        curve("m, the maximum", &|s| s.seen.most),
        Series::new("score x", own.collect()).stroke(Stroke::Dashed),
    ];
    Figure::new(
        "online",
        "Online softmax: what is known after each score",
        Axis::new("scores seen"),
        Axis::new("value"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}
