//! `speculate frequencies`: the first tokens of many texts against the target's own distribution.

use std::collections::BTreeMap;

use super::duo::{Duo, Models};
use crate::experiments::{Context, params, strategy};
use crate::math::chi_square::{Fit, fit};
use crate::model::Settings;
use crate::model::Transformer;
use crate::model::decoding::probabilities;
use crate::model::generate::logits;
use crate::model::speculative::Speculative;
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, number, text};

/// The first two tokens of many texts: a χ² test against target and draft ‖ 大量文本的前两个 token：对目标与草稿分布做 χ² 检验
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "speculate frequencies\nspeculate frequencies --draws 5000 --k 2 --temperature 1.5"
)]
pub struct Frequencies {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub models: Models,
    /// k: how many tokens are drafted in each round ‖ k：每轮起草多少个 token
    #[arg(long, value_name = "K", default_value = "2", value_parser = params::count(1, 100))]
    pub k: usize,
    /// The temperature of both models ‖ 两个模型的温度
    #[arg(long, value_name = "T", default_value = "1", value_parser = strategy::temperature)]
    pub temperature: f64,
    /// How many texts ‖ 多少段文本
    #[arg(long, value_name = "N", default_value = "2000", value_parser = params::count(100, 1_000_000))]
    pub draws: usize,
}

/// Pairs shown.
const SHOWN: usize = 8;
/// First tokens that are followed one by one; what comes after rarer ones is counted together.
const FOLLOWED: usize = 40;

/// Pairs of tokens with their probability; the last cell holds all others.
type Pairs = BTreeMap<(u32, u32), f64>;

impl Frequencies {
    /// Draws.
    ///
    /// # Errors
    /// If the models do not fit each other, or the prompt leaves no room for two tokens.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let duo = self.models.open(context)?;
        if duo.room() < 4 {
            return Err(Error::input(text("the prompt fills the context", "提示已占满上下文"))
                .allowed(text(
                    "a prompt that leaves room for 4 tokens",
                    "至少留出 4 个 token 的提示",
                )));
        }
        let (target, draft) = (&duo.target.model, &duo.draft.model);
        let p = self.pairs(target, &duo)?;
        let q = self.pairs(draft, &duo)?;
        let settings = Settings { temperature: self.temperature, ..Settings::default() };
        let start = Speculative::new(target, draft, &duo.prompt, settings, false)?;
        let mut rng = context.rng(0);
        let mut counts: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for i in 0..self.draws {
            context.step(i, self.draws, &text("drawing", "抽取中"))?;
            let mut said = start.clone();
            while said.said().len() < 2 {
                said.round(self.k, &mut rng)?;
            }
            *counts.entry((said.said()[0], said.said()[1])).or_insert(0) += 1;
        }
        let (right, wrong) = (test(&counts, &p, self.draws), test(&counts, &q, self.draws));
        let mut report = Report::new(text("Whose distribution comes out", "得到的是谁的分布"));
        report.formula("χ² = Σ (observed − expected)² / expected");
        let mut order: Vec<(&(u32, u32), &f64)> = p.iter().collect();
        order.sort_by(|a, b| b.1.total_cmp(a.1));
        order.truncate(SHOWN);
        let name =
            |pair: &(u32, u32)| format!("{} {}", duo.target.name(pair.0), duo.target.name(pair.1));
        let share =
            |pair: &(u32, u32)| counts.get(pair).copied().unwrap_or(0) as f64 / self.draws as f64;
        let foreign = |pair: &(u32, u32)| q.get(pair).copied().unwrap_or(0.0);
        let mut table = Table::new(text(
            format!("The first two tokens of {} texts", self.draws),
            format!("{} 段文本的前两个 token", self.draws),
        ))
        .words(text("tokens", "token"))
        .numbers(text("draft", "草稿模型"))
        .numbers(text("target", "目标模型"))
        .numbers(text("speculative, measured", "投机解码实测"));
        for (pair, p) in &order {
            table.row(vec![
                name(pair).into(),
                foreign(pair).into(),
                (**p).into(),
                share(pair).into(),
            ]);
        }
        report.table(table);
        let bars = |value: &dyn Fn(&(u32, u32)) -> f64| {
            order.iter().map(|(pair, _)| value(pair)).collect()
        };
        report.figure(Figure::new(
            "frequencies",
            "The first two tokens: draft, target, measured",
            Axis::names("tokens", order.iter().map(|(pair, _)| name(pair)).collect()),
            Axis::new("probability"),
            Content::Bars(Bars {
                series: vec![
                    ("draft".to_string(), bars(&foreign)),
                    ("target".to_string(), bars(&|pair| p.get(pair).copied().unwrap_or(0.0))),
                    ("speculative".to_string(), bars(&share)),
                ],
            }),
        ));
        report.say(text(
            format!("Against the target: χ² = {} with {} degrees of freedom, p-value {}: chance explains the differences. Against the draft: χ² = {}, p-value {}.", number(right.statistic), right.freedom, number(right.p_value), number(wrong.statistic), number(wrong.p_value)),
            format!("对目标分布：χ² = {}，自由度 {}，p 值 {}：差异可由偶然解释。对草稿分布：χ² = {}，p 值 {}。", number(right.statistic), right.freedom, number(right.p_value), number(wrong.statistic), number(wrong.p_value)),
        ));
        report
            .metric("chi2.target", right.statistic)
            .metric("freedom.target", right.freedom)
            .metric("p_value.target", right.p_value)
            .metric("chi2.draft", wrong.statistic)
            .metric("p_value.draft", wrong.p_value);
        Ok(report)
    }

    /// The probabilities of pairs of tokens after the prompt.
    fn pairs(&self, model: &Transformer<f32>, duo: &Duo) -> Result<Pairs, Error> {
        let v = model.config.vocab;
        let mut place = Vec::new();
        let mut after = |tokens: &[u32]| -> Result<Vec<f64>, Error> {
            let all = logits(model, tokens)?; // (T·V)
            let heat = |x: &f32| x / self.temperature as f32;
            let row: Vec<f32> = all[all.len() - v..].iter().map(heat).collect();
            probabilities(&row, &mut place);
            Ok(place.iter().map(|p| f64::from(*p)).collect())
        };
        let first = after(&duo.prompt)?;
        let mut order: Vec<usize> = (0..v).collect();
        order.sort_by(|a, b| first[*b].total_cmp(&first[*a]));
        let mut tokens = duo.prompt.clone();
        let mut pairs = Pairs::new();
        for i in order.into_iter().take(FOLLOWED) {
            tokens.push(i as u32);
            for (j, p) in after(&tokens)?.into_iter().enumerate() {
                pairs.insert((i as u32, j as u32), first[i] * p);
            }
            tokens.pop();
        }
        Ok(pairs)
    }
}

/// χ² with a cell for every pair and one for all others.
fn test(counts: &BTreeMap<(u32, u32), usize>, pairs: &Pairs, draws: usize) -> Fit {
    let mut seen: Vec<usize> =
        pairs.keys().map(|pair| counts.get(pair).copied().unwrap_or(0)).collect();
    let mut p: Vec<f64> = pairs.values().copied().collect();
    seen.push(draws - seen.iter().sum::<usize>());
    p.push((1.0 - p.iter().sum::<f64>()).max(0.0));
    fit(&seen, &p)
}
