//! `attention steps`: one head on typed queries, keys and values, with everything in between.

use ndarray::{Array2, ArrayView2, Axis as Dimension};

use super::typed::{self, EXAMPLE, Rows};
use crate::experiments::{Context, params};
use crate::math::attention::{self, Heads, Mask};
use crate::math::linalg::largest_difference;
use crate::math::product::Matrix;
use crate::report::{
    Axis, Cell, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, Text, number, text,
};

/// What fits on a page.
const MOST_ROWS: usize = 8;
const MOST_COLUMNS: usize = 16;

/// Self-attention step by step on a typed example: scores, scale, mask, softmax, mix ‖ 在输入的小例子上逐步计算自注意力：分数、缩放、掩码、softmax、加权求和
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "attention steps\nattention steps --mask none\nattention steps --q 1,0/0,2 --k 1,1/2,0 --v 1,0/0,1 --labels cat sat"
)]
pub struct Steps {
    /// Queries, a row for each token: 1,0/0,2 ‖ 查询，每个 token 一行：1,0/0,2
    #[arg(long, value_name = "ROWS", value_parser = typed::rows, allow_hyphen_values = true, default_value = "1,0,1,0/0,2,0,2/2,1,0,1")]
    pub q: Rows,
    /// Keys, as many as queries and as wide ‖ 键，行数与宽度都和查询相同
    #[arg(long, value_name = "ROWS", value_parser = typed::rows, allow_hyphen_values = true, default_value = "1,1,0,0/0,1,1,2/2,0,1,0")]
    pub k: Rows,
    /// Values, as many as keys ‖ 值，行数与键相同
    #[arg(long, value_name = "ROWS", value_parser = typed::rows, allow_hyphen_values = true, default_value = "1,0/0,1/2,2")]
    pub v: Rows,
    /// Who may look at whom: causal, none, prefix:N, sliding:N ‖ 谁能看谁：causal、none、prefix:N、sliding:N
    #[arg(long, value_name = "MASK", value_parser = typed::mask, default_value = "causal")]
    pub mask: Mask,
    /// What the scores are multiplied by; 1/√d_k if not given ‖ 分数乘以多少；默认 1/√d_k
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 1e6))]
    pub scale: Option<f64>,
    /// Names of the tokens ‖ token 的名字
    #[arg(long, num_args = 1.., value_name = "WORD")]
    pub labels: Vec<String>,
}

impl Steps {
    /// Computes the steps.
    ///
    /// # Errors
    /// Shapes that do not fit, scores that are not finite.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let read = |name, rows| typed::matrix(name, rows, MOST_ROWS, MOST_COLUMNS);
        let (q, k, v) = (read("Q", &self.q)?, read("K", &self.k)?, read("V", &self.v)?);
        self.fit(&q, &k, &v)?;
        let scale = self.scale.unwrap_or((q.ncols() as f64).sqrt().recip());
        let of = |q: ArrayView2<f64>, k: ArrayView2<f64>, v: ArrayView2<f64>| {
            attention::Steps::of(q, k, v, scale, self.mask)
        };
        let steps = of(q.view(), k.view(), v.view());
        if !steps.output.iter().chain(&steps.scaled).all(|x| x.is_finite()) {
            return Err(Error::input(text("the scores overflow", "分数溢出了"))
                .allowed(text("entries below 1e150", "元素小于 1e150"))
                .example(EXAMPLE));
        }
        let mut report = Report::new(text("Self-attention, step by step", "逐步计算自注意力"));
        report.formula("Attention(Q, K, V) = softmax(Q Kᵀ · scale + mask) V");
        self.tables(&mut report, &steps, scale);
        report.say(self.said(&steps));
        report.figure(self.picture(&steps));

