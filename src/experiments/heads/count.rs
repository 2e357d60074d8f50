//! `heads count`: the same layer divided into more or fewer heads.

use crate::experiments::{Context, params};
use crate::model::layout::Layout;
use crate::model::{Config, Preset, Size};
use crate::report::{Error, Report, Table, number, text};

/// Parameters, FLOPs and attention maps of one layer at any number of heads ‖ 一层注意力分成不同头数时的参数量、FLOPs 与注意力图数
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "heads count\nheads count --d-model 768 --heads 1 12 --tokens 512")]
pub struct Count {
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "512", value_parser = params::count(1, 65_536))]
    pub d_model: usize,
    /// How many heads ‖ 头数
    #[arg(long, value_name = "H", num_args = 1.., default_values = ["1", "2", "4", "8", "16", "32"], value_parser = params::count(1, 1000))]
    pub heads: Vec<usize>,
    /// Tokens of a sequence ‖ 序列的 token 数
    #[arg(long, value_name = "T", default_value = "1024", value_parser = params::count(1, 1_000_000))]
    pub tokens: usize,
}

impl Count {
    /// Counts.
    ///
    /// # Errors
    /// Bad input if heads do not divide the width.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let heads = params::distinct(&self.heads);
        let mut report = Report::new(text("The same layer, more heads", "同一层，不同头数"));
        report.formula("W_Q, W_K, W_V, W_O: 4d²        head i: d/h columns of each");
        let mut table = Table::new(text(
            format!("One attention layer, d = {}, T = {}", self.d_model, self.tokens),
            format!("一层注意力，d = {}，T = {}", self.d_model, self.tokens),
        ))
        .numbers(text("heads h", "头数 h"))
        .numbers(text("width d/h", "宽度 d/h"))
        .numbers(text("scale 1/√(d/h)", "缩放 1/√(d/h)"))
        .numbers(text("parameters", "参数量"))
        .numbers(text("GFLOPs", "GFLOPs"))
        .numbers(text("attention maps", "注意力图"))
        .numbers(text("softmaxed scores (M)", "做 softmax 的分数（M）"));
        let (d, t) = (self.d_model as f64, self.tokens as f64);
        let (mut most, mut least) = (f64::MIN, f64::MAX);
        for h in &heads {
            let parameters = self.parameters(*h)?;
            let width = d / *h as f64;
            // four maps, and for each head scores and mixing: 2·T²·d/h each
            let flops = 2.0 * parameters * t + *h as f64 * 4.0 * t * t * width;
            let scores = *h as f64 * t * t;
            table.row(vec![
                (*h).into(),
                width.into(),
                width.sqrt().recip().into(),
                parameters.into(),
                (flops / 1e9).into(),
                (*h).into(),
                (scores / 1e6).into(),
            ]);
            (most, least) = (most.max(parameters), least.min(parameters));
            report.metric(format!("h{h}.parameters"), parameters);
            report.metric_in(format!("h{h}.flops"), flops, "FLOPs");
            report.metric(format!("h{h}.width"), width);
            report.metric(format!("h{h}.scores"), scores);
        }
        report.table(table);
        report.metric("parameters.difference", most - least);
        report.say(text(
            format!(
                "The columns are dealt out, not multiplied: {} parameters and the same products at any number of heads. What grows with h is the number of softmaxes: h maps of T × T.",
                number(most)
            ),
            format!(
                "列只是分给各头，并没有变多：无论几个头，参数都是 {}，矩阵乘法也一样多。随 h 增长的只有 softmax：h 张 T × T 的注意力图。",
                number(most)
            ),
        ));
        Ok(report)
    }

    /// Parameters of the attention layer of a model with so many heads, by its layout.
    fn parameters(&self, heads: usize) -> Result<f64, Error> {
        let (d, context) = (self.d_model, 2);
        let size = Size { vocab: 1, context, d, d_ff: 1, layers: 1, heads, kv_heads: heads };
        let config: Config = Preset::Llama.config(size)?;
        let names = Layout::new(&config).names;
        let inside = names.iter().filter(|(name, _)| {
            name.starts_with("blocks.0.attention.") && name.ends_with(".weight")
        });
        Ok(inside.map(|(_, slot)| slot.range().len() as f64).sum())
    }
}
