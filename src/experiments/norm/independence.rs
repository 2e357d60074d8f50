//! `norm independence`: change one token, and see which others notice.

use ndarray::{Array2, Axis as Dimension};

use super::input;
use super::kinds::Kind;
use crate::experiments::{Context, params};
use crate::math::norm::BatchNorm;
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, text};

/// Change one token, and see which others notice ‖ 改动一个 token，看哪些 token 的输出跟着变
#[derive(Debug, Clone, clap::Args)]
pub struct Independence {
    /// Tokens in the sequence ‖ 序列长度（token 数）
    #[arg(long, value_name = "T", value_parser = params::count(3, 256), default_value = "6")]
    pub tokens: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(2, 4096), default_value = "8")]
    pub dim: usize,
    /// Which token is changed, from 1; the middle one if not given ‖ 改动第几个 token（从 1 数）；默认取中间
    #[arg(long, value_name = "I", value_parser = params::count(1, 256))]
    pub change: Option<usize>,
}

/// ε of the norms.
const EPS: f64 = 1e-5;

impl Independence {
    /// Adds noise to one token and compares the outputs of all, under each norm.
    ///
    /// # Errors
    /// If the token to change is not in the sequence.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let changed = self.change.unwrap_or(self.tokens.div_ceil(2)) - 1;
        if changed >= self.tokens {
            return Err(Error::input(text(
                format!("there is no token {} in {} tokens", changed + 1, self.tokens),
                format!("{} 个 token 中没有第 {} 个", self.tokens, changed + 1),
            ))
            .allowed(text(format!("1 to {}", self.tokens), format!("1 到 {}", self.tokens)))
            .example("llm-lab norm independence --tokens 6 --change 3"));
        }
        let shape = (self.tokens, self.dim);
        let before = input::gaussian(shape, 0.0, 1.0, context, 0)?; // (T, d)
        let mut after = before.clone();
        let noise = input::gaussian((1, self.dim), 0.0, 1.0, context, 1)?; // (1, d)
        after.row_mut(changed).zip_mut_with(&noise.row(0), |v, n| *v += n);

        let by_token = |f: &dyn Fn(&Array2<f64>) -> Array2<f64>| -> Vec<f64> {
            let change = (f(&after) - f(&before)).mapv(f64::abs); // (T, d)
            change.rows().into_iter().map(|r| r.fold(0.0, |m: f64, &v| m.max(v))).collect()
        };
        let running = BatchNorm::new(self.dim, EPS, 0.1);
        let mut rows: Vec<(&str, &str, Vec<f64>)> = Kind::ALL
            .iter()
            .map(|k| (k.key(), k.name(), by_token(&|x| k.apply(x.view(), EPS))))
            .collect();
        rows.push(("batch.eval", "BatchNorm (eval)", by_token(&|x| running.eval(x.view()))));

        let mut report =
            Report::new(text("Who notices when one token changes", "改动一个 token，谁会察觉"));
        report.table(table(&rows, changed));
        report.say(text(
            "LayerNorm and RMSNorm look at one token at a time: the outputs of the others are the same to the bit. \
             BatchNorm in training mode shares its mean and variance among all tokens, so all of them move, \
             the earlier ones too: in a causal model that is a leak from the future.",
            "LayerNorm 和 RMSNorm 每次只看一个 token：其他 token 的输出逐比特不变。训练模式的 BatchNorm 让所有 token 共用均值和方差，\
             于是全部都变了，连排在前面的也不例外；对因果模型来说，这就是未来信息的泄漏。",
        ));
        let largest = |v: &[f64]| v.iter().copied().fold(0.0, f64::max);
        for (key, _, change) in &rows {
            let others: Vec<f64> =
                (0..self.tokens).filter(|&t| t != changed).map(|t| change[t]).collect();
            report
                .metric(format!("{key}.itself"), change[changed])
                .metric(format!("{key}.others"), largest(&others))
                .metric(format!("{key}.earlier"), largest(&change[..changed]))
                .metric(format!("{key}.later"), largest(&change[changed + 1..]));
        }
        Self::gradients(&before, &noise, changed, &mut report);
        let names = (1..=self.tokens).map(|t| t.to_string()).collect();
        let series = rows.iter().map(|(_, name, v)| (name.to_string(), v.clone())).collect();
        report.figure(Figure::new(
            "change",
            format!("Token {} was changed: whose output moved?", changed + 1),
            Axis::names("token", names),
            Axis::new("largest change of the output"),
            Content::Bars(Bars { series }),
        ));
        Ok(report)
    }

    /// How much the changed token's output asks of the others, going backward.
    fn gradients(before: &Array2<f64>, noise: &Array2<f64>, changed: usize, report: &mut Report) {
        for kind in Kind::ALL {
            let mut dy = Array2::zeros(before.dim());
            dy.row_mut(changed).assign(&noise.row(0));
            let gradient = kind.gradient(before.view(), dy.view(), EPS); // (T, d)
            let elsewhere = gradient
                .axis_iter(Dimension(0))
                .enumerate()
                .filter(|(t, _)| *t != changed)
                .flat_map(|(_, row)| row.to_vec())
                .fold(0.0, |m: f64, v| m.max(v.abs()));
            report.metric(format!("{}.gradient.others", kind.key()), elsewhere);
        }
    }
}

/// One row a token, one column a norm.
fn table(rows: &[(&str, &str, Vec<f64>)], changed: usize) -> Table {
    let mut table =
        Table::new(text("Largest change of each token's output", "各 token 输出的最大变化"))
            .words(Text::same("token"));
    for (_, name, _) in rows {
        table = table.numbers(Text::same(*name));
    }
    let tokens = rows.first().map_or(0, |r| r.2.len());
    for t in 0..tokens {
        let name = if t == changed {
            text(format!("{} (changed)", t + 1), format!("{}（被改动）", t + 1))
        } else {
            Text::same((t + 1).to_string())
        };
        let mut cells = vec![name.into()];
        cells.extend(rows.iter().map(|(_, _, v)| v[t].into()));
        table.row(cells);
    }
    table
}
