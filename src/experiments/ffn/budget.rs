//! `ffn budget`: where a block's parameters are, and how wide a gated FFN becomes.

use clap::builder::PossibleValuesParser;

use crate::experiments::{Context, params};
use crate::math::ffn::{
    Kind,
    cost::{parameters, round_up, two_thirds},
};
use crate::model::published::{MODELS, Model};
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Report, Table, Text, Value, number, text,
};

/// Parameters of attention and FFN; the 2/3 rule and its rounding ‖ 注意力与 FFN 的参数量；2/3 规则与取整
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "ffn budget llama-7b\nffn budget --d-model 4096\nffn budget --d-model 4096 --multiple 128"
)]
pub struct Budget {
    /// Published models; without one a selection ‖ 已发表的模型；不写则选几个
    #[arg(value_name = "MODEL", value_parser = PossibleValuesParser::new(known().map(|m| m.id)), conflicts_with_all = ["d_model", "multiple"])]
    pub models: Vec<String>,
    /// Instead of models: apply the 2/3 rule to this width of the residual stream ‖ 不看模型，对这个残差流宽度应用 2/3 规则
    #[arg(long, value_name = "D", value_parser = params::count(1, 1_000_000))]
    pub d_model: Option<usize>,
    /// Round the width up to a multiple of this ‖ 宽度向上取整到它的倍数
    #[arg(long, value_name = "N", value_parser = params::count(1, 1_000_000), requires = "d_model", default_value = "256")]
    pub multiple: usize,
}

/// Shown where no model is named.
const SELECTION: [&str; 7] = [
    "transformer-base",
    "gpt-2",
    "t5-v1.1-base",
    "llama-7b",
    "llama-2-70b",
    "llama-3-8b",
    "glm-4-9b",
];

/// The models whose blocks are known down to the weights.
fn known() -> impl Iterator<Item = &'static Model> {
    MODELS.iter().filter(|m| m.attention_parameters().is_some() && m.ffn_parameters().is_some())
}

impl Budget {
    /// Counts the weights of one block for each model, or applies the rule to a width.
    ///
    /// # Errors
    /// None; the arguments are checked when they are read.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let mut report = Report::new(text("Where a block's parameters are", "一层的参数在哪里"));
        match self.d_model {
            Some(d) => self.rule(&mut report, d),
            None => self.count(&mut report),
        }
        Ok(report)
    }

    /// The 2/3 rule for a width.
    fn rule(&self, report: &mut Report, d: usize) {
        let plain = 4 * d;
        let exact = two_thirds(plain);
        let width = round_up(exact, self.multiple);
        let (two, three) = (parameters(Kind::Relu, d, plain), parameters(Kind::Swiglu, d, width));
        report.formula("2 · d · 4d = 8d² = 3 · d · d_ff  →  d_ff = 2/3 · 4d = 8d/3");
        let mut table = Table::new(text("From a plain block to a gated one", "从普通层到门控层"))
            .words(text("block", "前馈层"))
            .numbers(Text::same("d_ff"))
            .numbers(text("matrices", "矩阵数"))
            .numbers(text("parameters", "参数量"));
        let mut row = |name: Text, kind: Kind, width: usize| {
            let weights = parameters(kind, d, width);
            table.row(vec![name.into(), width.into(), kind.matrices().into(), weights.into()]);
        };
        row(text("plain, 4d", "普通，4d"), Kind::Relu, plain);
        row(text("gated, still 4d", "门控，仍为 4d"), Kind::Swiglu, plain);
        row(text("gated, 2/3 of 4d", "门控，4d 的 2/3"), Kind::Swiglu, exact);
        let multiple = self.multiple;
        row(
            text(
                format!("gated, rounded up to a multiple of {multiple}"),
                format!("门控，向上取整到 {multiple} 的倍数"),
            ),
            Kind::Swiglu,
            width,
        );
        report.table(table);
        let over = 100.0 * (three as f64 / two as f64 - 1.0);
        report.say(text(
            format!("A third matrix at the same width would cost half as much again. At two thirds of the width, {exact}, the parameters match; rounding to {width} changes them by {} %.", number(over)),
            format!("同样宽度下多一个矩阵，参数要多一半。宽度取 2/3，即 {exact}，参数量就与原来相同；取整到 {width} 只带来 {} % 的变化。", number(over)),
        ));
        report.metric("width.plain", plain);
        report.metric("width.two_thirds", exact);
        report.metric("width.rounded", width);
        report.metric("parameters.plain", two);
        report.metric("parameters.gated", three);
        let wide = parameters(Kind::Swiglu, d, plain);
        report.metric("parameters.gated_at_4d", wide);
        report.metric("parameters.ratio", three as f64 / two as f64);
        report.metric("parameters.ratio_at_4d", wide as f64 / two as f64);
    }

    /// Attention against FFN for published models.
    fn count(&self, report: &mut Report) {
        let named = |m: &&Model| match self.models.is_empty() {
            true => SELECTION.contains(&m.id),
            false => self.models.iter().any(|n| n == m.id),
        };
        let models: Vec<&Model> = known().filter(named).collect();
        let mut table = Table::new(text("Parameters of one block", "一层的参数量"))
            .words(text("model", "模型"))
            .words(text("FFN", "前馈层"))
            .numbers(Text::same("d"))
            .numbers(Text::same("d_ff"))
            .numbers(Text::same("d_ff / d"))
            .numbers(text("attention (M)", "注意力（M）"))
            .numbers(text("FFN (M)", "FFN（M）"))
            .numbers(text("FFN's share (%)", "FFN 占比（%）"));
        let mut bars = vec![("attention".to_string(), Vec::new()), ("FFN".to_string(), Vec::new())];
        for m in &models {
            let (Some(attention), Some(ffn)) = (m.attention_parameters(), m.ffn_parameters())
            else {
                continue;
            };
            let share = 100.0 * ffn as f64 / (attention + ffn) as f64;
            let ratio = m.d_ff.zip(m.d_model).map(|(d_ff, d)| d_ff as f64 / d as f64);
            let million = |n: usize| n as f64 / 1e6;
            let optional = |n: Option<usize>| n.map_or(Cell::Empty, Cell::from);
            table.row(vec![
                m.name.into(),
                m.ffn.map_or(Cell::Empty, |f| f.title().into()),
                optional(m.d_model),
                optional(m.d_ff),
                ratio.map_or(Cell::Empty, Cell::from),
                million(attention).into(),
                million(ffn).into(),
                share.into(),
            ]);
            bars[0].1.push(100.0 - share);
            bars[1].1.push(share);
            let mut put = |name: &str, value: Value, unit: &str| {
                report.metric_in(format!("{}.{name}", m.id), value, unit);
            };
            put("attention", attention.into(), "parameters");
            put("ffn", ffn.into(), "parameters");
            put("ffn_share", share.into(), "%");
        }
        report.table(table);
        report.say(text(
            "With 4d wide plain blocks attention has 4d² weights and the FFN 8d²: two thirds. Gated blocks keep 8d² by the 2/3 rule. Where queries share keys and values, or the FFN is wider, its share grows.",
            "普通 4d 宽的层里，注意力有 4d² 个权重，FFN 有 8d² 个：占三分之二。门控层按 2/3 规则仍是 8d²。若多个查询头共享键和值，或 FFN 更宽，占比就更高。",
        ));
        report.figure(Figure::new(
            "share",
            "Where the parameters of one block are",
            Axis::names("model", models.iter().map(|m| m.name.to_string()).collect()),
            Axis::new("share of the block's parameters (%)").between(0.0, 100.0),
            Content::Bars(Bars { series: bars }),
        ));
    }
}
