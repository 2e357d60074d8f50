//! `cost window`: a sliding window beside full causal attention.

use ndarray_rand::rand::Rng;

use crate::experiments::clock::{Times, in_turns};
use crate::experiments::{Context, params};
use crate::math::attention::{Heads, Mask, blockwise};
use crate::math::power::fit;
use crate::math::product::Matrix;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// A sliding window against full causal attention: pairs and time ‖ 滑动窗口与完整因果注意力：对数与耗时
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "cost window\ncost window --window 512 --lengths 1024 2048 4096 8192")]
pub struct Window {
    /// Tokens of the sequence, several lengths ‖ 序列长度（可给多个）
    #[arg(long, value_name = "T", num_args = 2..=10, default_values = ["256", "512", "1024", "2048"], value_parser = params::count(1, 131_072))]
    pub lengths: Vec<usize>,
    /// Tokens that a token sees: itself and those before it ‖ 每个 token 能看到的 token 数（含自己）
    #[arg(long, value_name = "W", default_value = "128", value_parser = params::count(1, 131_072))]
    pub window: usize,
    /// Width of the head ‖ 头的宽度
    #[arg(long, value_name = "D", default_value = "64", value_parser = params::count(1, 1024))]
    pub head_width: usize,
    /// Timed calls of each, after two that warm up ‖ 每项计时次数（另有两次预热）
    #[arg(long, value_name = "N", default_value = "5", value_parser = params::count(1, 1000))]
    pub repeats: usize,
}

impl Window {
    /// Counts pairs and measures both masks, in turns.
    ///
    /// # Errors
    /// A window longer than the shortest sequence, sizes that do not fit, an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut lengths = params::distinct(&self.lengths);
        lengths.sort_unstable();
        let shortest = lengths.first().copied().unwrap_or(0);
        if self.window > shortest || lengths.len() < 2 {
            return Err(Error::input(text(
                format!("a window of {} needs two lengths that are no shorter", self.window),
                format!("窗口 {} 需要两个不短于它的长度", self.window),
            ))
            .allowed(text(
                "--window up to the shortest of --lengths",
                "--window 不超过 --lengths 中最短的",
            ))
            .example("llm-lab cost window --window 128 --lengths 256 512 1024"));
        }
        let longest = lengths.last().map_or(0.0, |t| *t as f64);
        params::fits(4.0 * longest * self.head_width as f64, 4, &text("these arrays", "这些数组"))?;
        let masks = [("causal", Mask::Causal), ("window", Mask::Sliding(self.window))];
        let mut times: [Vec<Times>; 2] = [Vec::new(), Vec::new()];
        for (i, &length) in lengths.iter().enumerate() {
            let mut rng = context.rng(0);
            let x: Vec<f32> =
                (0..length * self.head_width).map(|_| rng.random_range(-1.7..1.7)).collect();
            let x = Matrix::new(&x, self.head_width); // (T, d_h)
            let rule = |mask| {
                let width = self.head_width;
                let scale = 1.0 / (width as f64).sqrt();
                Heads { heads: 1, kv_heads: 1, width, scale, mask, first: 0, relative: None }
            };
            let rules = masks.map(|(_, mask)| rule(mask));
            let mut outputs = masks.map(|_| vec![0.0_f32; length * self.head_width]);
            let pairs = rules.iter().zip(&mut outputs);
            let mut calls: Vec<Box<dyn FnMut() + '_>> = Vec::new();
            for (rule, out) in pairs {
                calls.push(Box::new(|| blockwise::forward(rule, x, x, x, out)));
            }
            let what = Text::same(format!("T = {length}"));
            let seen = in_turns(context, &mut calls, self.repeats, (i, lengths.len()), &what)?;
            times.iter_mut().zip(seen).for_each(|(all, one)| all.push(one));
        }
        Ok(self.report(&lengths, &masks, &times))
    }

    fn report(
        &self,
        lengths: &[usize],
        masks: &[(&str, Mask); 2],
        times: &[Vec<Times>; 2],
    ) -> Report {
        let mut report = Report::new(text("A sliding window", "滑动窗口"));
        let mut table = Table::new(text("Pairs of tokens and time", "token 对数与耗时"))
            .numbers(text("T", "T"))
            .numbers(text("pairs, causal", "对数（因果）"))
            .numbers(text("pairs, window", "对数（窗口）"))
            .numbers(text("time, causal (ms)", "耗时（因果，ms）"))
            .numbers(text("time, window (ms)", "耗时（窗口，ms）"));
        let (mut counted, mut clocked) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for (i, &length) in lengths.iter().enumerate() {
            let pairs = masks.map(|(_, mask)| mask.pairs(length) as f64);
            let took = [0, 1].map(|m: usize| 1e3 * times[m][i].median());
            table.row(vec![
                length.into(),
                pairs[0].into(),
                pairs[1].into(),
                took[0].into(),
                took[1].into(),
            ]);
            for (m, (name, _)) in masks.iter().enumerate() {
                counted[m].push((length as f64, pairs[m]));
                clocked[m].push((length as f64, 1e3 * times[m][i].least()));
                report.metric(format!("t{length}.{name}.pairs"), pairs[m]);
                report.metric_in(format!("t{length}.{name}.time"), took[m], "ms");
            }
        }
        for (m, (name, _)) in masks.iter().enumerate() {
            let (pairs, time) = (fit(&counted[m]), fit(&clocked[m]));
            report.metric(format!("exponent.{name}.pairs"), pairs.exponent);
            report.metric(format!("exponent.{name}.time"), time.exponent);
            report.metric(format!("exponent.{name}.time.error"), time.error);
        }
        let last = lengths.len() - 1;
        let saved = counted[0][last].1 / counted[1][last].1;
        report.metric("ratio.pairs", saved);
        report.metric("ratio.time", times[0][last].over(&times[1][last]));
        report.say(text(
            format!(
                "A window of W = {} leaves T·W − W·(W − 1)/2 pairs of T·(T + 1)/2: linear in T, here {} times fewer at the longest. The cache of keys and values stops growing at W tokens. What lies further back reaches a token only through the blocks between: L blocks see L·(W − 1) tokens back.",
                self.window, number(saved)
            ),
            format!(
                "窗口 W = {} 时，T·(T + 1)/2 对只剩 T·W − W·(W − 1)/2 对：随 T 线性增长，最长处少到 1/{}。KV 缓存到 W 个 token 就不再增长。更早的内容只能经中间各层逐层传来：L 层最多看到 L·(W − 1) 个 token 之前。",
                self.window, number(saved)
            ),
        ));
        report.say(text(
            "The table has medians; curves and fits take the fastest call, since noise only adds.",
            "表中是中位数；曲线与拟合取最快的一次，因为干扰只会让时间变长。",
        ));
        report.table(table);
        let names = ["causal".to_string(), format!("window {}", self.window)];
        let panel = |title: &str, y: Axis, curves: [Vec<(f64, f64)>; 2]| {
            let series = names.iter().zip(curves);
            let series =
                series.map(|(name, points)| Series::new(name, points).stroke(Stroke::Dotted));
            let content = Content::Lines(Lines { series: series.collect(), markers: Vec::new() });
            Panel { title: title.to_string(), x: Axis::log("T (tokens)"), y, content }
        };
        let panels = vec![
            panel("pairs", Axis::log("pairs (query, key)"), counted),
            panel("time", Axis::log("time (ms)"), clocked),
        ];
        report.figure(Figure::grid(
            "window",
            "A sliding window against full causal attention",
            2,
            panels,
        ));
        report
    }
}
