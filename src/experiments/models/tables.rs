//! The tables of published models, one for each aspect, and their sources.

use super::{ffn_name, norm_name, placement_name, position_name, tokenizer_name, vocabulary_share};
use crate::model::published::{Model, Stack};
use crate::report::{Cell, Report, Table, Text, number, text};

/// What is not stated leaves its cell empty.
fn cell<T: Into<Cell>>(value: Option<T>) -> Cell {
    value.map_or(Cell::Empty, Into::into)
}

/// Kind and place of the norm, and what it learns.
pub fn norms(report: &mut Report, models: &[&Model]) {
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

/// The feed-forward block and its width.
pub fn activations(report: &mut Report, models: &[&Model]) {
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
        let gated = m.ffn.is_some_and(|f| f.gated());
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

/// Layers, heads and parameters.
pub fn sizes(report: &mut Report, models: &[&Model]) {
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

/// The tokenizer, and what its vocabulary costs.
pub fn tokenizers(report: &mut Report, models: &[&Model]) {
    let mut table = Table::new(text("Tokenizers", "分词器"))
        .words(text("model", "模型"))
        .numbers(text("year", "年份"))
        .words(text("tokenizer", "分词器"))
        .numbers(text("vocabulary |V|", "词表 |V|"))
        .words(text("tied", "共享"))
        .numbers(text("|V|·d, in all (M)", "|V|·d 合计（M）"))
        .numbers(text("share (%)", "占比（%）"));
    for m in models {
        let tied = m.tied.map(|tied| if tied { text("yes", "是") } else { text("no", "否") });
        table.row(vec![
            m.id.into(),
            Cell::Text(Text::same(m.year.to_string())),
            cell(tokenizer_name(m)),
            cell(m.vocab),
            cell(tied),
            cell(m.vocabulary_parameters().map(|n| n as f64 / 1e6)),
            cell(vocabulary_share(m)),
        ]);
    }
    report.table(table);
    report.say(text(
        "|V| counts the rows of the released embedding, padding included. Tied: the output layer shares \
         the embedding's table, so |V|·d is paid once instead of twice. SentencePiece alone: the source \
         does not say which of its models runs inside. Empty: not stated.",
        "|V| 是发布权重中 embedding 的行数，含补齐。共享：输出层与 embedding 共用一张表，|V|·d 只付一次而不是两次。\
         只写 SentencePiece：出处没有说明里面是哪种模型。空格表示没有写明。",
    ));
}

/// Where the details come from.
pub fn sources(models: &[&Model]) -> Table {
    let mut table = Table::new(text("Sources", "出处"))
        .words(text("model", "模型"))
        .words(text("organization", "机构"))
        .words(text("source", "出处"));
    for m in models {
        table.row(vec![m.id.into(), m.organization.into(), m.source.into()]);
    }
    table
}
