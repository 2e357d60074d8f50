//! `decode beam`: a beam search as a tree.

use std::collections::BTreeSet;

use super::source::{Source, Subject};
use crate::experiments::strategy::Beams;
use crate::experiments::{Context, params};
use crate::model::Settings;
use crate::model::decoding::{Fate, Found, Markov, Tree};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, Text, number, text,
};

/// More beams or steps cannot be told apart in a picture.
const MOST: usize = 12;

/// A beam search as a tree: what was kept, what was dropped, and the scores ‖ 以树展示束搜索：保留了什么、丢弃了什么、得分如何
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode beam\ndecode beam --prompt \"Once there was a\" --num-beams 3 --count 5\ndecode beam --num-beams 4 --num-beam-groups 2 --diversity-penalty 1\ndecode beam --probabilities 0.6,0.4 --num-beams 2 --count 3"
)]
pub struct Beam {
    /// What goes on; the story model if nothing is given ‖ 从什么续写；默认为自带的故事模型
    #[command(flatten)]
    pub source: Source,
    /// The search ‖ 搜索
    #[command(flatten)]
    pub beams: Beams,
    /// How many tokens ‖ 生成多少个 token
    #[arg(long, value_name = "N", default_value = "5", value_parser = params::count(1, MOST))]
    pub count: usize,
    /// The token that ends a text: its number, or a text that is one token ‖ 结束 token：编号，或恰为一个 token 的文本
    #[arg(long, visible_alias = "eos", value_name = "TOKEN")]
    pub eos_token_id: Option<String>,
    /// No n tokens in a row twice ‖ 连续 n 个 token 不得重复出现
    #[arg(long, visible_alias = "no-repeat-ngram", value_name = "N", value_parser = params::count(1, 1000))]
    pub no_repeat_ngram_size: Option<usize>,
}

impl Beam {
    /// Searches.
    ///
    /// # Errors
    /// If there is no such model, or no such search.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let typed = self.source.logits.is_some() || self.source.probabilities.is_some();
        let subject = if typed { self.source.open(context)? } else { self.source.ask(context)? };
        let beams = self.beams.num_beams.unwrap_or(3);
        if beams > MOST {
            return Err(Error::input(text(
                format!("{beams} beams cannot be drawn"),
                format!("束宽 {beams} 无法画出"),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST}")))
            .example(format!("llm-lab generate --num-beams {beams} --num-return-sequences 3")));
        }
        let vocab = subject.model.as_ref().map_or(subject.typed.len(), |(m, _)| m.config.vocab);
        let end = self.eos_token_id.as_deref().map(|word| subject.find(word, vocab)).transpose()?;
        let search = self.beams.search(beams, self.count, end);
        let settings =
            Settings { no_repeat_ngram: self.no_repeat_ngram_size, ..Settings::default() };
        let mut processors = settings.penalties();
        let step = |done| context.step(done, self.count, &text("searching", "搜索中"));
        let found = match subject.generation()? {
            Some(start) => search.run(start, &mut processors, step)?,
            None => {
                // the same distribution after every token
                let row = subject.typed.clone();
                let chain = Markov::new(row.clone(), vec![row; subject.typed.len()])?;
                search.run(chain, &mut processors, step)?
            }
        };
        let mut report = Report::new(text("A beam search", "束搜索"));
        report.formula("sum = Σ ln p   ·   score = sum / length^α");
        show(&found, &|id| subject.token(id), &mut report);
        self.read_out(&found, &subject, &mut report);
        Ok(report)
    }

    fn read_out(&self, found: &Found, subject: &Subject, report: &mut Report) {
        let Some(best) = found.best.first() else { return };
        report.say(text(
            format!(
                "Best of {} texts: Σ ln p = {}, score {}. {} candidates were weighed.",
                found.best.len(),
                number(best.log_probability),
                number(best.score),
                found.tree.nodes.len()
            ),
            format!(
                "{} 个文本中最优者：Σ ln p = {}，得分 {}。共比较 {} 个候选。",
                found.best.len(),
                number(best.log_probability),
                number(best.score),
                found.tree.nodes.len()
            ),
        ));
        let words: Vec<String> = best.tokens.iter().map(|id| subject.token(*id)).collect();
        report.metric("best.text", words.join(" "));
    }
}

/// The tree, the texts and their scores in a report.
pub fn show(found: &Found, name: &dyn Fn(u32) -> String, report: &mut Report) {
    report.formula(drawn(&found.tree, found, name));
    let mut table = Table::new(text("Texts that were found", "找到的文本"))
        .numbers(text("rank", "名次"))
        .words(text("tokens", "token"))
        .numbers(Text::same("Σ ln p"))
        .numbers(Text::same("p"))
        .numbers(text("score", "得分"));
    for (i, one) in found.best.iter().enumerate() {
        let words: Vec<String> = one.tokens.iter().map(|id| name(*id)).collect();
        table.row(vec![
            (i + 1).into(),
            words.join(" ").into(),
            one.log_probability.into(),
            one.log_probability.exp().into(),
            one.score.into(),
        ]);
        report.metric_in(format!("best{}.log_probability", i + 1), one.log_probability, "nats");
        report.metric(format!("best{}.score", i + 1), one.score);
    }
    report.table(table);
    if let Some(best) = found.best.first() {
        report.metric("best.probability", best.log_probability.exp());
    }
    let first: BTreeSet<Option<u32>> =
        found.best.iter().map(|one| one.tokens.first().copied()).collect();
    report.metric("texts", found.best.len());
    report.metric("first_tokens.distinct", first.len());
    report.metric("candidates", found.tree.nodes.len());
    report.figure(picture(found, name));
}

