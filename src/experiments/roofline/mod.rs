//! `roofline`: what limits prefill and decoding on this machine, memory or arithmetic.

mod load;
mod machine;
mod model;
#[cfg(test)]
mod tests;

use load::Load;
use machine::Machine;

use crate::experiments::clock::{Times, in_turns};
use crate::experiments::cost::precision::Precision;
use crate::experiments::model::choices::Choices;
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, Text, number, text,
};

/// What limits prefill and decoding here, memory or arithmetic: measured and drawn ‖ 在这台机器上限制 prefill 与解码的是内存带宽还是算力：实测并作图
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "roofline\nroofline llama-2-70b --length 4096 --batches 1 8 64 512\nroofline llama-2-7b --precision int8"
)]
pub struct Roofline {
    /// A published model, a style or a folder, whose intensities are computed ‖ 要计算强度的已发表模型、风格或文件夹
    #[arg(value_name = "DIR|PRESET", default_value = "llama-2-7b")]
    pub name: String,
    /// Tokens in each sequence's cache ‖ 每条序列缓存中的 token 数
    #[arg(long, value_name = "T", default_value = "4096", value_parser = params::count(1, 1_000_000))]
    pub length: usize,
    /// Sequences at once ‖ 同时处理的序列数
    #[arg(long, value_name = "N", num_args = 1..=10, default_values = ["1", "4", "16", "64", "256"], value_parser = params::count(1, 1024))]
    pub batches: Vec<usize>,
    /// How the model's numbers are stored ‖ 模型数值的存储精度
    #[arg(long, value_enum, default_value = "f16")]
    pub precision: Precision,
    /// Size of each array that has to come from memory: more than the processor's cache ‖ 每个数组的大小，须大于处理器缓存
    #[arg(long, value_name = "MB", default_value = "48", value_parser = params::count(1, 200))]
    pub megabytes: usize,
    /// Timed calls of each, after two that warm up ‖ 每项计时次数（另有两次预热）
    #[arg(long, value_name = "N", default_value = "5", value_parser = params::count(1, 100))]
    pub repeats: usize,
    /// What a style is made of ‖ 风格的结构参数
    #[command(flatten)]
    pub model: Box<Choices>,
}

/// Width of the weights that are measured.
const WIDTH: usize = 1024;
/// Keys of each cache that is measured, and the width of its head.
const KEYS: usize = 1024;
const HEAD: usize = 64;

/// Work that has been measured.
struct Point {
    label: String,
    key: String,
    /// Which line of the figure it stands on.
    kind: usize,
    intensity: f64,
    /// FLOPs a second of the fastest call.
    rate: f64,
    times: Times,
}

impl Roofline {
    /// Measures the machine, then work of a Transformer on it, and computes a model's intensities.
    ///
    /// # Errors
    /// If there is no such model; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = model::Model::new(self, context)?;
        let mut machine = Machine::measure(self.megabytes, self.repeats, context)?;
        let points = self.points(context)?;
        points.iter().for_each(|point| machine.raise(point.rate, point.intensity));
        let mut report = Report::new(text("The roofline of this machine", "这台机器的 roofline"));
        report.formula("attainable FLOP/s = min(peak, bandwidth · intensity);  intensity = FLOPs / bytes moved");
        report.say(said(&machine));
        report
            .metric_in("machine.bandwidth", machine.bandwidth / 1e9, "GB/s")
            .metric_in("machine.peak", machine.peak / 1e9, "GFLOP/s")
            .metric_in("machine.ridge", machine.ridge(), "FLOPs/byte")
            .metric("machine.threads", machine.threads)
            .metric("machine.spread", machine.spread);
        report.table(table(&points, &machine));
        for point in &points {
            report.metric_in(format!("{}.intensity", point.key), point.intensity, "FLOPs/byte");
            report.metric_in(format!("{}.rate", point.key), point.rate / 1e9, "GFLOP/s");
        }
        model.report(&machine, &mut report);
        report.figure(roof(&machine, &points));
        report.figure(model.figure(&machine));
        Ok(report)
    }
}

impl Roofline {
    /// Measures weights at every batch, attention of decoding for several groups of query heads, and
    /// attention of prefill. What is compared takes turns.
    fn points(&self, context: &Context) -> Result<Vec<Point>, Error> {
        let mut rng = context.rng(0);
        let n = self.megabytes * 1_000_000 / size_of::<f32>();
        let count = (n / (WIDTH * WIDTH)).max(1);
        let batches = params::distinct(&self.batches);
        let matrices = vec![0.01_f32; count * WIDTH * WIDTH];
        let cache = vec![0.02_f32; (n / (2 * KEYS * HEAD)).max(1) * 2 * KEYS * HEAD];
        let lines: [(usize, Vec<Load>, Text); 3] = [
            (
                1,
                batches.iter().map(|b| load::weights(&matrices, WIDTH, *b, &mut rng)).collect(),
                text("weights", "权重"),
            ),
            (
                2,
                [1, 4, 8].map(|group| load::decode(&cache, KEYS, HEAD, group, &mut rng)).into(),
                text("attention of decoding", "解码的注意力"),
            ),
            (
                3,
                [128, 512].map(|t| load::prefill(t, HEAD, 4, &mut rng)).into(),
                text("attention of prefill", "prefill 的注意力"),
            ),
        ];
        let mut points = Vec::new();
        for (i, (kind, mut loads, what)) in lines.into_iter().enumerate() {
            let about: Vec<(String, String, f64, f64)> = loads
                .iter()
                .map(|load| (load.label.clone(), load.key.clone(), load.flops, load.bytes))
                .collect();
            let mut calls: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for load in &mut loads {
                calls.push(Box::new(|| (load.run)()));
            }
            let times = in_turns(context, &mut calls, self.repeats, (i, 3), &what)?;
            points.extend(about.into_iter().zip(times).map(
                |((label, key, flops, bytes), times)| {
                    let rate = flops / times.least();
                    Point { label, key, kind, intensity: flops / bytes, rate, times }
                },
            ));
        }
        Ok(points)
    }
}

