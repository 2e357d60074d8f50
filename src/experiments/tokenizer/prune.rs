//! `tokenizer prune`: the unigram model's training, from a large seed vocabulary downwards.

use super::source;
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Panel, Report, Series, Stroke, Table, Text, text,
};
use crate::tokenizer::unigram::{Round, Trainer};
use crate::tokenizer::{Plan, Scheme};

/// Watch the unigram model's training: EM and pruning, round by round ‖ 观察 Unigram 的训练：EM 与剪枝，逐轮展示
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer prune --vocab-size 100\ntokenizer prune --corpus lessons-zh --vocab-size 3000"
)]
pub struct Prune {
    /// The text: a file, - , lessons-en, lessons-zh or stories ‖ 文本：文件、-、lessons-en、lessons-zh 或 stories
    #[arg(long, value_name = "TEXT", default_value = "stories")]
    pub corpus: String,
    /// Pieces to end with ‖ 最终的词表大小
    #[arg(long, value_name = "N", default_value = "100", value_parser = params::count(1, 1_000_000))]
    pub vocab_size: usize,
}

impl Prune {
    /// Trains round by round.
    ///
    /// # Errors
    /// If the text cannot be read or the vocabulary not hold its characters.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let corpus = source::corpus(&self.corpus, context)?;
        let plan = Plan::new(Scheme::Unigram, self.vocab_size);
        let words = plan.words(&corpus)?;
        let mut trainer = Trainer::new(&words, &plan.unigram_settings(), 1)?;
        let seeds = trainer.pieces().len();
        let mut rounds = Vec::new();
        context.step(0, 1, &source::training())?;
        while let Some(round) = trainer.step()? {
            // A round of EM says how likely the corpus was before it; here all rows say after.
            let log_likelihood = trainer.log_likelihood()?;
            rounds.push(Round { log_likelihood, ..round });
            context.step(rounds.len(), rounds.len() + 1, &source::training())?;
        }
        let model = trainer.finish()?;
        let mut report =
            Report::new(text("The unigram model, round by round", "Unigram：逐轮训练"));
        report
            .say(text(
                "Start with every substring that occurs twice or more. EM fits the pieces' probabilities; pruning removes the pieces that the likelihood misses least; repeat. Pieces vanish, none is ever merged. Each row has ln L as the round left it.",
                "从出现两次以上的所有子串开始。EM 拟合各片的概率；剪枝去掉对似然影响最小的片；如此往复。片只会消失，从不合并。每行的 ln L 是该轮结束时的值。",
            ))
            .formula("ln L = Σ ln Σ p(path)   (sum over words, then over their segmentations)");
        let mut table = Table::new(text("Rounds", "各轮"))
            .numbers(text("round", "轮"))
            .words(text("what", "操作"))
            .numbers(text("pieces", "片数"))
            .numbers(text("ln L (nats)", "ln L（nats）"));
        for (i, round) in rounds.iter().enumerate() {
            let ln_l = round.log_likelihood;
            table.row(vec![(i + 1).into(), what(round).into(), round.pieces.into(), ln_l.into()]);
        }
        report.table(table).figure(picture(&rounds));
        let falls = pruned(&rounds).filter(|(before, after)| after < before).count();
        report
            .metric_in("seeds", seeds, "pieces")
            .metric_in("vocabulary", model.vocab().len(), "pieces")
            .metric("prunings", pruned(&rounds).count())
            .metric("prunings.lower", falls);
        if let (Some(first), Some(last)) = (pruned(&rounds).next(), rounds.last()) {
            report.metric_in("unpruned.log_likelihood", first.0, "nats").metric_in(
                "final.log_likelihood",
                last.log_likelihood,
                "nats",
            );
        }
        Ok(report)
    }
}

fn what(round: &Round) -> Text {
    if round.pruned { text("prune", "剪枝") } else { text("EM", "EM") }
}

/// The log likelihood before and after each pruning.
fn pruned(rounds: &[Round]) -> impl Iterator<Item = (f64, f64)> {
    let pairs = rounds.windows(2).filter(|pair| pair[1].pruned);
    pairs.map(|pair| (pair[0].log_likelihood, pair[1].log_likelihood))
}

/// Pieces and likelihood by round; the prunings carry their name.
fn picture(rounds: &[Round]) -> Figure {
    let panel = |title: &str, unit: &str, value: fn(&Round) -> f64| {
        let points: Vec<_> =
            rounds.iter().enumerate().map(|(i, r)| (i as f64 + 1.0, value(r))).collect();
        let prunings = points.iter().zip(rounds).filter(|(_, r)| r.pruned);
        let markers =
            prunings.map(|(&(x, y), _)| Marker { x, y, label: "prune".into(), series: 0 });
        Panel {
            title: title.to_string(),
            x: Axis::new("round"),
            y: Axis::new(unit),
            content: Content::Lines(Lines {
                markers: markers.collect(),
                series: vec![Series::new("EM and pruning", points).stroke(Stroke::Dotted)],
            }),
        }
    };
    let panels = vec![
        panel("Vocabulary", "pieces", |r| r.pieces as f64),
        panel("Likelihood", "log likelihood of the corpus (nats)", |r| r.log_likelihood),
    ];
    Figure::grid("prune", "Unigram training: fewer pieces, lower likelihood", 2, panels)
}

#[cfg(test)]
mod tests {
    use crate::experiments::trial::{holds, refused};

    #[test]
    fn every_pruning_lowers_the_likelihood() {
        let report = holds("tokenizer prune --vocab-size 100", &[]);
        let prunings = report.number("prunings");
        assert!(prunings > Some(0.0));
        assert_eq!(report.number("prunings.lower"), prunings);
        assert!(report.number("seeds") > report.number("vocabulary"));
    }

    #[test]
    fn fewer_pieces_explain_the_corpus_less_well() {
        let last = |size| {
            let report = holds(&format!("tokenizer prune --vocab-size {size}"), &[]);
            report.number("final.log_likelihood")
        };
        assert!(last(80) < last(120));
    }

    #[test]
    fn a_vocabulary_below_the_alphabet_is_refused() {
        refused("tokenizer prune --vocab-size 3");
    }
}
