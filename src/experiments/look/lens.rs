//! `look lens`: what the model would say if it ended after each block.

use ndarray::Array2;

use super::subject::{Reader, Subject, descending, largest};
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Lines, Palette, Report, Series, Stroke, Table, number,
    text,
};

/// The logit lens: what the model would say if it ended after each block ‖ logit lens：若模型在每一层之后就结束，它会输出什么
#[derive(Debug, Clone, clap::Args)]
pub struct Lens {
    /// What is read, and by which model ‖ 读什么，由哪个模型读
    #[command(flatten)]
    pub subject: Subject,
    /// How many of the last positions the picture shows ‖ 图中显示末尾多少个位置
    #[arg(long, value_name = "N", default_value = "14", value_parser = params::count(1, 64))]
    pub last: usize,
}

/// What the lens shows after some blocks.
struct View {
    /// The most likely token at each position, and its probability.
    top: Vec<(usize, f64)>,
    /// Entropy at each position, in nats.
    entropy: Vec<f64>,
    /// Mean surprise over the tokens that really follow, in nats; nothing for a single token.
    loss: Option<f64>,
    /// At the last position: the likeliest tokens, and all probabilities.
    order: Vec<usize>,
    last: Vec<f32>,
}

impl Lens {
    /// Looks through the lens after each block.
    ///
    /// # Errors
    /// If there is no such model, or it cannot read the text.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let reader = self.subject.open(context)?;
        let (n, v) = (reader.ids.len() as f64, reader.model.config.vocab as f64);
        params::fits(3.0 * n * v, 4, &text("probabilities of all positions", "所有位置的概率"))?;
        let layers = reader.model.config.layers;
        let mut trace = reader.trace()?;
        let mut views = Vec::new();
        for layer in 0..=layers {
            context.step(layer, layers + 1, &text("looking", "查看中"))?;
            views.push(View::of(&trace.lens(layer), &reader.ids));
        }
        let mut report = Report::new(text("The logit lens", "logit lens"));
        report.figure(self.picture(&views, &reader));
        if views.iter().all(|view| view.loss.is_some()) {
            report.figure(losses(&views, v.ln()));
        }
        report.table(table(&views, &reader));
        said(&views, &reader, &mut report);
        report.metric("entropy.chance", v.ln());
        Ok(report)
    }

    /// A cell for each block and position: the likeliest token and how sure it is. The last block
    /// is on top.
    fn picture(&self, views: &[View], reader: &Reader) -> Figure {
        let from = reader.ids.len().saturating_sub(self.last);
        let shown = || views.iter().rev().map(|view| &view.top[from..]);
        let map = Heatmap {
            values: shown().map(|row| row.iter().map(|(_, p)| *p).collect()).collect(),
            palette: Palette::Sequential,
            unit: "probability".to_string(),
            show_values: true,
        };
        let words = shown().map(|row| row.iter().map(|(id, _)| reader.token(*id)).collect());
        let rows = (0..views.len()).rev().map(|layer| match layer {
            0 => "embedding".to_string(),
            _ => format!("block {layer}"),
        });
        let x = Axis::names("token that is read", reader.names().split_off(from));
        let y = Axis::names("ended after", rows.collect());
        let title = "Logit lens: the likeliest next token, block by block";
        Figure::new("lens", title, x, y, Content::Words(map, words.collect()))
    }
}

impl View {
    fn of(p: &Array2<f32>, ids: &[u32]) -> Self {
        let top = |row: ndarray::ArrayView1<f32>| {
            let best = largest(row.iter());
            (best, f64::from(row[best]))
        };
        let nats = |p: &f32| if *p > 0.0 { -f64::from(*p) * f64::from(*p).ln() } else { 0.0 };
        let last = p.row(p.nrows() - 1).to_vec();
        let surprise = |(i, next): (usize, &u32)| {
            -f64::from(p[[i, *next as usize]]).max(f64::MIN_POSITIVE).ln()
        };
        let sum: f64 = ids.iter().skip(1).enumerate().map(surprise).sum();
        Self {
            top: p.rows().into_iter().map(top).collect(),
            entropy: p.rows().into_iter().map(|row| row.iter().map(nats).sum()).collect(),
            loss: (ids.len() > 1).then(|| sum / (ids.len() - 1) as f64),
            order: descending(&last),
            last,
        }
    }