/// The tree as lines of text: each candidate under the one that it went on from.
fn drawn(tree: &Tree, found: &Found, name: &dyn Fn(u32) -> String) -> String {
    let mut lines = vec!["·".to_string()];
    let roots: Vec<usize> =
        (0..tree.nodes.len()).filter(|i| tree.nodes[*i].parent.is_none()).collect();
    for (i, root) in roots.iter().enumerate() {
        branch(tree, found, name, *root, ("", i + 1 == roots.len()), &mut lines);
    }
    lines.join("\n")
}

fn branch(
    tree: &Tree,
    found: &Found,
    name: &dyn Fn(u32) -> String,
    at: usize,
    (before, last): (&str, bool),
    lines: &mut Vec<String>,
) {
    let node = tree.nodes[at];
    let rank = found.best.iter().position(|one| one.node == at);
    let mark = match (node.fate, rank) {
        (_, Some(rank)) => format!(" #{}", rank + 1),
        (Fate::Dropped, _) => " ×".to_string(),
        _ => String::new(),
    };
    let corner = if last { "└─" } else { "├─" };
    lines.push(format!("{before}{corner} {} {:.3}{mark}", name(node.token), node.sum));
    let before = format!("{before}{}", if last { "   " } else { "│  " });
    let children: Vec<usize> =
        (at + 1..tree.nodes.len()).filter(|i| tree.nodes[*i].parent == Some(at)).collect();
    for (i, child) in children.iter().enumerate() {
        branch(tree, found, name, *child, (&before, i + 1 == children.len()), lines);
    }
}

/// Steps to the right, the best of each step on top; what was kept, what was dropped, and the way to
/// the best text.
fn picture(found: &Found, name: &dyn Fn(u32) -> String) -> Figure {
    let tree = &found.tree;
    let best: BTreeSet<usize> =
        found.best.first().map_or(Vec::new(), |one| tree.path(one.node)).into_iter().collect();
    let kind = |i: usize| match tree.nodes[i].fate {
        _ if best.contains(&i) => 0,
        Fate::Kept | Fate::Ended => 1,
        Fate::Dropped => 2,
    };
    let (ranks, rows) = ranks(tree);
    let at = |node: Option<usize>| match node {
        Some(i) => (tree.nodes[i].depth as f64, (rows - 1 - ranks[i]) as f64),
        None => (0.0, (rows - 1) as f64),
    };
    let edges = |wanted: usize| -> Vec<(f64, f64)> {
        let mine = (0..tree.nodes.len()).filter(|i| kind(*i) == wanted);
        mine.flat_map(|i| [at(tree.nodes[i].parent), at(Some(i)), (at(Some(i)).0, f64::NAN)])
            .collect()
    };
    let series = vec![
        Series::new("best", edges(0)),
        Series::new("kept", edges(1)),
        Series::new("dropped", edges(2)).stroke(Stroke::Dashed),
    ];
    // the most important labels first: those that do not fit are left out
    let mut order: Vec<usize> = (0..tree.nodes.len()).collect();
    order.sort_by_key(|i| kind(*i));
    let marker = |i: usize| {
        let ((x, y), node) = (at(Some(i)), tree.nodes[i]);
        Marker { x, y, label: format!("{} {:.2}", name(node.token), node.sum), series: kind(i) }
    };
    let markers = order.into_iter().map(marker).collect();
    let deepest = tree.nodes.iter().map(|n| n.depth).max().unwrap_or(1);
    let axis = |label: &str, names: Vec<String>| {
        let end = names.len() as f64 - 0.5;
        Axis::names(label, names).between(-0.5, end)
    };
    Figure::new(
        "beam",
        "A beam search: every candidate with its Σ ln p",
        axis("tokens chosen", (0..=deepest).map(|i| i.to_string()).collect()),
        axis("rank at its step", (1..=rows).rev().map(|i| i.to_string()).collect()),
        Content::Lines(Lines { series, markers }),
    )
}

/// The rank of each node among those of its step, from 0, and how many ranks there are.
fn ranks(tree: &Tree) -> (Vec<usize>, usize) {
    let mut ranks = vec![0; tree.nodes.len()];
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for (i, node) in tree.nodes.iter().enumerate() {
        let next = counts.entry(node.depth).or_default();
        ranks[i] = *next;
        *next += 1;
    }
    (ranks, counts.into_values().max().unwrap_or(1))
}
