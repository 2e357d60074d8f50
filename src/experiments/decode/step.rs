//! `decode step`: the distribution before and after each penalty, temperature and filter.

use super::source::{Source, Subject};
use super::stage::{Stage, descending, stages};
use crate::experiments::strategy::Filters;
use crate::experiments::{Context, params};
use crate::model::decoding::{Draw, Greedy, History, Sampler};
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Panel, Report, Table, Text, number, text,
};

/// The distribution before and after each filter, step by step, as bars with tokens ‖ 逐步查看每个过滤器前后的分布，以带 token 的条形图显示
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode step --logits 2,1,0.5,0,-1 --temperature 0.5 --top-p 0.9\ndecode step --probabilities 0.5,0.3,0.2 --tokens cat,dog,owl --top-p 0.7\ndecode step --prompt \"Once there was a\" --top-k 5\ndecode step --prompt \"Once there was a\" --repetition-penalty 1.3 --top-p 0.9 --steps 3"
)]
pub struct Step {
    /// Which distribution ‖ 哪个分布
    #[command(flatten)]
    pub source: Source,
    /// What is done to it ‖ 对它做什么
    #[command(flatten)]
    pub filters: Filters,
    /// Tokens of typed logits that have been chosen before, by number from 0, for penalties ‖ 手动输入 logit 时，之前选过的 token（从 0 编号），供惩罚使用
    #[arg(long, value_name = "0,1,…", conflicts_with_all = ["model", "prompt", "ids"])]
    pub chosen: Option<crate::experiments::model::folder::Ids>,
    /// Choose the most likely of what is left; a draw if not given ‖ 在剩余 token 中选概率最大的；默认随机抽取
    #[arg(long)]
    pub greedy: bool,
    /// How many tokens a model goes on by ‖ 模型续写多少步
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 6))]
    pub steps: usize,
    /// How many of the most likely tokens are shown ‖ 显示概率最大的多少个 token
    #[arg(long, value_name = "N", default_value = "10", value_parser = params::count(1, 40))]
    pub show: usize,
}

