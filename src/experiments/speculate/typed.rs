//! `speculate typed`: the rule for one token, on two typed distributions.

use crate::experiments::{Context, params};
use crate::math::chi_square::fit;
use crate::model::speculative::{acceptance, propose, residual};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, number, text};

/// One token by the rule, many times: draft from q, keep with min(1, p/q), else draw from the rest ‖ 对单个 token 反复执行规则：从 q 起草，以 min(1, p/q) 接受，否则从剩余分布抽取
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "speculate typed --target 0.5,0.3,0.2 --draft 0.2,0.3,0.5\nspeculate typed --target 0.9,0.1 --draft 0.5,0.5 --draws 50000"
)]
pub struct Typed {
    /// p: the target's distribution ‖ p：目标模型的分布
    #[arg(long, value_name = "P,…", value_delimiter = ',', value_parser = params::between(0.0, 1.0), default_values = ["0.5", "0.3", "0.15", "0.05"])]
    pub target: Vec<f64>,
    /// q: the draft's ‖ q：草稿模型的分布
    #[arg(long, value_name = "Q,…", value_delimiter = ',', value_parser = params::between(0.0, 1.0), default_values = ["0.2", "0.3", "0.1", "0.4"])]
    pub draft: Vec<f64>,
    /// How often ‖ 重复多少次
    #[arg(long, value_name = "N", default_value = "20000", value_parser = params::count(100, 10_000_000))]
    pub draws: usize,
}

/// How far from 1 a sum may be: people type 0.333.
const ROUNDING: f64 = 0.005;

impl Typed {
    /// Draws.
    ///
    /// # Errors
    /// If they are no distributions over the same tokens.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (p, q) = (normalized(&self.target)?, normalized(&self.draft)?);
        if p.len() != q.len() {
            return Err(Error::input(text(
                format!("p has {} tokens and q {}", p.len(), q.len()),
                format!("p 有 {} 个 token，q 有 {} 个", p.len(), q.len()),
            ))
            .allowed(text("two distributions over the same tokens", "同一组 token 上的两个分布"))
            .example("llm-lab speculate typed --target 0.5,0.3,0.2 --draft 0.2,0.3,0.5"));
        }
        let mut rng = context.rng(0);
        let (mut counts, mut kept) = (vec![0usize; p.len()], 0usize);
        for i in 0..self.draws {
            if i % 4096 == 0 {
                context.step(i, self.draws, &text("drawing", "抽取中"))?;
            }
            let (token, accepted) = propose(&p, &q, &mut rng);
            counts[token] += 1;
            kept += usize::from(accepted);
        }
        let n = self.draws as f64;
        let shares: Vec<f64> = counts.iter().map(|c| *c as f64 / n).collect();
        let (rest, alpha) = (residual(&p, &q), acceptance(&p, &q));
        let (right, wrong) = (fit(&counts, &p), fit(&counts, &q));
        let mut report = Report::new(text("The rule of speculative sampling", "投机采样的规则"));
        report.formula("draft x ~ q;  keep it with probability min(1, p(x)/q(x));  else draw from max(0, p − q)/Σ\nP(kept) = Σ min(p, q)");
        let mut table =
            Table::new(text(format!("{} draws", number(n)), format!("{} 次抽取", number(n))))
                .numbers(text("token", "token"))
                .numbers(text("p", "p"))
                .numbers(text("q", "q"))
                .numbers(text("kept if drafted", "起草后接受的概率"))
                .numbers(text("drawn instead, once refused", "拒绝后改抽的概率"))
                .numbers(text("measured", "实测"));
        for i in 0..p.len() {
            let keep = if q[i] > 0.0 { (p[i] / q[i]).min(1.0) } else { 1.0 };
            table.row(vec![
                (i + 1).into(),
                p[i].into(),
                q[i].into(),
                keep.into(),
                rest[i].into(),
                shares[i].into(),
            ]);
            report.metric(format!("keep.{}", i + 1), keep);
            report.metric(format!("residual.{}", i + 1), rest[i]);
            report.metric(format!("measured.{}", i + 1), shares[i]);
        }
        report.table(table);
        report.figure(Figure::new(
            "distributions",
            "What comes out is the target's distribution",
            Axis::names("token", (1..=p.len()).map(|i| i.to_string()).collect()),
            Axis::new("probability"),
            Content::Bars(Bars {
                series: vec![
                    ("q: draft".to_string(), q),
                    ("p: target".to_string(), p),
                    ("measured".to_string(), shares),
                ],
            }),
        ));
        report.say(text(
            format!("Kept: {} of the drafts; Σ min(p, q) says {}. Against p: χ² = {} with {} degrees of freedom, p-value {}. Against q the p-value is {}.", number(kept as f64 / n), number(alpha), number(right.statistic), right.freedom, number(right.p_value), number(wrong.p_value)),
            format!("草稿被接受的比例：{}；Σ min(p, q) 给出 {}。对 p 检验：χ² = {}，自由度 {}，p 值 {}。对 q 检验，p 值为 {}。", number(kept as f64 / n), number(alpha), number(right.statistic), right.freedom, number(right.p_value), number(wrong.p_value)),
        ));
        report
            .metric("acceptance.expected", alpha)
            .metric("acceptance.measured", kept as f64 / n)
            .metric("chi2.target", right.statistic)
            .metric("p_value.target", right.p_value)
            .metric("p_value.draft", wrong.p_value);
        Ok(report)
    }
}

/// Numbers that sum to 1, exactly.
fn normalized(given: &[f64]) -> Result<Vec<f64>, Error> {
    let total: f64 = given.iter().sum();
    if given.len() < 2 || (total - 1.0).abs() > ROUNDING {
        return Err(Error::input(text(
            format!("{} probabilities that sum to {}", given.len(), number(total)),
            format!("{} 个概率，和为 {}", given.len(), number(total)),
        ))
        .allowed(text("at least two, with the sum 1", "至少两个，和为 1"))
        .example("llm-lab speculate typed --target 0.5,0.3,0.2 --draft 0.2,0.3,0.5"));
    }
    Ok(given.iter().map(|p| p / total).collect())
}
