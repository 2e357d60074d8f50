//! `rank model`: how alike tokens are inside a trained model, layer by layer, and what ranks its heads
//! have.

use ndarray::Array2;

use crate::experiments::Context;
use crate::experiments::look::subject::Subject;
use crate::math::linalg::singular_values;
use crate::math::rank::{effective_rank, mean_cosine, numerical_rank};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Inside a trained model: cosine of its tokens and effective rank, layer by layer, and the ranks of its heads ‖ 训练好的模型内部：逐层的 token 余弦与有效秩，以及各注意力头的秩
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "rank model\nrank model --untrained")]
pub struct Model {
    /// What is read, and by which model ‖ 读什么，由哪个模型读
    #[command(flatten)]
    pub subject: Subject,
}

/// The residual stream at one depth.
struct Depth {
    cosine: f64,
    effective: f64,
}

/// The weights of one head.
struct Head {
    layer: usize,
    rank: usize,
    effective: f64,
    smallest: f64,
}

impl Model {
    /// Reads the text and looks at every layer.
    ///
    /// # Errors
    /// If there is no such model, or it cannot read the text.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let reader = self.subject.open(context)?;
        let trace = reader.trace()?;
        let (layers, heads) = (reader.model.config.layers, reader.model.config.heads);
        let wide = |a: Array2<f32>| a.mapv(f64::from);
        let mut depths = Vec::with_capacity(layers + 1);
        let mut found = Vec::with_capacity(layers * heads);
        for layer in 0..=layers {
            context.step(layer, layers + 1, &text("layers", "层"))?;
            let x = wide(trace.stream(2 * layer)); // (T, d)
            let effective = effective_rank(&singular_values(x.view()));
            depths.push(Depth { cosine: mean_cosine(x.view()), effective });
            for head in (0..heads).filter(|_| layer < layers) {
                let values = singular_values(wide(trace.attention(layer, head)).view());
                found.push(Head {
                    layer,
                    rank: numerical_rank(&values),
                    effective: effective_rank(&values),
                    smallest: values.last().copied().unwrap_or(0.0),
                });
            }
        }
        let t = reader.ids.len();
        let mut report = Report::new(text("Rank inside a model", "模型内部的秩"));
        let mut table = Table::new(text(
            format!("{t} tokens of width {}, {heads} heads", reader.model.config.d),
            format!("{t} 个 token，宽度 {}，{heads} 个头", reader.model.config.d),
        ))
        .numbers(text("layers done", "经过层数"))
        .numbers(text("mean cosine", "平均余弦"))
        .numbers(text("effective rank of the tokens", "token 的有效秩"))
        .numbers(text("of the heads that follow (mean)", "下一层各头的有效秩（平均）"))
        .numbers(text("their smallest σ", "其最小 σ"));
        for (layer, depth) in depths.iter().enumerate() {
            let own: Vec<&Head> = found.iter().filter(|h| h.layer == layer).collect();
            let mean = own.iter().map(|h| h.effective).sum::<f64>() / own.len() as f64;
            let least = own.iter().map(|h| h.smallest).fold(f64::INFINITY, f64::min);
            let heads = match own.is_empty() {
                true => ["".into(), "".into()],
                false => [mean.into(), least.into()],
            };
            let [mean, least] = heads;
            table.row(vec![layer.into(), depth.cosine.into(), depth.effective.into(), mean, least]);
        }
        report.table(table);
        let (first, last) = (&depths[0], &depths[layers]);
        let full = found.iter().filter(|h| h.rank == t).count();
        report
            .metric("tokens", t)
            .metric("heads", found.len())
            .metric("heads.full_rank", full)
            .metric(
                "heads.effective.least",
                found.iter().map(|h| h.effective).fold(f64::INFINITY, f64::min),
            )
            .metric("heads.effective.most", found.iter().map(|h| h.effective).fold(0.0, f64::max))
            .metric("cosine.start", first.cosine)
            .metric("cosine.end", last.cosine)
            .metric("cosine.most", depths.iter().map(|d| d.cosine).fold(-1.0, f64::max))
            .metric("effective.start", first.effective)
            .metric("effective.end", last.effective);
        report.say(text(
            format!("From the embedding to the last block the mean cosine goes from {} to {}, the effective rank of the tokens from {} to {} of {t} at most. {full} of {} heads have full rank.", number(first.cosine), number(last.cosine), number(first.effective), number(last.effective), found.len()),
            format!("从嵌入到最后一层，平均余弦由 {} 变为 {}，token 的有效秩由 {} 变为 {}（最大 {t}）。{} 个头中有 {full} 个满秩。", number(first.cosine), number(last.cosine), number(first.effective), number(last.effective), found.len()),
        ));
        report.figure(picture(&depths, &found));
        Ok(report)
    }
}

/// Cosine and effective rank by layer; each head's effective rank as a point of a line by its number.
fn picture(depths: &[Depth], found: &[Head]) -> Figure {
    let curve = |value: &dyn Fn(&Depth) -> f64| {
        depths.iter().enumerate().map(|(l, d)| (l as f64, value(d))).collect::<Vec<_>>()
    };
    let panel = |title: &str, y: Axis, series| Panel {
        title: title.to_string(),
        x: Axis::new("layers"),
        y,
        content: Content::Lines(Lines { series, markers: Vec::new() }),
    };
    let heads = |l: usize| found.iter().filter(move |h| h.layer == l).map(|h| h.effective);
    let of = |pick: &dyn Fn(usize) -> f64| {
        let points = (0..depths.len() - 1).map(|l| ((l + 1) as f64, pick(l)));
        points.collect::<Vec<_>>()
    };
    let mean = of(&|l| heads(l).sum::<f64>() / heads(l).count() as f64);
    let series = vec![
        Series::new("tokens", curve(&|d| d.effective)).stroke(Stroke::Dotted),
        Series::new("heads, mean", mean).stroke(Stroke::Dotted),
        Series::new("head, largest", of(&|l| heads(l).fold(0.0, f64::max))).stroke(Stroke::Dashed),
        Series::new("head, smallest", of(&|l| heads(l).fold(f64::INFINITY, f64::min)))
            .stroke(Stroke::Dashed),
    ];
    let cosine = vec![Series::new("tokens", curve(&|d| d.cosine)).stroke(Stroke::Dotted)];
    Figure::grid(
        "model",
        "Tokens and heads of a model, layer by layer",
        2,
        vec![
            panel("cosine of two tokens", Axis::new("mean cosine"), cosine),
            panel("effective rank", Axis::new("effective rank"), series),
        ],
    )
}
