//! `norm gradcheck`: the backward passes against finite differences, and what they remove.

use ndarray::{Array1, Array2, ArrayView1, Axis as Dimension};

use super::input;
use super::kinds::Kind;
use crate::experiments::{Context, params};
use crate::math::difference;
use crate::math::linalg::{cosine, singular_values};
use crate::report::{Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, text};

/// A singular value this far below the largest counts as zero.
const NOTHING: f64 = 1e-10;

/// Gradients against finite differences, and the directions that they lose ‖ 用有限差分核对梯度，并看梯度丢掉了哪些方向
#[derive(Debug, Clone, clap::Args)]
pub struct Gradcheck {
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(3, 128), default_value = "8")]
    pub dim: usize,
    /// Tokens in the random batch ‖ 随机批次中的 token 数
    #[arg(long, value_name = "T", value_parser = params::count(3, 16), default_value = "4")]
    pub tokens: usize,
    /// ε, added under the root; above 0 the lost directions are only nearly lost ‖ 根号下加的 ε；大于 0 时相应方向只是几乎消失
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "0")]
    pub eps: f64,
}

/// What one norm's check found.
struct Found {
    kind: Kind,
    error: f64,
    along_ones: f64,
    along_x_hat: f64,
}

impl Gradcheck {
    /// Checks each norm's gradient, then takes the Jacobian of one token apart.
    ///
    /// # Errors
    /// If the learner stops it.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let shape = (self.tokens, self.dim);
        let x = input::gaussian(shape, 1.0, 2.0, context, 0)?; // (T, d)
        let dy = input::gaussian(shape, 0.0, 1.0, context, 1)?; // (T, d)
        let found = Kind::ALL.map(|kind| self.check(kind, &x, &dy));

        let mut report = Report::new(text("Gradient check of the norms", "归一化的梯度核对"));
        report.formula(
            "g = γ ⊙ dy\n\
             LayerNorm  dx = (g − mean(g) − x̂ · mean(g ⊙ x̂)) / √(σ² + ε)\n\
             RMSNorm    dx = (g − x̂ · mean(g ⊙ x̂)) / √(mean(x²) + ε)",
        );
        let mut table = Table::new(text(
            "Analytic gradient against central differences, and its share along two directions of the token",
            "解析梯度与中心差分的对照，以及梯度在 token 的两个方向上的分量",
        ))
        .words(text("norm", "归一化"))
        .numbers(text("relative error", "相对误差"))
        .numbers(text("|cos| with the ones vector", "与全 1 向量的 |cos|"))
        .numbers(text("|cos| with x̂", "与 x̂ 的 |cos|"));
        for f in &found {
            table.row(vec![
                f.kind.name().into(),
                f.error.into(),
                f.along_ones.into(),
                f.along_x_hat.into(),
            ]);
            let key = f.kind.key();
            report
                .metric(format!("{key}.error"), f.error)
                .metric(format!("{key}.along_ones"), f.along_ones)
                .metric(format!("{key}.along_x_hat"), f.along_x_hat);
        }
        report.table(table);
        context.step(1, 2, &text("Jacobians", "雅可比矩阵"))?;
        self.jacobians(x.row(0), &mut report);
        Ok(report)
    }

    /// One norm: the largest relative error, and the largest |cosine| over tokens of its gradient with
    /// the all-ones vector and with x̂.
    fn check(&self, kind: Kind, x: &Array2<f64>, dy: &Array2<f64>) -> Found {
        let analytic = kind.gradient(x.view(), dy.view(), self.eps); // (T, d)
        let flat: Array1<f64> = x.iter().copied().collect();
        let as_batch = |v: ArrayView1<f64>| {
            Array2::from_shape_fn(x.dim(), |(t, i)| v[t * self.dim + i]) // (T, d)
        };
        let loss = |v: ArrayView1<f64>| (kind.apply(as_batch(v).view(), self.eps) * dy).sum();
        let numeric = difference::gradient(loss, flat.view());
        let flat_analytic: Vec<f64> = analytic.iter().copied().collect();
        let x_hat = kind.apply(x.view(), self.eps); // (T, d)
        let ones = Array1::ones(self.dim);
        let largest = |of: &dyn Fn(usize) -> f64| (0..self.tokens).map(of).fold(0.0, f64::max);
        Found {
            kind,
            error: difference::relative_error(&flat_analytic, &numeric.to_vec()),
            along_ones: largest(&|t| cosine(analytic.row(t), ones.view()).abs()),
            along_x_hat: largest(&|t| cosine(analytic.row(t), x_hat.row(t)).abs()),
        }
    }

    /// Singular values of ∂y/∂x for one token under LayerNorm and RMSNorm.
    fn jacobians(&self, token: ArrayView1<f64>, report: &mut Report) {
        let d = self.dim;
        let x = token.insert_axis(Dimension(0)); // (1, d)
        let mut table = Table::new(text("Jacobian of one token", "单个 token 的雅可比矩阵"))
            .words(text("norm", "归一化"))
            .numbers(text("features d", "特征数 d"))
            .numbers(text("rank", "秩"))
            .numbers(text("largest singular value", "最大奇异值"))
            .numbers(text("smallest but one", "倒数第二小"))
            .numbers(text("smallest", "最小"));
        let mut series = Vec::new();
        for kind in [Kind::Layer, Kind::Rms] {
            let mut jacobian = Array2::zeros((d, d)); // row i: the gradient of yᵢ
            for i in 0..d {
                let mut dy = Array2::zeros((1, d));
                dy[[0, i]] = 1.0;
                jacobian.row_mut(i).assign(&kind.gradient(x, dy.view(), self.eps).row(0));
            }
            let values = singular_values(jacobian.view());
            let rank = values.iter().filter(|&&s| s > NOTHING * values[0]).count();
            table.row(vec![
                kind.name().into(),
                d.into(),
                rank.into(),
                values[0].into(),
                values[d - 2].into(),
                values[d - 1].into(),
            ]);
            report
                .metric(format!("{}.rank", kind.key()), rank)
                .metric(format!("{}.lost", kind.key()), d - rank)
                .metric(format!("{}.singular.largest", kind.key()), values[0])
                .metric(format!("{}.singular.next_to_smallest", kind.key()), values[d - 2])
                .metric(format!("{}.singular.smallest", kind.key()), values[d - 1]);
            let points = values.iter().enumerate();
            let points = points.map(|(i, s)| ((i + 1) as f64, s.max(1e-18))).collect();
            series.push(Series::new(kind.name(), points).stroke(Stroke::Dotted));
        }
        report.table(table);
        report.say(text(
            "A direction that the norm does not feel gets no gradient. LayerNorm feels neither a shift nor a scale of the token, \
             so the ones vector and x̂ are lost and the rank is d − 2; RMSNorm loses only the scale: d − 1.",
            "归一化感觉不到的方向就没有梯度。LayerNorm 对 token 的平移和缩放都无感，因此丢掉全 1 方向与 x̂ 方向，秩为 d − 2；\
             RMSNorm 只丢掉缩放方向，秩为 d − 1。",
        ));
        report.figure(Figure::new(
            "jacobian",
            "Singular values of the Jacobian of one token",
            Axis::new("index"),
            Axis::log("singular value"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
    }
}
