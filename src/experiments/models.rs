//! `models`: which norm, which activation, which sizes the published models have.

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use crate::experiments::Context;
use crate::model::published::{MODELS, Model, Stack};
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Panel, Report, Table, Text, Value, number, text,
};

/// Published models: norm, activation and sizes, with their sources ‖ 已发表模型的归一化、激活函数与规模，附出处
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
}

/// The generations that the bars compare.
const PERIODS: [(&str, u16, u16); 3] =
    [("2017–2019", 0, 2019), ("2020–2022", 2020, 2022), ("2023–", 2023, u16::MAX)];

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
        if chosen.len() > 1 {
            report.figure(figure(&chosen, self.show));
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

/// What is not stated leaves its cell empty.
fn cell<T: Into<Cell>>(value: Option<T>) -> Cell {
    value.map_or(Cell::Empty, Into::into)
}

/// Counts by kind, most models first seen first: `count.rmsnorm`, `count.pre-ln`, `count.swiglu`.
fn counts(report: &mut Report, models: &[&Model]) {
    report.metric("count", models.len());
    for kind in [norm_name, placement_name, ffn_name, position_name] {
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
    m.ffn.map(|f| f.name())
}

fn position_name(m: &Model) -> Option<&'static str> {
    m.position.map(|p| p.name())
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
    let known: [(&str, Option<Value>); 20] = [
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
        ("vocab", m.vocab.map(Value::from)),
        ("position", position_name(m).map(Value::from)),
        ("parameters", m.parameters().map(Value::from)),
    ];
    for (what, value) in known {
        if let Some(value) = value {
            report.metric(format!("{}.{what}", m.id), value);
        }
    }
}

fn norms(report: &mut Report, models: &[&Model]) {
    let mut table = Table::new(text("Norm: kind and place", "归一化：种类与位置"))
        .words(text("model", "模型"))
        .numbers(text("year", "年份"))
        .words(text("norm", "归一化"))
        .words(text("place", "位置"))
        .numbers(text("norm layers", "归一化层数"))
        .numbers(text("their parameters", "其参数量"))
        .numbers(text("share (%)", "占比（%）"));
    for m in models {
        let share = m
            .norm_parameters()
            .zip(m.parameters())
            .map(|(norm, all)| 100.0 * norm as f64 / all as f64);
        table.row(vec![
            m.id.into(),
            Cell::Text(Text::same(m.year.to_string())),
            cell(norm_name(m)),
            cell(placement_name(m)),
            cell(m.norm_layers()),
            cell(m.norm_parameters()),
            cell(share),
        ]);
    }
    report.table(table);
    report.say(text(
        "Norm layers: two a block (four in a sandwich, three in a decoder block with cross-attention) \
         plus those outside the blocks. LayerNorm learns γ and β, RMSNorm only g. Empty: not stated \
         by the source.",
        "归一化层数：每个块两个（Sandwich 为四个，带交叉注意力的解码器块为三个），再加块外的。\
         LayerNorm 学习 γ 和 β，RMSNorm 只学习 γ。空格表示出处没有写明。",
    ));
}

fn activations(report: &mut Report, models: &[&Model]) {
    let mut table = Table::new(text("Feed-forward block", "前馈层"))
        .words(text("model", "模型"))
        .numbers(text("year", "年份"))
        .words(text("block", "结构"))
        .numbers(text("matrices", "矩阵数"))
        .numbers(text("d_model", "d_model"))
        .numbers(text("d_ff", "d_ff"))
        .numbers(text("d_ff / d_model", "d_ff / d_model"))
        .numbers(text("8d/3 (gated)", "8d/3（门控）"));
    for m in models {
        let gated = m.ffn.is_some_and(|f| f.matrices() == 3);
        table.row(vec![
            m.id.into(),
            Cell::Text(Text::same(m.year.to_string())),
            cell(ffn_name(m)),
            cell(m.ffn.map(|f| f.matrices())),
            cell(m.d_model),
            cell(m.d_ff),
            cell(m.d_ff.zip(m.d_model).map(|(f, d)| f as f64 / d as f64)),
            cell(m.two_thirds_width().filter(|_| gated).map(f64::floor)),
        ]);
    }
    report.table(table);
    report.say(text(
        "A gate adds a third matrix. With two thirds of the width 4d, that is 8d/3, the weights stay \
         the same (Shazeer 2020); models round it to a multiple that suits the hardware, or go wider.",
        "门控多出第三个矩阵。宽度取 4d 的三分之二，即 8d/3，参数量便不变（Shazeer 2020）；\
         各模型再取整到适合硬件的倍数，或者索性更宽。",
    ));
}

fn sizes(report: &mut Report, models: &[&Model]) {
    let mut table = Table::new(text("Sizes", "规模"))
        .words(text("model", "模型"))
        .numbers(text("layers", "层数"))
        .numbers(text("d_model", "d_model"))
        .numbers(text("heads", "注意力头"))
        .numbers(text("KV heads", "KV 头"))
        .numbers(text("vocabulary", "词表"))
        .words(text("positions", "位置编码"))
        .numbers(text("attention / block (M)", "注意力 / 块（M）"))
        .numbers(text("FFN / block (M)", "FFN / 块（M）"))
        .words(text("parameters", "参数总量"));
    let millions = |n: Option<usize>| cell(n.map(|n| n as f64 / 1e6));
    for m in models {
        let layers = cell(m.n_layers.map(|n| match m.stack {
            Stack::EncoderDecoder => format!("{n} + {n}"),
            _ => number(n as f64),
        }));
        table.row(vec![
            m.id.into(),
            layers,
            cell(m.d_model),
            cell(m.n_heads),
            cell(m.n_kv_heads),
            cell(m.vocab),
            cell(position_name(m)),
            millions(m.attention_parameters()),
            millions(m.ffn_parameters()),
            cell(m.parameters().map(|n| number(n as f64))),
        ]);
    }
    report.table(table);
    report.say(text(
        "Parameters are computed from the configuration; for decoder-only models with all details \
         known they equal the released totals to the last digit.",
        "参数量由配置算出；细节齐全的纯解码器模型，结果与发布的总数一位不差。",
    ));
}

/// How many models of each period chose which kind.
fn figure(models: &[&Model], show: Option<Show>) -> Figure {
    let all: [(&str, Kind, Show); 4] = [
        ("norm", norm_name, Show::Norm),
        ("place of the norm", placement_name, Show::Norm),
        ("feed-forward block", ffn_name, Show::Activation),
        ("positions", position_name, Show::Size),
    ];
    let panels: Vec<Panel> = all
        .into_iter()
        .filter(|(_, _, of)| show.is_none_or(|s| s == *of))
        .map(|(title, kind, _)| panel(title, models, kind))
        .collect();
    let columns = panels.len().min(2);
    Figure::grid("kinds", "What published models chose", columns, panels)
}

fn panel(title: &str, models: &[&Model], kind: Kind) -> Panel {
    let names = distinct(models, kind);
    let series = PERIODS
        .iter()
        .map(|&(period, from, to)| {
            let count = |name: &&str| {
                let chose = |m: &&&Model| (from..=to).contains(&m.year) && kind(m) == Some(*name);
                models.iter().filter(chose).count() as f64
            };
            (period.to_string(), names.iter().map(count).collect())
        })
        .collect();
    Panel {
        title: title.to_string(),
        x: Axis::names(
            "",
            names.iter().map(|n| n.replace("LayerNorm without", "LN, no")).collect(),
        ),
        y: Axis::new("models"),
        content: Content::Bars(Bars { series }),
    }
}

fn sources(models: &[&Model]) -> Table {
    let mut table = Table::new(text("Sources", "出处"))
        .words(text("model", "模型"))
        .words(text("organization", "机构"))
        .words(text("source", "出处"));
    for m in models {
        table.row(vec![m.id.into(), m.organization.into(), m.source.into()]);
    }
    table
}