        // the same tokens in reverse order
        let flip = |a: &Array2<f64>| {
            let mut a = a.clone();
            a.invert_axis(Dimension(0));
            a
        };
        let turned = of(flip(&q).view(), flip(&k).view(), flip(&v).view()).output;
        let sums = steps.weights.sum_axis(Dimension(1));
        report
            .metric("scale", scale)
            .metric("rows.error", sums.iter().fold(0.0, |m: f64, s| m.max((s - 1.0).abs())))
            .metric("weight.future", ahead(&steps.weights))
            .metric("kernel.difference", self.kernel(&q, &k, scale, &steps.weights))
            .metric("reversed.change", largest_difference(&flip(&turned), &steps.output));
        for (name, array) in
            [("score", &steps.scores), ("weight", &steps.weights), ("output", &steps.output)]
        {
            for ((i, j), x) in array.indexed_iter() {
                report.metric(format!("{name}.{}.{}", i + 1, j + 1), *x);
            }
        }
        Ok(report)
    }

    /// Refuses shapes that do not belong together.
    fn fit(&self, q: &Array2<f64>, k: &Array2<f64>, v: &Array2<f64>) -> Result<(), Error> {
        let same = q.dim() == k.dim() && k.nrows() == v.nrows();
        let named = self.labels.is_empty() || self.labels.len() == q.nrows();
        if same && named {
            return Ok(());
        }
        let shapes = format!("Q {:?}, K {:?}, V {:?}", q.dim(), k.dim(), v.dim());
        let wrong = match same {
            false => {
                text(format!("the shapes do not fit: {shapes}"), format!("形状不匹配：{shapes}"))
            }
            true => text(
                format!("{} labels for {} tokens", self.labels.len(), q.nrows()),
                format!("{} 个标签对应 {} 个 token", self.labels.len(), q.nrows()),
            ),
        };
        let allowed = text(
            "Q and K of one shape, V and the labels with as many rows",
            "Q 与 K 形状相同，V 与标签的行数也相同",
        );
        Err(Error::input(wrong).allowed(allowed).example(EXAMPLE))
    }

    fn names(&self, tokens: usize) -> Vec<String> {
        const OWN: [&str; 3] = ["the", "cat", "sat"];
        match self.labels.as_slice() {
            [] if tokens == OWN.len() => OWN.map(String::from).to_vec(),
            [] => (1..=tokens).map(|i| i.to_string()).collect(),
            given => given.to_vec(),
        }
    }

    /// A table for each array.
    fn tables(&self, report: &mut Report, steps: &attention::Steps<f64>, scale: f64) {
        let names = self.names(steps.scores.nrows());
        let times = number(scale);
        for (title, array) in [
            (
                text(
                    "1. Scores Q Kᵀ: how well each query fits each key",
                    "1. 分数 Q Kᵀ：每个查询与每个键的匹配程度",
                ),
                &steps.scores,
            ),
            (
                text(format!("2. Scaled: times {times}"), format!("2. 缩放：乘以 {times}")),
                &steps.scaled,
            ),
            (
                text("3. Masked: −∞ where a token may not look", "3. 掩码：不允许看的位置置为 −∞"),
                &steps.masked,
            ),
            (
                text("4. Softmax of each row: the weights", "4. 逐行 softmax：得到权重"),
                &steps.weights,
            ),
        ] {
            let mut table = Table::new(title).words(text("query \\ key", "查询 \\ 键"));
            for name in &names {
                table = table.numbers(Text::same(name));
            }
            let sums = std::ptr::eq(array, &steps.weights);
            if sums {
                table = table.numbers(text("sum", "合计"));
            }
            for (name, row) in names.iter().zip(array.rows()) {
                let mut cells: Vec<Cell> = vec![name.clone().into()];
                cells.extend(row.iter().map(|x| Cell::from(*x)));
                cells.extend(sums.then(|| Cell::from(row.sum())));
                table.row(cells);
            }
            report.table(table);
        }
        let mut table = Table::new(text("5. Mix: weights times V", "5. 加权求和：权重乘 V"))
            .words(Text::same("token"));
        for i in 1..=steps.output.ncols() {
            table = table.numbers(Text::same(format!("y{i}")));
        }
        for (name, row) in names.iter().zip(steps.output.rows()) {
            let mut cells: Vec<Cell> = vec![name.clone().into()];
            cells.extend(row.iter().map(|x| Cell::from(*x)));
            table.row(cells);
        }
        report.table(table);
    }

    /// Where the last token looks.
    fn said(&self, steps: &attention::Steps<f64>) -> Text {
        let names = self.names(steps.scores.nrows());
        let last = names.len() - 1;
        let row = steps.weights.row(last);
        let most = (0..row.len()).fold(0, |best, j| if row[j] > row[best] { j } else { best });
        let (who, whom, weight) = (&names[last], &names[most], number(row[most]));
        text(
            format!(
                "The last token, {who}, looks most at {whom}, with a weight of {weight}. Its result is the mean of the values by these weights."
            ),
            format!(
                "最后一个 token {who} 最关注 {whom}，权重 {weight}。它的输出就是各个值按这些权重的加权平均。"
            ),
        )
    }

    /// The largest difference to the weights of the blocked kernel that the Transformer runs.
    fn kernel(&self, q: &Array2<f64>, k: &Array2<f64>, scale: f64, weights: &Array2<f64>) -> f64 {
        let rule = Heads {
            heads: 1,
            kv_heads: 1,
            width: q.ncols(),
            scale,
            mask: self.mask,
            first: 0,
            relative: None,
        };
        let (q, k) = (q.iter().copied().collect::<Vec<_>>(), k.iter().copied().collect::<Vec<_>>());
        let theirs =
            attention::weights(&rule, Matrix::new(&q, rule.width), Matrix::new(&k, rule.width), 0);
        weights.iter().zip(theirs).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
    }

    fn picture(&self, steps: &attention::Steps<f64>) -> Figure {
        let names = self.names(steps.scores.nrows());
        let panel = |title: &str, array: &Array2<f64>, palette, unit: &str| Panel {
            title: title.to_string(),
            x: Axis::names("key", names.clone()),
            y: Axis::names("query", names.clone()),
            content: Content::Heatmap(Heatmap {
                values: array.rows().into_iter().map(shown).collect(),
                palette,
                unit: unit.to_string(),
                show_values: true,
            }),
        };
        // a weight of 0 that the mask made is left empty, as its score is
        let mut weights = steps.weights.clone();
        weights.zip_mut_with(&steps.masked, |w, s| {
            if s.is_infinite() {
                *w = f64::NAN;
            }
        });
        let panels = vec![
            panel("scores Q Kᵀ", &steps.scores, Palette::Diverging, "score"),
            panel("scaled", &steps.scaled, Palette::Diverging, "score"),
            panel("masked", &steps.masked, Palette::Diverging, "score"),
            panel("softmax: weights", &weights, Palette::Sequential, "weight"),
        ];
        Figure::grid("steps", "Self-attention, step by step", 2, panels)
    }
}

/// A row as a heatmap shows it: −∞ stays empty.
fn shown(row: ndarray::ArrayView1<f64>) -> Vec<f64> {
    row.iter().map(|x| if x.is_finite() { *x } else { f64::NAN }).collect()
}

/// The largest weight of a token on one that comes after it.
fn ahead(weights: &Array2<f64>) -> f64 {
    weights.indexed_iter().filter(|((i, j), _)| j > i).fold(0.0, |m, (_, w)| m.max(*w))
}
