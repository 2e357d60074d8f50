//! What the subcommands normalize: a typed vector, or a seeded random batch.

use ndarray::{Array1, Array2};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::Normal;

use crate::experiments::{Context, params};
use crate::math::norm::Kept;
use crate::report::{Cell, Error, Table, Text, number, text};

/// The most features of one token that a table or a list of metrics shows.
pub const SHOWN: usize = 16;

/// The vector or batch to normalize.
#[derive(Debug, Clone, clap::Args)]
pub struct Input {
    /// The features of one token ‖ 一个 token 的各个特征
    #[arg(long, num_args = 1.., value_name = "X", value_parser = params::finite, allow_negative_numbers = true, conflicts_with_all = ["dim", "tokens"])]
    pub vector: Vec<f64>,
    /// Features of a random token instead of a typed vector ‖ 不输入向量，改用随机 token：特征数
    #[arg(long, value_name = "D", value_parser = params::count(2, 65536))]
    pub dim: Option<usize>,
    /// Tokens in the random batch ‖ 随机批次中的 token 数
    #[arg(long, value_name = "T", value_parser = params::count(1, 65536))]
    pub tokens: Option<usize>,
    /// Mean of the random numbers ‖ 随机数的均值
    #[arg(long, value_name = "X", value_parser = params::between(-1e6, 1e6), allow_negative_numbers = true, default_value = "1")]
    pub mean: f64,
    /// Standard deviation of the random numbers ‖ 随机数的标准差
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1e6), default_value = "2")]
    pub std: f64,
    /// ε, added under the root ‖ 根号下加的 ε
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "1e-5")]
    pub eps: f64,
    /// γ, one number for all features or one for each ‖ γ：一个数用于全部特征，或每个特征一个
    #[arg(long, num_args = 1.., value_name = "X", value_parser = params::finite, allow_negative_numbers = true, default_value = "1")]
    pub gamma: Vec<f64>,
}

impl Input {
    /// The tokens as rows, `(T, d)`.
    ///
    /// # Errors
    /// If the batch would not fit in memory.
    pub fn batch(&self, context: &Context) -> Result<Array2<f64>, Error> {
        if self.dim.is_some() || self.tokens.is_some() {
            let shape = (self.tokens.unwrap_or(1), self.dim.unwrap_or(8));
            let what = text("this batch", "这个批次");
            params::fits(4.0 * shape.0 as f64 * shape.1 as f64, 8, &what)?;
            return gaussian(shape, self.mean, self.std, context, 0);
        }
        let vector = if self.vector.is_empty() { &[1.0, 2.0, 3.0, 4.0] } else { &self.vector[..] };
        Ok(Array1::from_vec(vector.to_vec()).insert_axis(ndarray::Axis(0)))
    }

    /// γ for `d` features.
    ///
    /// # Errors
    /// If neither one number nor one for each feature was given.
    pub fn gamma(&self, d: usize) -> Result<Array1<f64>, Error> {
        for_each_feature(&self.gamma, d, "--gamma")
    }
}

/// One number for all `d` features, or one for each.
///
/// # Errors
/// If there are neither 1 nor `d` numbers.
pub fn for_each_feature(given: &[f64], d: usize, option: &str) -> Result<Array1<f64>, Error> {
    match given {
        [one] => Ok(Array1::from_elem(d, *one)),
        all if all.len() == d => Ok(Array1::from_vec(all.to_vec())),
        other => Err(Error::input(text(
            format!("{option} has {} numbers for {d} features", other.len()),
            format!("{option} 给了 {} 个数，而特征有 {d} 个", other.len()),
        ))
        .allowed(text(format!("1 or {d} numbers"), format!("1 个或 {d} 个数")))
        .example("llm-lab norm layer --vector 1 2 3 4 --gamma 1 1 2 2")),
    }
}

/// A seeded Gaussian array of shape `(T, d)`.
///
/// # Errors
/// If `std` is negative or not finite.
pub fn gaussian(
    shape: (usize, usize),
    mean: f64,
    std: f64,
    context: &Context,
    stream: u64,
) -> Result<Array2<f64>, Error> {
    let normal = Normal::new(mean, std).map_err(|_| {
        Error::input(text(
            format!("{} is no standard deviation", number(std)),
            format!("{} 不能作标准差", number(std)),
        ))
        .allowed(text("a finite number, 0 or more", "有限且不小于 0 的数"))
    })?;
    Ok(Array2::random_using(shape, normal, &mut context.rng(stream)))
}

/// Refuses a result that is not a number, and one whose statistic overflowed (its factor is then 0):
/// a constant vector at ε = 0, or entries whose squares are too large.
///
/// # Errors
/// Bad input, naming both causes.
pub fn all_finite(output: &Array2<f64>, kept: &Kept<f64>) -> Result<(), Error> {
    let measured = kept.scale.iter().all(|s| s.is_finite() && *s > 0.0);
    if measured && output.iter().all(|v| v.is_finite()) {
        return Ok(());
    }
    Err(Error::input(text(
        "the division has no finite result: all entries are equal (or zero) at ε = 0, or their squares overflow",
        "除法没有有限的结果：ε = 0 时各元素全部相等（或全为零），或元素的平方溢出",
    ))
    .allowed(text("ε above 0 and entries below 1e150", "ε 大于 0，元素小于 1e150"))
    .example("llm-lab norm layer --vector 5 5 5 5 --eps 1e-5"))
}

/// The steps of a norm on one token as a table: a row for each step, a column for each feature.
pub fn steps(title: Text, rows: &[(Text, Vec<f64>)]) -> Table {
    let d = rows.first().map_or(0, |(_, values)| values.len());
    let shown = d.min(SHOWN);
    let mut table = Table::new(title).words(text("step", "步骤"));
    for i in 1..=shown {
        table = table.numbers(Text::same(i.to_string()));
    }
    if shown < d {
        table = table.words(Text::same("…"));
    }
    for (name, values) in rows {
        let mut cells: Vec<Cell> = vec![name.clone().into()];
        cells.extend(values[..shown].iter().map(|&v| Cell::from(v)));
        cells.extend((shown < d).then_some(Cell::Empty));
        table.row(cells);
    }
    table
}

/// Mean and standard deviation (biased) of some numbers.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// The tokens `(T, d)`, each without its mean.
pub fn centred(x: &Array2<f64>) -> Array2<f64> {
    let mut centred = x.clone();
    for mut row in centred.rows_mut() {
        let (mean, _) = moments(&row.to_vec());
        row.mapv_inplace(|v| v - mean);
    }
    centred
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::norm::LayerNorm;
    use ndarray::array;

    #[test]
    fn overflow_and_flat_tokens_are_refused() {
        let refused = |x: Array2<f64>, eps| {
            let (y, kept) = LayerNorm::new(x.ncols(), eps).forward(x.view());
            all_finite(&y, &kept).is_err()
        };
        assert!(refused(array![[1e200, -1e200]], 1e-5)); // σ² = ∞ would give zeros
        assert!(refused(array![[5.0, 5.0]], 0.0));
        assert!(!refused(array![[5.0, 5.0]], 1e-5));
        assert!(!refused(array![[1e100, -1e100]], 1e-5));
    }
}
