//! `heads ablate`: each head of a trained model is silenced, and the loss is taken again.

use super::held::{Held, Reading};
use crate::experiments::Context;
use crate::experiments::params;
use crate::model::Transformer;
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Lines, Palette, Report, Series, Stroke, Table, number,
    text,
};

/// Heads that are silenced one by one at most.
const MOST: usize = 256;

/// Silence each head of a trained model and measure what it costs ‖ 逐个关掉训练好的模型的注意力头，看损失变化
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "heads ablate\nheads ablate --free 0.05\nheads ablate --model my-model --corpus lessons-en"
)]
pub struct Ablate {
    /// Which model reads what ‖ 由哪个模型读什么
    #[command(flatten)]
    pub reading: Reading,
    /// A head whose loss costs less than this share counts as free ‖ 损失增幅低于此比例的头算作可有可无
    #[arg(long, value_name = "SHARE", default_value = "0.05", value_parser = params::between(0.0, 10.0))]
    pub free: f64,
}

/// One head, and the loss without it.
struct Silenced {
    layer: usize,
    head: usize,
    loss: f64,
}

impl Ablate {
    /// Silences each head, then more and more of them, the cheapest first.
    ///
    /// # Errors
    /// If there is no such model or text, or it has too many heads.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let held = self.reading.open(context)?;
        let (layers, heads) = (held.model.config.layers, held.model.config.heads);
        if layers * heads > MOST {
            return Err(Error::input(text(
                format!("{} heads are too many to silence one by one", layers * heads),
                format!("{} 个头太多，无法逐个关掉", layers * heads),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 个"))));
        }
        let whole = held.loss(&held.model);
        let all = self.each(&held, context)?;
        let pruned = self.more_and_more(&held, whole, &all, context)?;
        let mut report = Report::new(text("Silenced heads", "关掉注意力头"));
        report.say(text(
            format!(
                "The model's loss on {} fresh tokens is {} nats. A head is silenced by zeroing its rows of W_O: what it found is no longer written to the residual stream.",
                held.batch.targets.len(),
                number(whole)
            ),
            format!(
                "模型在 {} 个新 token 上的损失是 {} nat。关掉一个头，就是把 W_O 中属于它的行置零：它找到的内容不再写入残差流。",
                held.batch.targets.len(),
                number(whole)
            ),
        ));
        report.table(table(&all, whole, (layers, heads)));
        self.measure(&mut report, whole, &all, &pruned);
        report.figure(picture(&all, whole, (layers, heads)));
        report.figure(curve(&pruned));
        Ok(report)
    }

    fn each(&self, held: &Held, context: &Context) -> Result<Vec<Silenced>, Error> {
        let (layers, heads) = (held.model.config.layers, held.model.config.heads);
        let mut all = Vec::with_capacity(layers * heads);
        for layer in 0..layers {
            for head in 0..heads {
                let done = layer * heads + head;
                context.step(done, 2 * layers * heads, &text("silencing heads", "关掉注意力头"))?;
                let mut model = held.model.clone();
                silence(&mut model, layer, head);
                all.push(Silenced { layer, head, loss: held.loss(&model) });
            }
        }
        Ok(all)
    }

    /// Losses without the k cheapest heads, k = 0, 1, ….
    fn more_and_more(
        &self,
        held: &Held,
        whole: f64,
        all: &[Silenced],
        context: &Context,
    ) -> Result<Vec<f64>, Error> {
        let mut order: Vec<&Silenced> = all.iter().collect();
        order.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        let (mut model, mut losses) = (held.model.clone(), vec![whole]);
        for (k, one) in order.iter().enumerate() {
            let words = text("silencing more and more", "关掉越来越多的头");
            context.step(all.len() + k, 2 * all.len(), &words)?;
            silence(&mut model, one.layer, one.head);
            losses.push(held.loss(&model));
        }
        Ok(losses)
    }

    fn measure(&self, report: &mut Report, whole: f64, all: &[Silenced], pruned: &[f64]) {
        let changes = || all.iter().map(|one| one.loss - whole);
        let free = changes().filter(|change| *change < self.free * whole).count();
        let most = all.iter().max_by(|a, b| a.loss.total_cmp(&b.loss));
        report.metric_in("loss", whole, "nats");
        report.metric("heads", all.len());
        report.metric("heads.free", free);
        report.metric("heads.free.share", free as f64 / all.len() as f64);
        report.metric_in("change.largest", changes().fold(f64::MIN, f64::max), "nats");
        report.metric_in("change.smallest", changes().fold(f64::MAX, f64::min), "nats");
        if let Some(most) = most {
            report.metric(
                "head.largest",
                format!("layer {}, head {}", most.layer + 1, most.head + 1),
            );
        }
        let gone = |share: usize| pruned[all.len() * share / 4];
        report.metric_in("loss.without_quarter", gone(1), "nats");
        report.metric_in("loss.without_half", gone(2), "nats");
        report.metric_in("loss.without_all", gone(4), "nats");
        for one in all {
            let name = format!("layer{}.head{}.change", one.layer + 1, one.head + 1);
            report.metric_in(name, one.loss - whole, "nats");
        }
        let (percent, n) = (number(100.0 * self.free), all.len());
        report.say(text(
            format!(
                "{free} of {n} heads cost less than {percent} % of the loss each. Without the cheapest quarter the loss is {}, without half {}, without all {}.",
                number(gone(1)),
                number(gone(2)),
                number(gone(4))
            ),
            format!(
                "{n} 个头中有 {free} 个，单独关掉只让损失增加不到 {percent} %。关掉最便宜的四分之一，损失为 {}；关掉一半，{}；全关，{}。",
                number(gone(1)),
                number(gone(2)),
                number(gone(4))
            ),
        ));
    }
}

/// Zeroes the rows of W_O that read one head.
fn silence(model: &mut Transformer<f32>, layer: usize, head: usize) {
    let slot = model.layout.blocks[layer].output.weight; // (h·d_h, d)
    let width = model.config.head_width;
    let rows = head * width * slot.columns..(head + 1) * width * slot.columns;
    model.weights[slot.range()][rows].fill(0.0);
}

fn table(all: &[Silenced], whole: f64, (layers, heads): (usize, usize)) -> Table {
    let mut table =
        Table::new(text("Loss change without one head (nats)", "少一个头时的损失变化（nat）"))
            .numbers(text("layer", "层"));
    for head in 1..=heads {
        table = table.numbers(text(format!("head {head}"), format!("头 {head}")));
    }
    for layer in 0..layers {
        let row =
            all[layer * heads..(layer + 1) * heads].iter().map(|one| (one.loss - whole).into());
        table.row(std::iter::once((layer + 1).into()).chain(row).collect());
    }
    table
}

/// Layers × heads.
fn picture(all: &[Silenced], whole: f64, (layers, heads): (usize, usize)) -> Figure {
    let row = |layer: usize| {
        all[layer * heads..(layer + 1) * heads].iter().map(|one| one.loss - whole).collect()
    };
    let names = |what: &str, n: usize| (1..=n).map(|i| format!("{what} {i}")).collect();
    let map = Heatmap {
        values: (0..layers).map(row).collect(),
        palette: Palette::Sequential,
        unit: "loss change (nats)".to_string(),
        show_values: layers * heads <= 64,
    };
    Figure::new(
        "ablation",
        "What each head is worth: loss change without it",
        Axis::names("head", names("head", heads)),
        Axis::names("layer", names("layer", layers)),
        Content::Heatmap(map),
    )
}

/// The loss against the number of heads that are gone.
fn curve(pruned: &[f64]) -> Figure {
    let points = pruned.iter().enumerate().map(|(k, loss)| (k as f64, *loss)).collect();
    let series = vec![Series::new("the cheapest first", points).stroke(Stroke::Dotted)];
    Figure::new(
        "pruning",
        "More and more heads silenced, the cheapest first",
        Axis::new("heads silenced"),
        Axis::new("loss (nats)"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}
