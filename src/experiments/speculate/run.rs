//! `speculate run`: a text by two models, round by round.

use std::time::Instant;

use super::duo::{Duo, Models};
use crate::experiments::strategy::Filters;
use crate::experiments::{Context, params};
use crate::model::Generation;
use crate::model::decoding::{Chain, Draw, Greedy, Sampler};
use crate::model::speculative::{Round, Speculative, tokens_per_round};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// A text by two models: what each round drafts, keeps and adds ‖ 两个模型合写一段文本：每轮起草、接受、补上了什么
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "speculate run --k 4\nspeculate run --k 6 --greedy\nspeculate run --temperature 0.7 --top-p 0.9"
)]
pub struct Run {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub models: Models,
    /// k: how many tokens are drafted in each round ‖ k：每轮起草多少个 token
    #[arg(long, value_name = "K", default_value = "4", value_parser = params::count(1, 1000))]
    pub k: usize,
    /// How many tokens to add at least; as many as fit, up to 80, if not given ‖ 至少生成多少个 token；默认填满上下文，最多 80
    #[arg(long, value_name = "N", value_parser = params::count(1, 100_000))]
    pub count: Option<usize>,
    /// Always the most likely token ‖ 总是选概率最大的 token
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"])]
    pub greedy: bool,
    /// What shapes both distributions ‖ 对两个分布的调整
    #[command(flatten)]
    pub filters: Filters,
}

impl Run {
    /// Writes.
    ///
    /// # Errors
    /// If the models do not fit each other, or the context is too short.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let duo = self.models.open(context)?;
        let room = duo.room();
        let count = self.count.unwrap_or(room.min(80));
        if count > room || count == 0 {
            return Err(Error::input(text(
                format!("{count} tokens do not fit after the prompt"),
                format!("提示之后放不下 {count} 个 token"),
            ))
            .allowed(text(format!("--count up to {room}"), format!("--count 最多 {room}"))));
        }
        let (target, draft) = (&duo.target.model, &duo.draft.model);
        let settings = self.filters.settings();
        let mut said = Speculative::new(target, draft, &duo.prompt, settings, self.greedy)?;
        let mut rounds = Vec::new();
        let mut rng = context.rng(0);
        let start = Instant::now();
        while said.said().len() < count {
            context.step(said.said().len(), count, &text("drafting and checking", "起草与检查"))?;
            let left = count - said.said().len();
            // the last round needs no more drafts than the text needs tokens
            rounds.push(said.round(self.k.min(left - 1), &mut rng)?);
        }
        let together = start.elapsed().as_secs_f64();
        let (alone, seconds) = self.alone(&duo, count, context)?;
        let mut report = Report::new(text("Speculative decoding", "投机解码"));
        report.say(Text::same(duo.target.words(said.tokens())));
        report.table(table(&duo, &rounds));
        report.figure(picture(&rounds, self.k));
        self.measure(&duo, &rounds, &mut report);
        report.metric("speedup.measured", seconds / together);
        if self.greedy {
            report.metric("same_as_target", alone == said.said());
        }
        Ok(report)
    }

    /// The target by itself, and how long it took.
    fn alone(&self, duo: &Duo, count: usize, context: &Context) -> Result<(Vec<u32>, f64), Error> {
        let mut rng = context.rng(1);
        let then: &mut dyn Sampler<f32> = match self.greedy {
            true => &mut Greedy,
            false => &mut Draw { rng: &mut rng },
        };
        let mut chain = Chain { processors: self.filters.settings().processors(), then };
        let start = Instant::now();
        let mut generation = Generation::new(&duo.target.model, &duo.prompt)?;
        let tokens = (0..count).map(|_| generation.next(&mut chain)).collect::<Result<_, _>>()?;
        Ok((tokens, start.elapsed().as_secs_f64()))
    }

    fn measure(&self, duo: &Duo, rounds: &[Round], report: &mut Report) {
        let n = rounds.len() as f64;
        let accepted = rounds.iter().map(|r| r.accepted).sum::<usize>();
        let checked: usize = rounds.iter().map(|r| r.chances.len()).sum();
        let tokens = accepted + rounds.len();
        let rate = accepted as f64 / checked.max(1) as f64;
        let chance = rounds.iter().flat_map(|r| &r.chances).sum::<f64>() / checked.max(1) as f64;
        report.say(text(
            format!("{tokens} tokens in {} passes of the target: {} a pass. Of the drafts that were checked {} were kept; Σ min(p, q) foretold {}.", rounds.len(), number(tokens as f64 / n), number(rate), number(chance)),
            format!("目标模型 {} 次前向生成 {tokens} 个 token：每次 {} 个。被检查的草稿中 {} 被接受；Σ min(p, q) 的预期为 {}。", rounds.len(), number(tokens as f64 / n), number(rate), number(chance)),
        ));
        report
            .metric("tokens", tokens)
            .metric("rounds", rounds.len())
            .metric("tokens.per_round", tokens as f64 / n)
            .metric("accepted.mean", accepted as f64 / n)
            .metric("acceptance.rate", rate)
            .metric("acceptance.expected", chance)
            .metric("tokens.if_independent", tokens_per_round(rate, self.k))
            .metric("draft.cost", duo.cost());
    }
}

fn table(duo: &Duo, rounds: &[Round]) -> Table {
    let mut table = Table::new(text("Rounds", "各轮"))
        .numbers(text("round", "轮"))
        .words(text("kept", "接受"))
        .words(text("refused", "拒绝"))
        .words(text("added by the target", "目标模型补上"));
    let names = |tokens: &[u32]| {
        tokens.iter().map(|token| duo.target.name(*token)).collect::<Vec<_>>().join(" ")
    };
    for (i, round) in rounds.iter().enumerate().take(12) {
        let (kept, refused) = round.drafted.split_at(round.accepted);
        table.row(vec![
            (i + 1).into(),
            names(kept).into(),
            names(refused).into(),
            names(&[round.added]).into(),
        ]);
    }
    table
}

/// How many rounds kept how many drafts.
fn picture(rounds: &[Round], k: usize) -> Figure {
    let most = rounds.iter().map(|r| r.drafted.len()).max().unwrap_or(0).min(k);
    let count = |n: usize| rounds.iter().filter(|r| r.accepted == n).count() as f64;
    Figure::new(
        "accepted",
        "How many drafts a round keeps",
        Axis::names("accepted tokens", (0..=most).map(|n| n.to_string()).collect()),
        Axis::new("rounds"),
        Content::Bars(Bars {
            series: vec![("rounds".to_string(), (0..=most).map(count).collect())],
        }),
    )
}
