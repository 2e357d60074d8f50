//! `decode contrastive`: what contrastive search weighs, token by token.

use super::source::Source;
use crate::experiments::{Context, params};
use crate::model::decoding::{Contrastive as Search, Weighed};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Table, Text, number, text,
};

/// What contrastive search weighs: probability against likeness to what was ‖ 对比搜索的权衡：概率与“和已有内容的相似度”
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode contrastive\ndecode contrastive --prompt \"Once there was a\" --penalty-alpha 0.6 --top-k 4 --count 8"
)]
pub struct Contrastive {
    /// What goes on; the story model if nothing is given ‖ 从什么续写；默认为自带的故事模型
    #[command(flatten)]
    pub source: Source,
    /// α: how much likeness counts, from 0 to 1 ‖ α：相似度的权重，0 到 1
    #[arg(long, visible_alias = "contrastive", value_name = "A", default_value = "0.6", value_parser = params::between(0.0, 1.0))]
    pub penalty_alpha: f64,
    /// k: how many tokens are weighed ‖ k：比较多少个 token
    #[arg(long, value_name = "K", default_value = "4", value_parser = params::count(1, 40))]
    pub top_k: usize,
    /// How many tokens ‖ 生成多少个 token
    #[arg(long, value_name = "N", default_value = "6", value_parser = params::count(1, 200))]
    pub count: usize,
}

impl Contrastive {
    /// Searches.
    ///
    /// # Errors
    /// If there is no such model, or its context is too short; typed logits have no hidden states.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let subject = self.source.ask(context)?;
        let Some(generation) = subject.generation()? else {
            return Ok(Report::new(text("Contrastive search", "对比搜索")));
        };
        if let Some((model, ids)) = &subject.model {
            let room = model.config.context.saturating_sub(ids.len());
            if self.count > room {
                return Err(Error::input(text(
                    format!("{} tokens do not fit after {}", self.count, ids.len()),
                    format!("{} 个起始 token 之后放不下 {} 个", ids.len(), self.count),
                ))
                .allowed(text(format!("--count up to {room}"), format!("--count 最多 {room}"))));
            }
        }
        let search = Search { alpha: self.penalty_alpha, k: self.top_k };
        let mut steps: Vec<(u32, Vec<Weighed>)> = Vec::new();
        let each = |token: u32, weighed: &[Weighed]| {
            steps.push((token, weighed.to_vec()));
            context.step(steps.len(), self.count, &text("searching", "搜索中"))?;
            Ok(true)
        };
        search.run(generation, self.count, &mut [], each)?;

        let mut report = Report::new(text("Contrastive search", "对比搜索"));
        report.formula("score(v) = (1 − α) · p(v) − α · max cos(h_v, h_j)");
        let mut table = Table::new(text("What was weighed", "各候选的权衡"))
            .numbers(text("step", "步"))
            .words(text("token", "token"))
            .numbers(text("probability", "概率"))
            .numbers(text("likeness", "相似度"))
            .numbers(text("score", "得分"));
        let mut otherwise = 0;
        for (i, (chosen, weighed)) in steps.iter().enumerate() {
            otherwise += usize::from(weighed.first().is_some_and(|first| first.token != *chosen));
            for one in weighed.iter().filter(|_| i < 12) {
                let mark = if one.token == *chosen { " ←" } else { "" };
                table.row(vec![
                    (i + 1).into(),
                    format!("{}{mark}", subject.token(one.token)).into(),
                    one.probability.into(),
                    one.likeness.into(),
                    one.score.into(),
                ]);
            }
        }
        report.table(table);
        let words: Vec<String> = steps.iter().map(|(token, _)| subject.token(*token)).collect();
        report.metric("text", words.join(" "));
        report.metric("tokens", steps.len());
        report.metric("not_greedy", otherwise);
        report.say(Text {
            en: format!(
                "{otherwise} of {} times the choice is not the most likely token.",
                steps.len()
            ),
            zh: format!("{} 步中有 {otherwise} 步选的不是概率最大的 token。", steps.len()),
        });
        report.figure(picture(&steps, self.penalty_alpha));
        Ok(report)
    }
}

fn picture(steps: &[(u32, Vec<Weighed>)], alpha: f64) -> Figure {
    let curve = |value: fn(&Weighed) -> f64| {
        let of = |(i, (token, weighed)): (usize, &(u32, Vec<Weighed>))| {
            let one = weighed.iter().find(|one| one.token == *token);
            ((i + 1) as f64, one.map_or(f64::NAN, value))
        };
        steps.iter().enumerate().map(of).collect()
    };
    let series = vec![
        Series::new("probability of the choice", curve(|one| one.probability)),
        Series::new("its likeness to what was", curve(|one| one.likeness)),
    ];
    Figure::new(
        "contrastive",
        format!("Contrastive search, α = {}", number(alpha)),
        Axis::new("step"),
        Axis::new("probability, cosine"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}
