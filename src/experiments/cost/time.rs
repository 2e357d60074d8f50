//! `cost time`: projections, attention and FFN on the clock against the length.

use ndarray::{Array2, ArrayView2, Slice};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::clock::{Times, in_turns};
use crate::experiments::{Context, params};
use crate::math::attention::{Mask, attend};
use crate::math::power::{crossing, fit};
use crate::report::{
    self, Content, Error, Figure, Lines, Marker, Report, Series, Stroke, Table, Text, number, text,
};

/// Projections, attention and FFN on the clock against T: exponents and crossings ‖ 投影、注意力、前馈层的耗时随 T 变化：幂次与交点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "cost time\ncost time --d-model 128 --lengths 64 128 256 512 1024 2048")]
pub struct Time {
    /// Tokens of the sequence, several lengths ‖ 序列长度（可给多个）
    #[arg(long, value_name = "T", num_args = 2..=10, default_values = ["32", "64", "128", "256", "512", "1024"], value_parser = params::count(1, 65_536))]
    pub lengths: Vec<usize>,
    /// Width of the residual stream ‖ 残差流宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 4096))]
    pub d_model: usize,
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "1", value_parser = params::count(1, 256))]
    pub heads: usize,
    /// Timed calls of each, after two that warm up ‖ 每项计时次数（另有两次预热）
    #[arg(long, value_name = "N", default_value = "7", value_parser = params::count(1, 1000))]
    pub repeats: usize,
}

/// The parts on the clock, with their key and their name.
const PARTS: [(&str, &str); 3] =
    [("projections", "projections"), ("attention", "scores, softmax, mix"), ("ffn", "FFN")];

/// Weights of one block and its input; the FFN is a plain one of width 4d with ReLU.
struct Block {
    x: Array2<f32>,
    square: [Array2<f32>; 4],
    up: Array2<f32>,
    down: Array2<f32>,
}

