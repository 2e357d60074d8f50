//! `tokenizer cost`: parameters of embedding and output layer.

use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// Count the parameters that a vocabulary costs ‖ 计算词表占用的参数量
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "tokenizer cost --vocab 32000 128256 --dim 4096\ntokenizer cost --vocab 50257 --dim 768 --tied"
)]
pub struct Cost {
    /// Vocabulary sizes ‖ 词表大小
    #[arg(long, value_name = "N", num_args = 1.., default_values = ["32000", "50257", "128256"], value_parser = params::count(1, 10_000_000))]
    pub vocab: Vec<usize>,
    /// Widths of the model ‖ 模型宽度
    #[arg(long, value_name = "D", num_args = 1.., default_values = ["64", "256", "1024", "4096", "8192"], value_parser = params::count(1, 1_000_000))]
    pub dim: Vec<usize>,
    /// Embedding and output layer share their weights ‖ 嵌入与输出层共享权重
    #[arg(long)]
    pub tied: bool,
}

impl Cost {
    /// Multiplies.
    ///
    /// # Errors
    /// None: every size is checked as it is read.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let matrices = if self.tied { 1.0 } else { 2.0 };
        let mut table =
            Table::new(text("Parameters of embedding and output", "嵌入与输出层的参数量"))
                .numbers(text("|V|", "|V|"))
                .numbers(text("d", "d"))
                .numbers(text("one matrix", "单个矩阵"))
                .numbers(text("in all", "合计"));
        let mut report = Report::new(text("What a vocabulary costs", "词表的代价"));
        report.formula(if self.tied { "N = |V| · d" } else { "N = 2 · |V| · d" });
        let mut series = Vec::new();
        for &v in &self.vocab {
            let mut points = Vec::new();
            for &d in &self.dim {
                let one = v as f64 * d as f64;
                table.row(vec![v.into(), d.into(), one.into(), (one * matrices).into()]);
                points.push((d as f64, one * matrices));
                report.metric_in(format!("v{v}.d{d}.matrix"), one, "parameters");
                report.metric_in(format!("v{v}.d{d}.total"), one * matrices, "parameters");
            }
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            series.push(
                Series::new(format!("|V| = {}", number(v as f64)), points).stroke(Stroke::Dotted),
            );
        }
        report.table(table).figure(Figure::new(
            "cost",
            "Embedding and output parameters",
            Axis::log("model width d"),
            Axis::log("parameters"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        Ok(report)
    }
}
