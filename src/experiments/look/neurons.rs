//! `look neurons`: which neurons of the feed-forward blocks fire, and what they say.

use ndarray::Array2;

use super::one_neuron::{alone, words};
use super::subject::{Reader, Subject, descending, one_of};
use crate::experiments::{Context, params};
use crate::model::Trace;
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Histogram, Palette, Panel, Report, Table, text,
};

/// Which neurons of the feed-forward blocks fire, and which tokens they speak for ‖ 前馈层中哪些神经元被激活，它们支持哪些 token
#[derive(Debug, Clone, clap::Args)]
pub struct Neurons {
    /// What is read, and by which model ‖ 读什么，由哪个模型读
    #[command(flatten)]
    pub subject: Subject,
    /// The block, counted from 1; the last if not given ‖ 哪一层（从 1 数起）；默认最后一层
    #[arg(long, value_name = "L", value_parser = params::count(1, 1000))]
    pub layer: Option<usize>,
    /// One neuron, counted from 1 ‖ 只看一个神经元（从 1 数起）
    #[arg(long, value_name = "N", value_parser = params::count(1, 1_000_000))]
    pub neuron: Option<usize>,
    /// How many of the strongest neurons to show ‖ 显示最强的多少个神经元
    #[arg(long, value_name = "K", default_value = "12", value_parser = params::count(1, 64))]
    pub top: usize,
}

/// The neurons of one block over a text.
pub(super) struct Block {
    /// What W₂ sees, `(T, d_ff)`.
    pub values: Array2<f32>,
    /// Share of the tokens at which each neuron's activation is open, its input positive.
    pub open: Vec<f64>,
    /// Where each neuron is strongest, and its value there.
    pub peaks: Vec<(usize, f32)>,
}

impl Neurons {
    /// Looks at the neurons.
    ///
    /// # Errors
    /// If there is no such model, block or neuron.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let reader = self.subject.open(context)?;
        let config = &reader.model.config;
        let layers = config.layers;
        let layer = one_of(self.layer.unwrap_or(layers), layers, &text("layer", "层"))?;
        let neuron = match self.neuron {
            Some(n) => Some(one_of(n, config.d_ff, &text("neuron", "神经元"))?),
            None => None,
        };
        let trace = reader.trace()?;
        let mut blocks = Vec::new();
        for l in 0..layers {
            context.step(l, layers, &text("looking", "查看中"))?;
            blocks.push(Block::of(&trace, l));
        }
        let block = &blocks[layer];
        let mut report = Report::new(text("Neurons", "神经元"));
        match neuron {
            Some(neuron) => alone(&trace, &reader, block, layer, neuron, &mut report),
            None => {
                let strongest = block.strongest(self.top);
                report.figure(picture(block, &strongest, &reader, layer));
                report.table(table(&trace, &reader, block, layer, &strongest));
                summary(&blocks, layer, &mut report);
            }
        }
        report.metric("neurons", config.d_ff);
        report.metric("tokens", reader.ids.len());
        Ok(report)
    }
}

impl Block {
    fn of(trace: &Trace<f32>, layer: usize) -> Self {
        let (values, gates) = (trace.neurons(layer), trace.gates(layer)); // (T, d_ff)
        let t = gates.nrows() as f64;
        let open = |column: ndarray::ArrayView1<f32>| {
            column.iter().filter(|x| **x > 0.0).count() as f64 / t
        };
        let peak = |column: ndarray::ArrayView1<f32>| {
            let higher = |best: (usize, f32), (i, x): (usize, &f32)| {
                if x.abs() > best.1.abs() { (i, *x) } else { best }
            };
            column.iter().enumerate().fold((0, 0.0), higher)
        };
        let open = gates.columns().into_iter().map(open).collect();
        let peaks = values.columns().into_iter().map(peak).collect();
        Self { values, open, peaks }
    }

