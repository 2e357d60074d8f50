//! `attention shape-check`: the short attention class that circulates, against the right one, axis by
//! axis.

use ndarray::{Array2, ArrayD, Axis as Dimension, IxDyn};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::broadcast::{Mismatch, matmul};
use crate::math::linalg::rms;
use crate::math::softmax::softmax;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, Text, number, text,
};

/// The short form xq @ xk.transpose(1, 2) / √dim against the right one: axes, scale, mask ‖ 常见简写 xq @ xk.transpose(1, 2) / √dim 与正确写法对比：轴、缩放、掩码
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "attention shape-check\nattention shape-check --tokens 8 --heads 8 --head-dim 8"
)]
pub struct ShapeCheck {
    /// Tokens s ‖ token 数 s
    #[arg(long, value_name = "S", value_parser = params::count(1, 256), default_value = "6")]
    pub tokens: usize,
    /// Heads h ‖ 头数 h
    #[arg(long, value_name = "H", value_parser = params::count(1, 64), default_value = "2")]
    pub heads: usize,
    /// Width of a head d ‖ 单头宽度 d
    #[arg(long, value_name = "D", value_parser = params::count(1, 256), default_value = "4")]
    pub head_dim: usize,
}

/// The forms, each with one mistake less.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// `xq @ xk.transpose(1, 2) / √dim`.
    Short,
    /// Heads before tokens, keys transposed in their last two axes.
    Axes,
    /// The same over √d of one head.
    Scale,
    /// And a causal mask.
    Right,
}

impl Form {
    const ALL: [Self; 4] = [Self::Short, Self::Axes, Self::Scale, Self::Right];

    fn key(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Axes => "axes",
            Self::Scale => "scale",
            Self::Right => "right",
        }
    }

    fn words(self) -> Text {
        match self {
            Self::Short => text("the short form", "简写"),
            Self::Axes => text("+ right axes", "＋ 轴改对"),
            Self::Scale => text("+ √d of one head", "＋ 除以单头的 √d"),
            Self::Right => text("+ causal mask: right", "＋ 因果掩码：正确"),
        }
    }
}

/// Queries or keys as projections leave them, `(b, s, h, d)`.
type Array4 = ArrayD<f64>;

