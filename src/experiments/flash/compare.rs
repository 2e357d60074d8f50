//! `flash compare`: the whole square of scores beside blocks of it: the numbers, the clock, the
//! memory.

use ndarray::{Array2, Axis, Slice};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::mask::{self, Sight};
use crate::experiments::clock::{Times, in_turns};
use crate::experiments::{Context, params};
use crate::math::attention::{self, Heads, Mask, Scratch, blockwise};
use crate::math::power::{Power, fit};
use crate::math::product::Matrix;
use crate::math::real::Real;
use crate::report::{
    self, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Whole scores against blocks of them: differences, time, memory ‖ 完整分数矩阵与分块：误差、时间、内存
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "flash compare\nflash compare --lengths 1024 2048 --heads 4 --window 256\nflash compare --lengths 8192 --heads 8 --only-blocks"
)]
pub struct Compare {
    /// Tokens of the sequence, several lengths ‖ 序列长度（可给多个）
    #[arg(long, value_name = "T", num_args = 1..=8, default_values = ["128", "256", "512", "1024"], value_parser = params::count(1, 1_000_000))]
    pub lengths: Vec<usize>,
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "2", value_parser = params::count(1, 256))]
    pub heads: usize,
    /// Width of a head ‖ 头的宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 1024))]
    pub head_width: usize,
    /// Who may look at whom ‖ 谁能看到谁
    #[command(flatten)]
    pub sight: Sight,
    /// Timed calls of each, after two that warm up ‖ 每项计时次数（另有两次预热）
    #[arg(long, value_name = "N", default_value = "5", value_parser = params::count(1, 1000))]
    pub repeats: usize,
    /// Leave out the way that holds the whole square ‖ 不跑需要完整方阵的做法
    #[arg(long)]
    pub only_blocks: bool,
}

/// A way to compute the same attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the formula: the whole square of a head.
    Naive,
    /// Blocks of queries with all keys, as the Transformer runs.
    Strips,
    /// Blocks of queries and keys, one thread.
    Blocks,
    /// The same on all threads.
    Threads,
}

impl Way {
    const ALL: [Self; 4] = [Self::Naive, Self::Strips, Self::Blocks, Self::Threads];

    fn key(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Strips => "strips",
            Self::Blocks => "blocks",
            Self::Threads => "threads",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Naive => "whole square",
            Self::Strips => "strips of queries",
            Self::Blocks => "blocks, 1 thread",
            Self::Threads => "blocks, all threads",
        }
    }
}

/// What one length showed of one way.
struct Seen {
    length: usize,
    way: Way,
    times: Times,
    bytes: f64,
}

/// Queries, keys and values of all heads, `(T, H·d_h)` each.
struct Inputs<F> {
    q: Array2<F>,
    k: Array2<F>,
    v: Array2<F>,
}

impl<F: Real> Inputs<F> {
    /// As the blocks read them.
    fn matrices(&self) -> [Matrix<'_, F>; 3] {
        let all = [&self.q, &self.k, &self.v];
        all.map(|x| Matrix::new(x.as_slice().unwrap_or_default(), x.ncols()))
    }
}