    /// The likeliest token at the last position.
    fn best(&self) -> usize {
        self.order.first().copied().unwrap_or(0)
    }

    fn entropy_at_last(&self) -> f64 {
        self.entropy.last().copied().unwrap_or(f64::NAN)
    }
}

/// How well each block alone would foretell the text.
fn losses(views: &[View], chance: f64) -> Figure {
    let last = views.len().saturating_sub(1) as f64;
    let points = |value: &dyn Fn(&View) -> f64| -> Vec<(f64, f64)> {
        views.iter().enumerate().map(|(l, view)| (l as f64, value(view))).collect()
    };
    let mean = |view: &View| view.entropy.iter().sum::<f64>() / view.entropy.len() as f64;
    let series = vec![
        Series::new("surprise at what follows", points(&|v| v.loss.unwrap_or(f64::NAN)))
            .stroke(Stroke::Dotted),
        Series::new("its own entropy", points(&mean)).stroke(Stroke::Dotted),
        Series::new("ln V: chance", vec![(0.0, chance), (last, chance)]).stroke(Stroke::Dashed),
    ];
    Figure::new(
        "loss",
        "How well the model would do if it ended earlier",
        Axis::new("blocks passed"),
        Axis::new("mean over the text (nats)"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}

fn table(views: &[View], reader: &Reader) -> Table {
    let answer = views.last().map_or(0, View::best);
    let (last, said) = (reader.last(), reader.token(answer));
    let mut table = Table::new(text(
        format!("After the last token, {last}"),
        format!("末尾 token {last} 之后"),
    ))
    .numbers(text("blocks", "层数"))
    .words(text("would say", "会输出"))
    .numbers(text("probability", "概率"))
    .words(text("then", "其次"))
    .numbers(text("entropy (nats)", "熵（nat）"))
    .numbers(text(format!("probability of {said}"), format!("{said} 的概率")))
    .numbers(text(format!("rank of {said}"), format!("{said} 的名次")));
    for (layer, view) in views.iter().enumerate() {
        let best = view.best();
        let rank = view.order.iter().position(|id| *id == answer).unwrap_or(0) + 1;
        table.row(vec![
            layer.into(),
            reader.token(best).into(),
            f64::from(view.last[best]).into(),
            reader.list(view.order.iter().skip(1).copied(), 3).into(),
            view.entropy_at_last().into(),
            f64::from(view.last[answer]).into(),
            rank.into(),
        ]);
    }
    table
}

fn said(views: &[View], reader: &Reader, report: &mut Report) {
    let Some(end) = views.last() else { return };
    let answer = end.best();
    // the block from which on the answer stays the same
    let settled = views.iter().rposition(|v| v.best() != answer).map_or(0, |l| l + 1);
    let (word, p) = (reader.token(answer), f64::from(end.last[answer]));
    report.say(text(
        format!(
            "The model says `{word}` with probability {}; through the lens that is its choice from block {settled} on.",
            number(p)
        ),
        format!(
            "模型输出 `{word}`，概率 {}；透过 logit lens 看，从第 {settled} 层起就是这个选择。",
            number(p)
        ),
    ));
    report.metric("answer", word);
    report.metric("answer.probability", p);
    report.metric("answer.entropy", end.entropy_at_last());
    report.metric("settled", settled);
    for (layer, view) in views.iter().enumerate() {
        report.metric(format!("block{layer}.top"), reader.token(view.best()));
        report.metric(format!("block{layer}.answer"), f64::from(view.last[answer]));
        report.metric_in(format!("block{layer}.entropy"), view.entropy_at_last(), "nats");
        if let Some(loss) = view.loss {
            report.metric_in(format!("block{layer}.loss"), loss, "nats");
        }
    }
}