impl Time {
    /// Measures every part at every length, in turns.
    ///
    /// # Errors
    /// Heads that do not divide the width, sizes that do not fit in memory, an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut lengths = params::distinct(&self.lengths);
        lengths.sort_unstable();
        if lengths.len() < 2 {
            return Err(Error::input(text(
                "one length alone has no exponent",
                "只有一个长度，无法拟合幂次",
            ))
            .allowed(text("two or more", "两个或更多"))
            .example("llm-lab cost time --lengths 64 128 256"));
        }
        let width = crate::model::Config::width_of_heads(self.d_model, self.heads)?;
        let longest = lengths.last().map_or(0.0, |t| *t as f64);
        let d = self.d_model as f64;
        let what = text(
            format!("the {longest} × {longest} scores of a head, twice"),
            format!("单个头的 {longest} × {longest} 分数（两份）"),
        );
        params::fits(2.0 * longest * longest + 12.0 * longest * d + 12.0 * d * d, 4, &what)?;
        let mut times: Vec<Vec<Times>> = vec![Vec::new(); PARTS.len()];
        for (i, &length) in lengths.iter().enumerate() {
            let block = self.block(length, context);
            let what = Text::same(format!("T = {length}"));
            let mut calls: Vec<Box<dyn FnMut() + '_>> = vec![
                Box::new(|| block.project()),
                Box::new(|| block.attend(width)),
                Box::new(|| block.feed()),
            ];
            let seen = in_turns(context, &mut calls, self.repeats, (i, lengths.len()), &what)?;
            times.iter_mut().zip(seen).for_each(|(all, one)| all.push(one));
        }
        Ok(self.report(&lengths, &times))
    }

    fn block(&self, length: usize, context: &Context) -> Block {
        let mut rng = context.rng(0);
        let d = self.d_model;
        let mut draw = |rows: usize, columns: usize| -> Array2<f32> {
            let x: Array2<f32> = Array2::random_using((rows, columns), StandardNormal, &mut rng);
            x / (rows as f32).sqrt()
        };
        let square = [(); 4].map(|()| draw(d, d));
        let (up, down) = (draw(d, 4 * d), draw(4 * d, d));
        let x = draw(length, d) * (length as f32).sqrt();
        Block { x, square, up, down }
    }

    fn report(&self, lengths: &[usize], times: &[Vec<Times>]) -> Report {
        let mut report =
            Report::new(text("Attention against length, on the clock", "注意力耗时随长度的变化"));
        let mut table = Table::new(text("Median time (ms)", "中位耗时（ms）"))
            .numbers(text("T", "T"))
            .numbers(text("projections", "投影"))
            .numbers(text("attention", "注意力"))
            .numbers(text("FFN", "前馈层"))
            .numbers(text("widest quartiles' distance (%)", "最大四分位距（%）"));
        for (i, length) in lengths.iter().enumerate() {
            let at: Vec<&Times> = times.iter().map(|part| &part[i]).collect();
            let spread = at.iter().map(|t| t.spread()).fold(0.0, f64::max);
            let mut row = vec![(*length).into()];
            row.extend(at.iter().map(|t| (1e3 * t.median()).into()));
            row.push((100.0 * spread).into());
            table.row(row);
            for ((key, _), one) in PARTS.iter().zip(at) {
                report.metric_in(format!("t{length}.{key}"), 1e3 * one.median(), "ms");
            }
        }
        let curve = |part: usize| -> Vec<(f64, f64)> {
            let points = lengths.iter().zip(&times[part]);
            points.map(|(t, one)| (*t as f64, 1e3 * one.least())).collect()
        };
        let curves: Vec<Vec<(f64, f64)>> = (0..PARTS.len()).map(curve).collect();
        let both =
            curves[0].iter().zip(&curves[2]).map(|(a, b)| (a.0, a.1 + b.1)).collect::<Vec<_>>();
        let mut laws = Table::new(text("Fitted powers of T", "随 T 增长的幂次"))
            .words(text("part", "部分"))
            .numbers(text("exponent, all lengths", "幂次（全部长度）"))
            .numbers(text("± standard error", "± 标准误"))
            .numbers(text("exponent, longer half", "幂次（较长的一半）"));
        for ((key, name), curve) in PARTS.iter().zip(&curves) {
            let (law, tail) = (fit(curve), fit(&curve[(curve.len() - 1) / 2..]));
            laws.row(vec![
                (*name).into(),
                law.exponent.into(),
                law.error.into(),
                tail.exponent.into(),
            ]);
            report.metric(format!("exponent.{key}"), law.exponent);
            report.metric(format!("exponent.{key}.error"), law.error);
            report.metric(format!("exponent.{key}.longer"), tail.exponent);
        }
        let met = [crossing(&curves[1], &curves[0]), crossing(&curves[1], &both)];
        let d = self.d_model;
        for (name, at) in ["crossing.projections", "crossing.block"].into_iter().zip(met) {
            match at {
                Some(at) => report.metric_in(name, at, "tokens"),
                None => report.metric(name, "none"),
            };
        }
        report.metric_in("crossing.projections.flops", 2 * d, "tokens").metric_in(
            "crossing.block.flops",
            6 * d,
            "tokens",
        );
        let last = lengths.len() - 1;
        report.metric("ratio.longest", times[1][last].over(&times[0][last]));
        let word = |at: Option<f64>| {
            at.map_or(text("outside these lengths", "不在这些长度之内"), |at| {
                Text::same(number(at))
            })
        };
        let [first, second] = met.map(word);
        report.say(text(
            format!(
                "One block of width {d}, f32, by the formula: each head's T × T scores as a whole. {} calls in turns, after two that warm up; the table has their medians, curves and fits take the fastest, since noise only adds. By FLOPs attention overtakes the projections at T = 2d = {}, projections and FFN at 6d = {}; on this clock at **{}** and **{}**. Its FLOPs are slower ones: exp, and a square that leaves the cache.",
                self.repeats, 2 * d, 6 * d, first.en, second.en
            ),
            format!(
                "宽 {d} 的一层，f32，按公式直接计算：每个头的 T × T 分数整块存放。轮流各计时 {} 次，另有两次预热；表中是中位数，曲线与拟合取最快的一次，因为干扰只会让时间变长。按 FLOPs 算，注意力在 T = 2d = {} 处超过投影，在 6d = {} 处超过投影与前馈层之和；实测在 **{}** 与 **{}**。它的 FLOPs 更慢：有 exp，方阵还会超出缓存。",
                self.repeats, 2 * d, 6 * d, first.zh, second.zh
            ),
        ));
        report.table(table).table(laws);
        let marker = |at: Option<f64>, curve: &[(f64, f64)], series| {
            at.map(|x| Marker { x, y: fit(curve).at(x), label: format!("T = {x:.0}"), series })
        };
        let markers = [marker(met[0], &curves[0], 0), marker(met[1], &both, 3)];
        let mut series: Vec<Series> = PARTS
            .iter()
            .zip(&curves)
            .map(|((_, name), curve)| Series::new(*name, curve.clone()).stroke(Stroke::Dotted))
            .collect();
        series.push(Series::new("projections and FFN", both).stroke(Stroke::Dashed));
        report.figure(Figure::new(
            "time",
            format!("Time against length, d = {d}"),
            report::Axis::log("T (tokens)"),
            report::Axis::log("time (ms)"),
            Content::Lines(Lines { series, markers: markers.into_iter().flatten().collect() }),
        ));
        report
    }
}

impl Block {
    /// Q, K, V and the output.
    fn project(&self) {
        for map in &self.square {
            std::hint::black_box(self.x.dot(map)); // (T, d)
        }
    }

    /// Every head by the formula; the stream itself stands for queries, keys and values.
    fn attend(&self, width: usize) {
        for head in 0..self.x.ncols() / width {
            let own = Slice::from(head * width..(head + 1) * width);
            let x: ArrayView2<f32> = self.x.slice_axis(ndarray::Axis(1), own); // (T, d_h)
            std::hint::black_box(attend(x, x, x, Mask::None));
        }
    }

    /// ReLU(xW₁)W₂.
    fn feed(&self) {
        let mut hidden = self.x.dot(&self.up); // (T, 4d)
        hidden.mapv_inplace(|h| h.max(0.0));
        std::hint::black_box(hidden.dot(&self.down)); // (T, d)
    }
}
