//! `decode greedy-trap`: a small Markov model on which greedy decoding misses the best text.

use super::beam::show;
use super::source::Numbers;
use crate::experiments::{Context, params};
use crate::model::decoding::{BeamSearch, Markov, Prefix};
use crate::report::{Error, Report, Table, Text, number, text};

/// The most texts that are tried exhaustively.
const TRIED: f64 = 1e5;

/// A Markov model on which greedy is not optimal: greedy, beams of each width, every text ‖ 贪心不是最优的马尔可夫模型：对比贪心、各种束宽与穷举
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode greedy-trap\ndecode greedy-trap --rows 0.5,0.4,0.1 0.4,0.3,0.3 0.9,0.05,0.05 0.2,0.5,0.3\ndecode greedy-trap --length 3 --num-beams 3"
)]
pub struct GreedyTrap {
    /// Probabilities of the first token, then those after each token ‖ 首 token 的概率，然后是每个 token 之后的概率
    #[arg(long, num_args = 1.., value_name = "P,P,…", default_values = ["0.5,0.4,0.1", "0.4,0.3,0.3", "0.9,0.05,0.05", "0.2,0.5,0.3"])]
    pub rows: Vec<Numbers>,
    /// How many tokens a text has ‖ 文本长度（token 数）
    #[arg(long, value_name = "N", default_value = "2", value_parser = params::count(1, 12))]
    pub length: usize,
    /// The beam that is drawn ‖ 画出哪个束宽
    #[arg(long, visible_alias = "beams", value_name = "B", default_value = "2", value_parser = params::count(1, 12))]
    pub num_beams: usize,
}

impl GreedyTrap {
    /// Compares.
    ///
    /// # Errors
    /// Rows that are no probabilities, a beam wider than the vocabulary, too many texts.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let chain = self.chain()?;
        let v = chain.logits().len();
        if (v as f64).powi(self.length as i32) > TRIED {
            return Err(Error::input(text(
                format!("{v}^{} texts are too many to try", self.length),
                format!("{v}^{} 个文本太多，无法穷举", self.length),
            ))
            .allowed(text(
                format!("up to {} texts", number(TRIED)),
                format!("最多 {} 个文本", number(TRIED)),
            )));
        }
        let run = |beams: usize| {
            let search = BeamSearch {
                beams,
                most: self.length,
                length_penalty: 0.0,
                ..BeamSearch::default()
            };
            search.run(chain.clone(), &mut [], |_| Ok(()))
        };
        let drawn = run(self.num_beams)?;
        let mut report =
            Report::new(text("Where greedy decoding is not optimal", "贪心解码并非最优之处"));
        report.formula("p(text) = Π p(token | token before)");
        let mut table =
            Table::new(text("The most likely text, by who looks for it", "各方法找到的最可能文本"))
                .words(text("search", "搜索"))
                .words(text("text", "文本"))
                .numbers(text("probability", "概率"))
                .numbers(text("texts weighed", "比较的候选数"));
        let said =
            |tokens: &[u32]| tokens.iter().map(|id| letter(*id)).collect::<Vec<_>>().join(" ");
        for beams in 1..=v.min(5) {
            context.step(beams - 1, v, &text("searching", "搜索中"))?;
            let found = run(beams)?;
            let Some(best) = found.best.first() else { continue };
            let p = best.log_probability.exp();
            let name = match beams {
                1 => text("greedy (a beam of 1)", "贪心（束宽 1）"),
                b => text(format!("a beam of {b}"), format!("束宽 {b}")),
            };
            let weighed = found.tree.nodes.len();
            table.row(vec![name.into(), said(&best.tokens).into(), p.into(), weighed.into()]);
            let key = if beams == 1 { "greedy".to_string() } else { format!("beam{beams}") };
            report.metric(format!("{key}.probability"), p);
            report.metric(format!("{key}.text"), said(&best.tokens));
        }
        let (best, tokens, tried) = exhaustive(&chain, self.length)?;
        table.row(vec![
            text("every text", "穷举").into(),
            said(&tokens).into(),
            best.exp().into(),
            tried.into(),
        ]);
        report.table(table);
        report.metric("exhaustive.probability", best.exp());
        report.metric("exhaustive.text", said(&tokens));
        report.metric("exhaustive.texts", tried);
        show(&drawn, &letter, &mut report);
        let greedy = report.number("greedy.probability").unwrap_or(0.0);
        report.say(verdict(greedy, best.exp()));
        Ok(report)
    }

    fn chain(&self) -> Result<Markov<f64>, Error> {
        let logs = |row: &Numbers| -> Result<Vec<f64>, Error> {
            let total: f64 = row.0.iter().sum();
            if row.0.iter().any(|p| *p < 0.0) || (total - 1.0).abs() > 0.005 {
                return Err(Error::input(text(
                    format!("a row sums to {}, or has a negative number", number(total)),
                    format!("某一行之和为 {}，或含负数", number(total)),
                ))
                .allowed(text("probabilities that sum to 1", "和为 1 的概率"))
                .example("llm-lab decode greedy-trap --rows 0.5,0.5 0.9,0.1 0.5,0.5"));
            }
            Ok(row.0.iter().map(|p| (p / total).ln()).collect())
        };
        let rows: Vec<Vec<f64>> = self.rows.iter().map(logs).collect::<Result<_, _>>()?;
        let mut rows = rows.into_iter();
        Markov::new(rows.next().unwrap_or_default(), rows.collect())
    }
}

/// Token 0 is A, 1 is B.
fn letter(id: u32) -> String {
    match u8::try_from(id).ok().filter(|id| *id < 26) {
        Some(id) => char::from(b'A' + id).to_string(),
        None => format!("t{id}"),
    }
}

/// The most likely of all texts: Σ ln p, its tokens, and how many there are.
fn exhaustive(chain: &Markov<f64>, length: usize) -> Result<(f64, Vec<u32>, usize), Error> {
    let mut all = vec![(0.0, chain.clone())];
    for _ in 0..length {
        let mut next = Vec::new();
        for (sum, prefix) in &all {
            for (token, log) in prefix.logits().iter().enumerate() {
                let mut longer = prefix.clone();
                longer.read(token as u32)?;
                next.push((sum + log, longer));
            }
        }
        all = next;
    }
    let tried = all.len();
    let best = all.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let (sum, prefix) = best.unwrap_or((f64::NEG_INFINITY, chain.clone()));
    Ok((sum, prefix.history().tokens.to_vec(), tried))
}

fn verdict(greedy: f64, best: f64) -> Text {
    if best - greedy < 1e-12 {
        return text(
            "Here greedy decoding finds the most likely text.",
            "在这里，贪心解码就找到了最可能的文本。",
        );
    }
    text(
        format!(
            "Greedy decoding takes the most likely first token and ends at {}; the most likely text has {}. A likely beginning need not lead to a likely text.",
            number(greedy),
            number(best)
        ),
        format!(
            "贪心解码先取最可能的首 token，最后概率为 {}；最可能的文本概率为 {}。开头最可能，整段未必最可能。",
            number(greedy),
            number(best)
        ),
    )
}
