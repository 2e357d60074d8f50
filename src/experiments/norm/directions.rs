//! `norm directions`: what of the differences between tokens outlives a norm: angles, distances and
//! orders.

use ndarray::{Array2, ArrayView2};

use super::input;
use super::kinds::Kind;
use crate::experiments::{Context, params};
use crate::math::linalg::{cosine, largest_difference};
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, number, text,
};

/// What outlives a norm: angles between tokens, and who is larger than whom ‖ 归一化之后还剩什么：token 间的夹角与大小次序
#[derive(Debug, Clone, clap::Args)]
pub struct Directions {
    /// Tokens, in three groups of like ones ‖ token 数，分成三组相似的 token
    #[arg(long, value_name = "T", value_parser = params::count(3, 64), default_value = "9")]
    pub tokens: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(3, 4096), default_value = "64")]
    pub dim: usize,
    /// Mean of the features: the part that LayerNorm removes ‖ 特征的均值，即 LayerNorm 去掉的部分
    #[arg(long, value_name = "X", value_parser = params::between(-100.0, 100.0), allow_negative_numbers = true, default_value = "0.5")]
    pub mean: f64,
}

/// ε of the norms: none, so that angles are exact.
const EPS: f64 = 0.0;

impl Directions {
    /// Three groups of like tokens of different lengths, before and after each norm.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let x = self.tokens(context)?; // (T, d)
        let centred = input::centred(&x); // (T, d)
        let mut report = Report::new(text("What outlives a norm", "归一化之后还剩什么"));
        report.formula(
            "cos(LN(a), LN(b)) = cos(a − mean(a), b − mean(b))\ncos(RMS(a), RMS(b)) = cos(a, b)",
        );
        Self::compare(&x, &centred, &mut report);
        report.say(text(
            format!(
                "LayerNorm takes two numbers from each token, its mean and its scale, and leaves the other {} degrees of freedom: like tokens stay alike, unlike ones unlike. BatchNorm keeps who is larger within a feature, LayerNorm who is larger within a token.",
                self.dim - 2
            ),
            format!(
                "LayerNorm 从每个 token 只拿走两个数（均值和尺度），其余 {} 个自由度原样保留：相似的仍相似，不同的仍不同。BatchNorm 保住同一特征内的大小次序，LayerNorm 保住同一 token 内的大小次序。",
                self.dim - 2
            ),
        ));
        let after = |kind: Kind| cosines(&kind.apply(x.view(), EPS));
        report.figure(Figure::grid(
            "cosines",
            format!("Cosines between tokens (features of mean {})", number(self.mean)),
            2,
            vec![
                panel("input", cosines(&x)),
                panel("after RMSNorm", after(Kind::Rms)),
                panel("input, centred", cosines(&centred)),
                panel("after LayerNorm", after(Kind::Layer)),
            ],
        ));
        Ok(report)
    }

    /// The table: each norm's tokens against those that went in, as they were and centred.
    fn compare(x: &Array2<f64>, centred: &Array2<f64>, report: &mut Report) {
        let mut table = Table::new(text("Before and after", "归一化前后"))
            .words(text("norm", "归一化"))
            .numbers(text("largest change of a cosine", "余弦的最大变化"))
            .numbers(text("the same, tokens centred first", "同上，但先去中心"))
            .numbers(text(
                "order of features within a token kept (%)",
                "token 内特征次序保留率（%）",
            ))
            .numbers(text(
                "order of tokens within a feature kept (%)",
                "特征内 token 次序保留率（%）",
            ))
            .numbers(text("shortest over longest token", "最短与最长 token 之比"));
        let input_ratio = shortest_over_longest(x);
        table.row(vec![
            text("(input)", "（输入）").into(),
            0.0.into(),
            0.0.into(),
            100.0.into(),
            100.0.into(),
            input_ratio.into(),
        ]);
        for kind in Kind::ALL {
            let y = kind.apply(x.view(), EPS); // (T, d)
            let (as_is, after_centring) = (
                largest_difference(&cosines(x), &cosines(&y)),
                largest_difference(&cosines(centred), &cosines(&y)),
            );
            let within_token = order_kept(x.view(), y.view());
            let within_feature = order_kept(x.t(), y.t());
            let ratio = shortest_over_longest(&y);
            table.row(vec![
                kind.name().into(),
                as_is.into(),
                after_centring.into(),
                (100.0 * within_token).into(),
                (100.0 * within_feature).into(),
                ratio.into(),
            ]);
            let key = kind.key();
            report
                .metric(format!("{key}.cosine.change"), as_is)
                .metric(format!("{key}.cosine.change.centred"), after_centring)
                .metric_in(format!("{key}.order.features"), 100.0 * within_token, "%")
                .metric_in(format!("{key}.order.tokens"), 100.0 * within_feature, "%")
                .metric(format!("{key}.length.ratio"), ratio);
        }
        report.table(table);
        report.metric("length.ratio", input_ratio);
    }

    /// Tokens in three groups: a shared direction, some noise, a length of its own, plus the mean.
    fn tokens(&self, context: &Context) -> Result<Array2<f64>, Error> {
        const GROUPS: usize = 3;
        let centres = input::gaussian((GROUPS, self.dim), 0.0, 1.0, context, 0)?;
        let noise = input::gaussian((self.tokens, self.dim), 0.0, 0.6, context, 1)?;
        let lengths = input::gaussian((self.tokens, 1), 0.0, 0.5, context, 2)?;
        Ok(Array2::from_shape_fn((self.tokens, self.dim), |(t, i)| {
            let group = t * GROUPS / self.tokens;
            (centres[[group, i]] + noise[[t, i]] + self.mean) * lengths[[t, 0]].exp()
        }))
    }
}

/// The length of the shortest row over that of the longest.
fn shortest_over_longest(a: &Array2<f64>) -> f64 {
    let lengths = a.rows().into_iter().map(|r| r.dot(&r).sqrt());
    let (low, high) = lengths.fold((f64::MAX, 0.0), |(l, h), v| (v.min(l), v.max(h)));
    low / high
}

/// Cosines between all rows, `(T, T)`.
fn cosines(x: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((x.nrows(), x.nrows()), |(i, j)| cosine(x.row(i), x.row(j)))
}

/// The share of pairs of entries of a row that stand in the same order in `x` and in `y`.
fn order_kept(x: ArrayView2<f64>, y: ArrayView2<f64>) -> f64 {
    const MOST: usize = 64; // pairs among the first entries are enough
    let (mut kept, mut pairs) = (0_usize, 0_usize);
    for (a, b) in x.rows().into_iter().zip(y.rows()).take(MOST) {
        let n = a.len().min(MOST);
        for i in 0..n {
            for j in i + 1..n {
                pairs += 1;
                kept += usize::from((a[i] < a[j]) == (b[i] < b[j]));
            }
        }
    }
    kept as f64 / pairs.max(1) as f64
}

/// A matrix of cosines as a heatmap.
fn panel(title: &str, values: Array2<f64>) -> Panel {
    let names: Vec<String> = (1..=values.nrows()).map(|t| t.to_string()).collect();
    Panel {
        title: title.to_string(),
        x: Axis::names("token", names.clone()),
        y: Axis::names("token", names),
        content: Content::Heatmap(Heatmap {
            values: values.rows().into_iter().map(|r| r.to_vec()).collect(),
            palette: Palette::Diverging,
            unit: "cosine".to_string(),
            show_values: false,
        }),
    }
}
