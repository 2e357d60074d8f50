//! `speculate expect`: what a rate of acceptance is worth.

use crate::experiments::{Context, params};
use crate::model::speculative::tokens_per_round;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Tokens per round and speed-up from the rate of acceptance, the drafted length and the draft's cost ‖ 由接受率、草稿长度和草稿成本算出每轮 token 数与加速比
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "speculate expect --alpha 0.8 --k 4 --cost 0.1\nspeculate expect --alpha 0.5 --k 8 --cost 0.05"
)]
pub struct Expect {
    /// α: the probability that a draft token is accepted ‖ α：单个草稿 token 被接受的概率
    #[arg(long, value_name = "A", default_value = "0.8", value_parser = params::between(0.0, 1.0))]
    pub alpha: f64,
    /// k: how many tokens are drafted in each round ‖ k：每轮起草多少个 token
    #[arg(long, value_name = "K", default_value = "4", value_parser = params::count(1, 1000))]
    pub k: usize,
    /// c: what a draft token costs, as a share of a pass of the target ‖ c：起草一个 token 的成本，以目标模型一次前向为 1
    #[arg(long, value_name = "C", default_value = "0.1", value_parser = params::between(0.0, 1.0))]
    pub cost: f64,
}

/// The longest drafts in the picture.
const LONGEST: usize = 16;

impl Expect {
    /// Computes.
    ///
    /// # Errors
    /// None: every allowed value has an answer.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let (alpha, k, c) = (self.alpha, self.k, self.cost);
        let speedup = |alpha: f64, k: usize| tokens_per_round(alpha, k) / (c * k as f64 + 1.0);
        let faster =
            |best: usize, k: usize| if speedup(alpha, k) > speedup(alpha, best) { k } else { best };
        let best = (1..=200).fold(1, faster);
        let (tokens, ratio) = (tokens_per_round(alpha, k), speedup(alpha, k));
        let mut report = Report::new(text("What drafts are worth", "起草值多少"));
        report.formula("tokens per round = 1 + α + … + αᵏ = (1 − αᵏ⁺¹)/(1 − α)\nspeed-up = tokens per round / (c·k + 1)");
        let mut table = Table::new(text(
            format!("α = {}, c = {}", number(alpha), number(c)),
            format!("α = {}，c = {}", number(alpha), number(c)),
        ))
        .numbers(text("k", "k"))
        .numbers(text("tokens per round", "每轮 token 数"))
        .numbers(text("speed-up", "加速比"));
        let mut shown = vec![1, 2, 4, 8, LONGEST, k];
        shown.sort_unstable();
        shown.dedup();
        for k in shown {
            table.row(vec![k.into(), tokens_per_round(alpha, k).into(), speedup(alpha, k).into()]);
        }
        report.table(table);
        let mut rates = vec![0.5, 0.7, 0.9, alpha];
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        let panel = |title: &str, y: &str, value: &dyn Fn(f64, usize) -> f64| {
            let curve = |alpha: &f64| {
                let points = (1..=LONGEST).map(|k| (k as f64, value(*alpha, k))).collect();
                Series::new(format!("α = {}", number(*alpha)), points).stroke(Stroke::Dotted)
            };
            let series = rates.iter().map(curve).collect();
            Panel {
                title: title.to_string(),
                x: Axis::new("k: drafted tokens"),
                y: Axis::new(y),
                content: Content::Lines(Lines { series, markers: Vec::new() }),
            }
        };
        let panels = vec![
            panel("Tokens per pass of the target", "tokens", &|alpha, k| {
                tokens_per_round(alpha, k)
            }),
            panel(&format!("Speed-up at c = {}", number(c)), "times", &speedup),
        ];
        report.figure(Figure::grid("expect", "Longer drafts pay less and less", 2, panels));
        report.say(text(
            format!("With k = {k}: {} tokens for each pass of the target, {} times as fast. The best k is {best} ({} times).", number(tokens), number(ratio), number(speedup(alpha, best))),
            format!("k = {k} 时：目标模型每次前向得到 {} 个 token，速度为 {} 倍。最优的 k 是 {best}（{} 倍）。", number(tokens), number(ratio), number(speedup(alpha, best))),
        ));
        report
            .metric("tokens", tokens)
            .metric("speedup", ratio)
            .metric("best.k", best)
            .metric("best.speedup", speedup(alpha, best));
        Ok(report)
    }
}
