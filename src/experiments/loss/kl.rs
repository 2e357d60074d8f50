//! `loss kl`: entropy, cross-entropy and KL divergence of two or three distributions, in both
//! directions.

use super::distribution::normed;
use crate::experiments::{Context, params};
use crate::math::divergence::{bits, cross_entropy, entropy, jensen_shannon, kl, kl_terms};
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Panel, Report, Table, Text, number, text,
};

/// KL divergence both ways: H(p, q) = H(p) + D(p||q), asymmetry, what q must not forbid ‖ 双向 KL 散度：H(p, q) = H(p) + D(p||q)、不对称性、q 不能禁止什么
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss kl --p 0.5 0.3 0.2 --q 0.2 0.3 0.5\nloss kl --p 0.5 --q 0.9\nloss kl --p 0.5 0.5 0 --q 0.4 0.4 0.2\nloss kl --p 0.5 0.5 --q 0.75 0.25 --r 0.95 0.05"
)]
pub struct Kl {
    /// The true distribution; one number is a coin ‖ 真实分布；只给一个数就是硬币
    #[arg(long, num_args = 1.., value_name = "P", value_parser = params::between(0.0, 1.0), default_values = ["0.5", "0.3", "0.15", "0.05"])]
    pub p: Vec<f64>,
    /// What the model believes ‖ 模型的分布
    #[arg(long, num_args = 1.., value_name = "Q", value_parser = params::between(0.0, 1.0), default_values = ["0.25", "0.25", "0.25", "0.25"])]
    pub q: Vec<f64>,
    /// A third distribution ‖ 第三个分布
    #[arg(long, num_args = 1.., value_name = "R", value_parser = params::between(0.0, 1.0))]
    pub r: Vec<f64>,
}

impl Kl {
    /// Computes every pair.
    ///
    /// # Errors
    /// Distributions that do not sum to 1 or differ in length.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let mut named = vec![("p", normed(&self.p, "--p")?), ("q", normed(&self.q, "--q")?)];
        if !self.r.is_empty() {
            named.push(("r", normed(&self.r, "--r")?));
        }
        let n = named[0].1.len();
        if let Some((name, other)) = named.iter().find(|(_, d)| d.len() != n) {
            return Err(Error::input(text(
                format!("--p has {n} outcomes and --{name} {}", other.len()),
                format!("--p 有 {n} 个结果，--{name} 有 {} 个", other.len()),
            ))
            .allowed(text("the same number of outcomes", "结果个数相同"))
            .example("llm-lab loss kl --p 0.5 0.5 --q 0.9 0.1"));
        }
        let mut report = Report::new(text("KL divergence, both ways", "双向 KL 散度"));
        report.formula("H(p, q) = −Σ p ln q = H(p) + D(p‖q)\nD(p‖q) = Σ p ln(p/q) ≥ 0");
        for (name, d) in &named {
            report.metric_in(format!("entropy.{name}"), entropy(d), "nats");
        }
        pairs(&mut report, &named);
        let (p, q) = (&named[0].1, &named[1].1);
        let (there, back) = (kl(p, q), kl(q, p));
        report.metric_in("kl.pq.bits", bits(there), "bits").metric_in(
            "jensen_shannon",
            jensen_shannon(p, q),
            "nats",
        );
        let most = named.iter().flat_map(|(_, a)| named.iter().map(|(_, b)| apart(a, b)));
        report.metric("identity.error", most.fold(0.0, f64::max));
        report.say(said(there, back));
        report.figure(picture(&named));
        Ok(report)
    }
}

/// By how much H(a, b) and H(a) + D(a‖b) differ; both are infinite at once.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let (whole, parts) = (cross_entropy(a, b), entropy(a) + kl(a, b));
    if whole == parts { 0.0 } else { (whole - parts).abs() }
}

/// A row and metrics for each ordered pair.
fn pairs(report: &mut Report, named: &[(&str, Vec<f64>)]) {
    let mut table = Table::new(text("Every pair, in nats", "每一对，单位 nats"))
        .words(text("truth, model", "真实，模型"))
        .numbers(text("entropy of the truth", "真实分布的熵"))
        .numbers(text("cross-entropy", "交叉熵"))
        .numbers(text("KL divergence", "KL 散度"));
    for (i, (a, x)) in named.iter().enumerate() {
        for (_, (b, y)) in named.iter().enumerate().filter(|(j, _)| *j != i) {
            let (h, cross, divergence) = (entropy(x), cross_entropy(x, y), kl(x, y));
            let name = Cell::from(format!("H({a}) + D({a}‖{b}) = H({a}, {b})"));
            table.row(vec![name, h.into(), cross.into(), divergence.into()]);
            report.metric_in(format!("cross_entropy.{a}{b}"), cross, "nats").metric_in(
                format!("kl.{a}{b}"),
                divergence,
                "nats",
            );
        }
    }
    report.table(table);
}

fn said(there: f64, back: f64) -> Text {
    let forbids = there.is_infinite() || back.is_infinite();
    let (mut en, mut zh) = (
        format!(
            "D(p‖q) = {} nats, D(q‖p) = {}: the direction matters, so KL is no distance.",
            number(there),
            number(back)
        ),
        format!(
            "D(p‖q) = {} nats，D(q‖p) = {}：方向有别，所以 KL 不是距离。",
            number(there),
            number(back)
        ),
    );
    if (there - back).abs() < 1e-12 {
        en = format!("Here both directions give {} nats; in general they do not.", number(there));
        zh = format!("这里两个方向都是 {} nats；一般并不相等。", number(there));
    }
    if forbids {
        en += " It is infinite where the second rules out what the first allows: one such token, and the loss is infinite.";
        zh += "若后者判定某个结果不可能，而前者允许它出现，KL 就是无穷大：只要碰上一个这样的 token，损失便是无穷大。";
    }
    text(en, zh)
}

/// The distributions, and what each outcome adds to either divergence of the first two.
fn picture(named: &[(&str, Vec<f64>)]) -> Figure {
    let (p, q) = (&named[0].1, &named[1].1);
    let names = || (1..=p.len()).map(|i| i.to_string()).collect();
    let panel = |title: &str, y: &str, series: Vec<(String, Vec<f64>)>| Panel {
        title: title.to_string(),
        x: Axis::names("outcome", names()),
        y: Axis::new(y),
        content: Content::Bars(Bars { series }),
    };
    let shown = |values: Vec<f64>| {
        // an infinite bar cannot be drawn
        values.into_iter().map(|v| if v.is_finite() { v } else { f64::NAN }).collect::<Vec<_>>()
    };
    let distributions = named.iter().map(|(n, d)| (n.to_string(), d.clone())).collect();
    let terms = vec![
        ("p ln(p/q)".to_string(), shown(kl_terms(p, q))),
        ("q ln(q/p)".to_string(), shown(kl_terms(q, p))),
    ];
    Figure::grid(
        "kl",
        format!("D(p‖q) = {}, D(q‖p) = {} nats", number(kl(p, q)), number(kl(q, p))),
        2,
        vec![
            panel("the distributions", "probability", distributions),
            panel("what each outcome adds", "nats", terms),
        ],
    )
}