impl Step {
    /// Goes step by step.
    ///
    /// # Errors
    /// If there is no such model, or nothing is left to choose.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let subject = self.source.open(context)?;
        let mut report = Report::new(text("From logits to a token", "从 logit 到 token"));
        report.formula("pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)   ·   a ruled-out token has z = −∞, so p = 0");
        let mut rng = context.rng(0);
        let mut processors = self.filters.settings().processors();
        let mut panels = Vec::new();
        let mut generation = subject.generation()?;
        let typed = self.chosen.as_ref().map_or(Vec::new(), |ids| ids.0.clone());
        let steps = if generation.is_some() { self.steps } else { 1 };
        for step in 0..steps {
            context.step(step, steps, &text("choosing", "选择中"))?;
            let (history, logits) = match &generation {
                Some(generation) => (generation.history(), generation.logits()),
                None => (History { tokens: &typed, prompt: 0 }, &subject.typed[..]),
            };
            let all = stages(&mut processors, history, logits)?;
            let Some(last) = all.last() else { break };
            let mut left = last.logits.clone();
            let token = match self.greedy {
                true => Greedy.choose(history, &mut left)?,
                false => Draw { rng: &mut rng }.choose(history, &mut left)?,
            };
            let many = steps > 1;
            report.table(self.table(&all, &subject, token, many.then_some(step + 1)));
            panels.extend(self.panels(&all, &subject, many.then_some(step + 1)));
            let prefix = if many { format!("step{}.", step + 1) } else { String::new() };
            measure(&all, &prefix, &mut report);
            report.metric(format!("{prefix}chosen"), subject.token(token));
            report.metric(format!("{prefix}chosen.probability"), last.p[token as usize]);
            report.say(said(&all, &subject, token));
            if let Some(generation) = generation.as_mut() {
                generation.read(token)?;
            }
        }
        let columns = match panels.len() / steps {
            4 => 2,
            n => n.clamp(1, 3),
        };
        report.figure(Figure::grid("stages", "The next token, stage by stage", columns, panels));
        Ok(report)
    }

    /// The tokens that are shown, most likely first before anything is done.
    fn shown(&self, all: &[Stage]) -> Vec<usize> {
        let mut order = all.first().map_or(Vec::new(), |first| descending(&first.p));
        order.truncate(self.show);
        order
    }

    fn table(&self, all: &[Stage], subject: &Subject, token: u32, step: Option<usize>) -> Table {
        let title = match step {
            None => text("Probabilities, stage by stage", "各阶段的概率"),
            Some(n) => text(format!("Step {n}: probabilities"), format!("第 {n} 步：概率")),
        };
        let mut table = Table::new(title).words(text("token", "token")).numbers(Text::same("z"));
        for stage in all {
            table = table.numbers(Text::same(stage.name.clone()));
        }
        let mut order = self.shown(all);
        if !order.contains(&(token as usize)) {
            order.push(token as usize);
        }
        for id in order {
            let chosen = if id == token as usize { " ←" } else { "" };
            let mut row: Vec<Cell> = vec![format!("{}{chosen}", subject.token(id as u32)).into()];
            row.push(all.first().map_or(Cell::Empty, |s| f64::from(s.logits[id]).into()));
            row.extend(all.iter().map(|s| match s.logits[id] > f32::NEG_INFINITY {
                true => Cell::from(s.p[id]),
                false => Cell::from("–"),
            }));
            table.row(row);
        }
        let mut row: Vec<Cell> = vec![text("tokens left", "剩余 token 数").into(), Cell::Empty];
        row.extend(all.iter().map(|s| Cell::from(s.kept())));
        table.row(row);
        let mut row: Vec<Cell> = vec![text("entropy (nats)", "熵（nat）").into(), Cell::Empty];
        row.extend(all.iter().map(|s| Cell::from(s.entropy())));
        table.row(row);
        table
    }

    /// One panel of bars a stage, the same tokens in each.
    fn panels(&self, all: &[Stage], subject: &Subject, step: Option<usize>) -> Vec<Panel> {
        let order = self.shown(all);
        let names: Vec<String> = order.iter().map(|id| subject.token(*id as u32)).collect();
        let most = all.iter().flat_map(|s| s.p.iter().copied()).fold(0.0, f64::max);
        let panel = |stage: &Stage| {
            let p = order.iter().map(|id| stage.p[*id]).collect();
            let step = step.map_or(String::new(), |n| format!("step {n}: "));
            Panel {
                title: format!("{step}{} ({} left)", stage.name, stage.kept()),
                x: Axis::names("token", names.clone()),
                y: Axis::new("probability").between(0.0, (1.08 * most).min(1.0)),
                content: Content::Bars(Bars { series: vec![(String::new(), p)] }),
            }
        };
        all.iter().map(panel).collect()
    }
}

/// Entropy, tokens left and the mass that was kept of the stage before, for each stage and at the end.
fn measure(all: &[Stage], prefix: &str, report: &mut Report) {
    for pair in all.windows(2) {
        let [before, after] = pair else { continue };
        let name = |what: &str| format!("{prefix}{}.{what}", after.key);
        report.metric(name("kept"), after.kept());
        report.metric(name("mass"), after.mass(&before.p));
        report.metric_in(name("entropy"), after.entropy(), "nats");
    }
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    report.metric_in(format!("{prefix}entropy.model"), first.entropy(), "nats");
    report.metric_in(format!("{prefix}entropy"), last.entropy(), "nats");
    report.metric(format!("{prefix}kept"), last.kept());
    report.metric(format!("{prefix}ruled_out"), first.kept() - last.kept());
    if last.p.len() <= 16 {
        for (i, p) in last.p.iter().enumerate() {
            report.metric(format!("{prefix}p.{}", i + 1), *p);
        }
    }
}

fn said(all: &[Stage], subject: &Subject, token: u32) -> Text {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Text::default() };
    let word = subject.token(token);
    let (before, after) = (first.p[token as usize], last.p[token as usize]);
    text(
        format!(
            "Of {} tokens {} can still be chosen. `{word}` is chosen: its probability was {} and has become {}.",
            first.kept(),
            last.kept(),
            number(before),
            number(after)
        ),
        format!(
            "{} 个 token 中还有 {} 个可选。选中 `{word}`：概率原为 {}，现为 {}。",
            first.kept(),
            last.kept(),
            number(before),
            number(after)
        ),
    )
}