impl Compare {
    /// Runs every way at every length.
    ///
    /// # Errors
    /// Sizes that do not fit in memory; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut lengths = params::distinct(&self.lengths);
        lengths.sort_unstable();
        let [Some(&shortest), Some(&longest)] = [lengths.first(), lengths.last()] else {
            return Err(Error::input(text("no length is given", "没有给出长度")));
        };
        let mask = self.sight.mask(shortest)?;
        self.fits(longest)?;
        let pools = [pool(1)?, pool(rayon::current_num_threads())?];
        let (mut seen, mut apart) = (Vec::new(), Vec::new());
        for (i, &length) in lengths.iter().enumerate() {
            let (times, off) = self.measure(length, mask, &pools, (i, lengths.len()), context)?;
            seen.extend(times);
            apart.push((length, off));
        }
        let exact = self.exact(shortest.min(256), mask, context);
        Ok(self.report(&seen, &apart, exact, mask))
    }

    /// Whether a length fits in memory: inputs and outputs, and what the ways hold besides.
    fn fits(&self, length: usize) -> Result<(), Error> {
        let (t, wide) = (length as f64, (self.heads * self.head_width) as f64);
        let arrays = 5.0 * t * wide + t * self.heads as f64;
        if self.only_blocks {
            return params::fits(arrays, 4, &text("these arrays", "这些数组"));
        }
        let what = text(
            format!("the {length} × {length} scores of a head, twice"),
            format!("单个头的 {length} × {length} 分数（两份）"),
        );
        params::fits(arrays + 2.0 * t * t, 4, &what)
    }

    fn rule<F>(&self, mask: Mask) -> Heads<'static, F> {
        let scale = 1.0 / (self.head_width as f64).sqrt();
        let (heads, width) = (self.heads, self.head_width);
        Heads { heads, kv_heads: heads, width, scale, mask, first: 0, relative: None }
    }

    fn inputs<F: Real>(&self, length: usize, context: &Context) -> Inputs<F> {
        let size = (length, self.heads * self.head_width);
        let draw = |stream| {
            let x: Array2<f64> =
                Array2::random_using(size, StandardNormal, &mut context.rng(stream));
            x.mapv(F::of)
        };
        Inputs { q: draw(0), k: draw(1), v: draw(2) }
    }

    /// The times and the memory of each way, and how far blocks are from the whole square.
    fn measure(
        &self,
        length: usize,
        mask: Mask,
        pools: &[ThreadPool; 2],
        place: (usize, usize),
        context: &Context,
    ) -> Result<(Vec<Seen>, Option<f64>), Error> {
        let (wide, rule) = (self.heads * self.head_width, self.rule::<f32>(mask));
        let inputs = self.inputs::<f32>(length, context);
        let [q, k, v] = inputs.matrices();
        let mut square = Array2::zeros((length, wide));
        let mut outputs = [(); 3].map(|()| vec![0.0_f32; length * wide]);
        let (mut logs, mut scratch) = (vec![0.0; length * self.heads], Scratch::default());
        let ways: Vec<Way> =
            Way::ALL.into_iter().filter(|way| !(self.only_blocks && *way == Way::Naive)).collect();
        let what = text(format!("T = {length}"), format!("T = {length}"));
        let times = {
            let [strips, blocks, threads] = &mut outputs;
            let mut all: Vec<(Way, Box<dyn FnMut() + '_>)> = vec![
                (Way::Naive, Box::new(|| self.naive(&inputs, mask, &mut square))),
                (
                    Way::Strips,
                    Box::new(|| {
                        attention::forward(&rule, q, k, v, strips, &mut logs, &mut scratch)
                    }),
                ),
                (
                    Way::Blocks,
                    Box::new(|| pools[0].install(|| blockwise::forward(&rule, q, k, v, blocks))),
                ),
                (
                    Way::Threads,
                    Box::new(|| pools[1].install(|| blockwise::forward(&rule, q, k, v, threads))),
                ),
            ];
            all.retain(|(way, _)| ways.contains(way));
            let mut calls: Vec<Box<dyn FnMut() + '_>> =
                all.into_iter().map(|(_, call)| call).collect();
            in_turns(context, &mut calls, self.repeats, place, &what)?
        };
        let bytes = |way| match way {
            Way::Naive => 8.0 * (length * length) as f64, // scores and weights of one head
            Way::Strips => scratch.bytes() as f64,
            Way::Blocks => blockwise::bytes::<f32>(self.head_width) as f64,
            Way::Threads => {
                (pools[1].current_num_threads() * blockwise::bytes::<f32>(self.head_width)) as f64
            }
        };
        let seen = ways.iter().zip(times);
        let seen =
            seen.map(|(&way, times)| Seen { length, way, times, bytes: bytes(way) }).collect();
        let off = (!self.only_blocks).then(|| largest_gap(&square, &outputs[2]));
        Ok((seen, off))
    }

    /// Head by head with all its weights, as the formula reads.
    fn naive<F: Real>(&self, inputs: &Inputs<F>, mask: Mask, out: &mut Array2<F>) {
        for head in 0..self.heads {
            let own = Slice::from(head * self.head_width..(head + 1) * self.head_width);
            let [q, k, v] = [&inputs.q, &inputs.k, &inputs.v].map(|x| x.slice_axis(Axis(1), own));
            let (y, weights) = attention::attend(q, k, v, mask);
            out.slice_axis_mut(Axis(1), own).assign(&y);
            std::hint::black_box(weights);
        }
    }

    /// The largest difference in f64, where rounding is a billionth of f32's.
    fn exact(&self, length: usize, mask: Mask, context: &Context) -> f64 {
        let wide = self.heads * self.head_width;
        let inputs = self.inputs::<f64>(length, context);
        let [q, k, v] = inputs.matrices();
        let (mut naive, mut blocks) = (Array2::zeros((length, wide)), vec![0.0; length * wide]);
        self.naive(&inputs, mask, &mut naive);
        blockwise::forward(&self.rule(mask), q, k, v, &mut blocks);
        largest_gap(&naive, &blocks)
    }
}

/// A pool of so many threads.
fn pool(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Error::Machine(text(format!("no threads: {error}"), format!("无法启动线程：{error}")))
    })
}

fn largest_gap<F: Real>(a: &Array2<F>, b: &[F]) -> f64 {
    let gap = |(a, b): (&F, &F)| (*a - *b).abs().to_f64().unwrap_or(f64::NAN);
    a.iter().zip(b).map(gap).fold(0.0, f64::max)
}