fn said(machine: &Machine) -> Text {
    let (bandwidth, peak) = (number(machine.bandwidth / 1e9), number(machine.peak / 1e9));
    let (ridge, threads) = (number(machine.ridge()), machine.threads);
    text(
        format!(
            "Measured with {threads} threads: **{bandwidth} GB/s** from memory (a triad), **{peak} GFLOP/s** in f32 (products in the cache), or what the work below reached where that is more. Below **{ridge}** FLOPs a byte memory is the limit, above it arithmetic. Decoding reads every weight for one token of each sequence: about half a FLOP a byte of f32 weights for each sequence of the batch, so that a larger batch climbs the slope. Its attention reads each sequence's own cache, which no batch shares: only fewer key heads (GQA, MQA) or fewer bits help. Prefill uses each weight for all tokens of the prompt and stands on the flat roof."
        ),
        format!(
            "用 {threads} 个线程实测：内存 **{bandwidth} GB/s**（triad），f32 算力 **{peak} GFLOP/s**（缓存内的矩阵乘）；下列工作若更快，则以它为准。强度低于每字节 **{ridge}** FLOPs 时受限于内存，高于它受限于算力。解码时每条序列只有一个 token，却要读遍全部权重：f32 权重每字节约为半个 FLOP 乘以批大小，所以批越大越往斜坡上爬。注意力读的是各序列自己的缓存，批再大也无法共享：只有减少 KV 头（GQA、MQA）或降低精度才有用。prefill 让每个权重服务于提示的所有 token，站在平顶上。"
        ),
    )
}

/// What kind of work a line of the figure stands for.
const KINDS: [&str; 4] =
    ["", "weights, batch 1 and more", "attention, decoding", "attention, prefill"];

fn table(points: &[Point], machine: &Machine) -> Table {
    let mut table = Table::new(text("Measured on this machine, f32", "本机实测，f32"))
        .words(text("work", "工作"))
        .words(text("which", "参数"))
        .numbers(text("FLOPs/byte", "FLOPs/字节"))
        .numbers(text("GFLOP/s", "GFLOP/s"))
        .numbers(text("of the roof (%)", "达到屋顶的（%）"))
        .numbers(text("quartiles' distance (%)", "四分位距（%）"));
    for point in points {
        let what = match point.kind {
            1 => text("weights, batch", "权重，批大小"),
            2 => text("attention, decoding", "注意力，解码"),
            _ => text("attention, prefill", "注意力，prefill"),
        };
        table.row(vec![
            what.into(),
            point.label.clone().into(),
            point.intensity.into(),
            (point.rate / 1e9).into(),
            (100.0 * point.rate / machine.roof(point.intensity)).into(),
            (100.0 * point.times.spread()).into(),
        ]);
    }
    table
}

/// The roof with what has been measured under it.
fn roof(machine: &Machine, points: &[Point]) -> Figure {
    let ends = [0.1, machine.ridge(), 1000.0_f64.max(4.0 * machine.ridge())];
    let line = ends.iter().map(|x| (*x, machine.roof(*x) / 1e9)).collect();
    let mut series = vec![Series::new("roof", line)];
    let mut markers = Vec::new();
    for (kind, name) in KINDS.iter().enumerate().skip(1) {
        let own: Vec<&Point> = points.iter().filter(|p| p.kind == kind).collect();
        let at = own.iter().map(|p| (p.intensity, p.rate / 1e9)).collect();
        series.push(Series::new(*name, at).stroke(Stroke::Dotted));
        let ends = [own.first(), own.last().filter(|_| own.len() > 1)];
        for point in ends.into_iter().flatten() {
            let label =
                if kind == 1 { format!("batch {}", point.label) } else { point.label.clone() };
            let (x, y) = (point.intensity, point.rate / 1e9);
            markers.push(Marker { x, y, label, series: kind });
        }
    }
    markers.push(Marker {
        x: machine.ridge(),
        y: machine.peak / 1e9,
        label: format!("ridge {:.0}", machine.ridge()),
        series: 0,
    });
    Figure::new(
        "roofline",
        format!("The roofline of this machine, f32, {} threads", machine.threads),
        Axis::log("intensity (FLOPs per byte)"),
        Axis::log("GFLOP/s"),
        Content::Lines(Lines { series, markers }),
    )
}
