//! `embedding sum`: three lookups and a sum, one-hot vectors and a matrix, concatenation and a
//! projection: what is equal, and where narrow tables lose.

use ndarray::{Array2, Axis, Slice, concatenate};
use ndarray_rand::rand::Rng;

use super::table;
use crate::experiments::{Context, params};
use crate::math::linalg::{largest_difference, rank, singular_values};
use crate::report::{Error, Report, Table, text};

/// The sizes of the tables.
#[derive(Debug, Clone, clap::Args)]
pub struct Sum {
    /// Tokens of the vocabulary ‖ 词表大小
    #[arg(long, value_name = "V", default_value = "50", value_parser = params::count(2, 200))]
    pub vocab: usize,
    /// Positions ‖ 位置数
    #[arg(long, value_name = "S", default_value = "16", value_parser = params::count(2, 200))]
    pub positions: usize,
    /// Width of the sum ‖ 和的宽度
    #[arg(long, value_name = "D", default_value = "24", value_parser = params::count(1, 200))]
    pub d_model: usize,
    /// Width of each table that is concatenated ‖ 拼接时每张表的宽度
    #[arg(long, value_name = "K", default_value = "8", value_parser = params::count(1, 200))]
    pub narrow: usize,
}

/// Token types: first and second sentence.
const TYPES: usize = 2;
/// Tokens that are looked up.
const TOKENS: usize = 32;

impl Sum {
    /// Computes each form and compares.
    ///
    /// # Errors
    /// None; the signature is that of every experiment.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (d, k) = (self.d_model, self.narrow);
        let rows = [self.vocab, self.positions, TYPES];
        let mut rng = context.rng(0);
        let ids: Vec<[usize; 3]> =
            (0..TOKENS).map(|_| rows.map(|n| rng.random_range(0..n))).collect();

        // three lookups, added
        let wide = rows.map(|n| table(n, d, 1.0, &mut rng)); // (n, d)
        let sum = added(&ids, &wide); // (T, d)
        // one-hot vectors side by side, times the tables on top of each other
        let views = [wide[0].view(), wide[1].view(), wide[2].view()];
        let stacked = concatenate(Axis(0), &views).unwrap_or_default(); // (V + S + 2, d)
        let mut hot = Array2::zeros((TOKENS, rows.iter().sum())); // (T, V + S + 2)
        for (i, [token, position, kind]) in ids.iter().enumerate() {
            for column in [*token, rows[0] + position, rows[0] + rows[1] + kind] {
                hot[[i, column]] = 1.0;
            }
        }
        let by_map = hot.dot(&stacked); // (T, d)

        // narrow tables, concatenated and projected; and the same as a sum of wide tables
        let slim = rows.map(|n| table(n, k, 1.0, &mut rng)); // (n, k)
        let projection = table(3 * k, d, (3.0 * k as f64).sqrt().recip(), &mut rng); // (3k, d)
        let part = |i: usize| projection.slice_axis(Axis(0), Slice::from(i * k..(i + 1) * k)); // (k, d)
        let mut joined = Array2::zeros((TOKENS, 3 * k)); // (T, 3k)
        for (i, id) in ids.iter().enumerate() {
            for (p, table) in slim.iter().enumerate() {
                let columns = Slice::from(p * k..(p + 1) * k);
                let mut row = joined.row_mut(i);
                row.slice_axis_mut(Axis(0), columns).assign(&table.row(id[p]));
            }
        }
        let projected = joined.dot(&projection); // (T, d)
        let folded = [0, 1, 2].map(|i| slim[i].dot(&part(i))); // (n, d)
        let refolded = added(&ids, &folded); // (T, d)

        let mut report = Report::new(text("Adding and concatenating", "相加与拼接"));
        let narrow_rank = rank(folded[0].view(), 1e-9);
        let wide_rank = rank(wide[0].view(), 1e-9);
        let values = singular_values(wide[0].view());
        let energy = |values: &[f64]| values.iter().map(|s| s * s).sum::<f64>();
        let lost = energy(&values[k.min(values.len())..]) / energy(&values);
        let all: usize = rows.iter().sum();
        let mut sizes =
            Table::new(text("Two ways to one vector of width d", "得到宽度 d 的向量的两种做法"))
                .words(text("way", "做法"))
                .numbers(text("parameters", "参数量"))
                .numbers(text("rank of the token table", "token 表的秩"));
        sizes.row(vec![
            text("tables of full width, added", "全宽的表，相加").into(),
            (all * d).into(),
            wide_rank.into(),
        ]);
        sizes.row(vec![
            text("narrow tables, concatenated, projected", "窄表，拼接后投影").into(),
            (all * k + 3 * k * d).into(),
            narrow_rank.into(),
        ]);
        report.table(sizes);
        report.say(text(
            format!(
                "Adding three rows is one matrix times three joined one-hot vectors: the difference is {}. \
                 Concatenating and projecting is adding, too, with the tables E₁W₁, E₂W₂, E₃W₃: difference {:.1e}. \
                 The way back does not exist for narrow tables: a projected table of width {k} has rank {narrow_rank}, \
                 and the best of that rank misses {:.0}% of a random full table.",
                largest_difference(&sum, &by_map),
                largest_difference(&projected, &refolded),
                100.0 * lost
            ),
            format!(
                "三行相加，就是一个矩阵乘以拼在一起的三个 one-hot 向量：差为 {}。拼接再投影也是相加，相当于用表 E₁W₁、E₂W₂、E₃W₃：\
                 差为 {:.1e}。窄表却无法反过来表示全宽的表：宽度为 {k} 的表投影后秩为 {narrow_rank}，在这个秩下最好的近似也会丢掉随机全宽表的 {:.0}%。",
                largest_difference(&sum, &by_map),
                largest_difference(&projected, &refolded),
                100.0 * lost
            ),
        ));
        report.metric("onehot.difference", largest_difference(&sum, &by_map));
        report.metric("concat.difference", largest_difference(&projected, &refolded));
        report.metric("rank.full", wide_rank);
        report.metric("rank.narrow", narrow_rank);
        report.metric("narrow.lost", lost);
        report.metric("parameters.sum", all * d);
        report.metric("parameters.concat", all * k + 3 * k * d);
        Ok(report)
    }
}

/// The sum of the three rows of each token.
fn added(ids: &[[usize; 3]], tables: &[Array2<f64>; 3]) -> Array2<f64> {
    let mut sum = Array2::zeros((ids.len(), tables[0].ncols())); // (T, d)
    for (i, id) in ids.iter().enumerate() {
        for (table, row) in tables.iter().zip(id) {
            let mut place = sum.row_mut(i);
            place += &table.row(*row);
        }
    }
    sum
}
