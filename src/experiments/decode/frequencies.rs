//! `decode frequencies`: how often a sampler really chooses each token.

use super::source::Source;
use super::stage::{descending, stages};
use crate::experiments::strategy::Filters;
use crate::experiments::{Context, params};
use crate::model::decoding::{Chain, Draw, History, Sampler};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, number, text};

/// How many tokens are shown.
const SHOWN: usize = 12;

/// How often each token is drawn, against what its probability says ‖ 每个 token 实际被抽中的频率，与其概率对照
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode frequencies --top-k 3\ndecode frequencies --temperature 2 --top-p 0.8 --samples 1000000\ndecode frequencies --prompt \"Once there was a\" --top-p 0.9"
)]
pub struct Frequencies {
    /// Which distribution ‖ 哪个分布
    #[command(flatten)]
    pub source: Source,
    /// What is done to it ‖ 对它做什么
    #[command(flatten)]
    pub filters: Filters,
    /// How many draws ‖ 抽多少次
    #[arg(long, value_name = "N", default_value = "100000", value_parser = params::count(1, 10_000_000))]
    pub samples: usize,
}

impl Frequencies {
    /// Draws.
    ///
    /// # Errors
    /// If there is no such distribution, or nothing is left of it.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let subject = self.source.open(context)?;
        let logits = subject.logits()?;
        let ids = subject.model.as_ref().map_or(&[][..], |(_, ids)| ids);
        let history = History { tokens: ids, prompt: ids.len() };
        let settings = self.filters.settings();
        let all = stages(&mut settings.processors(), history, &logits)?;
        let (Some(before), Some(after)) = (all.first(), all.last()) else {
            return Ok(Report::new(text("Frequencies", "频率")));
        };
        let mut counts = vec![0_usize; logits.len()];
        let mut rng = context.rng(0);
        let mut sampler =
            Chain { processors: settings.processors(), then: &mut Draw { rng: &mut rng } };
        let (mut copy, n) = (logits.clone(), self.samples);
        for i in 0..n {
            if i.is_multiple_of(4096) {
                context.step(i, n, &text("drawing", "抽样中"))?;
            }
            copy.copy_from_slice(&logits);
            counts[sampler.choose(history, &mut copy)? as usize] += 1;
        }

        let mut report = Report::new(text("Frequencies of a sampler", "采样频率"));
        report.formula("σ = √(p (1 − p) / n)");
        let mut table = Table::new(text(
            format!("{} draws", number(n as f64)),
            format!("{} 次抽样", number(n as f64)),
        ))
        .words(text("token", "token"))
        .numbers(text("the model's p", "模型的 p"))
        .numbers(text("p after the filters", "过滤后的 p"))
        .numbers(text("times", "次数"))
        .numbers(text("frequency", "频率"))
        .numbers(text("off by (σ)", "偏离（σ）"));
        let off = |id: usize| {
            let p = after.p[id];
            let sigma = (p * (1.0 - p) / n as f64).sqrt();
            if sigma > 0.0 { (counts[id] as f64 / n as f64 - p) / sigma } else { 0.0 }
        };
        let mut order = descending(&before.p);
        order.truncate(SHOWN);
        for &id in &order {
            table.row(vec![
                subject.token(id as u32).into(),
                before.p[id].into(),
                after.p[id].into(),
                counts[id].into(),
                (counts[id] as f64 / n as f64).into(),
                off(id).into(),
            ]);
        }
        report.table(table);
        let out = |id: &usize| after.logits[*id] == f32::NEG_INFINITY;
        let tail: usize = (0..counts.len()).filter(out).map(|id| counts[id]).sum();
        // a token that is drawn a handful of times is no normal variable
        let often = |id: &usize| after.p[*id] * n as f64 >= 10.0;
        let sigmas = (0..counts.len()).filter(often).map(|id| off(id).abs()).fold(0.0, f64::max);
        report.metric("sigmas.max", sigmas);
        report.metric("tail.tokens", before.kept() - after.kept());
        report.metric("tail.draws", tail);
        report.metric("tail.mass", 1.0 - after.mass(&before.p));
        report.metric("kept", after.kept());
        report.metric("draws", n);
        report.say(text(
            format!(
                "No frequency strays from its probability by more than {} σ. The filters ruled out {} tokens; they were drawn {tail} times.",
                number(sigmas),
                before.kept() - after.kept()
            ),
            format!(
                "频率与概率的偏离不超过 {} σ。过滤器排除了 {} 个 token；它们被抽中 {tail} 次。",
                number(sigmas),
                before.kept() - after.kept()
            ),
        ));
        let names = order.iter().map(|id| subject.token(*id as u32)).collect();
        let series = vec![
            ("p of the model".to_string(), order.iter().map(|id| before.p[*id]).collect()),
            ("p after the filters".to_string(), order.iter().map(|id| after.p[*id]).collect()),
            (
                "frequency".to_string(),
                order.iter().map(|id| counts[*id] as f64 / n as f64).collect(),
            ),
        ];
        let axes = (Axis::names("token", names), Axis::new("probability, frequency"));
        let content = Content::Bars(Bars { series });
        report.figure(Figure::new(
            "frequencies",
            "Frequencies of a sampler",
            axes.0,
            axes.1,
            content,
        ));
        Ok(report)
    }
}
