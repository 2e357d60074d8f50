//! `decode score`: what the length penalty does to beams of different lengths.

use super::source::Numbers;
use crate::experiments::{Context, params};
use crate::model::decoding::BeamSearch;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Table, Text, number, text,
};

/// How the length penalty ranks ended beams of different lengths ‖ 长度惩罚怎样给不同长度的束排序
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "decode score\ndecode score --sums -4,-6 --lengths 4,8 --length-penalty 1")]
pub struct Score {
    /// Σ ln p of each text ‖ 每个文本的 Σ ln p
    #[arg(long, value_name = "S,S,…", allow_hyphen_values = true, default_value = "-4,-6")]
    pub sums: Numbers,
    /// How many tokens each has ‖ 每个文本的 token 数
    #[arg(long, value_name = "N,N,…", default_value = "4,8")]
    pub lengths: Numbers,
    /// α ‖ α
    #[arg(long, value_name = "A", default_value = "1", value_parser = params::between(-10.0, 10.0), allow_negative_numbers = true)]
    pub length_penalty: f64,
}

impl Score {
    /// Scores.
    ///
    /// # Errors
    /// Sums above 0, lengths below 1, not one length for each sum.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let (sums, lengths) = (&self.sums.0, &self.lengths.0);
        let whole = |n: &f64| n.fract() == 0.0 && (1.0..=1e6).contains(n);
        if sums.len() != lengths.len() || sums.len() > 8 {
            return Err(Error::input(text(
                format!("{} sums and {} lengths do not go together", sums.len(), lengths.len()),
                format!("{} 个和与 {} 个长度不相配", sums.len(), lengths.len()),
            ))
            .allowed(text("as many lengths as sums, up to 8", "长度与和一样多，最多 8 个"))
            .example("llm-lab decode score --sums -4,-6 --lengths 4,8"));
        }
        if sums.iter().any(|s| *s > 0.0) || !lengths.iter().all(whole) {
            return Err(Error::input(text(
                "a sum of logarithms of probabilities is 0 or less, a length a whole number from 1 on",
                "概率对数之和不大于 0，长度为不小于 1 的整数",
            ))
            .example("llm-lab decode score --sums -4,-6 --lengths 4,8"));
        }
        let at = |alpha: f64| {
            let search = BeamSearch { length_penalty: alpha, ..BeamSearch::default() };
            sums.iter().zip(lengths).map(|(s, n)| search.score(*s, *n as usize)).collect::<Vec<_>>()
        };
        let scores = at(self.length_penalty);
        let winner = |scores: &[f64]| {
            let better = |best: usize, i: usize| if scores[i] > scores[best] { i } else { best };
            (1..scores.len()).fold(0, better)
        };
        let mut report = Report::new(text("Scores of beams", "束的得分"));
        report.formula("score = Σ ln p / length^α");
        let mut table = Table::new(text(
            format!("Scores for α = {}", number(self.length_penalty)),
            format!("α = {} 时的得分", number(self.length_penalty)),
        ))
        .numbers(text("text", "文本"))
        .numbers(Text::same("Σ ln p"))
        .numbers(text("tokens", "token 数"))
        .numbers(text("score", "得分"))
        .numbers(text("score at α = 0", "α = 0 时的得分"))
        .numbers(text("score at α = 1", "α = 1 时的得分"));
        for i in 0..sums.len() {
            table.row(vec![
                (i + 1).into(),
                sums[i].into(),
                lengths[i].into(),
                scores[i].into(),
                at(0.0)[i].into(),
                at(1.0)[i].into(),
            ]);
            report.metric(format!("score.{}", i + 1), scores[i]);
        }
        report.table(table);
        let best = winner(&scores);
        report.metric("winner", best + 1);
        report.metric("winner.length", lengths[best]);
        report.say(text(
            format!(
                "Text {} wins, with {} tokens. A sum can only fall with each token, so α = 0 favours short texts; dividing a negative sum by a power of the length favours long ones.",
                best + 1,
                number(lengths[best])
            ),
            format!(
                "文本 {} 胜出，共 {} 个 token。每多一个 token，和只会更小，所以 α = 0 偏爱短文本；负的和除以长度的幂，则偏爱长文本。",
                best + 1,
                number(lengths[best])
            ),
        ));
        let series = (0..sums.len()).map(|i| {
            let points = (0..=40).map(|k| f64::from(k) / 20.0).map(|a| (a, at(a)[i])).collect();
            let name = format!("Σ ln p = {}, {} tokens", number(sums[i]), number(lengths[i]));
            Series::new(name, points)
        });
        let content = Content::Lines(Lines { series: series.collect(), markers: Vec::new() });
        let axes = (Axis::new("length penalty α"), Axis::new("score"));
        report.figure(Figure::new("score", "Scores by length penalty", axes.0, axes.1, content));
        Ok(report)
    }
}