    fn strongest(&self, n: usize) -> Vec<usize> {
        let sizes: Vec<f32> = self.peaks.iter().map(|(_, x)| x.abs()).collect();
        descending(&sizes).into_iter().take(n).collect()
    }

    fn share(&self, of: impl Fn(f64) -> bool) -> f64 {
        self.open.iter().filter(|share| of(**share)).count() as f64 / self.open.len() as f64
    }
}

/// The strongest neurons over the tokens, and how often all of them are open.
fn picture(block: &Block, strongest: &[usize], reader: &Reader, layer: usize) -> Figure {
    let row = |n: &usize| block.values.column(*n).iter().map(|x| f64::from(*x)).collect();
    let map = Heatmap {
        values: strongest.iter().map(row).collect(),
        palette: Palette::Diverging,
        unit: "value".to_string(),
        show_values: false,
    };
    let names = strongest.iter().map(|n| (n + 1).to_string()).collect();
    let panels = vec![
        Panel {
            title: "The strongest neurons".to_string(),
            x: Axis::names("token", reader.names()),
            y: Axis::names("neuron", names),
            content: Content::Heatmap(map),
        },
        Panel {
            title: "How often neurons fire".to_string(),
            x: Axis::new("share of the tokens at which a neuron fires").between(0.0, 1.0),
            y: Axis::new("neurons"),
            content: Content::Histogram(Histogram {
                series: vec![(String::new(), block.open.clone())],
                bins: 20,
            }),
        },
    ];
    let title = format!("Neurons of layer {}", layer + 1);
    Figure::grid("neurons", title, 1, panels)
}

fn table(
    trace: &Trace<f32>,
    reader: &Reader,
    block: &Block,
    layer: usize,
    strongest: &[usize],
) -> Table {
    let mut table = Table::new(text(
        format!("The strongest neurons of layer {}", layer + 1),
        format!("第 {} 层最强的神经元", layer + 1),
    ))
    .numbers(text("neuron", "神经元"))
    .numbers(text("value", "值"))
    .words(text("at", "在"))
    .numbers(text("fires at (%)", "激活比例（%）"))
    .words(text("there it speaks for", "此时支持"));
    for neuron in strongest {
        let (at, value) = block.peaks[*neuron];
        let (_, order) = words(trace, layer, *neuron, value);
        table.row(vec![
            (neuron + 1).into(),
            f64::from(value).into(),
            reader.token(reader.ids[at] as usize).into(),
            (100.0 * block.open[*neuron]).into(),
            reader.list(order.into_iter(), 4).into(),
        ]);
    }
    table
}

/// How many neurons fire, block by block.
fn summary(blocks: &[Block], layer: usize, report: &mut Report) {
    let mut table = Table::new(text("Who fires in this text", "这段文本里谁被激活"))
        .numbers(text("layer", "层"))
        .numbers(text("fire, on average (%)", "平均激活（%）"))
        .numbers(text("never fire (%)", "从不激活（%）"))
        .numbers(text("always fire (%)", "总是激活（%）"));
    for (l, block) in blocks.iter().enumerate() {
        let mean = block.open.iter().sum::<f64>() / block.open.len() as f64;
        let (never, always) = (block.share(|s| s == 0.0), block.share(|s| s == 1.0));
        table.row(vec![
            (l + 1).into(),
            (100.0 * mean).into(),
            (100.0 * never).into(),
            (100.0 * always).into(),
        ]);
        if l == layer {
            report.metric("fire.mean", mean);
            report.metric("fire.never", never);
            report.metric("fire.always", always);
        }
        report.metric(format!("layer{}.fire.mean", l + 1), mean);
        report.metric(format!("layer{}.fire.never", l + 1), never);
    }
    report.table(table);
    report.say(text(
        "A neuron fires where the input of its activation is positive. Dead is one that never fires in any text: one text can only suspect it.",
        "激活函数的输入为正，神经元就算被激活。对任何文本都不激活的神经元才算死亡；只看一段文本，只能说可疑。",
    ));
}
