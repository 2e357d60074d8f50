//! `model show`: the block as a drawing, and where parameters, FLOPs and memory go. Arithmetic alone:
//! no weights are drawn or read.

use super::choices::Choices;
use super::diagram;
use super::memory::Count;
use super::named::{self, Named};
use crate::experiments::{Context, params};
use crate::model::layout::{Layout, Slot};
use crate::report::{Error, Report, Table, number, text};

/// A model by its name, its folder, or the flags of `train`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "model show --preset llama\nmodel show --preset gpt2 --vocab-size 50257 --context 1024 --d-model 768 --layers 12 --heads 12"
)]
pub struct Show {
    /// A folder, stories, a published model such as llama-2-70b, or a style: llama, qwen2, glm4, bert ‖ 文件夹、stories、已发表的模型（如 llama-2-70b）或风格：llama、qwen2、glm4、bert
    #[arg(value_name = "DIR|PRESET", conflicts_with = "Choices")]
    pub name: Option<String>,
    /// What the model is made of, where no name says it ‖ 模型结构（未给名称时）
    #[command(flatten)]
    pub model: Choices,
    /// Tokens of a sequence; the context if not given, 4096 for a published model ‖ 序列的 token 数；默认为上下文长度，已发表的模型为 4096
    #[arg(long, value_name = "T", value_parser = params::count(1, 1_000_000))]
    pub length: Option<usize>,
    /// Sequences of a batch ‖ 每批序列数
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 1_000_000))]
    pub batch: usize,
}

impl Show {
    /// Counts.
    ///
    /// # Errors
    /// Bad input if there is no such model, or the choices do not fit each other.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let name = self.name.as_deref();
        let Named { config, title, exact } = named::find(context, name, &self.model, self.length)?;
        let length = self.length.unwrap_or(config.context);
        let layout = Layout::new(&config);
        let count = Count::new(&config, &layout, length, self.batch);
        let mut report =
            Report::new(text(format!("{title} and its parts"), format!("{title} 的结构")));
        report.formula(diagram::lines(&config, exact).join("\n"));
        report.table(parts(&layout));
        report.say(text(
            format!(
                "**{}** parameters. A token at the end of {length} takes {} FLOPs, {} of them \
                 between queries, keys and values. Below: a batch of {} × {length} tokens.",
                number(count.total),
                number(count.flops),
                number(count.attention),
                self.batch
            ),
            format!(
                "共 **{}** 个参数。长度为 {length} 的序列，最后一个 token 需要 {} FLOPs，其中 {} 用于 Q、K、V \
                 之间的运算。下表按一批 {} × {length} 个 token 计算。",
                number(count.total),
                number(count.flops),
                number(count.attention),
                self.batch
            ),
        ));
        report.table(count.table());
        report.say(text(
            "Activations are those that this lab keeps for the backward pass: attention's T × T \
             weights are computed again. Scales of int8 and 4-bit numbers are not counted.",
            "激活值指本程序为反向传播保留的部分：T × T 的注意力权重会重新计算。int8 与 4 比特的缩放系数未计入。",
        ));
        count.metrics(&mut report);
        groups(&layout, &mut report);
        Ok(report)
    }
}

fn size(slot: Slot) -> f64 {
    slot.range().len() as f64
}

/// What a tensor belongs to, whichever block it is in: `blocks.3.attention.query.weight` to
/// `attention.query.weight`.
fn part_of(name: &str) -> &str {
    let inner = name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
    inner.map_or(name, |(_, part)| part)
}

/// Parameters of the large parts as metrics.
fn groups(layout: &Layout, report: &mut Report) {
    let mut sums =
        [("embedding", 0.0), ("attention", 0.0), ("ffn", 0.0), ("norms", 0.0), ("head", 0.0)];
    for (name, slot) in &layout.names {
        let part = part_of(name);
        let norm = name.ends_with(".gamma") || name.ends_with(".beta");
        let group = match part {
            _ if norm => 3,
            _ if part.starts_with("attention.") || part == "relative" => 1,
            _ if part.starts_with("ffn.") => 2,
            _ if part == "head" || part.starts_with("transform.") => 4,
            _ => 0,
        };
        sums[group].1 += size(*slot);
    }
    for (name, sum) in sums {
        report.metric(format!("parameters.{name}"), sum);
    }
}

/// Parameters by part, all blocks together.
fn parts(layout: &Layout) -> Table {
    let mut table = Table::new(text("Parameters by part", "各部分参数量"))
        .words(text("part", "部分"))
        .words(text("shape, one block", "形状（单层）"))
        .numbers(text("parameters, all blocks", "参数量（所有层）"))
        .numbers(text("share (%)", "占比（%）"));
    let mut seen: Vec<(String, Slot, f64)> = Vec::new();
    for (name, slot) in &layout.names {
        let part = part_of(name);
        match seen.iter_mut().find(|(known, ..)| known == part) {
            Some((.., sum)) => *sum += size(*slot),
            None => seen.push((part.to_string(), *slot, size(*slot))),
        }
    }
    for (part, slot, sum) in seen {
        let shape = format!("({}, {})", slot.rows, slot.columns);
        let share = 100.0 * sum / layout.total as f64;
        table.row(vec![part.into(), shape.into(), sum.into(), share.into()]);
    }
    table
}