impl ShapeCheck {
    /// Runs every form on random queries and keys, and moves keys to see who feels it.
    ///
    /// # Errors
    /// Scores that would not fit in memory.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (s, h, d) = (self.tokens, self.heads, self.head_dim);
        let sizes = 4.0 * (s * h) as f64 * (d.max(s)) as f64;
        params::fits(sizes, 8, &text("the scores", "分数"))?;
        let mut rng = context.rng(0);
        let mut draw = || Array4::random_using(IxDyn(&[1, s, h, d]), StandardNormal, &mut rng);
        let (q, k) = (draw(), draw()); // (1, s, h, d)
        let mut report = Report::new(text("The short attention class", "注意力的“简写”实现"));
        report.formula(
            "xq, xk: (b, s, h, d)\n\
             short:  xq @ xk.transpose(1, 2) / √(h·d)\n\
             right:  xq.transpose(1, 2) @ xk.permute(0, 2, 3, 1) / √d + mask",
        );
        let mut table = Table::new(text(
            format!("s = {s} tokens, h = {h} heads of d = {d}"),
            format!("s = {s} 个 token，h = {h} 个头，每头 d = {d}"),
        ))
        .words(text("form", "写法"))
        .words(text("product", "乘积"))
        .words(text("scores", "分数"))
        .numbers(text("score RMS", "分数均方根"))
        .numbers(text("heads moved", "受影响的头数"))
        .numbers(text("leak", "泄漏"));
        let mut panels = Vec::new();
        for form in Form::ALL {
            let key = form.key();
            let (left, right) = self.operands(form, &q, &k);
            let product = format!("{} @ {}", shape(&left), shape(&right));
            match self.scores(form, &q, &k) {
                Err(wrong) => {
                    report.metric(format!("{key}.runs"), false);
                    let said = said(wrong);
                    report.say(text(
                        format!("The short form fails: {}.", said.en),
                        format!("简写直接报错：{}。", said.zh),
                    ));
                    table.row(vec![
                        form.words().into(),
                        product.into(),
                        text("error", "报错").into(),
                        Cell::Empty,
                        Cell::Empty,
                        Cell::Empty,
                    ]);
                }
                Ok(scores) => {
                    let size = rms(&self.flat(form, &scores, &Mask::None)); // before the mask
                    let moved = self.heads_moved(form, &q, &k)?;
                    let leak = self.leak(form, &q, &k)?;
                    report
                        .metric(format!("{key}.runs"), true)
                        .metric(format!("{key}.scores.rms"), size)
                        .metric(format!("{key}.heads_moved"), moved)
                        .metric(format!("{key}.leak"), leak);
                    table.row(vec![
                        form.words().into(),
                        product.into(),
                        shape(&scores).into(),
                        size.into(),
                        moved.into(),
                        leak.into(),
                    ]);
                    if matches!(form, Form::Short | Form::Right) {
                        panels.push(self.panel(form, &scores));
                    }
                }
            }
        }
        report.table(table);
        report.say(text(
            "Heads moved: in how many heads a weight changes when the keys of head 1 do. Leak: how much the weights of token 1 change when the key of the last token does.",
            "受影响的头数：改动第 1 头的键后，有多少个头的权重发生变化。泄漏：改动末尾 token 的键后，第 1 个 token 的权重变化了多少。",
        ));
        report.say(text(
            "The product of stacks multiplies the last two axes and only matches those before them. The short form so contracts the features of a query with the *tokens* of a key and matches the token's number with the head's: where it runs at all it is no attention. Each row of the table mends one thing: the axes, the scale (one head's width, not d_model), the mask.",
            "批量矩阵乘法只对最后两个轴相乘，前面的轴只要求对得上。简写于是把查询的特征轴与键的 *token* 轴缩并，还把 token 编号当成头编号去对齐：即使凑巧能运行，也不是注意力。表中每一行改对一处：轴、缩放（用单头宽度而不是 d_model）、掩码。",
        ));
        report.figure(Figure::grid("weights", "Weights of head 1 by the two forms", 2, panels));
        Ok(report)
    }

    /// The two stacks that a form multiplies.
    fn operands(&self, form: Form, q: &Array4, k: &Array4) -> (Array4, Array4) {
        let swapped = |a: &Array4| a.clone().permuted_axes(IxDyn(&[0, 2, 1, 3]));
        match form {
            Form::Short => (q.clone(), swapped(k)), // (b, s, h, d) @ (b, h, s, d)
            _ => (swapped(q), swapped(k).permuted_axes(IxDyn(&[0, 1, 3, 2]))), // (b, h, s, d) @ (b, h, d, s)
        }
    }

    /// The scores of a form, scaled, not masked.
    fn scores(&self, form: Form, q: &Array4, k: &Array4) -> Result<Array4, Mismatch> {
        let (left, right) = self.operands(form, q, k);
        let width = match form {
            Form::Short | Form::Axes => self.heads * self.head_dim,
            Form::Scale | Form::Right => self.head_dim,
        };
        matmul(left.view(), right.view()).map(|scores| scores / (width as f64).sqrt())
    }

    /// Scores as rows, one head (or what stands in its place) after another; hidden by a mask.
    fn flat(&self, form: Form, scores: &Array4, mask: &Mask) -> Array2<f64> {
        // the head is axis 1, in the short form axis 2
        let scores = match form {
            Form::Short => scores.clone().permuted_axes(IxDyn(&[0, 2, 1, 3])),
            _ => scores.clone(),
        };
        let (rows, columns) = (scores.shape()[2], scores.shape()[3]);
        let mut flat = Array2::from_shape_fn((scores.shape()[1] * rows, columns), |(r, c)| {
            scores[IxDyn(&[0, r / rows, r % rows, c])]
        });
        for block in flat.axis_chunks_iter_mut(Dimension(0), rows.max(1)) {
            mask.hide(block);
        }
        flat
    }

    /// The weights of a form `(h·s, …)`, head after head.
    fn weights(&self, form: Form, q: &Array4, k: &Array4) -> Result<Array2<f64>, Error> {
        let mask = if form == Form::Right { Mask::Causal } else { Mask::None };
        let scores = self.scores(form, q, k).map_err(|wrong| Error::input(said(wrong)))?;
        Ok(softmax(self.flat(form, &scores, &mask).view()))
    }

    /// In how many heads a weight moves when the keys of the first head do.
    fn heads_moved(&self, form: Form, q: &Array4, k: &Array4) -> Result<usize, Error> {
        let mut other = k.clone();
        other.index_axis_mut(Dimension(2), 0).mapv_inplace(|x| x + 1.0 + x.abs());
        let (before, after) = (self.weights(form, q, k)?, self.weights(form, q, &other)?);
        let heads = before
            .axis_chunks_iter(Dimension(0), self.tokens)
            .zip(after.axis_chunks_iter(Dimension(0), self.tokens));
        Ok(heads.filter(|(a, b)| a != b).count())
    }

    /// How much the weights of the first token move when the key of the last one does.
    fn leak(&self, form: Form, q: &Array4, k: &Array4) -> Result<f64, Error> {
        let mut other = k.clone();
        other.index_axis_mut(Dimension(1), self.tokens - 1).mapv_inplace(|x| x + 1.0 + x.abs());
        let (before, after) = (self.weights(form, q, k)?, self.weights(form, q, &other)?);
        let firsts = (0..self.heads).map(|head| head * self.tokens);
        let apart = firsts.flat_map(|row| {
            let (a, b) = (before.row(row).to_vec(), after.row(row).to_vec());
            a.into_iter().zip(b).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>()
        });
        Ok(if self.tokens == 1 { 0.0 } else { apart.fold(0.0, f64::max) })
    }

    fn panel(&self, form: Form, scores: &Array4) -> Panel {
        let mask = if form == Form::Right { Mask::Causal } else { Mask::None };
        let weights = softmax(self.flat(form, scores, &mask).view());
        let cell = |i: usize, j: usize| match form == Form::Right && j > i {
            true => f64::NAN,
            false => weights[[i, j]],
        };
        let (title, x) = match form {
            Form::Short => ("short form", "feature, not key"),
            _ => ("right form", "key position"),
        };
        Panel {
            title: title.to_string(),
            x: Axis::new(x),
            y: Axis::new("query position"),
            content: Content::Heatmap(Heatmap {
                values: (0..self.tokens)
                    .map(|i| (0..weights.ncols()).map(|j| cell(i, j)).collect())
                    .collect(),
                palette: Palette::Sequential,
                unit: "weight".to_string(),
                show_values: false,
            }),
        }
    }
}

/// `(1, 6, 2, 4)`.
fn shape(array: &Array4) -> String {
    let sizes: Vec<String> = array.shape().iter().map(|n| n.to_string()).collect();
    format!("({})", sizes.join(", "))
}

/// What does not fit.
fn said(wrong: Mismatch) -> Text {
    match wrong {
        Mismatch::Inner { columns, rows } => text(
            format!(
                "the left matrices have {} columns, the right ones {} rows",
                number(columns as f64),
                number(rows as f64)
            ),
            format!(
                "左边的矩阵有 {} 列，右边的有 {} 行",
                number(columns as f64),
                number(rows as f64)
            ),
        ),
        Mismatch::Stack { axis, left, right } => text(
            format!("axis {axis} is {left} on the left and {right} on the right"),
            format!("第 {axis} 轴左边是 {left}，右边是 {right}"),
        ),
    }
}
