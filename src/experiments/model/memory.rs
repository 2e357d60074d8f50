//! What a model takes in memory and in arithmetic, by its configuration alone.

use crate::math::attention::Mask;
use crate::model::Config;
use crate::model::cost::{self, Cost, Load, Part};
use crate::model::layout::Layout;
use crate::model::workspace::kept;
use crate::report::{Report, Table, Text, text};

/// What is counted.
pub struct Count {
    /// Parameters.
    pub total: f64,
    /// Floating-point operations of one token at the end of the sequence.
    pub flops: f64,
    /// Those of them between queries, keys and values.
    pub attention: f64,
    /// Numbers that training keeps of the forward pass, for the whole batch.
    activations: f64,
    /// Numbers of one token in the KV cache.
    cache: f64,
    /// Tokens of the batch.
    tokens: f64,
}

impl Count {
    /// Counts for `batch` sequences of `length` tokens.
    pub fn new(config: &Config, layout: &Layout, length: usize, batch: usize) -> Self {
        // two FLOPs for each weight of a matrix that a token meets; tables are only looked up
        let parts = cost::cost(config, Load::decode(1.0, length as f64));
        let sum = |of: fn(&Cost) -> bool| -> f64 {
            parts.iter().filter(|part| of(part)).map(|part| part.flops).sum()
        };
        let attention = sum(|cost| matches!(cost.part, Part::Scores | Part::Mix));
        let tokens = (length * batch) as f64;
        Self {
            total: layout.total as f64,
            flops: sum(|cost| cost.weights > 0.0) + attention,
            attention,
            activations: kept(config, length * batch),
            // who sees both sides keeps nothing for later
            cache: if config.mask == Mask::None {
                0.0
            } else {
                cost::cached(config.layers, config.kv_heads, config.head_width)
            },
            tokens,
        }
    }

    /// Memory by what it is for and by precision.
    pub fn table(&self) -> Table {
        let (unit, name) =
            if self.total < 2.5e8 { (1e6, "MB (10⁶ bytes)") } else { (1e9, "GB (10⁹ bytes)") };
        let title = text(format!("Memory in {name}"), format!("内存，单位 {name}"));
        let mut table = Table::new(title)
            .words(text("what", "项目"))
            .numbers(text("f32", "f32"))
            .numbers(text("bf16 mixed", "bf16 混合精度"))
            .numbers(text("int8", "int8"))
            .numbers(text("4 bits", "4 比特"));
        // bytes of each number; half precision keeps a copy of the weights in f32 for AdamW
        let rows: [(Text, f64, [f64; 4]); 5] = [
            (text("weights", "权重"), self.total, [4.0, 2.0, 1.0, 0.5]),
            (text("gradients", "梯度"), self.total, [4.0, 2.0, 0.0, 0.0]),
            (text("AdamW", "AdamW 状态"), self.total, [8.0, 12.0, 0.0, 0.0]),
            (text("activations", "激活值"), self.activations, [4.0, 2.0, 0.0, 0.0]),
            (text("KV cache", "KV 缓存"), self.cache * self.tokens, [4.0, 2.0, 1.0, 0.5]),
        ];
        let (mut training, mut using) = ([0.0; 4], [0.0; 4]);
        for (i, (what, numbers, bytes)) in rows.into_iter().enumerate() {
            let each = bytes.map(|bytes| bytes * numbers / unit);
            for (k, each) in each.into_iter().enumerate() {
                training[k] += if i < 4 { each } else { 0.0 };
                using[k] += if i == 0 || i == 4 { each } else { 0.0 };
            }
            let none = |k: usize| bytes[k] == 0.0;
            table.row(
                std::iter::once(what.into())
                    .chain((0..4).map(|k| match none(k) {
                        true => "–".into(),
                        false => each[k].into(),
                    }))
                    .collect(),
            );
        }
        let row = |what: Text, sums: [f64; 4], known: usize| {
            let cell = |k: usize| if k < known { sums[k].into() } else { "–".into() };
            std::iter::once(what.into()).chain((0..4).map(cell)).collect()
        };
        table.row(row(text("to train: all but the cache", "训练合计（不含缓存）"), training, 2));
        table.row(row(text("to generate: weights and cache", "生成合计（权重与缓存）"), using, 4));
        table
    }

    /// The numbers by name; bytes are those of f32.
    pub fn metrics(&self, report: &mut Report) {
        report.metric("parameters", self.total);
        report.metric("flops.per_token", self.flops);
        report.metric("flops.attention", self.attention);
        let bytes = [
            ("memory.weights", 4.0 * self.total),
            ("memory.gradients", 4.0 * self.total),
            ("memory.optimizer", 8.0 * self.total),
            ("memory.training", 16.0 * self.total),
            ("memory.activations", 4.0 * self.activations),
            ("memory.cache", 4.0 * self.cache * self.tokens),
            ("memory.cache.per_token", 4.0 * self.cache),
            ("memory.weights.bf16", 2.0 * self.total),
            ("memory.cache.bf16", 2.0 * self.cache * self.tokens),
        ];
        for (name, bytes) in bytes {
            report.metric_in(name, bytes, "bytes");
        }
    }
}
