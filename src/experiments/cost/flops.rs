//! `cost flops`: FLOPs and bytes by part, and where attention overtakes the rest.

use super::precision::Precision;
use crate::experiments::model::choices::Choices;
use crate::experiments::model::named::{self, Named};
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::model::Config;
use crate::model::cost::{Cost, Load, Part, cost, crossings};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, Text, number, text,
};

/// FLOPs and bytes by part, for any configuration and length ‖ 任意配置与长度下，各部分的 FLOPs 与字节数
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "cost flops llama-2-7b --length 4096\ncost flops gpt-2 --length 1024 --fused\ncost flops llama-2-7b --decode --batch 16\ncost flops mistral-7b --length 32768 --visible --mask sliding --window 4096\ncost flops --preset gpt2 --d-model 512 --heads 8 --layers 1 --length 1024"
)]
pub struct Flops {
    /// A published model, a style or a folder; without it the flags below describe one ‖ 已发表的模型、风格或文件夹；不写则由下列参数描述
    #[arg(value_name = "DIR|PRESET")]
    pub name: Option<String>,
    /// Tokens of a sequence ‖ 序列的 token 数
    #[arg(long, value_name = "T", default_value = "4096", value_parser = params::count(1, 1_000_000))]
    pub length: usize,
    /// Sequences of a batch ‖ 每批序列数
    #[arg(long, value_name = "N", default_value = "1", value_parser = params::count(1, 1_000_000))]
    pub batch: usize,
    /// Only the next token, whose sequence has length tokens with it, the others cached ‖ 只算下一个 token：连它共 length 个，其余已缓存
    #[arg(long)]
    pub decode: bool,
    /// Count only pairs that the mask shows, as a kernel does that skips the others ‖ 只计掩码可见的对（跳过被遮部分的实现）
    #[arg(long)]
    pub visible: bool,
    /// Scores never go to memory, as in FlashAttention ‖ 分数不写入内存（FlashAttention）
    #[arg(long)]
    pub fused: bool,
    /// How numbers are stored ‖ 数值的存储精度
    #[arg(long, value_enum, default_value = "f16")]
    pub precision: Precision,
    /// What the model is made of, where no name says it ‖ 模型结构（未给名称时）
    #[command(flatten)]
    pub model: Box<Choices>,
}

