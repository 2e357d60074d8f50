//! The intensities of a model by arithmetic: prefill, and decoding with more and fewer key heads.

use super::Roofline;
use super::machine::Machine;
use crate::experiments::model::named;
use crate::experiments::{Context, params};
use crate::model::Config;
use crate::model::cost::{Load, cost};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// A model with what it is asked to do.
pub struct Model<'a> {
    config: Config,
    title: String,
    asked: &'a Roofline,
}

/// FLOPs and bytes of one pass.
struct Pass {
    flops: f64,
    bytes: f64,
}

impl Pass {
    fn intensity(&self) -> f64 {
        self.flops / self.bytes
    }

    /// The least time on a machine, in seconds.
    fn least(&self, machine: &Machine) -> f64 {
        (self.flops / machine.peak).max(self.bytes / machine.bandwidth)
    }
}

impl<'a> Model<'a> {
    /// The model that is asked for.
    pub fn new(asked: &'a Roofline, context: &Context) -> Result<Self, Error> {
        let named = named::find(context, Some(&asked.name), &asked.model, Some(asked.length))?;
        Ok(Self { config: named.config, title: named.title, asked })
    }

    /// Scores stay in the cache of the processor, as in FlashAttention; a causal mask is used.
    fn pass(&self, config: &Config, load: Load) -> Pass {
        let parts = cost(config, Load { fused: true, ..load });
        let flops = parts.iter().map(|part| part.flops).sum();
        let numbers: f64 = parts.iter().map(|part| part.weights + part.moved).sum();
        Pass { flops, bytes: numbers * self.asked.precision.bytes() }
    }

    fn prefill(&self, batch: f64) -> Pass {
        let length = self.asked.length as f64;
        let pairs = batch * length * (length + 1.0) / 2.0;
        self.pass(&self.config, Load { pairs, ..Load::prefill(batch, length) })
    }

    fn decode(&self, config: &Config, batch: f64) -> Pass {
        self.pass(config, Load::decode(batch, self.asked.length as f64))
    }

    /// The same model with other numbers of key heads: as built, as MHA, GQA-8 and MQA.
    fn variants(&self) -> Vec<(String, Config)> {
        let own = &self.config;
        let mut kinds = vec![own.heads, own.kv_heads, 8, 1];
        kinds.retain(|kv| own.heads.is_multiple_of(*kv));
        kinds.sort_unstable_by(|a, b| b.cmp(a));
        let name = |kv| match kv {
            kv if kv == own.heads => format!("MHA ({kv} kv heads)"),
            1 => "MQA (1 kv head)".to_string(),
            kv => format!("GQA ({kv} kv heads)"),
        };
        let kinds = params::distinct(&kinds).into_iter();
        kinds.map(|kv_heads| (name(kv_heads), Config { kv_heads, ..own.clone() })).collect()
    }

    /// A row for prefill and one for each batch of decoding.
    pub fn report(&self, machine: &Machine, report: &mut Report) {
        let (n, precision) = (number(self.asked.length as f64), self.asked.precision.name());
        let mut table = Table::new(text(
            format!("{} at {n} tokens, {precision}, by arithmetic", self.title),
            format!("{}，{n} 个 token，{precision}，由公式计算", self.title),
        ))
        .words(text("pass", "过程"))
        .numbers(text("FLOPs", "FLOPs"))
        .numbers(text("bytes", "字节"))
        .numbers(text("FLOPs/byte", "FLOPs/字节"))
        .words(text("limit on this machine", "本机的瓶颈"))
        .numbers(text("least time for a token (ms)", "每 token 最短时间（ms）"));
        let mut row = |words, key: String, pass: Pass, tokens: f64| {
            let memory = pass.intensity() < machine.ridge();
            let limit =
                if memory { text("memory", "内存") } else { text("arithmetic", "算力") };
            table.row(vec![
                words,
                pass.flops.into(),
                pass.bytes.into(),
                pass.intensity().into(),
                limit.into(),
                (1e3 * pass.least(machine) / tokens).into(),
            ]);
            report.metric_in(format!("model.{key}.intensity"), pass.intensity(), "FLOPs/byte");
            report
                .metric(format!("model.{key}.limit"), if memory { "memory" } else { "arithmetic" });
        };
        let length = self.asked.length as f64;
        row(
            text("prefill, one prompt", "prefill，一条提示").into(),
            "prefill".to_string(),
            self.prefill(1.0),
            length,
        );
        for &batch in &params::distinct(&self.asked.batches) {
            let words = text(format!("decoding, batch {batch}"), format!("解码，批大小 {batch}"));
            let pass = self.decode(&self.config, batch as f64);
            row(words.into(), format!("decode.b{batch}"), pass, batch as f64);
        }
        report.table(table);
    }

    /// Intensity against the batch.
    pub fn figure(&self, machine: &Machine) -> Figure {
        let batches: Vec<f64> = (0..=10).map(|power| f64::from(1 << power)).collect();
        let curve = |of: &dyn Fn(f64) -> Pass| -> Vec<(f64, f64)> {
            batches.iter().map(|b| (*b, of(*b).intensity())).collect()
        };
        let level = |y: f64| vec![(1.0, y), (1024.0, y)];
        let mut series = vec![
            Series::new("this machine's ridge", level(machine.ridge())).stroke(Stroke::Dashed),
            Series::new("prefill", curve(&|b| self.prefill(b))),
        ];
        for (name, config) in self.variants() {
            series.push(Series::new(
                format!("decoding, {name}"),
                curve(&|b| self.decode(&config, b)),
            ));
        }
        let (n, precision) = (number(self.asked.length as f64), self.asked.precision.name());
        Figure::new(
            "intensity",
            format!("FLOPs per byte: {}, {n} tokens, {precision}", self.title),
            Axis::log("batch (sequences)"),
            Axis::log("intensity (FLOPs per byte)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        )
    }
}
