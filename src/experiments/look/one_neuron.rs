//! One neuron of `look neurons`: its values over the text, and the tokens that it speaks for.

use super::neurons::Block;
use super::subject::{Reader, descending};
use crate::model::Trace;
use crate::report::{Axis, Bars, Content, Figure, Report, Table, number, text};

/// The tokens that a neuron speaks for where its value has this sign, from most to least.
pub(super) fn words(
    trace: &Trace<f32>,
    layer: usize,
    neuron: usize,
    value: f32,
) -> (Vec<f32>, Vec<usize>) {
    let mut says = trace.says(layer, neuron); // (V)
    says.iter_mut().for_each(|x| *x *= value);
    let order = descending(&says);
    (says, order)
}

/// One neuron: its value at each token, and the tokens that it speaks for and against.
pub(super) fn alone(
    trace: &Trace<f32>,
    reader: &Reader,
    block: &Block,
    layer: usize,
    neuron: usize,
    report: &mut Report,
) {
    let values: Vec<f64> = block.values.column(neuron).iter().map(|x| f64::from(*x)).collect();
    let (at, peak) = block.peaks[neuron];
    let title = format!("Neuron {} of layer {}", neuron + 1, layer + 1);
    let bars = Content::Bars(Bars { series: vec![(String::new(), values)] });
    let x = Axis::names("token", reader.names());
    report.figure(Figure::new("neuron", title, x, Axis::new("value"), bars));
    let (says, order) = words(trace, layer, neuron, peak);
    let mut table =
        Table::new(text("What its peak does to the logits", "它在峰值处对 logits 的作用"))
            .words(text("for", "支持"))
            .numbers(text("adds", "增加"))
            .words(text("against", "反对"))
            .numbers(text("takes", "减少"));
    for (up, down) in order.iter().zip(order.iter().rev()).take(8) {
        table.row(vec![
            reader.token(*up).into(),
            f64::from(says[*up]).into(),
            reader.token(*down).into(),
            f64::from(says[*down]).into(),
        ]);
    }
    report.table(table);
    let word = reader.token(reader.ids[at] as usize);
    report.say(text(
        format!(
            "It is strongest at `{word}` ({}) and fires at {:.0}% of the tokens. The direct path to the logits, before the last norm divides.",
            number(f64::from(peak)),
            100.0 * block.open[neuron]
        ),
        format!(
            "它在 `{word}` 处最强（{}），在 {:.0}% 的 token 上被激活。表中是通往 logits 的直接路径，未除以末尾归一化的分母。",
            number(f64::from(peak)),
            100.0 * block.open[neuron]
        ),
    ));
    report.metric("peak", f64::from(peak));
    report.metric("peak.position", at);
    report.metric("peak.token", word);
    report.metric("fire.share", block.open[neuron]);
    report.metric("speaks_for", reader.token(order.first().copied().unwrap_or(0)));
}