impl Flops {
    /// Counts.
    ///
    /// # Errors
    /// Bad input if there is no such model, or a window is longer than the sequence.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let name = self.name.as_deref();
        let Named { mut config, title, .. } =
            named::find(context, name, &self.model, Some(self.length))?;
        if let (Some(mask), Some(_)) = (self.model.mask(), name) {
            config.mask = mask;
        }
        if let Mask::Sliding(window) | Mask::Prefix(window) = config.mask
            && window > self.length
        {
            return Err(Error::input(text(
                format!("a window of {window} is larger than {} tokens", self.length),
                format!("窗口 {window} 大于序列长度 {}", self.length),
            ))
            .allowed(text(format!("1 to {}", self.length), format!("1 到 {}", self.length))));
        }
        let parts = cost(&config, self.load(&config, self.length));
        let mut report = Report::new(text(
            format!("FLOPs and bytes of {title}"),
            format!("{title} 的 FLOPs 与字节数"),
        ));
        report.formula(
            "projections  2·T·d·(2·H + 2·kv)·d_h      8·T·d² if kv = H and H·d_h = d\nscores       2·T²·H·d_h                  2·T²·d\nmix          2·T²·H·d_h                  2·T²·d\nFFN          2·T·d·d_ff a matrix         16·T·d² for two of width 4d\nhead         2·T·d·V",
        );
        self.said(&config, &mut report);
        self.metrics(&config, &parts, &mut report);
        report.table(self.table(&parts)).figure(self.figure(&config, &title));
        Ok(report)
    }

    fn load(&self, config: &Config, length: usize) -> Load {
        let (batch, t) = (self.batch as f64, length as f64);
        let load = if self.decode { Load::decode(batch, t) } else { Load::prefill(batch, t) };
        let pairs = match (self.visible, self.decode) {
            (false, _) => load.pairs,
            (true, true) => batch * config.mask.span(length - 1, length).len() as f64,
            (true, false) => batch * config.mask.pairs(length) as f64,
        };
        Load { pairs, fused: self.fused, ..load }
    }

    fn said(&self, config: &Config, report: &mut Report) {
        let (projections, block) = crossings(config);
        let (n, b) = (number(self.length as f64), self.batch);
        let what = match self.decode {
            true => text(
                format!("One new token for each of {b} sequences of {n} tokens."),
                format!("{b} 条长 {n} 的序列，各算一个新 token。"),
            ),
            false => {
                text(format!("{b} × {n} tokens at once."), format!("一次算 {b} × {n} 个 token。"))
            }
        };
        report.say(text(
            format!(
                "{} When every query meets every key, scores and mix take more FLOPs than the projections from **{}** tokens on, and more than projections and FFN together from **{}** on; a kernel that skips what a causal mask hides gets there at twice the length. exp counts as 10 FLOPs; norms and residual additions are left out.",
                what.en, number(projections), number(block)
            ),
            format!(
                "{}若每个查询都与每个键相遇，从 **{}** 个 token 起，分数与加权求和的 FLOPs 超过投影；从 **{}** 个起超过投影与前馈层之和。跳过因果掩码所遮部分的实现，要到两倍长度才会超过。exp 计作 10 FLOPs，归一化与残差相加不计。",
                what.zh, number(projections), number(block)
            ),
        ));
        report.metric_in("crossing.projections", projections, "tokens");
        report.metric_in("crossing.block", block, "tokens");
    }

    fn bytes(&self, cost: &Cost) -> f64 {
        self.precision.bytes() * (cost.weights + cost.moved)
    }

    fn metrics(&self, config: &Config, parts: &[Cost], report: &mut Report) {
        let sum = |of: &dyn Fn(&Cost) -> f64| parts.iter().map(of).sum::<f64>();
        for part in parts {
            report.metric_in(format!("flops.{}", part.part.key()), part.flops, "FLOPs");
        }
        let total = sum(&|part| part.flops);
        let attention = sum(&|part| if is_attention(part.part) { part.flops } else { 0.0 });
        report
            .metric_in("flops.attention", attention, "FLOPs")
            .metric_in("flops.total", total, "FLOPs")
            .metric_in("share.attention", 100.0 * attention / total, "%");
        for part in parts {
            report.metric_in(format!("bytes.{}", part.part.key()), self.bytes(part), "bytes");
        }
        let bytes = sum(&|part| self.bytes(part));
        report
            .metric_in("bytes.total", bytes, "bytes")
            .metric_in("intensity", total / bytes, "FLOPs/byte")
            .metric("pairs", self.load(config, self.length).pairs);
    }

    fn table(&self, parts: &[Cost]) -> Table {
        let title =
            format!("({}, {} bytes a number)", self.precision.name(), self.precision.bytes());
        let total: f64 = parts.iter().map(|part| part.flops).sum();
        let mut table = Table::new(text(
            format!("By part {title}"),
            format!("各部分（{}，每个数 {} 字节）", self.precision.name(), self.precision.bytes()),
        ))
        .words(text("part", "部分"))
        .numbers(text("FLOPs", "FLOPs"))
        .numbers(text("share (%)", "占比（%）"))
        .numbers(text("bytes read and written", "读写字节数"))
        .numbers(text("FLOPs per byte", "FLOPs/字节"));
        for part in parts {
            let bytes = self.bytes(part);
            let intensity = if bytes > 0.0 { (part.flops / bytes).into() } else { "–".into() };
            table.row(vec![
                words(part.part).into(),
                part.flops.into(),
                (100.0 * part.flops / total).into(),
                bytes.into(),
                intensity,
            ]);
        }
        table
    }

    /// FLOPs for one token against the length of the sequence.
    fn figure(&self, config: &Config, title: &str) -> Figure {
        let lengths: Vec<usize> = (5..=18).map(|power| 1 << power).collect(); // 32 to 262,144
        let curve = |of: &dyn Fn(Part) -> bool| -> Vec<(f64, f64)> {
            let each = lengths.iter().map(|&length| {
                let load = self.load(config, length);
                let parts = cost(config, load);
                let flops: f64 = parts.iter().filter(|c| of(c.part)).map(|c| c.flops).sum();
                (length as f64, flops / load.tokens)
            });
            each.collect()
        };
        let series = vec![
            Series::new("scores and mix", curve(&|part| matches!(part, Part::Scores | Part::Mix))),
            Series::new("projections", curve(&|part| part == Part::Projections)),
            Series::new(
                "projections and FFN",
                curve(&|part| matches!(part, Part::Projections | Part::Ffn)),
            ),
            Series::new("softmax", curve(&|part| part == Part::Softmax)).stroke(Stroke::Dashed),
        ];
        let (projections, block) = crossings(config);
        let at = |x: f64, series: usize| {
            let level = if series == 1 {
                &[Part::Projections][..]
            } else {
                &[Part::Projections, Part::Ffn]
            };
            let y = curve(&|part| level.contains(&part))[0].1;
            Marker { x, y, label: format!("T = {}", number(x)), series }
        };
        let markers = if self.visible || self.decode {
            Vec::new()
        } else {
            vec![at(projections, 1), at(block, 2)]
        };
        Figure::new(
            "flops",
            format!("FLOPs per token, {title}"),
            Axis::log("T (tokens)"),
            Axis::log("FLOPs per token"),
            Content::Lines(Lines { series, markers }),
        )
    }
}

/// Scores, softmax and mix: what grows with T².
fn is_attention(part: Part) -> bool {
    matches!(part, Part::Scores | Part::Softmax | Part::Mix)
}

fn words(part: Part) -> Text {
    match part {
        Part::Projections => text("projections Q, K, V, O", "投影 Q、K、V、O"),
        Part::Scores => text("scores QKᵀ", "分数 QKᵀ"),
        Part::Softmax => text("softmax", "softmax"),
        Part::Mix => text("weighted sum of V", "对 V 加权求和"),
        Part::Ffn => text("FFN matrices", "前馈层矩阵"),
        Part::Activation => text("FFN activation", "前馈层激活"),
        Part::Head => text("output matrix", "输出矩阵"),
    }
}
