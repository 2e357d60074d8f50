//! `models`: which norm, which activation, which sizes, which tokenizer the published models have.

mod picture;
mod tables;
#[cfg(test)]
mod tests;

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use crate::experiments::Context;
use crate::model::published::{MODELS, Model};
use crate::report::{Error, Report, Value, text};
use tables::{activations, norms, sizes, sources, tokenizers};

/// Published models: norm, activation, sizes and tokenizer, with their sources ‖ 已发表模型的归一化、激活函数、规模与分词器，附出处
#[derive(Debug, Clone, clap::Args)]
pub struct Models {
    /// Models; none shows all ‖ 模型名；不写则列出全部
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(MODELS.iter().map(|m| m.id)))]
    pub names: Vec<String>,
    /// What to show ‖ 显示哪一方面
    #[arg(long, value_enum)]
    pub show: Option<Show>,
}

/// What of the models is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Show {
    /// Kind and place of the norm ‖ 归一化的种类与位置
    Norm,
    /// The feed-forward block ‖ 前馈层与激活函数
    Activation,
    /// Layers, heads, parameters ‖ 层数、头数、参数量
    Size,
    /// The tokenizer, and what its vocabulary costs ‖ 分词器及其词表的代价
    Tokenizer,
}

impl Models {
    /// Shows the table.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let chosen: Vec<&Model> = MODELS
            .iter()
            .filter(|m| self.names.is_empty() || self.names.iter().any(|n| n == m.id))
            .collect();
        let shows = |what| self.show.is_none_or(|show| show == what);
        let mut report = Report::new(text("Published models", "已发表的模型"));
        if shows(Show::Norm) {
            norms(&mut report, &chosen);
        }
        if shows(Show::Activation) {
            activations(&mut report, &chosen);
        }
        if shows(Show::Size) {
            sizes(&mut report, &chosen);
        }
        if shows(Show::Tokenizer) {
            tokenizers(&mut report, &chosen);
        }
        if chosen.len() > 1 {
            report.figure(picture::figure(&chosen, self.show));
        }
        counts(&mut report, &chosen);
        if !self.names.is_empty() {
            for model in &chosen {
                metrics(&mut report, model);
            }
        }
        report.table(sources(&chosen));
        Ok(report)
    }
}

/// Counts by kind, most models first seen first: `count.rmsnorm`, `count.pre-ln`, `count.swiglu`.
fn counts(report: &mut Report, models: &[&Model]) {
    report.metric("count", models.len());
    for kind in [norm_name, placement_name, ffn_name, position_name, tokenizer_name] {
        for name in distinct(models, kind) {
            let count = models.iter().filter(|m| kind(m) == Some(name)).count();
            report.metric(format!("count.{}", slug(name)), count);
        }
    }
}

type Kind = fn(&Model) -> Option<&'static str>;

fn norm_name(m: &Model) -> Option<&'static str> {
    m.norm.map(|n| n.name())
}

fn placement_name(m: &Model) -> Option<&'static str> {
    m.placement.map(|p| p.name())
}

fn ffn_name(m: &Model) -> Option<&'static str> {
    m.ffn.map(|f| f.title())
}

fn position_name(m: &Model) -> Option<&'static str> {
    m.position.map(|p| p.name())
}

fn tokenizer_name(m: &Model) -> Option<&'static str> {
    m.tokenizer.map(|t| t.name())
}

/// What share of all parameters the vocabulary takes, in per cent.
fn vocabulary_share(m: &Model) -> Option<f64> {
    let (part, all) = m.vocabulary_parameters().zip(m.parameters())?;
    Some(100.0 * part as f64 / all as f64)
}

/// The kinds that occur, in the order of their first model.
fn distinct(models: &[&Model], kind: Kind) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in models.iter().filter_map(|m| kind(m)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A kind's name as part of a metric's name: `layernorm-without-bias`.
fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// Everything that is known of one model, under its id: `llama-7b.d_ff`.
fn metrics(report: &mut Report, m: &Model) {
    let share = match (m.n_kv_heads, m.n_heads) {
        (Some(kv), Some(heads)) => Some(kv as f64 / heads as f64),
        _ => None,
    };
    let ratio = m.d_ff.zip(m.d_model).map(|(d_ff, d)| d_ff as f64 / d as f64);
    let known: [(&str, Option<Value>); 23] = [
        ("year", Some(usize::from(m.year).into())),
        ("norm", norm_name(m).map(Value::from)),
        ("placement", placement_name(m).map(Value::from)),
        ("norm_layers", m.norm_layers().map(Value::from)),
        ("norm_parameters", m.norm_parameters().map(Value::from)),
        ("ffn", ffn_name(m).map(Value::from)),
        ("ffn_matrices", m.ffn.map(|f| f.matrices().into())),
        ("d_model", m.d_model.map(Value::from)),
        ("d_ff", m.d_ff.map(Value::from)),
        ("d_ff_ratio", ratio.map(Value::from)),
        ("two_thirds_width", m.two_thirds_width().map(Value::from)),
        ("ffn_parameters", m.ffn_parameters().map(Value::from)),
        ("attention_parameters", m.attention_parameters().map(Value::from)),
        ("n_layers", m.n_layers.map(Value::from)),
        ("n_heads", m.n_heads.map(Value::from)),
        ("n_kv_heads", m.n_kv_heads.map(Value::from)),
        ("kv_share", share.map(Value::from)),
        ("tokenizer", tokenizer_name(m).map(Value::from)),
        ("vocab", m.vocab.map(Value::from)),
        ("vocabulary_parameters", m.vocabulary_parameters().map(Value::from)),
        ("vocabulary_share", vocabulary_share(m).map(Value::from)),
        ("position", position_name(m).map(Value::from)),
        ("parameters", m.parameters().map(Value::from)),
    ];
    for (what, value) in known {
        if let Some(value) = value {
            report.metric(format!("{}.{what}", m.id), value);
        }
    }
}
