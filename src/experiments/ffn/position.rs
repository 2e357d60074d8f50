//! `ffn position-wise`: the block sees one token at a time; attention sees them all.

use ndarray::{Array2, ArrayView2, Axis as Along};
use ndarray_rand::rand::seq::SliceRandom;

use super::{kind, tokens, usual_width};
use crate::experiments::{Context, params};
use crate::math::attention::{Attention, Mask};
use crate::math::ffn::{Ffn, Kind};
use crate::math::linalg::largest_difference;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, text,
};

/// Permute the tokens, change one token: who notices? ‖ 打乱 token、改动一个 token：谁会受影响
#[derive(Debug, Clone, clap::Args)]
pub struct PositionWise {
    /// Kind of block ‖ 前馈层的种类
    #[arg(long, value_parser = kind(), default_value = "relu")]
    pub kind: Kind,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", value_parser = params::count(1, 256), default_value = "16")]
    pub d_model: usize,
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", value_parser = params::count(2, 64), default_value = "8")]
    pub tokens: usize,
}

/// A layer: tokens in, tokens out, `(T, d)` both.
type Layer = dyn Fn(ArrayView2<f64>) -> Array2<f64>;

impl PositionWise {
    /// Tries both on an FFN and on one head of attention.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (t, d) = (self.tokens, self.d_model);
        let x = tokens(t, d, &mut context.rng(0)); // (T, d)
        let block = Ffn::xavier(self.kind, d, usual_width(self.kind, d), 1.0, &mut context.rng(1));
        let head = Attention::xavier(d, 1, 1.0, &mut context.rng(2));
        let ffn = move |x: ArrayView2<f64>| block.forward(x).0;
        let attention = move |x: ArrayView2<f64>| head.forward(x, Mask::None).0;

        let mut order: Vec<usize> = (0..t).collect();
        order.shuffle(&mut context.rng(3));
        let changed = t / 2;
        let mut report = Report::new(text("The FFN is position-wise", "FFN 逐位置计算"));
        let mut table = Table::new(text("What reaches the other tokens", "会影响到别的 token 吗"))
            .words(text("layer", "层"))
            .numbers(text("permuted: largest difference", "打乱顺序：最大差异"))
            .numbers(text(
                "one token changed: outputs that move",
                "改动一个 token：变化的输出行数",
            ));
        let mut panels = Vec::new();
        let layers: [(&str, &str, &Layer); 2] =
            [("ffn", "FFN", &ffn), ("attention", "attention", &attention)];
        for (name, title, layer) in layers {
            context.step(panels.len(), 2, &text(title, title))?;
            let y = layer(x.view());
            let apart = largest_difference(
                &layer(x.select(Along(0), &order).view()),
                &y.select(Along(0), &order),
            );
            let moved = movements(layer, &x, &y);
            let rows = moved[changed].iter().filter(|&&m| m > 0.0).count();
            table.row(vec![Cell::from(title), apart.into(), rows.into()]);
            report.metric(format!("{name}.permutation.difference"), apart);
            report.metric(format!("{name}.rows_changed"), rows);
            panels.push(panel(title, moved));
        }
        report.table(table);
        report.say(text(
            format!("The same weights act on every row. Permute the {t} tokens and both layers' outputs permute along; but change token {changed} alone, and the FFN moves one output row while attention moves all {t}. Attention mixes tokens; the FFN works on each by itself."),
            format!("每一行用的是同一组权重。把 {t} 个 token 打乱，两种层的输出都只是随之打乱；但只改动 token {changed} 时，FFN 只有一行输出变化，而注意力的 {t} 行全都变化。注意力在 token 之间混合信息，FFN 则逐个 token 加工。"),
        ));
        report.figure(Figure::grid(
            "influence",
            "How far output i moves when token j changes",
            2,
            panels,
        ));
        Ok(report)
    }
}

/// For each token j: how far every output row i moves when token j alone is changed, `[j][i]`.
fn movements(layer: &Layer, x: &Array2<f64>, y: &Array2<f64>) -> Vec<Vec<f64>> {
    let each = |j: usize| {
        let mut other = x.clone();
        other.row_mut(j).mapv_inplace(|v| -v - 1.0);
        let apart = layer(other.view()) - y; // (T, d)
        apart.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect()
    };
    (0..x.nrows()).map(each).collect()
}

/// The movements as a heatmap: output i down, changed token j across.
fn panel(title: &str, moved: Vec<Vec<f64>>) -> Panel {
    let t = moved.len();
    let values = (0..t).map(|i| (0..t).map(|j| moved[j][i]).collect()).collect();
    let unit = "distance".to_string();
    let map = Heatmap { values, palette: Palette::Sequential, unit, show_values: false };
    Panel {
        title: title.to_string(),
        x: Axis::new("changed token j"),
        y: Axis::new("output i"),
        content: Content::Heatmap(map),
    }
}