impl Compare {
    fn report(
        &self,
        seen: &[Seen],
        apart: &[(usize, Option<f64>)],
        exact: f64,
        mask: Mask,
    ) -> Report {
        let mut report = Report::new(text("Attention by blocks", "分块注意力"));
        let mut table = Table::new(text("Time and memory", "时间与内存"))
            .numbers(text("T", "T"))
            .words(text("way", "做法"))
            .numbers(text("median (ms)", "中位数（ms）"))
            .numbers(text("quartiles' distance (%)", "四分位距（%）"))
            .numbers(text("memory besides input and output (KB)", "输入输出之外的内存（KB）"));
        for one in seen {
            let (median, spread) = (1e3 * one.times.median(), 100.0 * one.times.spread());
            table.row(vec![
                one.length.into(),
                one.way.name().into(),
                median.into(),
                spread.into(),
                (one.bytes / 1e3).into(),
            ]);
            let name = format!("t{}.{}", one.length, one.way.key());
            report.metric_in(format!("{name}.time"), median, "ms");
            report.metric_in(format!("{name}.memory"), one.bytes, "bytes");
        }
        for (length, off) in apart {
            if let Some(off) = off {
                report.metric(format!("t{length}.apart"), *off);
            }
        }
        let worst = apart.iter().filter_map(|a| a.1).fold(0.0, f64::max);
        report.metric("apart.f32", worst).metric("apart.f64", exact);
        report.say(text(
            format!(
                "Queries, keys and values are normal; heads: {}, each {} wide; mask: {}. The results differ by at most **{}** in f32 and {} in f64: rounding, no approximation. {} calls in turns, after two that warm up: the table has medians, curves and fits take the fastest, since noise only adds.",
                self.heads, self.head_width, mask::name(mask), number(worst), number(exact), self.repeats
            ),
            format!(
                "Q、K、V 取正态分布；{} 个头，每头宽 {}，掩码：{}。结果最多相差 **{}**（f32）与 {}（f64）：只是舍入，不是近似。轮流各计时 {} 次，另有两次预热：表中是中位数，曲线与拟合取最快的一次，因为干扰只会让时间变长。",
                self.heads, self.head_width, mask::name(mask), number(worst), number(exact), self.repeats
            ),
        ));
        report.table(table);
        let curve = |way, value: fn(&Seen) -> f64| -> Vec<(f64, f64)> {
            let own = seen.iter().filter(|one| one.way == way);
            own.map(|one| (one.length as f64, value(one))).collect()
        };
        let time = |one: &Seen| 1e3 * one.times.least();
        let memory = |one: &Seen| one.bytes / 1e6;
        let used: Vec<Way> =
            Way::ALL.into_iter().filter(|way| seen.iter().any(|s| s.way == *way)).collect();
        if apart.len() > 1 {
            let mut laws = Table::new(text("Fitted powers of T", "随 T 增长的幂次"))
                .words(text("way", "做法"))
                .numbers(text("time", "时间"))
                .numbers(text("± standard error", "± 标准误"))
                .numbers(text("memory", "内存"));
            for &way in &used {
                let [clock, room]: [Power; 2] = [fit(&curve(way, time)), fit(&curve(way, memory))];
                laws.row(vec![
                    way.name().into(),
                    clock.exponent.into(),
                    clock.error.into(),
                    room.exponent.into(),
                ]);
                report.metric(format!("exponent.{}.time", way.key()), clock.exponent);
                report.metric(format!("exponent.{}.time.error", way.key()), clock.error);
                report.metric(format!("exponent.{}.memory", way.key()), room.exponent);
            }
            report.table(laws);
        }
        let last = |way| seen.iter().rev().find(|one| one.way == way);
        if let (Some(naive), Some(blocks)) = (last(Way::Naive), last(Way::Blocks)) {
            report.metric("ratio.time", naive.times.over(&blocks.times));
            report.metric("ratio.memory", naive.bytes / blocks.bytes);
        }
        let panel = |title: &str, y: report::Axis, value: fn(&Seen) -> f64| {
            let series = used
                .iter()
                .map(|way| Series::new(way.name(), curve(*way, value)).stroke(Stroke::Dotted));
            let content = Content::Lines(Lines { series: series.collect(), markers: Vec::new() });
            Panel { title: title.to_string(), x: report::Axis::log("T (tokens)"), y, content }
        };
        let panels = vec![
            panel("time", report::Axis::log("time (ms)"), time),
            panel("memory besides input and output", report::Axis::log("memory (MB)"), memory),
        ];
        let title = format!(
            "Attention, H = {}, d_h = {}, {}",
            self.heads,
            self.head_width,
            mask::name(mask)
        );
        report.figure(Figure::grid("compare", title, 2, panels));
        report
    }
}
